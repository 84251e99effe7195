// What a Smooth Streaming publisher writes, read back by mediabunny, which knows nothing of this project: header, fragments, times, holes.
import fc from 'fast-check';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { describe, expect, it } from 'vitest';
import type { AudioTrackConfig, MediaPacket, VideoPacket, VideoTrackConfig } from '../../../src/main/media/packets.ts';
import { firstAudioFrameAt, type AudioFrameIndex, type FrameIndex } from '../../../src/main/media/timeline.ts';
import { FragmentCutter, type CutFragment } from '../../../src/main/publish/fragmentCutter.ts';
import { timed } from '../../../src/main/publish/rtmpPackets.ts';
import { writeFragment } from '../../../src/main/publish/smoothFragment.ts';
import { smoothHeader } from '../../../src/main/publish/smoothHeader.ts';

const RATES = [{ num: 25, den: 1 }, { num: 30, den: 1 }, { num: 30_000, den: 1001 }, { num: 60_000, den: 1001 }];
const SPS = Buffer.from('6764001eacd940a02ff97011000003000100000300320f162d96', 'hex');
const PPS = Buffer.from('68ebe3cb22c0', 'hex');
const videoAt = (frameRate: VideoTrackConfig['frameRate']): VideoTrackConfig => ({
  kind: 'video', rendition: '360p', width: 640, height: 360, frameRate, declaredKbps: 600,
  avcDecoderConfig: Buffer.concat([Buffer.from([1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, SPS.length]), SPS, Buffer.from([1, 0, PPS.length]), PPS]),
});
const AUDIO: AudioTrackConfig = { kind: 'audio', sampleRate: 48_000, channels: 2, declaredKbps: 128, audioSpecificConfig: Uint8Array.of(0x11, 0x90) };
const TFXD = Buffer.from('6d1d9b0542d544e680e2141daff757b2', 'hex');

type Gop = { readonly frames: number; readonly hasB: boolean };

/** A GOP in decode order; with B-frames as I P B P B …, decoded one frame ahead. */
function videoGop(first: number, { frames, hasB }: Gop): VideoPacket[] {
  const shown = Array.from({ length: frames }, (_, index) => index);
  const order = hasB ? shown.toSorted((a, b) => keyOf(a) - keyOf(b)) : shown;
  return order.map((index, position) => ({
    kind: 'video', rendition: '360p', frame: (first + index) as FrameIndex, decodeFrame: (first + position - (hasB ? 1 : 0)) as FrameIndex, isIdr: index === 0, isReference: true,
    data: nal(index === 0 ? 0x65 : 0x41, first + index),
  }));
}
const keyOf = (index: number): number => (index % 2 === 1 ? index + 1.5 : index);
function nal(type: number, number: number): Uint8Array {
  const body = Buffer.alloc(5 + (number % 40));
  body[0] = type;
  body.writeUInt32BE(number, 1);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
const soundOf = (from: number, to: number, rate: VideoTrackConfig['frameRate']): MediaPacket[] => {
  const first = firstAudioFrameAt(from, rate);
  return Array.from({ length: firstAudioFrameAt(to, rate) - first }, (_, index) => ({ kind: 'audio', frame: (first + index) as AudioFrameIndex, data: Uint8Array.of((first + index) & 0xff, 7) }));
};
/** In order of time on the wire, as the queue gives them out. */
const ordered = (packets: readonly MediaPacket[], rate: VideoTrackConfig['frameRate']) => packets.map((packet) => timed(packet, rate)).toSorted((a, b) => a.timestampMs - b.timestampMs);
const cutAll = (packets: readonly MediaPacket[], rate: VideoTrackConfig['frameRate']): CutFragment[] => {
  const cutter = new FragmentCutter(rate);
  return [...ordered(packets, rate).flatMap((entry) => cutter.add(entry)), ...cutter.flush()];
};
const ticks = (frame: number, { num, den }: VideoTrackConfig['frameRate']): number => Math.round((frame * den * 10_000_000) / num);
function tfxdOf(bytes: Buffer): { start: number; duration: number } {
  const at = bytes.indexOf(TFXD);
  expect(bytes.readUInt32BE(at + 16)).toBe(0x0100_0000);
  return { start: Number(bytes.readBigUInt64BE(at + 20)), duration: Number(bytes.readBigUInt64BE(at + 28)) };
}

/** An encoder's reorder delay stays the same. */
const gops = fc.tuple(fc.boolean(), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 })).map(([hasB, lengths]) => lengths.map((frames): Gop => ({ frames, hasB })));

