// What decides on a network that is too narrow or away: shedding, the window of what is on its way, the uplink's measure, the spool.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Backlog } from '../../../src/main/publish/backlog.ts';
import { PacketQueue } from '../../../src/main/publish/packetQueue.ts';
import { PacketSpool } from '../../../src/main/publish/packetSpool.ts';
import { failureOfRefusal } from '../../../src/main/publish/refusal.ts';
import { timed, type TimedPacket } from '../../../src/main/publish/rtmpPackets.ts';
import { SendWindow } from '../../../src/main/publish/sendWindow.ts';
import { Shedding, type ConnectionLoad } from '../../../src/main/publish/shedding.ts';
import { UplinkMeter } from '../../../src/main/publish/uplinkMeter.ts';
import { mediaOfFrames, SYNTHETIC_GOP_FRAMES, syntheticVideo, videoPacket } from '../../support/syntheticMedia.ts';
import { until } from '../../support/until.ts';

const entry = (packet: Parameters<typeof timed>[0]): TimedPacket => timed(packet, syntheticVideo.frameRate);
let folder: string;
beforeAll(async () => { folder = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-spool-')); });
afterAll(async () => rm(folder, { recursive: true, force: true }));

describe('Backlog of a cloud', () => {
  const policy = { burstWelcome: false, maxQueuedMs: 10_000 };
  const framesOf = (backlog: Backlog): string[] => {
    const taken: string[] = [];
    for (let entry = backlog.take(true); entry !== undefined; entry = backlog.take(true)) taken.push(`${entry.packet.kind} ${entry.packet.frame}`);
    return taken;
  };

  it('begins the first connection with the first packets, sound included, and every later one at the next IDR', () => {
    const backlog = new Backlog(policy, syntheticVideo, { onRefilled: () => undefined, onSpoolFailed: () => undefined });
    for (const packet of mediaOfFrames(0, 10)) backlog.push(entry(packet));
    backlog.restart();
    const first = framesOf(backlog);
    expect(first).toContain('video 0');
    expect(first.filter((one) => one.startsWith('audio'))).toHaveLength([...mediaOfFrames(0, 10)].filter(({ kind }) => kind === 'audio').length);
    for (const packet of mediaOfFrames(10, 40)) backlog.push(entry(packet));
    backlog.restart();
    expect(framesOf(backlog)).toEqual([]);
  });

  it('sends no burst after a first connection that took long', () => {
    const backlog = new Backlog(policy, syntheticVideo, { onRefilled: () => undefined, onSpoolFailed: () => undefined });
    for (const packet of mediaOfFrames(0, 5 * SYNTHETIC_GOP_FRAMES)) backlog.push(entry(packet));
    backlog.restart();
    expect(framesOf(backlog)).toEqual([]);
  });
});

describe('Shedding', () => {
  const ladder = ['1080p', '720p', '360p'];
  /** Runs `seconds` of half-second looks at queues that are given as a function of time. */
  function run(shedding: Shedding, fromMs: number, seconds: number, queued: (rendition: string, atMs: number) => number): string[] {
    const steps: string[] = [];
    for (let atMs = fromMs; atMs < fromMs + seconds * 1000; atMs += 500) {
      const step = shedding.decide(ladder.map((rendition): ConnectionLoad => ({ rendition, queuedMs: queued(rendition, atMs), isPublishing: true })), atMs);
      if (step !== undefined) steps.push(`${step.type} ${step.rendition}`);
    }
    return steps;
  }

  it('leaves all alone while queues are short, and while a long one becomes shorter', () => {
    expect(run(new Shedding(ladder), 0, 60, () => 2400)).toEqual([]);
    expect(run(new Shedding(ladder), 0, 20, (_rendition, atMs) => 30_000 - atMs)).toEqual([]);
  });

  it('lets the highest give way first, then the next, never the last', () => {
    expect(run(new Shedding(ladder), 0, 60, (_rendition, atMs) => 3000 + atMs)).toEqual(['hold 1080p', 'hold 720p']);
  });

  it('brings them back one after the other, the lower first, each after the others were well for a while', () => {
    const shedding = new Shedding(ladder);
    run(shedding, 0, 30, (_rendition, atMs) => 3000 + atMs);
    expect(run(shedding, 30_000, 7, () => 200)).toEqual([]);
    expect(run(shedding, 37_000, 30, () => 200)).toEqual(['resume 720p', 'resume 1080p']);
  });

  it('waits longer after every return that failed', () => {
    const shedding = new Shedding(ladder);
    const times: number[] = [];
    let isTopOn = true;
    for (let atMs = 0; atMs < 400_000; atMs += 500) {
      const step = shedding.decide(ladder.map((rendition) => ({ rendition, queuedMs: isTopOn ? 3000 + (atMs % 100_000) : 200, isPublishing: true })), atMs);
      if (step === undefined) continue;
      isTopOn = step.type === 'resume';
      if (step.type === 'resume') times.push(atMs);
    }
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(pauses.length).toBeGreaterThan(2);
    expect(pauses.every((pause, index) => index === 0 || pause >= (pauses[index - 1] ?? 0))).toBe(true);
    expect(pauses.at(-1)).toBeGreaterThan(60_000);
  });
});

describe('SendWindow', () => {
  it('closes when a second and a half and two acknowledgements are on their way, and opens with the next one', () => {
    const window = new SendWindow(100_000, 25_000);
    for (let step = 1; step <= 4; step += 1) window.acknowledged(step * 25_000);
    expect(window.isOpenAt(100_000 + 199_999)).toBe(true);
    expect(window.isOpenAt(100_000 + 200_000)).toBe(false);
    window.acknowledged(125_000);
    expect(window.isOpenAt(300_000)).toBe(true);
  });

  it('never closes with a server that does not acknowledge, and forgets the large step that a burst made', () => {
    expect(new SendWindow(1000, 100).isOpenAt(1e9)).toBe(true);
    const window = new SendWindow(1000, 100);
    window.acknowledged(1_000_000);
    for (let step = 1; step <= 3; step += 1) window.acknowledged(1_000_000 + step * 100);
    expect(window.isOpenAt(1_000_300 + 1700)).toBe(false);
  });
});

describe('UplinkMeter', () => {
  it('measures what arrives, and sees it stop', () => {
    const meter = new UplinkMeter();
    expect(meter.arrivingKbps(0)).toBeUndefined();
    for (let at = 0; at <= 10_000; at += 250) meter.acknowledged(at * 125, at);
    expect(meter.arrivingKbps(10_000)).toBeCloseTo(1000, 0);
    expect(meter.arrivingKbps(18_000)).toBeLessThan(500);
  });
});

describe('PacketQueue on a slow connection', () => {
  it('drops first what nobody refers to, and whole GOPs only after that', () => {
    const queue = new PacketQueue({ maxQueuedMs: 10_000, interleaveMs: 500, dropNonReferenceAboveMs: 1500 });
    for (let frame = 0; frame < 100; frame += 1) queue.push(entry({ ...videoPacket(frame), isReference: frame % 3 === 0 || frame % SYNTHETIC_GOP_FRAMES === 0 }));
    const taken: number[] = [];
    for (let next = queue.take(true); next !== undefined; next = queue.take(true)) if (next.packet.kind === 'video') taken.push(next.packet.frame);
    expect(taken.every((frame) => frame % 3 === 0 || frame % SYNTHETIC_GOP_FRAMES === 0)).toBe(true);
    expect(queue.drops).toEqual({ nonReference: 100 - taken.length, overflow: 0, beforeIdr: 0 });
  });
});

describe('the spool', () => {
  const limits = (): ConstructorParameters<typeof PacketSpool>[0] => ({ folder, maxBytes: 64 << 20, maxMs: 600_000 });

  it('carries a backlog of two minutes over the disk: every packet once, in order, byte for byte', async () => {
    const failures: unknown[] = [];
    const backlog = new Backlog({ burstWelcome: true, maxQueuedMs: 60_000, spool: limits() }, syntheticVideo, {
      onRefilled: () => undefined, onSpoolFailed: (error) => failures.push(error),
    });
    const all = Array.from(mediaOfFrames(0, 3000, 900));
    for (const packet of all) backlog.push(entry(packet));
    expect(backlog.queuedMs).toBeGreaterThan(119_000);
    const taken: TimedPacket[] = [];
    await until(() => {
      for (let next = backlog.take(true); next !== undefined; next = backlog.take(true)) taken.push(next);
      return taken.length >= all.length;
    }, 'every packet');
    expect(failures).toEqual([]);
    expect(taken.every((one, index) => index === 0 || one.timestampMs >= (taken[index - 1]?.timestampMs ?? 0))).toBe(true);
    for (const kind of ['video', 'audio'] as const) {
      expect(taken.filter((one) => one.packet.kind === kind).map((one) => one.packet)).toEqual(all.filter((one) => one.kind === kind));
    }
    expect(backlog.droppedFrames).toBe(0);
    // Its file has no name while it is used, so that nothing is left of a process that was killed.
    expect(await readdir(folder)).toEqual([]);
    await backlog.close();
  });

  it('takes no more than its limits, and goes on at an IDR when there is room again', async () => {
    const spool = new PacketSpool({ folder, maxBytes: 64 << 20, maxMs: 2000 }, '360p', syntheticVideo.frameRate, () => undefined);
    for (let frame = 0; frame < 60; frame += 1) spool.push(entry(videoPacket(frame)));
    expect(spool.droppedFrames).toBe(60 - 51);
    while (spool.isHolding) await spool.read();
    for (let frame = 60; frame < 80; frame += 1) spool.push(entry(videoPacket(frame)));
    const [first] = await spool.read();
    expect(first?.packet.frame).toBe(75);
    await spool.close();
  });

  it('says so when the disk fails, counts what is lost, and blocks nobody', async () => {
    const file = path.join(folder, 'no-folder');
    await writeFile(file, '');
    const failures: unknown[] = [];
    const spool = new PacketSpool({ ...limits(), folder: file }, '360p', syntheticVideo.frameRate, (error) => failures.push(error));
    for (let frame = 0; frame < 50; frame += 1) spool.push(entry(videoPacket(frame, 10_000)));
    await until(() => failures.length === 1, 'the failure');
    expect(await spool.read()).toEqual([]);
    expect(spool).toMatchObject({ isHolding: false, isUsable: false, droppedFrames: 50 });
    await rm(file);
  });
});

describe('the spool on a disk that fills up', () => {
  it('loses what was on it, says so once, and the backlog goes on in memory', async (context) => {
    const full = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-spool-full-'));
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'none', full]);
    if (mount.status !== 0) {
      await rm(full, { recursive: true });
      context.skip('needs the right to mount a small tmpfs');
    }
    try {
      const failures: unknown[] = [];
      const backlog = new Backlog({ burstWelcome: true, maxQueuedMs: 60_000, spool: { folder: full, maxBytes: 64 << 20, maxMs: 600_000 } }, syntheticVideo, {
        onRefilled: () => undefined, onSpoolFailed: (error) => failures.push(error),
      });
      // 40 s of 1.2 MB, then 20 s more once the disk has refused.
      for (const packet of mediaOfFrames(0, 1000, 1200)) backlog.push(entry(packet));
      await until(() => failures.length === 1, 'the failure');
      expect(String(failures[0])).toMatch(/ENOSPC|disk is full/);
      // In the middle of a GOP.
      for (const packet of mediaOfFrames(1010, 1500, 1200)) backlog.push(entry(packet));
      const taken: number[] = [];
      for (let next = backlog.take(true); next !== undefined; next = backlog.take(true)) if (next.packet.kind === 'video') taken.push(next.packet.frame);
      expect(taken.filter((frame) => frame >= 1000)).toEqual(Array.from({ length: 475 }, (_, index) => 1025 + index));
      expect(taken.length + backlog.droppedFrames).toBe(1490);
      expect(failures).toHaveLength(1);
      await backlog.close();
    } finally {
      spawnSync('umount', ['-l', full]);
      await rm(full, { recursive: true, force: true });
    }
  });
});

describe('a refusal with a code of Media Services', () => {
  it('says what the code means, what to do, and whether asking again makes sense', () => {
    const of = (description: string, stage: 'publish' | 'publishing' = 'publish') => failureOfRefusal({ type: 'refused', stage, code: 'NetStream.Publish.Rejected', description }, 'h:1', (text) => text);
    expect(of('MPI_SYSTEM_MAINTENANCE: wait')).toMatchObject({ retry: 'always', action: 'Fieldcast goes on at the other endpoint by itself.' });
    expect(of('MPE_INGEST_BITRATE_AGGREGATED_EXCEEDED')).toMatchObject({ retry: 'ifItWorkedBefore', message: expect.stringContaining('more than the live event takes') });
    expect(of('MPE_CAPACITY_LIMIT_REACHED', 'publishing').message).toContain('faster than the service takes it');
    expect(of('MPE_UNHEARD_OF').message).toBe('h:1 refused the stream (NetStream.Publish.Rejected: MPE_UNHEARD_OF).');
  });
});
