// What encoders do on this machine, found by doing: the listed ones, and stand-ins that misbehave as drivers do.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_ENCODER, ENCODER_NAMES } from '../../src/contract/encoder.ts';
import type { Ladder } from '../../src/contract/ladder.ts';
import type { EncoderFinding } from '../../src/contract/ladderPlan.ts';
import { AlignmentChecker } from '../../src/main/encode/alignment.ts';
import { probeEncoders, type ProbeOptions } from '../../src/main/encode/encoderProbe.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import type { EncoderFailure } from '../../src/main/encode/videoEncoderOptions.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { nalTypeOf, nalUnitsOf } from '../../src/main/media/h264.ts';
import type { VideoPacket } from '../../src/main/media/packets.ts';
import { createTimeline, type FrameIndex } from '../../src/main/media/timeline.ts';
import { EncoderBook } from '../../src/main/show/encoderBook.ts';
import { countedFrame } from '../support/countedFrames.ts';
import { unknownOptions } from '../support/encoderHelp.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { writeSingleSessionStandIn, writeStandIn, type StandInFault } from '../support/standInEncoder.ts';
import { until } from '../support/until.ts';

const SMALL: Ladder = {
  name: 'small', frameRate: { num: 30, den: 1 }, gopSeconds: 1, audioKbps: 128,
  renditions: [{ name: 'top', width: 320, height: 180, declaredKbps: 800 }, { name: 'low', width: 192, height: 108, declaredKbps: 300 }],
};
/** A driver that fails says so at once; one that hangs is ended. */
const REFUSAL_MS = 5_000;

let dir: string;
let ffmpeg: FfmpegInstall;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fieldcast-encoders-'));
  ffmpeg = await locateFfmpeg();
});
afterAll(async () => rm(dir, { recursive: true, force: true }));

async function probe(binary: string, listed: Iterable<string>, changes: Partial<ProbeOptions> = {}): Promise<EncoderFinding[]> {
  return probeEncoders({
    binary, ladder: SMALL, listed: new Set(listed), optionsOf: async () => new Set<string>(), renderNodes: [], signal: new AbortController().signal, ...changes,
  });
}

async function probeStandIn(fault: StandInFault, limits?: ProbeOptions['limits']): Promise<EncoderFinding> {
  const binary = await writeStandIn(join(dir, `ffmpeg-${fault}`), fault);
  const [finding] = await probe(binary, ['h264_nvenc'], limits === undefined ? {} : { limits });
  if (finding === undefined) throw new Error('Nothing was found.');
  return finding;
}

describe('the encoders that this FFmpeg lists', () => {
  it('are all judged: libx264 works, and broken ones are refused in words and in seconds', async () => {
    const findings = await probe(ffmpeg.path, ffmpeg.capabilities.encoders);
    expect(findings.map((one) => one.encoder).toSorted()).toEqual(ENCODER_NAMES.filter((name) => ffmpeg.capabilities.encoders.has(name)).toSorted());
    for (const one of findings) {
      expect(one.sentence.startsWith(one.encoder)).toBe(true);
      expect(one.sentence.endsWith('.')).toBe(true);
      if (one.verdict === 'refused') {
        expect(one.sentence).toMatch(/is not used: .{10,}/);
        expect(one.tookMs).toBeLessThan(REFUSAL_MS);
      }
    }
    const x264 = findings.at(-1);
    expect(x264).toMatchObject({ encoder: 'libx264', verdict: 'works' });
    expect(x264?.speed).toBeGreaterThan(0);
    for (const { errorPercent } of x264?.renditions ?? []) expect(Math.abs(errorPercent)).toBeLessThan(50);
    console.log(`measured: ${findings.map((one) => `${one.encoder} ${one.verdict} in ${one.tookMs} ms`).join(', ')}`);
  });

  for (const encoder of ENCODER_NAMES) {
    it(`${encoder}, where it is listed, knows every option and value that it is given`, ({ skip }) => {
      if (!ffmpeg.capabilities.encoders.has(encoder)) return skip(`this FFmpeg does not list ${encoder}`);
      expect(unknownOptions(encoder, execFileSync(ffmpeg.path, ['-hide_banner', '-h', `encoder=${encoder}`], { encoding: 'utf8' }))).toEqual([]);
    });
  }
});

