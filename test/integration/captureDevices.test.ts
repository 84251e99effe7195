import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSource, type SourceOptions } from '../../src/main/capture/createSource.ts';
import { runCapture } from '../../src/main/capture/captureWorker.ts';
import { listDevices } from '../../src/main/capture/devices.ts';
import type { Source } from '../../src/main/capture/feed.ts';
import type { ProgramFormat } from '../../src/main/capture/pictureFilter.ts';
import { sourceFailure } from '../../src/main/capture/sourceFailure.ts';
import type { SourceSpec } from '../../src/contract/source.ts';
import { locateFfmpeg, type FfmpegInstall } from '../../src/main/ffmpeg/locate.ts';
import { writeExecutable } from '../support/executables.ts';
import { isAlive } from '../support/processes.ts';
import { startPulseAudio } from '../support/pulseAudio.ts';
import { takeFrames } from '../support/takeFromSource.ts';
import { until } from '../support/until.ts';
import { startXvfb } from '../support/xvfb.ts';

const format: ProgramFormat = { width: 320, height: 180, frameRate: { num: 30, den: 1 } };
let ffmpeg: FfmpegInstall;
const opened: { stop(): Promise<unknown> }[] = [];
const has = (command: string): boolean => spawnSync('which', [command], { stdio: 'ignore' }).status === 0;

beforeAll(async () => { ffmpeg = await locateFfmpeg(); });
afterEach(async () => { for (const one of opened.splice(0).toReversed()) await one.stop(); });

async function open(spec: SourceSpec, options: SourceOptions = {}): Promise<Source> {
  const source = await createSource(spec, format, ffmpeg, options);
  opened.push(source);
  await source.ready;
  return source;
}

describe.skipIf(!has('Xvfb'))('a screen (skipped without Xvfb)', () => {
  test('the whole screen, of odd size, between bars, at the program’s rate', async () => {
    const server = await startXvfb(401, 301);
    opened.push(server);
    const source = await open({ kind: 'screen', display: server.display });
    expect(source.video?.pacing).toBe('push');
    const { frames } = await takeFrames(source, 20);
    const luma = (x: number): number => frames[19]![90 * 320 + x]!;
    expect(luma(4)).toBe(16);
    expect(luma(316)).toBe(16);
    expect(luma(200)).toBe(235);
    // Twenty frames of a source that keeps its own time took about as long as they last.
    const first = performance.now();
    await takeFrames(source, 30);
    expect(performance.now() - first).toBeGreaterThan(500);
  });

  test('DISPLAY names it too', async () => {
    const server = await startXvfb(320, 180);
    opened.push(server);
    const source = await open({ kind: 'screen' }, { env: { DISPLAY: server.display } });
    // Beside the pointer, which stands in the middle.
    expect((await takeFrames(source, 3)).frames[2]![90 * 320 + 60]).toBe(235);
  });

  test('nobody takes: the newest frames stay, the others are counted', async () => {
    const server = await startXvfb(320, 180);
    opened.push(server);
    const source = await open({ kind: 'screen', display: server.display });
    await until(() => source.video!.droppedFrames > 10, 'frames were dropped');
    // 470 ms of them.
    expect(source.video!.queued.length).toBeLessThanOrEqual(20);
    expect(source.video!.queued[0]!.sourceFrame).toBeGreaterThanOrEqual(10);
  });

  test('an X server that dies ends the source with a sentence', async () => {
    const server = await startXvfb(320, 180);
    const source = await open({ kind: 'screen', display: server.display });
    const changed = new Promise<string>((resolve) => { source.onState((state) => resolve(state.state)); });
    await server.stop();
    expect(['failed', 'ended']).toContain(await changed);
  });

  test('no such display', async () => {
    await expect(open({ kind: 'screen', display: ':4711' })).rejects.toMatchObject({ code: 'SOURCE_DEVICE_MISSING' });
  });
});

describe.skipIf(!has('pulseaudio'))('a microphone (skipped without PulseAudio)', () => {
  test('hears the tone that is played, in real time, and drops what nobody takes', async () => {
    const server = await startPulseAudio();
    opened.push(server);
    server.playTone(ffmpeg.path, 500);
    const source = await open({ kind: 'microphone', name: server.monitor }, { env: server.env });
    expect(source.video).toBeUndefined();
    // The player needs a moment; the loudest of each block tells when it has begun.
    await until(() => {
      const block = source.audio!.take(4_800);
      return block !== undefined && block.some((value) => Math.abs(value) > 0.05);
    }, 'sound arrives');
    const { samples } = await takeFrames(source, 30);
    let crossings = 0;
    for (let index = 1; index < samples.length / 2; index += 1) if (samples[index * 2]! >= 0 && samples[index * 2 - 2]! < 0) crossings += 1;
    expect(Math.abs(crossings - 500)).toBeLessThan(15);
    await until(() => source.audio!.droppedSamples > 0, 'samples were dropped');
    expect(source.audio!.queuedSamples).toBeLessThanOrEqual(96_000);
  });

  test('silence is delivered too', async () => {
    const server = await startPulseAudio();
    opened.push(server);
    const source = await open({ kind: 'microphone' }, { env: server.env });
    expect((await takeFrames(source, 5)).samples.every((value) => value === 0)).toBe(true);
  });

  test('no such source, and a server that dies', async () => {
    const server = await startPulseAudio();
    opened.push(server);
    await expect(open({ kind: 'microphone', name: 'nobody.there' }, { env: server.env })).rejects.toMatchObject({ code: 'SOURCE_DEVICE_MISSING' });
    const source = await open({ kind: 'microphone' }, { env: server.env });
    const changed = new Promise<string>((resolve) => { source.onState((state) => resolve(state.state)); });
    process.kill(server.pid, 'SIGKILL');
    expect(['failed', 'ended']).toContain(await changed);
  });

  test('no server', async () => {
    await expect(open({ kind: 'microphone' }, { env: { PULSE_SERVER: 'unix:/nowhere/native' } })).rejects.toMatchObject({
      action: expect.stringContaining('fieldcast devices') as unknown,
    });
  });
});

