// Smooth Streaming encoders at the embedded service: FFmpeg itself pushes fragmented MP4; a connection that breaks and comes again with
// fragments that were there already costs nothing; what breaks the rules is refused.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMediaPlane, type RunningPlane } from '../support/mediaPlane.ts';
import { until } from '../support/until.ts';

/** 6 s of 320x180 at 25 frames/s in GOPs of 1 s, B-frames and all, and a tone: the bytes that FFmpeg would push. */
const ENCODE = [
  '-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=6', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=6',
  '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-bf', '2', '-b:v', '300k', '-maxrate', '300k', '-bufsize', '300k',
  '-c:a', 'aac', '-ac', '2', '-b:a', '64k', '-f', 'ismv', '-movflags', 'isml+frag_keyframe',
];

let plane: RunningPlane;
beforeAll(async () => { plane = await runMediaPlane(); });
afterAll(async () => { await plane.close(); });

const open = async (eventName: string) => {
  const channel = await plane.openChannel({ eventName, protocol: 'FragmentedMP4' });
  return { channel, output: await plane.startOutput(channel), url: `${plane.origin}/${channel.accessToken}/ingest.isml/Streams(main)` };
};
const playlist = async (base: string, kind: string, bitrate: number): Promise<string> => (await fetch(`${base}/QualityLevels(${bitrate})/Manifest(${kind},format=m3u8-cmaf)`)).text();
const decoded = async (base: string): Promise<{ frames: number; errors: string }> => {
  // The origin is in this process, so it must go on running.
  const run = await promisify(execFile)('ffprobe', ['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', `${base}/manifest(format=m3u8-cmaf)`], { timeout: 30_000 });
  return { frames: Number(run.stdout.trim().split(/\s+/)[0]), errors: run.stderr.trim() };
};
const frames = (eventName: string, kind: string): number => plane.plane.telemetry(eventName).find((track) => track.kind === kind)?.frames ?? 0;

/** Posts in chunks; without `end` the body stays open. */
async function post(url: string, chunks: readonly Uint8Array[], end: boolean) {
  const call = request(url, { method: 'POST', agent: false });
  const answer = once(call, 'response').then(([response]: { statusCode: number; resume(): void }[]) => { response?.resume(); return response?.statusCode; });
  answer.catch(() => undefined);
  call.on('error', () => undefined);
  for (const chunk of chunks) call.write(chunk);
  if (end) call.end();
  return { call, answer };
}

describe('Smooth Streaming ingest', () => {
  let recorded: Buffer;
  beforeAll(() => {
    const run = spawnSync('ffmpeg', [...ENCODE, 'pipe:1'], { maxBuffer: 32 << 20, timeout: 60_000 });
    recorded = run.stdout;
    expect(recorded.length).toBeGreaterThan(100_000);
  });

  it('plays what FFmpeg pushes, every frame of it', async () => {
    const { output, url } = await open('ffmpeg');
    const push = spawn('ffmpeg', [...ENCODE, url], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    push.stderr.on('data', (bytes: Buffer) => { said += bytes.toString(); });
    expect(await once(push, 'close'), said).toEqual([0, null]);
    await until(() => frames('ffmpeg', 'video') === 150, 'all frames of the video');
    await plane.plane.stopOutput('ffmpeg', output.outputName);
    expect(await decoded(output.baseUrl)).toEqual({ frames: 150, errors: '' });
    const video = await playlist(output.baseUrl, 'video', 300_000);
    expect(video.match(/#EXTINF:1\.000000/g)).toHaveLength(6);
    expect(await playlist(output.baseUrl, 'audio', 64_000)).toContain('#EXTINF');
  });

  it('keeps one copy of each fragment when a connection breaks and the last ones come again', async () => {
    const { output, url } = await open('again');
    expect(await (await post(url, [], true)).answer).toBe(200);
    const boxes = topBoxes(recorded);
    const firstMoof = boxes.findIndex(({ type }) => type === 'moof');
    const header = recorded.subarray(0, boxes[firstMoof]!.at);
    const media = boxes.slice(firstMoof).filter(({ type }) => type === 'moof' || type === 'mdat');
    const bytesOf = (from: number, to: number): Uint8Array => Buffer.concat(media.slice(from, to).map(({ at, size }) => recorded.subarray(at, at + size)));
    const half = Math.floor(media.length / 4) * 2;
    // Broken in the middle of a fragment.
    const broken = await post(url, [header, bytesOf(0, half), bytesOf(half, half + 2).subarray(0, 500)], false);
    await until(() => frames('again', 'video') >= 50, 'the first half');
    broken.call.destroy();
    // The same header, the last two fragments of each track again, and the rest.
    const second = await post(url, [header, bytesOf(half - 8, media.length)], true);
    expect(await second.answer).toBe(200);
    await plane.plane.stopOutput('again', output.outputName);
    expect(await decoded(output.baseUrl)).toEqual({ frames: 150, errors: '' });
    expect(await playlist(output.baseUrl, 'video', 300_000)).not.toContain('EXT-X-GAP');
  });

  it('refuses what breaks the rules, and RTMP events, without an effect on others', async () => {
    const { url } = await open('rules');
    const rtmp = await plane.openChannel({ eventName: 'rtmp-only' });
    const statusOf = async (to: string, ...chunks: Uint8Array[]): Promise<number | undefined> => (await post(to, chunks, true)).answer;
    expect(await statusOf(`${plane.origin}/${rtmp.accessToken}/ingest.isml/streams(x)`)).toBe(404);
    expect(await statusOf(`${plane.origin}/${'0'.repeat(32)}/ingest.isml/streams(x)`)).toBe(404);
    expect(await statusOf(url.replace('Streams(main)', 'streams()'))).toBe(404);
    const moof = topBoxes(recorded).find(({ type }) => type === 'moof')!;
    const header = recorded.subarray(0, moof.at);
    const absurd = Buffer.from([0x7f, 0xff, 0xff, 0xff, ...Buffer.from('moov')]);
    for (const body of [Buffer.from('this is no fragmented MP4 at all'), absurd, Buffer.concat([header, header]), Buffer.concat([header, Buffer.from([0, 0, 0, 8, ...Buffer.from('mdat')])])]) {
      expect(await statusOf(url, body)).toBe(400);
    }
  });
});

function topBoxes(bytes: Buffer): { readonly type: string; readonly at: number; readonly size: number }[] {
  const boxes = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), at, size });
    at += Math.max(8, size);
  }
  return boxes;
}