describe('an encoder that', () => {
  it('does as it is told is taken, with the preset that it worked with', async () => {
    expect(await probeStandIn('good')).toMatchObject({ verdict: 'works', choice: { encoder: 'h264_nvenc', preset: 'p4' } });
  });

  it.each([
    ['reorders', 'it reorders frames although it was told not to'],
    ['ignores-keyframes', 'does not begin every GOP'],
    ['starves', 'which a service calls unhealthy'],
    ['refuses', 'the NVIDIA driver allows fewer encoders at once than the ladder has renditions'],
  ] as const)('%s is refused in words', async (fault, words) => {
    const finding = await probeStandIn(fault);
    expect(finding).toMatchObject({ verdict: 'refused', tried: [] });
    expect(finding.sentence).toContain(words);
    expect(finding.sentence).not.toContain('0x55d0');
  });

  it('hangs is ended in time, and no other preset of it is tried', async () => {
    const finding = await probeStandIn('hangs', { firstPacketMs: 700 });
    expect(finding.sentence).toMatch(/^h264_nvenc is not used: it gave nothing for 0\.[789] s/);
    expect(finding.tookMs).toBeLessThan(REFUSAL_MS);
  });

  it('is being tried when the caller has had enough is ended too', async () => {
    const cancel = new AbortController();
    const run = probeEncoders({
      binary: await writeStandIn(join(dir, 'ffmpeg-cancelled'), 'hangs'), ladder: SMALL, listed: new Set(['h264_nvenc']), optionsOf: async () => new Set<string>(), renderNodes: [],
      signal: cancel.signal, onProgress: () => { setTimeout(() => cancel.abort(new Error('enough')), 200); },
    });
    await expect(run).rejects.toThrow('enough');
  });

  it('dies on air gives way to libx264, which repeats and loses nothing behind it', async () => {
    const timeline = createTimeline(1_700_000_000, SMALL.frameRate, SMALL.gopSeconds);
    const packets: VideoPacket[] = [];
    const failures: EncoderFailure[] = [];
    const encoder = new VideoEncoder({
      binary: await writeStandIn(join(dir, 'ffmpeg-dying'), 'good'), ladder: SMALL, timeline, startFrame: 300 as FrameIndex,
      encoder: { encoder: 'h264_nvenc', preset: 'p4' },
      onConfig: () => undefined, onPacket: (packet) => packets.push(packet), onFailure: (failure) => failures.push(failure),
      onHandover: () => undefined, onExtraIdr: () => undefined,
    });
    const push = async (from: number, to: number): Promise<void> => {
      for (let frame = from; frame < to; frame += 1) {
        await until(() => encoder.stats.lagFrames < 20, 'room in the encoder');
        encoder.push(frame as FrameIndex, countedFrame(frame, 320, 180));
        await turn();
      }
    };
    await push(300, 345);
    const { pid } = encoder;
    if (pid === undefined) throw new Error('No process.');
    process.kill(pid, 'SIGKILL');
    await until(() => failures.length > 0, 'the failure');
    expect(failures[0]?.replacedBy).toEqual({ ...DEFAULT_ENCODER, bFrames: 0 });
    await push(345, 420);
    await encoder.finish();
    expect(encoder.command).not.toContain('h264_nvenc');
    for (const rendition of ['top', 'low']) {
      const own = packets.filter((one) => one.rendition === rendition);
      const frames = own.map((one) => one.frame);
      expect(new Set(frames).size).toBe(frames.length);
      // The handover has its own tests; here what came stands in one order, of decoding as of showing.
      expect(frames).toEqual(frames.toSorted((one, other) => one - other));
      expect(own.every((one) => one.decodeFrame === one.frame)).toBe(true);
      expect(frames.at(-1)).toBe(419);
    }
    const checker = new AlignmentChecker(timeline.framesPerGop, ['top', 'low']);
    for (const packet of packets) if (packet.frame >= 360) checker.add(packet);
    expect(checker.report().keyframesAligned).toBe(true);
    expect(packets.some((packet) => [...nalUnitsOf(packet.data)].some((nal) => [7, 8, 9].includes(nalTypeOf(nal))))).toBe(false);
  });
});