describe('fragments', () => {
  it('hold every sample once, in decode order, and follow each other without a hole', async () => {
    await fc.assert(fc.asyncProperty(gops, fc.constantFrom(...RATES), fc.integer({ min: 1, max: 5_000_000 }), async (made, rate, firstFrame) => {
      let at = firstFrame;
      const video = made.flatMap((gop) => {
        const packets = videoGop(at, gop);
        at += gop.frames;
        return packets;
      });
      const sound = soundOf(firstFrame, at, rate);
      const cut = cutAll([...video, ...sound], rate);
      const written = cut.map(({ fragment }) => Buffer.concat(writeFragment(fragment)));
      const input = new Input({ source: new BufferSource(Buffer.concat([smoothHeader(videoAt(rate), AUDIO), ...written])), formats: ALL_FORMATS });
      const [videoTrack, audioTrack] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
      expect([videoTrack?.codec, videoTrack?.codedWidth, videoTrack?.codedHeight, audioTrack?.codec, audioTrack?.sampleRate, audioTrack?.numberOfChannels]).toEqual(['avc', 640, 360, 'aac', 48_000, 2]);
      const read = [];
      for await (const packet of new EncodedPacketSink(videoTrack!).packets()) read.push(packet);
      expect(read.map(({ type, data }) => [type, Buffer.from(data).toString('hex')])).toEqual(video.map(({ isIdr, data }) => [isIdr ? 'key' : 'delta', Buffer.from(data).toString('hex')]));
      // mediabunny counts from the first sample; tfxd says where that is. It adds reorder delays up where there is no tfdt; FFmpeg does not
      // (smooth-publish.test.ts).
      const shown = made.some(({ hasB }) => hasB) ? [] : read.map(({ timestamp }) => timestamp).toSorted((a, b) => a - b);
      for (const [index, seconds] of shown.entries()) expect(Math.abs(seconds - shown[0]! - (index * rate.den) / rate.num)).toBeLessThan(1e-6);
      const heard = [];
      if (sound.length > 0) for await (const packet of new EncodedPacketSink(audioTrack!).packets()) heard.push(Buffer.from(packet.data).toString('hex'));
      expect(heard).toEqual(sound.map(({ data }) => Buffer.from(data).toString('hex')));

      for (const kind of ['video', 'audio'] as const) {
        const times = cut.flatMap(({ fragment }, index) => (fragment.kind === kind ? [tfxdOf(written[index]!)] : []));
        for (const [index, { start }] of times.entries()) if (index > 0) expect(start).toBe(times[index - 1]!.start + times[index - 1]!.duration);
        if (kind === 'video') expect(times.map(({ start }) => start)).toEqual(video.filter(({ isIdr }) => isIdr).map(({ frame }) => ticks(frame, rate)));
        if (kind === 'video') expect(times.at(-1)!.start + times.at(-1)!.duration).toBe(ticks(at, rate));
      }
      expect(cut.map(({ fragment: { sequence } }) => sequence)).toEqual(cut.map((_one, index) => index + 1));
    }), { numRuns: 60 });
  });

  it('are cut in the same places wherever a connection begins, so that two encoders can stand for each other', () => {
    fc.assert(fc.property(gops.filter(({ length }) => length >= 3), fc.constantFrom(...RATES), fc.integer({ min: 1, max: 5_000_000 }), (made, rate, firstFrame) => {
      const starts: number[] = [];
      let at = firstFrame;
      const video = made.map((gop) => {
        starts.push(at);
        at += gop.frames;
        return videoGop(at - gop.frames, gop);
      });
      const all = [...video.flat(), ...soundOf(firstFrame, at, rate)];
      const later = [...video.slice(1).flat(), ...soundOf(starts[1]!, at, rate)];
      const plain = (cut: readonly CutFragment[]) => cut.map(({ fragment: { sequence: _own, ...fragment } }) => fragment).filter(({ kind, startTicks }) => startTicks >= ticks(starts[1]!, rate) && kind !== undefined);
      expect(plain(cutAll(later, rate))).toEqual(plain(cutAll(all, rate)));
    }), { numRuns: 60 });
  });

  it('do not stretch over what was dropped', () => {
    const rate = { num: 25, den: 1 };
    const packets = [...videoGop(1000, { frames: 25, hasB: false }), ...videoGop(1250, { frames: 25, hasB: false })];
    const [first] = cutAll(packets, rate).map(({ fragment }) => fragment);
    expect(first).toMatchObject({ startTicks: 400_000_000, durationTicks: 10_000_000 });
    expect(first!.samples.map(({ durationTicks }) => durationTicks)).toEqual(Array.from({ length: 25 }, () => 400_000));
    // A few frames left out leave no hole: the last one before them lasts longer.
    const thinned = packets.filter(({ frame }) => frame !== 1023 && frame !== 1024);
    const [thin] = cutAll(thinned.slice(0, 23).concat(videoGop(1025, { frames: 2, hasB: false })), rate).map(({ fragment }) => fragment);
    expect(thin).toMatchObject({ durationTicks: 10_000_000 });
    expect(thin!.samples.at(-1)).toMatchObject({ durationTicks: 1_200_000 });
  });

  it('give back what is not whole yet', () => {
    const cutter = new FragmentCutter({ num: 25, den: 1 });
    const packets = videoGop(50, { frames: 3, hasB: false });
    for (const packet of packets) cutter.add(timed(packet, { num: 25, den: 1 }));
    expect(cutter.takeBack().map(({ packet }) => packet)).toEqual(packets);
    expect(cutter.flush()).toEqual([]);
  });
});

describe('the header', () => {
  it('names both tracks with their declared rates, and is the same for the same tracks', () => {
    const [one, other] = [smoothHeader(videoAt(RATES[2]!), AUDIO), smoothHeader(videoAt(RATES[2]!), AUDIO)];
    expect(Buffer.compare(one, other)).toBe(0);
    const smil = Buffer.from(one).toString('latin1');
    expect(smil).toContain('<video systemBitrate="600000">');
    expect(smil).toContain('<audio systemBitrate="128000">');
    expect(smil).toContain(`<param name="CodecPrivateData" value="00000001${SPS.toString('hex').toUpperCase()}00000001${PPS.toString('hex').toUpperCase()}" valuetype="data"/>`);
    expect(smil.indexOf('ftyp')).toBe(4);
  });
});
