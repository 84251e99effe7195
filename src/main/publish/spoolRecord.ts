// A media packet as bytes of the spool's file and back. Only the process that wrote them reads them, so there is no version.
import type { FrameRate } from '../../contract/ladder.ts';
import type { MediaPacket } from '../media/packets.ts';
import type { AudioFrameIndex, FrameIndex } from '../media/timeline.ts';
import { timed, type TimedPacket } from './rtmpPackets.ts';

/** Flags, length of the data, presentation and decode index. */
const HEADER_BYTES = 1 + 4 + 8 + 8;
const VIDEO = 1;
const IDR = 2;
const REFERENCE = 4;

/** Size of the packet's record. */
export function spooledBytes(packet: MediaPacket): number {
  return HEADER_BYTES + packet.data.length;
}

export function encodeSpooled(packets: readonly MediaPacket[]): Uint8Array {
  const bytes = new Uint8Array(packets.reduce((sum, packet) => sum + spooledBytes(packet), 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const packet of packets) {
    const flags = packet.kind === 'audio' ? 0 : VIDEO | (packet.isIdr ? IDR : 0) | (packet.isReference ? REFERENCE : 0);
    view.setUint8(offset, flags);
    view.setUint32(offset + 1, packet.data.length);
    view.setFloat64(offset + 5, packet.frame);
    view.setFloat64(offset + 13, packet.kind === 'audio' ? packet.frame : packet.decodeFrame);
    bytes.set(packet.data, offset + HEADER_BYTES);
    offset += spooledBytes(packet);
  }
  return bytes;
}

/** The whole records at the start of `bytes`, and how many bytes they take. Their data share memory with `bytes`. */
export function readSpooled(bytes: Uint8Array, rendition: string, frameRate: FrameRate): { readonly entries: TimedPacket[]; readonly usedBytes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: TimedPacket[] = [];
  let offset = 0;
  while (offset + HEADER_BYTES <= bytes.length) {
    const flags = view.getUint8(offset);
    const end = offset + HEADER_BYTES + view.getUint32(offset + 1);
    if (end > bytes.length) break;
    const data = bytes.subarray(offset + HEADER_BYTES, end);
    const frame = view.getFloat64(offset + 5);
    const packet: MediaPacket = (flags & VIDEO) === 0
      ? { kind: 'audio', frame: frame as AudioFrameIndex, data }
      : {
          kind: 'video', rendition, frame: frame as FrameIndex, decodeFrame: view.getFloat64(offset + 13) as FrameIndex,
          isIdr: (flags & IDR) !== 0, isReference: (flags & REFERENCE) !== 0, data,
        };
    entries.push(timed(packet, frameRate));
    offset = end;
  }
  return { entries, usedBytes: offset };
}
