// Bad input and bad surroundings, from the command line: a sentence, what to do, a non-zero exit, in bounded time, and nothing left behind.
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICE_DIR } from '../../src/contract/embeddedService.ts';
import { readDescriptor } from '../../src/main/service/descriptorFile.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EMBEDDED = ['--destination', 'embedded', '--ladder', '480p', '--for', '4s'];
let home: string;
let silent: Server;
let silentPort: number;

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-inputs-'));
  // Takes every connection and never says a word.
  silent = createServer((socket) => { socket.on('error', () => undefined).resume(); });
  await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
  silentPort = (silent.address() as AddressInfo).port;
});
afterAll(async () => {
  silent.close();
  await rm(home, { recursive: true, force: true });
});

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const result = await startCli(args, { home, timeoutMs: 75_000, env }).finished;
  return { ...result, text: result.stdout + result.stderr };
}

/** Makes a clip with FFmpeg in the home folder. */
function clip(name: string, args: readonly string[]): string {
  const file = path.join(home, name);
  const made = spawnSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args, file], { encoding: 'utf8', timeout: 30_000 });
  if (made.status !== 0) throw new Error(made.stderr);
  return file;
}

async function nothingRuns(): Promise<void> {
  await until(() => processesWith(home).length === 0, 'the end of every process', 30_000);
}

describe('what cannot be understood', () => {
  it.each([
    ['an unknown source', ['live', '--source', 'hologram', ...EMBEDDED], 'screen[:DISPLAY]'],
    ['an unknown ladder', ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '4k'], '1080p, 720p, 480p'],
    ['an unknown destination', ['live', '--source', 'test', '--destination', 'ftp://x'], 'rtmps://'],
    ['a duration that is none', ['live', '--source', 'test', '--destination', 'embedded', '--for', 'ever'], '1h30m'],
    ['an account address that is none', ['live', '--source', 'test', '--destination', 'arm:https://127.0.0.1/nothing'], 'resource id'],
    ['an RTMP address without a stream key', ['live', '--source', 'test', '--destination', 'rtmp://127.0.0.1/live'], 'rtmp'],
    ['a missing option', ['live', '--source', 'test'], '--destination'],
    ['an unknown command', ['broadcast'], 'unknown command'],
    ['an event name that no service takes', ['live', '--source', 'test', ...EMBEDDED, '--event', 'my event!'], 'event'],
  ])('%s', async (_name, args, expected) => {
    const { code, text } = await run(args);
    expect(text).toContain(expected);
    expect(code).not.toBe(0);
  });
});

describe('sources that cannot be used', () => {
  it.each([
    ['a file that does not exist', () => '/does/not/exist.mp4', 'does not exist'],
    ['a folder', () => home, 'directory'],
    ['a file that is no media', () => path.join(ROOT, 'package.json'), 'package.json'],
    ['a file without a picture', () => clip('sound.wav', ['-f', 'lavfi', '-i', 'sine=d=2']), 'picture'],
  ])('%s', async (_name, file, expected) => {
    const { code, text, report } = await run(['live', '--source', `file:${file()}`, ...EMBEDDED, '--json']);
    expect(code).toBe(1);
    expect(text).toContain(expected);
    expect(report).toMatchObject({ outcome: 'failed', renditions: [{ frames: 0 }, { frames: 0 }] });
    expect(report?.eventName).toBeDefined();
    expect(text).not.toContain('"Creating the event');
  });

  it('a camera that is not there', async () => {
    const { code, text } = await run(['live', '--source', 'camera:/dev/video99', ...EMBEDDED]);
    expect(code).toBe(1);
    expect(text).toContain('/dev/video99');
  });
});

describe('unusual files that are no mistake', () => {
  const size = 'testsrc2=d=2';
  it.each([
    ['without sound: silence is made', ['-f', 'lavfi', '-i', `${size}:s=320x180:r=30`, '-c:v', 'libx264', '-preset', 'ultrafast']],
    ['odd in size, upright, 10 bits deep, of a fractional rate, sound mono at 44.1 kHz', [
      '-f', 'lavfi', '-i', `${size}:s=271x481:r=24000/1001`, '-f', 'lavfi', '-i', 'sine=d=2:r=44100', '-pix_fmt', 'yuv444p10le', '-c:v', 'ffv1', '-ac', '1',
    ]],
    ['of variable rate', ['-f', 'lavfi', '-i', `${size}:s=320x180:r=60,select='not(mod(n\\,3))+between(mod(n\\,30)\\,0\\,9)'`, '-vsync', 'vfr', '-c:v', 'libx264', '-preset', 'ultrafast']],
  ])('%s', async (name, args) => {
    const file = clip(`${name.slice(0, 12).replaceAll(/\W/g, '')}.mkv`, args);
    const { code, report, text } = await run(['live', '--source', `file:${file}`, ...EMBEDDED, '--json']);
    expect(text).not.toContain('"type":"warning"');
    expect(report).toMatchObject({ outcome: 'ended', verified: true });
    expect(report?.renditions.map((one) => one.frames)).toEqual([120, 120]);
    expect(code).toBe(0);
  });
});

