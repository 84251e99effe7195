// A ladder as an operator writes it: the name of a shipped one, a compact list (`1080p:4500,720p:2500@25`), or JSON. Pure.
import { z } from 'zod';
import { OperatorError } from '../../contract/errors.ts';
import { frameRateSchema, ladderSchema, renditionSchema, type FrameRate, type Ladder, type Rendition } from '../../contract/ladder.ts';
import { frameRateOf } from '../media/frameRate.ts';
import { fpsOf } from './frameRates.ts';
import { ladderProblems, refuse } from './ladderRules.ts';
import { AUDIO_KBPS, DEFAULT_FRAME_RATE, GOP_SECONDS, isShipped, ladderByName } from './ladders.ts';
import { usualKbps } from './rungs.ts';

const EXAMPLE = 'Write SIZE:KBPS for each rendition, from the highest to the lowest, for example 1080p:4500,720p:2500,480p:1200 or 720x1280:2500; @25 at the end sets the frame rate.';

/** What may be left out of a file: names, rates, and what every show has alike. */
const fileSchema = z.object({
  name: z.string().max(64).default('own'),
  frameRate: z.union([frameRateSchema, z.number().positive().max(240)]).default(DEFAULT_FRAME_RATE),
  gopSeconds: z.number().positive().default(GOP_SECONDS),
  renditions: z.array(renditionSchema.partial({ name: true })).min(1).max(8),
  audioKbps: ladderSchema.shape.audioKbps.default(AUDIO_KBPS),
});

/** @throws {OperatorError} `UNKNOWN_LADDER` for a single word, `LADDER_INVALID` for a list that cannot be used. */
export function parseLadder(text: string): Ladder {
  if (isShipped(text) || !/[:,x@]/.test(text)) return ladderByName(text);
  const [list = '', rate, more] = text.split('@');
  if (more !== undefined) throw invalid('The list has more than one @.');
  const frameRate = rate === undefined ? DEFAULT_FRAME_RATE : rateOf(rate);
  const renditions = list.split(',').map((item) => renditionOf(item.trim(), frameRate));
  return checked({ name: 'own', frameRate, gopSeconds: GOP_SECONDS, renditions, audioKbps: AUDIO_KBPS });
}

/** @param text JSON in the shape of `ladderSchema`; all but the renditions may be left out. @throws {OperatorError} `LADDER_INVALID`. */
export function parseLadderJson(text: string): Ladder {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('The file is no JSON.', 'Write an object such as {"renditions":[{"width":1280,"height":720,"declaredKbps":2500}]}.');
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) throw invalid('The file is no ladder.', parsed.error.issues.map((issue) => `${placeOf(issue.path)}: ${issue.message}.`).join(' '));
  const { frameRate, renditions, ...rest } = parsed.data;
  return checked({
    ...rest,
    frameRate: typeof frameRate === 'number' ? rateOf(String(frameRate)) : frameRate,
    renditions: renditions.map(({ name, ...one }) => ({ ...one, name: name ?? `${Math.min(one.width, one.height)}p` })),
  });
}

function renditionOf(item: string, frameRate: FrameRate): Rendition {
  const [, short, width, height, kbps] = /^(?:(\d{2,4})p|(\d{2,5})x(\d{2,5}))(?::(\d{2,6}))?$/.exec(item) ?? [];
  if (short === undefined && width === undefined) throw invalid(`“${item.slice(0, 60)}” is no rendition.`);
  const size = short === undefined
    ? { width: Number(width), height: Number(height) }
    // 854 and 426 are what 480 and 240 × 16/9 are with even sides.
    : { width: 2 * Math.round((Number(short) * 16) / 18), height: Number(short) };
  const rendition = { name: `${Math.min(size.width, size.height)}p`, ...size, declaredKbps: kbps === undefined ? usualKbps(size, fpsOf(frameRate)) : Number(kbps) };
  const parsed = renditionSchema.safeParse(rendition);
  if (!parsed.success) throw invalid(`“${item}” cannot be encoded.`, parsed.error.issues.map((issue) => `${placeOf(issue.path)}: ${issue.message}.`).join(' '));
  return parsed.data;
}

/** `25`, `29.97` (30000/1001) or `30000/1001`. */
function rateOf(text: string): FrameRate {
  const [, num, den] = /^(\d{1,6})\/(\d{1,4})$/.exec(text) ?? [];
  if (num !== undefined && Number(num) > 0 && Number(den) > 0) return { num: Number(num), den: Number(den) };
  const fps = Number(text);
  if (!/^\d{1,3}(\.\d{1,3})?$/.test(text) || fps <= 0) throw invalid(`“${text.slice(0, 20)}” is no frame rate.`, 'Write @25, @29.97 or @30000/1001.');
  return frameRateOf(fps);
}

function checked(ladder: Ladder): Ladder {
  refuse(ladderProblems(ladder));
  return ladder;
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'The ladder' : path.map(String).join('.');
}

function invalid(message: string, action = EXAMPLE): OperatorError {
  return new OperatorError('LADDER_INVALID', message, action);
}
