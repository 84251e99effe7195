// Switching, slate, mute and gain of a running show, as an operator does it from another terminal; read back from the archive.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { startCli, type CliRun } from '../support/fieldcastCli.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { until } from '../support/until.ts';

let home = '';
let ffmpeg = '';
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'fieldcast-switch-'));
  ffmpeg = (await locateFfmpeg()).path;
});
afterAll(async () => rm(home, { recursive: true, force: true }));

const control = async (...args: string[]): ReturnType<CliRun['finished']['then']> => startCli(['control', ...args], { home, timeoutMs: 30_000 }).finished;

/** Mean luma of each frame of a file, away from the words of the slate. */
function lumaOf(file: string): number[] {
  const { stdout } = spawnSync(ffmpeg, ['-v', 'error', '-i', file, '-map', '0:v:0', '-vf', 'crop=iw/8:ih/8:0:ih*0.8,scale=1:1,format=gray', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], { maxBuffer: 1e7 });
  return [...stdout];
}

describe('control of a running show', () => {
  it('says so where none runs', async () => {
    expect(await control('switch', '2')).toMatchObject({ code: 1, stderr: expect.stringContaining('[NO_SHOW]') as unknown });
  });

  it('switches on a frame, shows the slate, mutes, and the archive has every frame', async () => {
    const white = makeMedia(ffmpeg, [
      '-f', 'lavfi', '-i', 'color=white:size=320x180:rate=30:duration=2', '-f', 'lavfi', '-i', 'sine=duration=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
    ], path.join(home, 'white.mp4'));
    const black = makeMedia(ffmpeg, [
      '-f', 'lavfi', '-i', 'color=black:size=320x180:rate=30:duration=2', '-f', 'lavfi', '-i', 'sine=duration=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
    ], path.join(home, 'black.mp4'));
    const record = path.join(home, 'recordings');
    await mkdir(record);
    const show = startCli([
      'live', '--source', `file:${white}`, '--source', `file:${black}`, '--destination', 'embedded', '--ladder', '480p', '--record', record, '--json',
    ], { home, timeoutMs: 90_000 });
    await show.event('state', (event) => event.state === 'live');
    expect((await stat(path.join(home, 'engine.json'))).mode & 0o777).toBe(0o600);
    expect(await control('switch', '7')).toMatchObject({ code: 1, stderr: expect.stringContaining('[SOURCE_UNKNOWN]') as unknown });
    expect(await control('gain', '1', 'loud')).toMatchObject({ code: 1, stderr: expect.stringContaining('[CONTROL_UNKNOWN]') as unknown });
    expect(await control('switch', '2')).toMatchObject({ code: 0 });
    expect(await control('gain', '2', '--', '-6')).toMatchObject({ code: 0 });
    expect(await control('slate', 'on')).toMatchObject({ code: 0 });
    expect(await control('mute', 'on')).toMatchObject({ code: 0 });
    const seen = show.events.filter((event) => event.type === 'stats').length;
    await until(() => show.events.filter((event) => event.type === 'stats').length > seen + 1, 'a second of slate');
    show.child.kill('SIGINT');
    const { code, report } = await show.finished;
    expect(code).toBe(0);
    expect(report).toMatchObject({ outcome: 'ended', verified: true });
    expect(show.events.filter((event) => event.type === 'mix').at(-1)).toMatchObject({ picture: '2', sound: '2', slate: true, muted: true });
    const luma = lumaOf(report!.recording!.path);
    expect(luma).toHaveLength(report!.renditions[0]!.frames);
    // White, black, slate (40 of 16 to 235 is 28 of 255 in full range): each once, and no frame between two of them.
    const kinds = luma.map((value) => (value > 225 ? 'white' : value < 10 ? 'black' : value > 18 && value < 45 ? 'slate' : `odd ${value}`));
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual(['white', 'black', 'slate']);
    await expect(stat(path.join(home, 'engine.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
