// Which rendition of a ladder suits a platform, and what of it the platform does not like. Pure; nothing here stops a show.
import type { Ladder, Rendition } from '../../contract/ladder.ts';
import { PLATFORMS, type PlatformName, type PlatformRung } from '../../contract/platforms.ts';

/** 29.97 and 30 are the same to a platform. */
const FPS_TOLERANCE = 0.5;

export type PlatformFit = { readonly rendition: Rendition; /** One sentence each; empty where all is as it recommends. */ readonly remarks: readonly string[] };

/** The highest rendition that the platform takes; the lowest, with what is wrong, where it takes none. */
export function fitFor(ladder: Ladder, name: PlatformName): PlatformFit | undefined {
  const fits = ladder.renditions.map((rendition) => ({ rendition, remarks: remarksOn(ladder, rendition, name) }));
  return fits.find(({ remarks }) => remarks.every(({ isHard }) => !isHard)) === undefined
    ? plain(fits.at(-1))
    : plain(fits.find(({ remarks }) => remarks.every(({ isHard }) => !isHard)));
}

type Remark = { readonly sentence: string; /** Another rendition might not have this problem. */ readonly isHard: boolean };

function plain(fit: { readonly rendition: Rendition; readonly remarks: readonly Remark[] } | undefined): PlatformFit | undefined {
  return fit === undefined ? undefined : { rendition: fit.rendition, remarks: fit.remarks.map(({ sentence }) => sentence) };
}

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
function rungFor(rungs: readonly PlatformRung[], height: number, fps: number): PlatformRung | undefined {
  const bySize = rungs.filter((rung) => rung.height >= height);
  const [nearest] = bySize.map((rung) => rung.height).toSorted((a, b) => a - b);
  const rows = bySize.filter((rung) => rung.height === nearest).toSorted((a, b) => a.fps - b.fps);
  const row = rows.find((rung) => rung.fps + FPS_TOLERANCE >= fps) ?? rows.at(-1);
  // What a platform recommends for a larger picture is no lower bound for a smaller one.
  return row === undefined ? undefined : { ...row, minKbps: row.height === height ? row.minKbps : 0 };
}
