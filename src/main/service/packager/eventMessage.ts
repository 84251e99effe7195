// Cues inside segments: event message boxes, version 1 (ISO/IEC 23009-1 §5.10.3.3), which carry absolute times of the track's timeline.
import { eventNumberOf, type Cue } from './cue.ts';

const UNKNOWN_DURATION = 0xffff_ffff;

/** The segment with the boxes of `cues` before its `moof`, where players look for them. */
export function withEventMessages(segment: Uint8Array, cues: readonly Cue[], timescale: number): Uint8Array {
  if (cues.length === 0) return segment;
  const header = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  // The packager writes one `styp` in front; without it the boxes come first.
  const at = segment.length >= 8 && Buffer.from(segment.subarray(4, 8)).toString('latin1') === 'styp' ? header.getUint32(0) : 0;
  return Buffer.concat([segment.subarray(0, at), ...cues.map((cue) => eventMessageOf(cue, timescale)), segment.subarray(at)]);
}

function eventMessageOf(cue: Cue, timescale: number): Uint8Array {
  const fixed = Buffer.alloc(32);
  const text = Buffer.from(`${cue.scheme}\0\0`, 'utf8');
  fixed.writeUInt32BE(fixed.length + text.length + cue.payload.length, 0);
  fixed.write('emsg', 4, 'latin1');
  fixed.writeUInt32BE(1 << 24, 8);
  fixed.writeUInt32BE(timescale, 12);
  fixed.writeBigUInt64BE(BigInt(Math.max(0, Math.round(cue.seconds * timescale))), 16);
  fixed.writeUInt32BE(cue.durationSeconds === undefined ? UNKNOWN_DURATION : Math.min(UNKNOWN_DURATION - 1, Math.round(cue.durationSeconds * timescale)), 24);
  fixed.writeUInt32BE(eventNumberOf(cue), 28);
  return Buffer.concat([fixed, text, cue.payload]);
}
