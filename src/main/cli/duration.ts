// Reads `--for`: `30s`, `10m`, `1h30m`, or plain seconds.
import { OperatorError } from '../../contract/errors.ts';

const UNITS = { h: 3600, m: 60, s: 1 } as const;
/** The longest show that the plan accepts, s. */
const MAX_SECONDS = 25 * 3600;

/** Seconds; throws an OperatorError with examples for anything else than a positive duration of at most 25 hours. */
export function parseDuration(text: string): number {
  const parts = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(text.trim());
  const seconds = parts === null ? Number.NaN
    : Number(parts[1] ?? 0) * UNITS.h + Number(parts[2] ?? 0) * UNITS.m + Number(parts[3] ?? 0) * UNITS.s;
  if (!(seconds > 0) || seconds > MAX_SECONDS) {
    throw new OperatorError('BAD_DURATION', `“${text}” is not a duration that a show can have.`, 'Write it like 30s, 10m or 1h30m; the longest is 25h.');
  }
  return seconds;
}
