// Counting what a service serves: sets made by FFmpeg, counted by ffprobe too, then with segments missing, cut, swapped and lying.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/contract/errors.ts';
import { verifyArchive, type ArchiveReport } from '../../src/main/cloud/archiveVerifier.ts';
import { waitUntilPlayable } from '../../src/main/cloud/playbackProbe.ts';
import { RangeServer } from '../support/rangeServer.ts';

const run = promisify(execFile);
const never = new AbortController().signal;
const source = ['-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=192x108:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=1000:sample_rate=48000', '-t', '7'];
const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-pix_fmt', 'yuv420p', '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-c:a', 'aac'];
let folder: string;
let server: RangeServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fieldcast-archive-'));
  await run('ffmpeg', [...source, '-map', '0:v', '-map', '0:v', '-map', '1:a', ...encode, '-b:v:0', '300k', '-b:v:1', '100k', '-s:v:1', '96x54',
    '-f', 'dash', '-seg_duration', '2', '-adaptation_sets', 'id=0,streams=v id=1,streams=a', '-hls_playlist', '1', join(folder, 'm.mpd')]);
  await run('ffmpeg', [...source, '-map', '0:v', '-map', '1:a', ...encode, '-f', 'hls', '-hls_segment_type', 'fmp4', '-hls_time', '2', '-hls_list_size', '0',
    '-hls_flags', 'single_file', join(folder, 'single.m3u8')]);
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  server = await RangeServer.listen(folder);
});
afterEach(async () => await server.close());

const read = async (name: string, options: { timeoutMs?: number; requestTimeoutMs?: number } = {}): Promise<ArchiveReport> =>
  await verifyArchive(server.base + name, { signal: never, ...options });
const file = async (name: string): Promise<Buffer> => await readFile(join(folder, name));
const video = async (): Promise<ArchiveReport['tracks'][number]> => (await read('m.mpd')).tracks.find((track) => track.track === 'video_300000')!;

async function failureOf(work: Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(OperatorError);
  return error as OperatorError;
}

describe('a whole archive', () => {
  it.each([['m.mpd', ['s0.mp4', 's1.mp4', 's2.mp4']], ['master.m3u8', ['master.m3u8']], ['single.m3u8', ['single.m3u8']]])('%s: every frame of every track, as ffprobe counts them', async (name, probed) => {
    // FFmpeg's DASH reader loses a last frame now and then, so its MP4 reader counts the segments in a row.
    for (const index of [0, 1, 2]) {
      const parts = [`init-stream${index}.m4s`, ...[1, 2, 3, 4].map((number) => `chunk-stream${index}-0000${number}.m4s`)];
      await writeFile(join(folder, `s${index}.mp4`), Buffer.concat(await Promise.all(parts.map(file))));
    }
    const streams: { codec_type: string; nb_read_packets: string }[] = [];
    for (const one of probed) {
      const { stdout } = await run('ffprobe', ['-v', 'error', '-count_packets', '-show_entries', 'stream=codec_type,nb_read_packets', '-of', 'json', join(folder, one)]);
      streams.push(...(JSON.parse(stdout) as { streams: typeof streams }).streams);
    }
    const report = await read(name);
    for (const kind of ['video', 'audio'] as const) {
      const tracks = report.tracks.filter((track) => track.kind === kind);
      const counted = streams.filter((stream) => stream.codec_type === kind).map((stream) => Number(stream.nb_read_packets));
      expect(tracks.map((track) => track.frames)).toEqual(counted);
      for (const track of tracks) expect(track).toMatchObject({ gaps: [], overlaps: [], damaged: [], segments: 4 });
    }
    expect(report.live).toBe(false);
    expect(report.tracks.filter((track) => track.kind === 'video')[0]).toMatchObject({ frames: 210, firstSeconds: 0, keyframeSegments: 4 });
    expect(report.tracks[0]?.lastSeconds).toBeCloseTo(209 / 30, 6);
  });

  it('names tracks by kind and declared bitrate, and reads little of the media', async () => {
    const report = await read('m.mpd');
    expect(report.tracks.map((track) => track.track)).toEqual(['video_300000', 'video_100000', 'audio_69000']);
    const big = Buffer.concat([await file('chunk-stream0-00002.m4s')]);
    const moof = big.indexOf('mdat') - 4;
    const padded = Buffer.concat([big.subarray(0, moof), mdat(Buffer.concat([big.subarray(moof + 8), Buffer.alloc(5_000_000)]))]);
    server.files.set('chunk-stream0-00002.m4s', padded);
    server.sentBytes = 0;
    expect((await video()).frames).toBe(210);
    expect(server.sentBytes).toBeLessThan(500_000);
  });

  it('is counted the same where the server ignores ranges', async () => {
    server.bend = (_name, request) => {
      delete request.headers.range;
      return false;
    };
    expect((await read('single.m3u8')).tracks.map((track) => track.frames)).toEqual((await read('single.m3u8')).tracks.map((track) => track.frames));
    expect((await video()).frames).toBe(210);
  });

  it('is counted the same where the server does not tell the size of its files', async () => {
    server.bend = (_name, request, response, content) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      if (range === null || content === undefined || Number(range[1]) >= content.length) return false;
      const last = Math.min(Number(range[2]), content.length - 1);
      response.writeHead(206, { 'content-range': `bytes ${range[1]}-${last}/*` }).end(content.subarray(Number(range[1]), last + 1));
      return true;
    };
    expect(await video()).toMatchObject({ frames: 210, gaps: [], damaged: [] });
  });
});

