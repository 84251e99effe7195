import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketQueue } from '../../../src/main/publish/packetQueue.ts';
import { timed, type TimedPacket } from '../../../src/main/publish/rtmpPackets.ts';
import { audioPacket, mediaOfFrames, SYNTHETIC_GOP_FRAMES, syntheticVideo, videoPacket } from '../../support/syntheticMedia.ts';

const GOP_MS = SYNTHETIC_GOP_FRAMES * 40;
const limits = { maxQueuedMs: 3000, interleaveMs: 500 };
const entry = (packet: Parameters<typeof timed>[0]): TimedPacket => timed(packet, syntheticVideo.frameRate);
const fill = (queue: PacketQueue, from: number, to: number): void => {
  for (const packet of mediaOfFrames(from, to)) queue.push(entry(packet));
};
const drain = (queue: PacketQueue, flush = true): TimedPacket[] => {
  const taken: TimedPacket[] = [];
  for (let next = queue.take(flush); next !== undefined; next = queue.take(flush)) taken.push(next);
  return taken;
};
const videoFrames = (entries: readonly TimedPacket[]): number[] => entries.flatMap(({ packet }) => (packet.kind === 'video' ? [packet.frame] : []));

describe('PacketQueue', () => {
  it('gives out one order of time, beginning with an IDR and its audio', () => {
    const queue = new PacketQueue(limits);
    fill(queue, 1010, 1060);
    const taken = drain(queue);
    expect(videoFrames(taken)).toEqual(Array.from({ length: 35 }, (_, index) => 1025 + index));
    expect(taken[0]?.packet).toMatchObject({ kind: 'video', isIdr: true });
    expect(taken.every((one, index) => index === 0 || one.timestampMs >= taken[index - 1]!.timestampMs)).toBe(true);
    expect(queue.drops).toEqual({ nonReference: 0, overflow: 0, beforeIdr: 15 });
  });

  it('keeps one order of time when a track is late by less than the limit', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 10, maxLength: 200 }), (turns) => {
      const queue = new PacketQueue({ maxQueuedMs: 60_000, interleaveMs: 30_000 });
      const taken: TimedPacket[] = [];
      let frame = 0;
      let audio = 0;
      for (const isVideo of turns) {
        if (isVideo) queue.push(entry(videoPacket(frame++)));
        else queue.push(entry(audioPacket(audio++)));
        taken.push(...drain(queue, false));
      }
      taken.push(...drain(queue));
      expect(taken.every((one, index) => index === 0 || one.timestampMs >= taken[index - 1]!.timestampMs)).toBe(true);
      expect(videoFrames(taken)).toHaveLength(frame);
    }));
  });

  it('waits for the other track, but not for ever', () => {
    const queue = new PacketQueue(limits);
    for (let frame = 0; frame <= 12; frame += 1) queue.push(entry(videoPacket(frame)));
    expect(queue.take(false)).toBeUndefined();
    queue.push(entry(videoPacket(13)));
    expect(videoFrames([queue.take(false)!])).toEqual([0]);
    expect(queue.take(false)).toBeUndefined();
    queue.push(entry(audioPacket(0)));
    expect(queue.take(false)?.packet.kind).toBe('audio');
  });

  it('sends no audio before the first IDR', () => {
    const queue = new PacketQueue(limits);
    for (let frame = 0; frame < 100; frame += 1) queue.push(entry(audioPacket(frame)));
    expect(drain(queue)).toEqual([]);
    queue.push(entry(videoPacket(25)));
    expect(drain(queue).every((one) => one.timestampMs >= 1000)).toBe(true);
  });

  it('drops whole GOPs when it is too full, audio last, and never holds more than its limit', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 400 }), fc.array(fc.nat(30), { maxLength: 40 }), (count, takes) => {
      const queue = new PacketQueue(limits);
      const taken: TimedPacket[] = [];
      let at = 0;
      for (const packet of mediaOfFrames(0, count)) {
        queue.push(entry(packet));
        expect(queue.queuedMs).toBeLessThanOrEqual(limits.maxQueuedMs);
        if (packet.kind === 'video' && packet.frame % 10 === 0) {
          for (let n = takes[at++ % Math.max(1, takes.length)] ?? 0; n > 0; n -= 1) {
            const next = queue.take(false);
            if (next !== undefined) taken.push(next);
          }
        }
      }
      taken.push(...drain(queue));
      const frames = videoFrames(taken);
      expect(frames.length + queue.drops.overflow + queue.drops.beforeIdr).toBe(count);
      for (const [index, frame] of frames.entries()) {
        if (index === 0 || frame !== frames[index - 1]! + 1) expect(frame % SYNTHETIC_GOP_FRAMES).toBe(0);
      }
    }), { numRuns: 60 });
  });

  it('drops a single GOP that alone is too long, and waits for the next IDR', () => {
    const queue = new PacketQueue({ maxQueuedMs: GOP_MS / 2, interleaveMs: 100 });
    fill(queue, 0, 20);
    expect(videoFrames(drain(queue))).toEqual([]);
    expect(queue.drops.overflow).toBe(14);
    expect(queue.drops.beforeIdr).toBe(6);
    queue.push(entry(videoPacket(25)));
    expect(videoFrames(drain(queue))).toEqual([25]);
  });

  it('begins again at the next IDR that comes, where no burst is welcome', () => {
    const queue = new PacketQueue(limits);
    fill(queue, 0, 30);
    drain(queue);
    fill(queue, 30, 60);
    queue.restartAtNextIdr();
    expect(drain(queue)).toEqual([]);
    fill(queue, 60, 80);
    expect(videoFrames(drain(queue))).toEqual([75, 76, 77, 78, 79]);
    expect(queue.drops.beforeIdr).toBe(45);
  });

  it('puts the unacknowledged before what waits, where a burst is welcome', () => {
    const queue = new PacketQueue(limits);
    fill(queue, 0, 40);
    const sent = drain(queue);
    fill(queue, 40, 60);
    queue.restartWithBacklog(sent);
    const again = drain(queue);
    expect(videoFrames(again)).toEqual(Array.from({ length: 60 }, (_, index) => index));
    expect(again.every((one, index) => index === 0 || one.timestampMs >= again[index - 1]!.timestampMs)).toBe(true);
    expect(queue.drops).toEqual({ nonReference: 0, overflow: 0, beforeIdr: 0 });
  });

  it('begins a backlog at its first IDR and keeps to its limit', () => {
    const queue = new PacketQueue(limits);
    fill(queue, 25, 90);
    queue.restartWithBacklog(Array.from(mediaOfFrames(10, 25), entry));
    expect(queue.queuedMs).toBeLessThanOrEqual(limits.maxQueuedMs);
    expect(videoFrames(drain(queue))[0]).toBe(25);
    expect(queue.drops).toEqual({ nonReference: 0, overflow: 0, beforeIdr: 0 });
  });
});
