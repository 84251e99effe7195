// An encoder that never was: H.264 and AAC packets of chosen frames as Fieldcast's publishers send them, with timestamps computed from the
// frame index. The pictures cannot be decoded; times, order and sizes are real.
import type { FrameRate } from '../../src/contract/ladder.ts';
import { buildAudioPayload } from '../../src/main/rtmp/flvAudio.ts';
import { buildVideoPayload } from '../../src/main/rtmp/flvVideo.ts';

/** AVCDecoderConfigurationRecord of 320×180 High, as libx264 wrote it. */
export const avcConfig320x180 = Buffer.from('0164000dffe1001a6764000dacd941419f9f0110000003001000000303c0f142996001000568ebecb22cfdf8f800', 'hex');
const aacConfig48kStereo = Uint8Array.of(0x11, 0x90);

export type StreamPacket = { readonly type: 'video' | 'audio'; readonly timestampMs: number; readonly payload: Uint8Array };

/** IDR P B B P B B …: presentation order of a closed GOP whose frames are decoded in the order of the returned offsets. */
function decodeOrderOfGop(frames: number, bFrames: number): number[] {
  const order = [0];
  for (let next = 1; next < frames;) {
    const reference = Math.min(next + bFrames, frames - 1);
    order.push(reference);
    for (let between = next; between < reference; between += 1) order.push(between);
    next = reference + 1;
  }
  return order;
}

/** The packets of GOP `gop`, decode times `bFrames > 0 ? 2 : 0` frames ahead so that none is after its presentation. */
export function gopPackets(gop: number, framesPerGop: number, rate: FrameRate, options: { readonly bFrames?: number; readonly frameBytes?: number } = {}): StreamPacket[] {
  const { bFrames = 0, frameBytes = 11 } = options;
  const msOf = (frame: number): number => Math.round((frame * 1000 * rate.den) / rate.num);
  const delay = bFrames > 0 ? bFrames : 0;
  return decodeOrderOfGop(framesPerGop, bFrames).map((offset, position) => {
    const frame = gop * framesPerGop + offset;
    const decodeMs = msOf(gop * framesPerGop + position - delay);
    const isKey = offset === 0;
    const data = Buffer.alloc(4 + frameBytes, gop + offset);
    data.writeUInt32BE(frameBytes);
    data[4] = isKey ? 0x65 : 0x41;
    const payload = buildVideoPayload({ frameType: isKey ? 'key' : 'inter', avcPacketType: 'nalu', compositionMs: msOf(frame) - decodeMs, data });
    return { type: 'video', timestampMs: decodeMs, payload };
  });
}

/** AAC frames whose presentation lies in [fromMs, toMs). */
export function audioPackets(fromMs: number, toMs: number, sampleRate = 48_000): StreamPacket[] {
  const packets: StreamPacket[] = [];
  for (let frame = Math.ceil((fromMs * sampleRate) / 1_024_000); (frame * 1_024_000) / sampleRate < toMs; frame += 1) {
    const data = Buffer.alloc(8, frame);
    packets.push({ type: 'audio', timestampMs: Math.round((frame * 1_024_000) / sampleRate), payload: buildAudioPayload({ aacPacketType: 'raw', data }) });
  }
  return packets;
}

export function videoHeader(config: Uint8Array = avcConfig320x180): StreamPacket {
  return { type: 'video', timestampMs: 0, payload: buildVideoPayload({ frameType: 'key', avcPacketType: 'config', compositionMs: 0, data: config }) };
}

export function audioHeader(config: Uint8Array = aacConfig48kStereo): StreamPacket {
  return { type: 'audio', timestampMs: 0, payload: buildAudioPayload({ aacPacketType: 'config', data: config }) };
}