describe('a damaged archive', () => {
  it('shows a missing segment as a gap of its length', async () => {
    server.bend = (name, _request, response) => name === 'chunk-stream0-00002.m4s' && Boolean(response.writeHead(404).end());
    expect(await video()).toMatchObject({
      frames: 150, segments: 4, keyframeSegments: 3, overlaps: [],
      gaps: [{ atSeconds: expect.closeTo(2, 3) as number, lengthSeconds: expect.closeTo(2, 3) as number }], damaged: [{ atSeconds: 2, reason: 'the service answers 404' }],
    });
  });

  it('shows missing first and last segments in the times', async () => {
    server.bend = (name, _request, response) => /chunk-stream0-0000[14]/.test(name) && Boolean(response.writeHead(410).end());
    const track = await video();
    expect(track).toMatchObject({ frames: 120, gaps: [], damaged: [{ atSeconds: 0 }, { atSeconds: 6 }] });
    expect(track.firstSeconds).toBeCloseTo(2, 6);
    expect(track.lastSeconds).toBeCloseTo(179 / 30, 6);
  });

  it('shows a segment that is served twice as an overlap', async () => {
    server.files.set('chunk-stream0-00003.m4s', await file('chunk-stream0-00002.m4s'));
    const track = await video();
    expect(track.frames).toBe(210);
    expect(track.overlaps).toEqual([{ atSeconds: expect.closeTo(2, 3) as number, lengthSeconds: expect.closeTo(2, 3) as number }]);
    expect(track.gaps).toEqual([{ atSeconds: expect.closeTo(4, 3) as number, lengthSeconds: expect.closeTo(2, 3) as number }]);
  });

  it.each<[string, (chunk: Buffer) => Buffer, RegExp]>([
    ['cut in its media', (chunk) => chunk.subarray(0, chunk.length - 10), /longer than what holds it/],
    ['cut in its header', (chunk) => chunk.subarray(0, 60), /longer than what holds it|cut off/],
    ['an HTML page', () => Buffer.from('<html><body>Not found, but with status 200</body></html>'), /longer than what holds it|no MP4 boxes/],
    ['random bytes', () => Buffer.from(Array.from({ length: 4000 }, (_unused, index) => (index * 7919) % 251)), /./],
    ['empty boxes only', () => Buffer.concat([box('styp', Buffer.alloc(4)), box('free', Buffer.alloc(100))]), /holds no fragment/],
    ['a sample count that lies', (chunk) => patched(chunk, (at) => chunk.writeUInt32BE(0xffff_ffff, at.flags + 4)), /too short|more samples/],
    ['sizes that lie', (chunk) => patched(chunk, (at) => chunk.writeUInt32BE(0x7fff_ffff, at.firstSize)), /claims more media/],
    ['a box of no size', (chunk) => Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from('styp'), chunk]), /shorter than its header/],
    ['a fragment without media', (chunk) => chunk.subarray(0, chunk.indexOf('mdat') - 4), /has no media/],
    ['nothing', () => Buffer.alloc(0), /./],
  ])('reports a segment that is %s, and counts the others', async (_name, damage, reason) => {
    server.files.set('chunk-stream0-00003.m4s', damage(Buffer.from(await file('chunk-stream0-00003.m4s'))));
    const track = await video();
    expect(track).toMatchObject({ frames: 150, damaged: [{ atSeconds: 4, reason: expect.stringMatching(reason) as string }], gaps: [{ lengthSeconds: expect.closeTo(2, 3) as number }] });
  });

  it.each<[string, (file: Buffer) => Record<string, string>]>([
    ['another range', (content) => ({ 'content-range': `bytes 1-${content.length}/${content.length + 1}` })],
    ['a total that is too small', (content) => ({ 'content-range': `bytes 0-${content.length - 1}/10` })],
    ['nonsense', () => ({ 'content-range': 'bytes everything' })],
    ['no range at all', () => ({})],
  ])('does not believe a server that answers %s', async (_name, headers) => {
    server.bend = (name, _request, response, content) => name === 'chunk-stream0-00003.m4s' && content !== undefined && Boolean(response.writeHead(206, headers(content)).end(content));
    expect(await video()).toMatchObject({ frames: 150, damaged: [{ reason: expect.stringContaining('lied about its length') as string }] });
  });

  it('survives a connection that is cut now and then', async () => {
    const cut = new Set<string>();
    server.bend = (name, _request, response) => {
      if (cut.has(name) || !name.endsWith('2.m4s')) return false;
      cut.add(name);
      response.destroy();
      return true;
    };
    expect(await video()).toMatchObject({ frames: 210, damaged: [] });
    expect(cut.size).toBeGreaterThan(2);
  });
});

