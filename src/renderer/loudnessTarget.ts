// Loudness against what the operator aims at. Pure.

/** The absolute gate of ITU-R BS.1770: below it is silence. */
export const GATE_LUFS = -70;
/** The band on both sides of the target, LU: what EBU R 128 grants live programmes. */
const TOLERANCE_LU = 1;
/** The scale beside the target, LU: EBU Tech 3341's +9 scale. */
const BELOW_LU = 18;
const ABOVE_LU = 9;

/** Undefined for silence: it misses no target. */
export function againstTarget(integratedLufs: number, targetLufs: number): 'targetGood' | 'targetLoud' | 'targetQuiet' | undefined {
  if (!(integratedLufs >= GATE_LUFS)) return undefined;
  if (Math.abs(integratedLufs - targetLufs) <= TOLERANCE_LU) return 'targetGood';
  return integratedLufs > targetLufs ? 'targetLoud' : 'targetQuiet';
}

/** 0 to 1 along a scale on which the target has a fixed place. */
export function placeOnScale(lufs: number, targetLufs: number): number {
  const place = (lufs - targetLufs + BELOW_LU) / (BELOW_LU + ABOVE_LU);
  return Number.isNaN(place) ? 0 : Math.min(1, Math.max(0, place));
}