describe('a camera', () => {
  test.skipIf(existsSync('/dev/video0'))('that is not there is a sentence (skipped where one is)', async () => {
    await expect(open({ kind: 'camera' })).rejects.toMatchObject({ code: 'SOURCE_DEVICE_MISSING', message: expect.stringMatching(/^The camera was not found\./) as unknown });
  });
  test('something that is no camera', async () => {
    await expect(open({ kind: 'camera', name: '/dev/null' })).rejects.toMatchObject({ code: 'SOURCE_DEVICE_MISSING' });
  });
});

test.skipIf(!has('Xvfb') || !has('pulseaudio'))('the list of devices (skipped without Xvfb or PulseAudio)', async () => {
  const [display, sound] = [await startXvfb(320, 180), await startPulseAudio()];
  opened.push(display, sound);
  const found = await listDevices(ffmpeg, undefined, { DISPLAY: display.display, ...sound.env });
  expect(found).toContainEqual({ kind: 'screen', id: display.display, name: `X display ${display.display}`, detail: 'default' });
  expect(found.find((one) => one.id === sound.monitor)).toMatchObject({ kind: 'microphone' });
});

test('the list of devices is bounded by the caller’s signal', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fieldcast-list-'));
  const hung = await writeExecutable(join(directory, 'ffmpeg'), 'sleep 300');
  const found = await listDevices({ ...ffmpeg, path: hung }, AbortSignal.timeout(200));
  expect(found.filter((one) => one.kind === 'microphone')).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

describe('a device that hangs', () => {
  let directory = '';
  beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'fieldcast-hung-')); });
  afterAll(async () => { await rm(directory, { recursive: true, force: true }); });

  const capture = async (binary: string): Promise<Source> => {
    const source = await runCapture(
      { label: 'camera', args: [], hasVideo: true, hasAudio: false, pacing: 'push', readyTimeoutMs: 300, secrets: [] },
      format, binary, (exit) => sourceFailure({ kind: 'camera' }, exit),
    );
    opened.push(source);
    return source;
  };
  test.each([
    ['says nothing', 'sleep 300'],
    ['begins a frame and does not finish it', 'printf begun; sleep 300'],
    ['ignores every request', "trap '' TERM INT; printf x; while :; do sleep 1; done"],
  ])('one that %s is refused in time', async (name, body) => {
    const source = await capture(await writeExecutable(join(directory, name), body));
    await expect(source.ready).rejects.toMatchObject({ code: 'SOURCE_NO_OUTPUT', message: 'The camera gave no picture.' });
    expect(source.state).toMatchObject({ state: 'failed', code: 'SOURCE_NO_OUTPUT' });
  });

  test('one that stops after a while can be ended in time', async () => {
    const bytes = (320 * 180 * 3) / 2;
    const source = await capture(await writeExecutable(join(directory, 'later'), `trap '' TERM INT\necho $$ > ${directory}/pid\nhead -c ${bytes * 3} /dev/zero\nwhile :; do sleep 1; done`));
    await source.ready;
    await until(() => source.video!.queued.length === 3, 'three frames');
    const { readFileSync } = await import('node:fs');
    const pid = Number(readFileSync(`${directory}/pid`, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    await source.stop();
    expect(isAlive(pid)).toBe(false);
    expect(source.video!.queued).toHaveLength(0);
  });
});

describe('a stream from the network', () => {
  test('is read at its own pace and ends with a sentence', async () => {
    const { createServer } = await import('node:http');
    const { spawn } = await import('node:child_process');
    let viewers = 0;
    const server = createServer((_, response) => {
      viewers += 1;
      const sender = spawn(ffmpeg.path, [
        '-loglevel', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-f', 'lavfi', '-i', 'sine', '-shortest', '-t', '6',
        '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '15', '-c:a', 'aac', '-f', 'mpegts', 'pipe:1',
      ], { stdio: ['ignore', 'pipe', 'ignore'] });
      sender.stdout.pipe(response);
      response.on('close', () => sender.kill('SIGKILL'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.push({ stop: async () => { server.closeAllConnections(); server.close(); } });
    const { port } = server.address() as { port: number };
    const source = await open({ kind: 'file', path: `http://anna:geheim@127.0.0.1:${port}/live.ts` });
    expect(source.label).not.toContain('geheim');
    expect(source.video?.pacing).toBe('push');
    expect(source.audio).toBeDefined();
    const { frames } = await takeFrames(source, 30);
    expect(frames).toHaveLength(30);
    expect(viewers).toBe(2);
    const changed = new Promise<string>((resolve) => { source.onState((state) => resolve(state.state)); });
    server.closeAllConnections();
    expect(['failed', 'ended']).toContain(await changed);
  });

  test('nobody there', async () => {
    await expect(open({ kind: 'file', path: 'http://127.0.0.1:9/geheim?token=streng-geheim' })).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE', message: expect.not.stringContaining('streng-geheim') as unknown,
    });
    await expect(open({ kind: 'file', path: 'nonsense://host/a' })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });
});
