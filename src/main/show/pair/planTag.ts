// The ladder of a show as one tag of its live event, so that every instance sends the same renditions. Pure.
import { createHash } from 'node:crypto';
import { MAX_TAG_CHARS } from '../../../contract/eventTags.ts';
import { ladderSchema, type Ladder } from '../../../contract/ladder.ts';

const VERSION = '1';

/** `1;720p;30/1;2;128;720p=1280x720@2500+480p=854x480@1200`; undefined where it is longer than a tag may be. */
export function planTagOf({ name, frameRate, gopSeconds, audioKbps, renditions }: Ladder): string | undefined {
  const rungs = renditions.map((one) => `${one.name}=${one.width}x${one.height}@${one.declaredKbps}`).join('+');
  const text = [VERSION, name.replaceAll(';', ' '), `${frameRate.num}/${frameRate.den}`, gopSeconds, audioKbps, rungs].join(';');
  return text.length <= MAX_TAG_CHARS ? text : undefined;
}

/** Undefined for anything that is no ladder written by {@link planTagOf}. */
export function ladderOfTag(text: string): Ladder | undefined {
  const [version, name, rate, gopSeconds, audioKbps, rungs, ...rest] = text.split(';');
  if (version !== VERSION || rungs === undefined || rest.length > 0) return undefined;
  const [num, den] = (rate ?? '').split('/').map(Number);
  const renditions = rungs.split('+').map((rung) => {
    const parts = /^([a-z0-9]+)=(\d+)x(\d+)@(\d+)$/.exec(rung);
    return { name: parts?.[1], width: Number(parts?.[2]), height: Number(parts?.[3]), declaredKbps: Number(parts?.[4]) };
  });
  return ladderSchema.safeParse({ name, frameRate: { num, den }, gopSeconds: Number(gopSeconds), audioKbps: Number(audioKbps), renditions }).data;
}

/** Equal where the media of two instances can stand for each other: everything but the ladder's name. */
export function fingerprintOf(ladder: Ladder): string {
  const { frameRate, gopSeconds, audioKbps, renditions } = ladder;
  const rungs = renditions.map(({ name, width, height, declaredKbps }) => [name, width, height, declaredKbps]);
  return createHash('sha256').update(JSON.stringify([frameRate.num, frameRate.den, gopSeconds, audioKbps, rungs])).digest('hex').slice(0, 12);
}

/** What keeps `own` from standing in for `event`, a clause each; empty where nothing does. */
export function differencesOf(own: Ladder, event: Ladder): string[] {
  const fps = ({ frameRate }: Ladder): string => (frameRate.num / frameRate.den).toFixed(3).replace(/\.?0+$/, '');
  const rungs = (ladder: Ladder): string => ladder.renditions.map((one) => `${one.name} ${one.width}×${one.height} at ${one.declaredKbps} kbit/s`).join(', ');
  return [
    ...(fps(own) === fps(event) ? [] : [`its frame rate is ${fps(event)}, not ${fps(own)}`]),
    ...(own.gopSeconds === event.gopSeconds ? [] : [`its GOPs are ${event.gopSeconds} s long, not ${own.gopSeconds} s`]),
    ...(own.audioKbps === event.audioKbps ? [] : [`its sound has ${event.audioKbps} kbit/s, not ${own.audioKbps}`]),
    ...(rungs(own) === rungs(event) ? [] : [`its renditions are ${rungs(event)}, not ${rungs(own)}`]),
  ];
}