describe('what cannot be read', () => {
  it.each<[string, Buffer | string]>([
    ['an HTML page', '<html><body>Hello</body></html>'], ['text', 'Hello'], ['nothing', ''], ['bytes', Buffer.from([0, 1, 2, 3])], ['half a manifest', '<MPD><Period>'],
    ['a document type', '<!DOCTYPE x [<!ENTITY a "aaaa">]><MPD>&a;</MPD>'], ['a manifest without tracks', '<MPD><Period/></MPD>'],
    ['segment lists', '<MPD><Period><AdaptationSet><Representation id="1"><SegmentList/></Representation></AdaptationSet></Period></MPD>'],
    ['an endless timeline', '<MPD><Period><AdaptationSet><SegmentTemplate media="a" initialization="b"><SegmentTimeline><S t="0" d="1" r="9999999"/></SegmentTimeline></SegmentTemplate><Representation id="1"/></AdaptationSet></Period></MPD>'],
    ['a missing initialisation segment', '<MPD><Period><AdaptationSet><SegmentTemplate media="a" initialization="b"><SegmentTimeline><S t="0" d="1"/></SegmentTimeline></SegmentTemplate><Representation id="1"/></AdaptationSet></Period></MPD>'],
  ])('%s is refused with a sentence', async (_name, content) => {
    server.files.set('bad.mpd', Buffer.from(content));
    const failure = await failureOf(read('bad.mpd'));
    expect(failure.code).toBe('ARCHIVE_UNREADABLE');
    expect(failure.message).toMatch(/^The stream at .* could not be read: .*\.$/);
  });

  it('ends in time: a server that never answers, one that never ends, one that is gone', async () => {
    server.bend = (name, _request, response) => {
      if (name === 'hang.mpd') return true;
      if (name !== 'endless.mpd') return false;
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(1 << 20)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return true;
    };
    expect((await failureOf(read('hang.mpd', { requestTimeoutMs: 100 }))).code).toBe('MEDIA_NO_ANSWER');
    expect((await failureOf(read('hang.mpd', { timeoutMs: 100 }))).code).toBe('ARCHIVE_TIMEOUT');
    expect((await failureOf(read('endless.mpd'))).code).toBe('ARCHIVE_UNREADABLE');
    expect((await failureOf(verifyArchive(`${server.base}hang.mpd`, { signal: AbortSignal.timeout(50) }))).code).toBe('CLOUD_CANCELLED');
    const { base } = server;
    await server.close();
    expect((await failureOf(verifyArchive(`${base}m.mpd`, { signal: never }))).code).toBe('SERVICE_UNREACHABLE');
    server = await RangeServer.listen(folder);
  });
});

