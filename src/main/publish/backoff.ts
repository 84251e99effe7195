// How long to wait before the next attempt. Pure: the caller brings the randomness.

const FIRST_DELAY_MS = 500;
/** Small on purpose: a venue's network comes back within seconds, and every second more is a hole in the show. */
const MAX_DELAY_MS = 5000;
/** Share of the delay that chance takes away, so that the renditions of a show do not all knock at once. */
const JITTER = 0.5;

/**
 * Pause before attempt number `failures` + 1 in ms: none after the first failure, then 0.5 s doubling up to 5 s, shortened by up to a half.
 * @param random from 0 to 1
 */
export function retryDelayMs(failures: number, random: number): number {
  if (failures <= 1) return 0;
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 2, 16));
  return Math.round(full * (1 - JITTER * random));
}