describe('a hardware encoder that dies while another process of it is warm', () => {
  it('is not used for that either: libx264 has the IDR that was asked for', async () => {
    const packets: VideoPacket[] = [];
    const failures: EncoderFailure[] = [];
    const timeline = createTimeline(1_700_000_000, SMALL.frameRate, 1);
    const encoder = new VideoEncoder({
      binary: await writeStandIn(join(dir, 'ffmpeg-warm'), 'good'), ladder: SMALL, timeline, startFrame: 300 as FrameIndex, encoder: { encoder: 'h264_nvenc', preset: 'p4' },
      onConfig: () => undefined, onPacket: (packet) => packets.push(packet), onFailure: (failure) => failures.push(failure),
    });
    let frame = 300;
    const push = async (to: number): Promise<void> => {
      for (; frame < to; frame += 1) {
        await until(() => encoder.stats.lagFrames < 20, 'room in the encoder');
        encoder.push(frame as FrameIndex, countedFrame(frame, 320, 180));
        await turn();
      }
    };
    await push(310);
    expect(encoder.requestIdr(350)).toBe(350);
    await push(340);
    const { pid } = encoder;
    process.kill(pid ?? expect.fail('no process'), 'SIGKILL');
    await until(() => failures.length > 0, 'the failure');
    await push(450);
    await encoder.finish();
    expect(failures.map((one) => one.replacedBy?.encoder)).toEqual(['libx264']);
    expect(encoder.stats).toMatchObject({ missing: [], replacedFrames: 0, failures: 1, settings: { encoder: { encoder: 'libx264' } } });
    for (const rendition of ['top', 'low']) {
      const own = packets.filter((one) => one.rendition === rendition);
      expect(own.map((one) => one.frame)).toEqual(Array.from({ length: 150 }, (_, index) => 300 + index));
      expect(own.find((one) => one.frame === 350)?.isIdr).toBe(true);
    }
  });
});

describe('a hardware encoder with one session', () => {
  it('goes on when another setting would need a second one, and says that it was refused', async () => {
    const binary = await writeSingleSessionStandIn(join(dir, 'ffmpeg-one-session'));
    const packets: VideoPacket[] = [];
    const refused: string[] = [];
    const failures: EncoderFailure[] = [];
    const timeline = createTimeline(1_700_000_000, SMALL.frameRate, 1);
    const encoder = new VideoEncoder({
      binary, ladder: SMALL, timeline, startFrame: 300 as FrameIndex, encoder: { encoder: 'h264_nvenc', preset: 'p4' },
      onConfig: () => undefined, onPacket: (packet) => packets.push(packet), onFailure: (failure) => failures.push(failure), onRefused: ({ code }) => refused.push(code),
    });
    let frame = 300;
    const push = async (to: number): Promise<void> => {
      for (; frame < to; frame += 1) {
        await until(() => encoder.stats.lagFrames < 20, 'room in the encoder');
        encoder.push(frame as FrameIndex, countedFrame(frame, 320, 180));
        await turn();
      }
    };
    await push(320);
    // The worker for it is started half a second before, so it has failed before its first frame.
    const from = encoder.setBitrate('top', 500);
    await push(from - 14);
    await until(() => refused.length > 0, 'the refusal');
    await push(450);
    await encoder.finish();
    expect({ refused: refused.length, failures }).toEqual({ refused: 1, failures: [] });
    expect(encoder.stats).toMatchObject({ missing: [], replacedFrames: 0, settings: { encoder: { encoder: 'h264_nvenc' }, targetKbps: {} } });
    for (const rendition of ['top', 'low']) {
      const own = packets.filter((one) => one.rendition === rendition).map((one) => one.frame);
      expect(own).toEqual(Array.from({ length: 150 }, (_, index) => 300 + index));
    }
  });
});

