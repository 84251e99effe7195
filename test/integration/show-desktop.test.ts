// A real screen and a real microphone, as far as this machine has them: Xvfb with Chromium on it, PulseAudio with a null sink.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodedSound } from '../support/archivedFrames.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { startPulseAudio } from '../support/pulseAudio.ts';
import { startXvfb } from '../support/xvfb.ts';

const missing = ['Xvfb', 'pulseaudio'].filter((name) => spawnSync('which', [name]).status !== 0);
const TONE_HZ = 997;
let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-desktop-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

/** Power of one frequency against all power, by Goertzel's algorithm. */
function shareOfTone(samples: Float32Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / 48_000);
  let [one, two, total] = [0, 0, 0];
  const left = samples.filter((_, index) => index % 2 === 0);
  for (const sample of left) {
    [one, two] = [sample + coefficient * one - two, one];
    total += sample * sample;
  }
  return (2 * (one * one + two * two - coefficient * one * two)) / (left.length * total);
}

describe.skipIf(missing.length > 0)(`a show from screen and microphone (${missing.length > 0 ? `needs ${missing.join(', ')}` : 'all found'})`, () => {
  it('arrives whole, with the tone that the microphone hears', async () => {
    const screen = await startXvfb(1280, 720);
    const sound = await startPulseAudio();
    const stopTone = sound.playTone('ffmpeg', TONE_HZ);
    try {
      const run = startCli(
        ['live', '--source', `screen:${screen.display}`, '--audio', `microphone:${sound.monitor}`, '--destination', 'embedded', '--ladder', '480p', '--for', '10s', '--json'],
        { home, timeoutMs: 90_000, env: sound.env },
      );
      const { code, report, stderr } = await run.finished;
      expect(stderr).toBe('');
      expect(report).toMatchObject({ outcome: 'ended', verified: true, keyframesAligned: true });
      expect(code).toBe(0);
      expect(report?.renditions.map((one) => one.frames)).toEqual([300, 300]);
      const service = await startForegroundService(home);
      try {
        const heard = await decodedSound(report?.playback.hls ?? '');
        // By windows: the correction of the device's drift moves the frequency by a part of a hertz, which adds up over seconds.
        const shares = Array.from({ length: 80 }, (_, index) => shareOfTone(heard.subarray(48_000 * 4 + index * 9600, 48_000 * 4 + (index + 1) * 9600), TONE_HZ));
        expect(shares.filter((share) => share > 0.9).length).toBeGreaterThanOrEqual(72);
      } finally {
        await service.stop();
      }
    } finally {
      await stopTone();
      await Promise.all([screen.stop(), sound.stop()]);
    }
  });
});