describe('surroundings that are not as they should be', () => {
  it('no FFmpeg where one was named', async () => {
    const { code, text } = await run(['live', '--source', 'test', ...EMBEDDED], { FIELDCAST_FFMPEG: '/does/not/exist' });
    expect(code).toBe(1);
    expect(text).toContain('/does/not/exist');
  });

  it('an FFmpeg that is too old', async () => {
    const old = path.join(home, 'old-ffmpeg');
    await writeFile(old, '#!/bin/sh\necho "ffmpeg version 4.4.2 Copyright (c) 2000-2021 the FFmpeg developers"\n');
    await chmod(old, 0o755);
    const { code, text } = await run(['live', '--source', 'test', ...EMBEDDED], { FIELDCAST_FFMPEG: old });
    expect(code).toBe(1);
    expect(text).toContain('4.4.2');
  });

  it('a home that cannot be written to', async () => {
    const blocked = path.join(home, 'blocked');
    await writeFile(blocked, '');
    const { code, text } = await run(['doctor'], { FIELDCAST_HOME: path.join(blocked, 'home') });
    expect(code).toBe(1);
    expect(text).toContain('FIELDCAST_HOME');
  });

  it('a recording folder that is not there', async () => {
    const { code, text } = await run(['live', '--source', 'test', ...EMBEDDED, '--record', path.join(home, 'no', 'such', 'folder')]);
    expect(code).toBe(1);
    expect(text).toMatch(/folder/);
  });

  it('an RTMP server that accepts and never answers', async () => {
    const { code, text, report } = await run(['live', '--source', 'test', '--destination', `rtmp://127.0.0.1:${silentPort}/live/topsecretkey`, '--ladder', '480p', '--json']);
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'failed', failure: { action: expect.stringMatching(/\w/) } });
    expect(text).not.toContain('topsecretkey');
  });

  it('an RTMP server that is not there', async () => {
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = probe.address() as AddressInfo;
        probe.close(() => resolve(free));
      });
    });
    const { code, report } = await run(['live', '--source', 'test', '--destination', `rtmp://127.0.0.1:${port}/live/key`, '--ladder', '480p', '--json']);
    expect(code).toBe(1);
    expect(report?.outcome).toBe('failed');
  });

  it('an account behind a server that accepts and never answers', async () => {
    const address = `arm:https://127.0.0.1:${silentPort}/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices/a`;
    const { code, report } = await run(['live', '--source', 'test', '--destination', address, '--ladder', '480p', '--json'], { FIELDCAST_ARM_TOKEN: 'token' });
    expect(code).toBe(1);
    expect(report?.failure?.action).toMatch(/\w/);
  });

  it('ports that are taken: the service started on demand takes others; the one that was asked for says so', async () => {
    const own = path.join(home, 'second');
    await mkdir(own);
    const taken = await startCli(['service', '--port', String(silentPort)], { home: own, timeoutMs: 30_000 }).finished;
    expect(taken.code).not.toBe(0);
    expect(taken.stderr).toContain(String(silentPort));
  });

  it('leaves nothing running after all of them', nothingRuns, 40_000);
});

describe('another encoder’s account, from the outside', () => {
  it('is refused with a wrong API token, with an untrusted certificate, and with a wrong stream key', async () => {
    const service = await startForegroundService(home);
    try {
      const descriptor = await readDescriptor(path.join(home, SERVICE_DIR));
      if (descriptor === undefined) return expect.fail('no descriptor');
      const { endpoint, subscriptionId, resourceGroup, accountName, caPath, ports } = descriptor;
      const address = `arm:${endpoint}/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Media/mediaservices/${accountName}`;
      const arm = (env: Record<string, string>) => run(['live', '--source', 'test', '--destination', address, '--ladder', '480p', '--for', '4s', '--json'], env);
      const wrongToken = await arm({ FIELDCAST_ARM_TOKEN: 'wrong', FIELDCAST_ARM_CA: caPath });
      expect(wrongToken).toMatchObject({ code: 1, report: { outcome: 'failed' } });
      const untrusted = await arm({ FIELDCAST_ARM_TOKEN: descriptor.token });
      expect(untrusted).toMatchObject({ code: 1, report: { failure: { code: 'CERTIFICATE_NOT_TRUSTED' } } });
      const wrongKey = await run(['live', '--source', 'test', '--destination', `rtmp://127.0.0.1:${ports.rtmp[0]}/live/${'0'.repeat(32)}/camera`, '--ladder', '480p', '--json']);
      expect(wrongKey).toMatchObject({ code: 1, report: { outcome: 'failed' } });
      expect(wrongKey.text).toContain('MPE_RTMP_APPID_AUTH_FAILURE');
      const right = await arm({ FIELDCAST_ARM_TOKEN: descriptor.token, FIELDCAST_ARM_CA: caPath });
      expect(right).toMatchObject({ code: 0, report: { outcome: 'ended', verified: true } });
    } finally {
      await service.stop();
    }
    await nothingRuns();
  });
});