describe('waitUntilPlayable', () => {
  it('waits until every rendition and the audio has a segment', async () => {
    let ready = 0;
    server.bend = (name, _request, response) => {
      // One thing after the other comes up: the master, its second rendition, the audio's playlist entry, its segment.
      const stage = ready;
      if (name === 'master.m3u8') ready += 1;
      if (name === 'master.m3u8' && stage < 2) return Boolean(response.writeHead(stage === 0 ? 404 : 503).end());
      if (name === 'media_1.m3u8' && stage < 5) return Boolean(response.writeHead(404).end());
      if (name === 'media_2.m3u8' && stage < 7) return Boolean(response.end('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="init-stream2.m4s"\n'));
      if (name.startsWith('chunk-stream2') && stage < 9) return Boolean(response.end('<html>'));
      return false;
    };
    const found = await waitUntilPlayable(`${server.base}master.m3u8`, { signal: never, timeoutMs: 20_000, pollIntervalMs: 5, minVariants: 2 });
    expect(ready).toBeGreaterThanOrEqual(9);
    expect(found.variants.map((variant) => variant.resolution)).toEqual(['192x108', '96x54']);
    expect(found.audio).toHaveLength(1);
    expect(found.elapsedMs).toBeGreaterThan(0);
  });

  it('gives up in time, and says what was missing', async () => {
    const options = { signal: never, timeoutMs: 150, pollIntervalMs: 10 };
    expect(await failureOf(waitUntilPlayable(`${server.base}none.m3u8`, options))).toMatchObject({ code: 'NOT_PLAYABLE', message: expect.stringContaining('answers 404') as string });
    expect((await failureOf(waitUntilPlayable(`${server.base}master.m3u8`, { ...options, minVariants: 3 }))).message).toContain('it lists 2 of 3 renditions');
    expect((await failureOf(waitUntilPlayable(`${server.base}media_0.m3u8`, options))).message).toContain('lists no renditions');
    server.bend = () => true;
    expect((await failureOf(waitUntilPlayable(`${server.base}master.m3u8`, options))).code).toBe('NOT_PLAYABLE');
    expect((await failureOf(waitUntilPlayable(`${server.base}master.m3u8`, { ...options, timeoutMs: 9000, signal: AbortSignal.timeout(50) }))).code).toBe('CLOUD_CANCELLED');
    expect((await failureOf(waitUntilPlayable('nonsense', options))).code).toBe('NOT_PLAYABLE');
  });
});

function box(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

function mdat(body: Buffer): Buffer {
  return box('mdat', body);
}

/** Positions inside of a chunk's only `trun`. */
function runOf(chunk: Buffer): { flags: number; firstSize: number } {
  const flags = chunk.indexOf('trun') + 4;
  const bits = chunk.readUInt32BE(flags);
  expect(bits & 0x200, 'sizes are written for each sample').toBe(0x200);
  // Data offset, flags of the first sample and its duration come before its size where they are there.
  return { flags, firstSize: flags + 8 + [0x1, 0x4, 0x100].filter((bit) => (bits & bit) !== 0).length * 4 };
}

function patched(chunk: Buffer, change: (at: ReturnType<typeof runOf>) => void): Buffer {
  change(runOf(chunk));
  return chunk;
}
