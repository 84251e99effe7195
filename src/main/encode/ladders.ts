// The ladders that ship with Fieldcast. Declared bitrates name the tracks at the service, so they stay as they are between versions.
import { OperatorError } from '../../contract/errors.ts';
import type { FrameRate, Ladder, Rendition } from '../../contract/ladder.ts';

export const GOP_SECONDS = 2;
export const AUDIO_KBPS = 128;
export const DEFAULT_FRAME_RATE: FrameRate = { num: 30, den: 1 };

/** 16:9 with even sides, as yuv420p needs them; 854 is the even width nearest to 480 × 16/9. */
const RUNGS = {
  '1080p': { width: 1920, height: 1080, declaredKbps: 4500 },
  '720p': { width: 1280, height: 720, declaredKbps: 2500 },
  '480p': { width: 854, height: 480, declaredKbps: 1200 },
  '360p': { width: 640, height: 360, declaredKbps: 600 },
} as const;

const LADDERS: Readonly<Record<string, readonly (keyof typeof RUNGS)[]>> = {
  '1080p': ['1080p', '720p', '480p', '360p'],
  '720p': ['720p', '480p', '360p'],
  '480p': ['480p', '360p'],
};

/** Whether {@link ladderByName} knows it. */
export function isShipped(name: string): boolean {
  return Object.hasOwn(LADDERS, name);
}

/** Every ladder that ships, highest first. */
export function shippedLadders(): readonly Ladder[] {
  return Object.keys(LADDERS).map((name) => ladderByName(name));
}

/**
 * A default ladder by the name of its highest rendition.
 * @param frameRate of every rendition; 30 per second where it is not given.
 * @throws OperatorError `UNKNOWN_LADDER`, naming those that exist.
 */
export function ladderByName(name: string, frameRate: FrameRate = DEFAULT_FRAME_RATE): Ladder {
  const rungs = isShipped(name) ? LADDERS[name] : undefined;
  if (rungs === undefined) {
    throw new OperatorError('UNKNOWN_LADDER', `There is no ladder "${name}".`, `Choose one of: ${Object.keys(LADDERS).join(', ')}; or auto, or a list such as 1080p:4500,720p:2500.`);
  }
  const renditions = rungs.map((rung): Rendition => ({ name: rung, ...RUNGS[rung] }));
  return { name, frameRate, gopSeconds: GOP_SECONDS, renditions, audioKbps: AUDIO_KBPS };
}
