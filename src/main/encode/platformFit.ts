// Which rendition of a ladder suits a platform, and what of it the platform does not like. Pure; nothing here stops a show.
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder, Rendition } from '../../contract/ladder.ts';
import { PLATFORMS, type PlatformName, type PlatformRung } from '../../contract/platforms.ts';

/** 29.97 and 30 are the same to a platform. */
export const FPS_TOLERANCE = 0.5;

export type PlatformFit = { readonly rendition: Rendition; /** `720p, the highest that Twitch takes: …` */ readonly reason: string; /** One sentence each; empty where all is as it recommends. */ readonly remarks: readonly string[] };

/**
 * The highest rendition that the platform takes; the lowest, with what is wrong, where it takes none.
 * @param chosen the operator's own choice, which goes before that
 */
export function fitFor(ladder: Ladder, name: PlatformName, chosen?: string): PlatformFit | undefined {
  const { title } = PLATFORMS[name];
  const fits = ladder.renditions.map((rendition) => ({ rendition, remarks: remarksOn(ladder, rendition, name) }));
  const at = fits.findIndex(({ rendition, remarks }) => (chosen === undefined ? remarks.every(({ isHard }) => !isHard) : rendition.name === chosen));
  const fit = at === -1 && chosen === undefined ? fits.at(-1) : fits[at];
  if (fit === undefined) return undefined;
  const why = fits[at - 1]?.remarks.find(({ isHard }) => isHard)?.sentence;
  const reason = chosen !== undefined ? 'as you have chosen' : at === 0 ? 'the highest of the ladder' : at === -1 ? `the lowest of the ladder, because ${title} takes none of it as it is` : `the highest that ${title} takes. ${why ?? ''}`.trim();
  return { rendition: fit.rendition, reason: `${fit.rendition.name}, ${reason.replace(/\.$/, '')}`, remarks: fit.remarks.map(({ sentence }) => sentence) };
}

/** For a choice that {@link fitFor} does not find. */
export function noSuchRendition({ renditions }: Ladder, output: string, chosen: string | undefined): OperatorError {
  return new OperatorError('NO_SUCH_RENDITION', `The ladder has no rendition ${chosen ?? ''} for ${output}.`, `Choose one of: ${renditions.map(({ name }) => name).join(', ')}; or leave it to Fieldcast.`);
}

type Remark = { readonly sentence: string; /** Another rendition might not have this problem. */ readonly isHard: boolean };

function remarksOn({ frameRate, gopSeconds, audioKbps }: Ladder, rendition: Rendition, name: PlatformName): Remark[] {
  const { title, rungs, maxGopSeconds, maxAudioKbps } = PLATFORMS[name];
  const fps = frameRate.num / frameRate.den;
  const common: Remark[] = [
    ...(gopSeconds <= maxGopSeconds ? [] : [{ isHard: false, sentence: `${title} wants a keyframe at least every ${maxGopSeconds} s; the ladder has one every ${gopSeconds} s.` }]),
    ...(audioKbps <= maxAudioKbps ? [] : [{ isHard: false, sentence: `${title} takes sound of at most ${maxAudioKbps} kbit/s; the ladder has ${audioKbps}.` }]),
  ];
  const [top] = rungs;
  if (top === undefined) return common;
  const short = Math.min(rendition.width, rendition.height);
  const fastest = Math.max(...rungs.map((rung) => rung.fps));
  const rung = rungFor(rungs, short, fps);
  return [
    ...common,
    ...(short <= top.height ? [] : [{ isHard: true, sentence: `${title} takes pictures of at most ${top.height} lines; ${rendition.name} has ${short}.` }]),
    ...(fps <= fastest + FPS_TOLERANCE ? [] : [{ isHard: false, sentence: `${title} takes at most ${fastest} pictures a second; the ladder has ${Math.round(fps)}.` }]),
    ...(rung === undefined || rendition.declaredKbps <= rung.maxKbps ? [] : [{ isHard: true, sentence: `${title} takes at most ${rung.maxKbps} kbit/s for ${rung.height} lines; ${rendition.name} has ${rendition.declaredKbps}.` }]),
    ...(rung === undefined || rendition.declaredKbps >= rung.minKbps ? [] : [{ isHard: false, sentence: `${title} recommends at least ${rung.minKbps} kbit/s for ${rung.height} lines; ${rendition.name} has ${rendition.declaredKbps}.` }]),
  ];
}

/** The row of the smallest size that is not smaller, and of the lowest rate that is not lower; the last rows bound what is smaller still. */
export function rungFor(rungs: readonly PlatformRung[], height: number, fps: number): PlatformRung | undefined {
  const bySize = rungs.filter((rung) => rung.height >= height);
  const [nearest] = bySize.map((rung) => rung.height).toSorted((a, b) => a - b);
  const rows = bySize.filter((rung) => rung.height === nearest).toSorted((a, b) => a.fps - b.fps);
  const row = rows.find((rung) => rung.fps + FPS_TOLERANCE >= fps) ?? rows.at(-1);
  // What a platform recommends for a larger picture is no lower bound for a smaller one.
  return row === undefined ? undefined : { ...row, minKbps: row.height === height ? row.minKbps : 0 };
}
