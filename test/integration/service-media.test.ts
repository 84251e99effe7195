// The media half of the embedded service with real publishers and a real reader: FFmpeg pushes, the origin delivers, FFmpeg decodes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countDecodedFrames } from '../support/decodedUrl.ts';
import { pushWithFfmpeg } from '../support/ffmpegPush.ts';
import { fragmentTimesOf } from '../support/fragmentTimes.ts';
import { runMediaPlane, type RunningPlane } from '../support/mediaPlane.ts';
import { until } from '../support/until.ts';

let run: RunningPlane;
beforeEach(async () => { run = await runMediaPlane(); });
afterEach(async () => { await run.close(); });

const HLS = 'manifest(format=m3u8-cmaf)';
const DASH = 'manifest(format=mpd-time-cmaf)';
/** FFmpeg's -b:v in kbit/s, so that it declares 400 and 200 (it divides by 1024, and rounds -b:v to whole kbit/s). */
const renditions = [{ kbps: 400, size: '320x180', name: 'hi' }, { kbps: 200, size: '160x90', name: 'lo' }] as const;

async function textOf(url: string): Promise<string> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${response.status} for ${url}`);
  return response.text();
}

async function playlistsOf(baseUrl: string): Promise<string[]> {
  return (await textOf(`${baseUrl}/${HLS}`)).split('\n').filter((line) => line.startsWith('QualityLevels'));
}

describe.each(['rtmp', 'rtmps'] as const)('a ladder pushed over %s', (door) => {
  it('plays live, is archived, and decodes whole', async () => {
    const channel = await run.openChannel();
    const output = await run.startOutput(channel);
    expect((await fetch(`${output.baseUrl}/${HLS}`)).status).toBe(412);
    expect(await run.plane.manifestsOf(output.assetDir)).toEqual([]);
    const pushed = pushWithFfmpeg(
      renditions.map(({ kbps, size, name }) => ({ url: `${run.ingestUrl(channel, door)}/${name}`, kbps, size })),
      { seconds: 7, ...(door === 'rtmps' ? { caPath: run.caPath } : {}) },
    );

    await until(() => (run.plane.preview(channel.eventName)?.tracks.filter((track) => track.segments.length >= 2).length ?? 0) === 3, 'two segments of three tracks', 30_000);
    const preview = await playlistsOf(run.previewUrl(channel));
    expect(preview).toHaveLength(2);
    expect(await textOf(`${output.baseUrl}/${HLS}`)).toContain('RESOLUTION=320x180,FRAME-RATE=30.000');
    const live = await textOf(`${output.baseUrl}/${preview[0]}`);
    expect(live).not.toContain('EXT-X-ENDLIST');
    expect(live).toContain('#EXT-X-TARGETDURATION:2\n');
    expect(await textOf(`${output.baseUrl}/${DASH}`)).toContain('type="dynamic"');

    expect(await pushed).toEqual({ code: 0, stderr: '' });
    await until(() => run.plane.telemetry(channel.eventName).every((track) => track.frames >= (track.kind === 'video' ? 210 : 330)), 'all frames');
    await run.plane.stopOutput(channel.eventName, output.outputName);
    const telemetry = run.plane.telemetry(channel.eventName);
    expect(telemetry.map(({ kind, frames, gaps, nonIncreasingCount }) => ({ kind, frames, gaps, nonIncreasingCount }))).toEqual([
      { kind: 'video', frames: 210, gaps: [], nonIncreasingCount: 0 }, { kind: 'video', frames: 210, gaps: [], nonIncreasingCount: 0 },
      { kind: 'audio', frames: expect.any(Number), gaps: [], nonIncreasingCount: 0 },
    ]);
    const audioFrames = telemetry[2]?.frames;
    // Both connections carried the sound; one copy was kept.
    expect(telemetry[2]?.overlapCount).toBe(audioFrames);

    expect(await run.plane.manifestsOf(output.assetDir)).toEqual([{ manifestName: 'output' }]);
    for (const [format, streams] of [[HLS, ['0:v:0', '0:v:1', '0:a:0']], [DASH, ['0:v:0', '0:v:1', '0:a:0']]] as const) {
      const counts = [];
      for (const stream of streams) counts.push((await countDecodedFrames(`${output.baseUrl}/${format}`, stream)).frames);
      expect([format, ...counts]).toEqual([format, 210, 210, audioFrames]);
    }
    const onDemand = await textOf(`${output.baseUrl}/${preview[0]}`);
    expect(onDemand).toMatch(/#EXT-X-PLAYLIST-TYPE:VOD[^]*#EXT-X-ENDLIST\n$/);
    expect(await textOf(`${output.baseUrl}/${DASH}`)).toMatch(/type="static" mediaPresentationDuration="PT7\.0\d+S"/);
  });
});

describe('an output that begins on air', () => {
  it('holds whole GOPs from then on, the same in all tracks', async () => {
    const channel = await run.openChannel();
    const pushed = pushWithFfmpeg(renditions.map(({ kbps, size, name }) => ({ url: `${run.ingestUrl(channel)}/${name}`, kbps, size })), { seconds: 9 });
    await until(() => (run.plane.preview(channel.eventName)?.tracks.filter((track) => track.segments.length >= 1).length ?? 0) === 3, 'the first segments', 30_000);
    const output = await run.startOutput(channel);
    await pushed;
    await run.plane.stopOutput(channel.eventName, output.outputName);
    const playlists = await playlistsOf(output.baseUrl);
    const starts = await Promise.all(playlists.map(async (playlist) => {
      const [, ticks] = /Fragments\(video=(\d+)/.exec(await textOf(`${output.baseUrl}/${playlist}`)) ?? [];
      return Number(ticks);
    }));
    expect(starts[0]).toBe(starts[1]);
    // Encoders' first GOP begins at 2000 ticks (B-frame delay); the output at a later one.
    expect(starts[0]! > 2000 && (starts[0]! - 2000) % 60_000).toBe(0);
    const first = playlists[0]!;
    const segment = new Uint8Array(await (await fetch(`${output.baseUrl}/${first.replace('Manifest(video', `Fragments(video=${starts[0]}`)}`, { headers: { range: 'bytes=0-4095' } })).arrayBuffer());
    expect(segment).toHaveLength(4096);
    const whole = new Uint8Array(await (await fetch(`${output.baseUrl}/${first.replace('Manifest(video', `Fragments(video=${starts[0]}`)}`)).arrayBuffer());
    expect(fragmentTimesOf(whole).baseMediaDecodeTime).toBe(starts[0]);
    expect((await countDecodedFrames(`${output.baseUrl}/${HLS}`, '0:v:0')).frames % 30).toBe(0);
  });
});