describe('what was found', () => {
  const locate = async (): Promise<FfmpegInstall> => ({ ...ffmpeg, capabilities: { ...ffmpeg.capabilities, encoders: new Set(['libx264']) } });
  const signal = new AbortController().signal;

  it('is kept in the home, survives garbage in its file, and is found again only for the same FFmpeg', async () => {
    const home = await mkdtemp(join(dir, 'home-'));
    const file = join(home, 'encoders.json');
    const book = new EncoderBook({ home, locate });
    expect(await book.known(SMALL)).toBeUndefined();
    await writeFile(file, '{"version":1,"fingerprint":');
    const first = await book.report(SMALL, { again: false, signal });
    expect(first).toMatchObject({ fromCache: false, encoders: [{ encoder: 'libx264', verdict: 'works' }] });
    const again = await new EncoderBook({ home, locate }).report(SMALL, { again: false, signal });
    expect(again).toEqual({ ...first, fromCache: true });
    // A smaller ladder is covered by it, a larger one is not.
    const smaller = { ...SMALL, renditions: SMALL.renditions.slice(1) };
    expect((await book.known(smaller))?.ladder.renditions).toHaveLength(2);
    expect(await book.known(ladderByName('480p'))).toBeUndefined();

    let probes = 0;
    const counting = new EncoderBook({ home, locate, probe: async () => { probes += 1; return [...first.encoders]; } });
    await counting.report(SMALL, { again: true, signal });
    expect(probes).toBe(1);
    const other = new EncoderBook({ home, locate: async () => ({ ...await locate(), path: join(dir, 'another-ffmpeg') }), probe: async () => { probes += 1; return []; } });
    expect((await other.report(SMALL, { again: false, signal })).fromCache).toBe(false);
    expect(probes).toBe(2);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1, runs: [{ encoders: [] }] });
    for (const garbage of ['', 'null', '[]', '{"version":2}', '\u0000'.repeat(10_000), '{"version":1,"fingerprint":"x","runs":[{}]}']) {
      await writeFile(file, garbage);
      expect(await book.known(SMALL)).toBeUndefined();
    }
  });
});

describe('the command line', () => {
  it('shows encoders and plans ladders, with refusals in sentences', async () => {
    const home = await mkdtemp(join(dir, 'cli-'));
    const run = async (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> => startCli(args, { home, timeoutMs: 60_000 }).finished;
    const encoders = await run('encoders', '--ladder', '192x108:150', '--json');
    expect(encoders.code).toBe(0);
    expect(JSON.parse(encoders.stdout)).toMatchObject({ type: 'encoders', fromCache: false });
    const known = await run('encoders', '--ladder', '192x108:150', '--json');
    expect(JSON.parse(known.stdout)).toEqual({ ...JSON.parse(encoders.stdout), fromCache: true });
    const again = JSON.parse((await run('encoders', '--ladder', '192x108:150', '--probe-again', '--json')).stdout) as { fromCache: boolean; probedAtUtc: string };
    expect(again.fromCache).toBe(false);
    expect(Date.parse(again.probedAtUtc)).toBeGreaterThan(Date.parse((JSON.parse(encoders.stdout) as { probedAtUtc: string }).probedAtUtc));
    const planned = await run('ladder', '--size', '192x108', '--json');
    expect(JSON.parse(planned.stdout)).toMatchObject({ type: 'ladder', isMeasured: true, encoder: { encoder: 'libx264' }, ladder: { renditions: [{ name: '108p' }] } });
    const refused = await run('ladder', '--ladder', '720p:2500,480p:2500', '--estimate');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('both declare 2500 kbit/s');
  });
});
