// The Range header of a request (RFC 9110 §14.2), one range of bytes. Pure.
import type { ByteRange } from './presentation.ts';

/** `whole` for no range or one that is to be ignored, `unsatisfiable` for one outside the content. */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return 'whole';
  if (from === '') {
    const length = Math.min(Number(to), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(from);
  const end = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (start >= sizeBytes) return 'unsatisfiable';
  // RFC 9110 §14.1.1: a last position before the first makes the whole header invalid.
  return end < start ? 'whole' : { start, end };
}
