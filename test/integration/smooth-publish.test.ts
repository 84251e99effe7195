// The Smooth Streaming publisher against a server that keeps what is posted, the embedded ingest, FFmpeg's decoder, and servers on bad days.
import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:https';
import { inspect, promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MediaPacket } from '../../src/main/media/packets.ts';
import { parseProxy } from '../../src/main/publish/proxyChoice.ts';
import type { PublisherEvent } from '../../src/main/publish/publisherState.ts';
import type { PublishPolicy } from '../../src/main/publish/publishPolicy.ts';
import { SmoothPublisher, type SmoothPublisherOptions } from '../../src/main/publish/smoothPublisher.ts';
import { CLIP_GOP_FRAMES, encodeClip, type EncodedClip } from '../support/encodedClip.ts';
import { startFaultProxy } from '../support/faultProxy.ts';
import { freePort } from '../support/freePort.ts';
import { runMediaPlane } from '../support/mediaPlane.ts';
import { startHttpProxy, startSocksProxy } from '../support/proxyServers.ts';
import { selfSignedCertificate } from '../support/rtmpPeers.ts';
import { startSmoothServer, type SmoothServer } from '../support/smoothServer.ts';
import { until } from '../support/until.ts';

const TOKEN = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const CLOUD: PublishPolicy = { burstWelcome: false, maxQueuedMs: 10_000 };
const REPLAY: PublishPolicy = { burstWelcome: true, maxQueuedMs: 60_000 };
const timeouts = { connectMs: 2000, handshakeMs: 400, publishMs: 500, stallMs: 800, drainMs: 1000 };
/** Five GOPs, an hour after the timeline's zero. */
const FIRST_FRAME = 90_000;
const SECONDS = 10;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

let clip: EncodedClip;
beforeAll(async () => { clip = await encodeClip({ seconds: SECONDS, startFrame: FIRST_FRAME }); });

type Watched = SmoothPublisher & { readonly seen: PublisherEvent[] };
/** Starts a publisher that ends with the test; every test checks that nothing it said holds the token. */
function publisherTo(base: string, options: Partial<SmoothPublisherOptions> = {}): Watched {
  const publisher = new SmoothPublisher({
    url: `${base}/${TOKEN}/ingest.isml/streams(180p)`, video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast/test', timeouts, policy: CLOUD, ...options,
  });
  const seen: PublisherEvent[] = [];
  publisher.onEvent((event) => seen.push(event));
  closers.push(async () => {
    await publisher.stop(true);
    expect(inspect([seen, publisher.stats(), publisher.state, await publisher.published.catch((error: unknown) => error)], { depth: 20 })).not.toContain(TOKEN);
  });
  publisher.start();
  return Object.assign(publisher, { seen });
}
const packetsOfGops = (from: number, to: number): MediaPacket[] => {
  const isIn = (packet: MediaPacket): boolean => {
    const frame = packet.kind === 'video' ? packet.frame : (packet.frame * 1024 * 25) / 48_000;
    return frame >= FIRST_FRAME + from * CLIP_GOP_FRAMES && frame < FIRST_FRAME + to * CLIP_GOP_FRAMES;
  };
  return clip.packets.filter(isIn);
};
const send = (publisher: SmoothPublisher, packets: readonly MediaPacket[]): void => { for (const packet of packets) publisher.send(packet); };
const causes = (publisher: Watched): string[] => publisher.seen.flatMap((event) => (event.type === 'state' && (event.state.state === 'waiting' || event.state.state === 'failed') ? [event.state.failure.code] : []));
const framesIn = (body: Buffer): { video: number; audio: number; isOnGrid: boolean; errors: string } => {
  const run = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', '-err_detect', 'explode', '-i', 'pipe:0', '-map', '0', '-f', 'framecrc', 'pipe:1'], { input: body, maxBuffer: 64 << 20, timeout: 60_000 });
  const lines = run.stdout.toString().split('\n').filter((line) => /^\d/.test(line));
  const shown = lines.filter((line) => line.startsWith('0')).map((line) => Number(line.split(',')[2]));
  return { video: shown.length, audio: lines.filter((line) => line.startsWith('1')).length, isOnGrid: shown.every((pts, index) => pts === shown[0]! + index), errors: run.stderr.toString() };
};

describe('a Smooth Streaming publisher', () => {
  it('asks with an empty POST, then posts what FFmpeg decodes without a complaint, every frame of it', async () => {
    const server = await startSmoothServer();
    closers.push(async () => server.close());
    const publisher = publisherTo(server.url);
    await publisher.published;
    send(publisher, clip.packets);
    await publisher.stop();
    expect(server.posts.map(({ headers }) => [headers['content-length'], headers['transfer-encoding'], headers['user-agent']])).toEqual([
      ['0', undefined, 'Fieldcast/test'], [undefined, 'chunked', 'Fieldcast/test'],
    ]);
    const [posted] = server.streams;
    expect(posted).toMatchObject({ path: `/${TOKEN}/ingest.isml/streams(180p)`, hasEnded: true });
    expect(framesIn(posted!.body)).toEqual({ video: clip.video.length, audio: clip.audio.length, isOnGrid: true, errors: '' });
    // Said at the end by the server's answer, and not before.
    expect(publisher.stats()).toMatchObject({ sentVideoFrames: clip.video.length, sentAudioFrames: clip.audio.length, droppedFrames: 0, acknowledgedBytes: posted!.body.length });
    expect(publisher.state.state).toBe('stopped');
  });

  it('brings every frame to the embedded ingest at its place on the timeline, with its sound', async () => {
    const plane = await runMediaPlane();
    closers.push(async () => plane.close());
    const channel = await plane.openChannel({ eventName: 'whole', protocol: 'FragmentedMP4', accessToken: TOKEN, timelineZeroUtcSeconds: Math.floor(Date.now() / 1000) - FIRST_FRAME / 25 });
    const output = await plane.startOutput(channel);
    const publisher = publisherTo(plane.origin);
    await publisher.published;
    send(publisher, clip.packets);
    await publisher.stop();
    await plane.plane.stopOutput('whole', output.outputName);
    const tracks = plane.plane.telemetry('whole');
    expect(tracks.find(({ kind }) => kind === 'video')).toMatchObject({ trackName: 'video_300000', frames: clip.video.length, gaps: [], firstTimestampMs: FIRST_FRAME * 40, nonIncreasingCount: 0 });
    expect(tracks.find(({ kind }) => kind === 'audio')).toMatchObject({ trackName: 'audio_128000', frames: clip.audio.length, gaps: [] });
    const { stdout, stderr } = await promisify(execFile)('ffprobe', [
      '-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', `${output.baseUrl}/manifest(format=m3u8-cmaf)`,
    ], { timeout: 30_000 });
    expect([stdout.trim().split(/\s+/)[0], stderr]).toEqual([String(clip.video.length), '']);
  });
});

describe('the way to it', () => {
  it.each([['http', startHttpProxy], ['socks5', startSocksProxy]] as const)('may lead through a proxy: %s, with a password', async (kind, start) => {
    const [server, proxy] = [await startSmoothServer(), await start({ credentials: { username: 'crew', password: 'hunter2' } })];
    closers.push(async () => server.close(), async () => proxy.close());
    const by = parseProxy(`${kind}://crew:hunter2@127.0.0.1:${proxy.port}`);
    const publisher = publisherTo(server.url, { proxyFor: () => by });
    await publisher.published;
    send(publisher, clip.packets);
    await publisher.stop();
    expect(framesIn(server.streams[0]!.body)).toEqual({ video: clip.video.length, audio: clip.audio.length, isOnGrid: true, errors: '' });
    expect(new Set(proxy.asked)).toEqual(new Set([`127.0.0.1:${server.port}`]));
  });

  it('is left at the end of a GOP where the rendition gives way to others, and taken again at an IDR', async () => {
    const server = await startSmoothServer();
    closers.push(async () => server.close());
    const publisher = publisherTo(server.url);
    await publisher.published;
    send(publisher, packetsOfGops(0, 2));
    publisher.hold();
    send(publisher, packetsOfGops(2, 3));
    await until(() => server.streams[0]?.hasEnded === true, 'the end of the first POST');
    await until(() => publisher.state.state === 'held', 'the rendition to give way');
    send(publisher, packetsOfGops(3, 4));
    publisher.resume();
    await until(() => publisher.state.state === 'publishing', 'the next connection');
    send(publisher, packetsOfGops(4, 5));
    await publisher.stop();
    const [before, after] = server.streams.map(({ body }) => framesIn(body));
    for (const part of [before, after]) {
      expect(part).toMatchObject({ isOnGrid: true, errors: '' });
      expect(part!.video % CLIP_GOP_FRAMES).toBe(0);
      expect(part!.video).toBeGreaterThan(0);
    }
  });
});

describe('two instances on one event', () => {
  it('stand for each other: what one never sent comes from the other, once', async () => {
    const plane = await runMediaPlane();
    closers.push(async () => plane.close());
    const channel = await plane.openChannel({ eventName: 'pair', protocol: 'FragmentedMP4', accessToken: TOKEN, timelineZeroUtcSeconds: Math.floor(Date.now() / 1000) - FIRST_FRAME / 25 });
    const output = await plane.startOutput(channel);
    const [one, other] = ['Fieldcast/one', 'Fieldcast/other'].map((encoderName) => publisherTo(plane.origin, { encoderName }));
    await Promise.all([one!.published, other!.published]);
    // The second has never had the second GOP, the first dies after the third.
    send(other!, [...packetsOfGops(0, 1), ...packetsOfGops(2, 5)]);
    send(one!, packetsOfGops(0, 3));
    await one!.stop();
    await other!.stop();
    await plane.plane.stopOutput('pair', output.outputName);
    expect(plane.plane.telemetry('pair').find(({ kind }) => kind === 'video')).toMatchObject({ frames: clip.video.length, gaps: [] });
    const { stdout, stderr } = await promisify(execFile)('ffprobe', [
      '-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', `${output.baseUrl}/manifest(format=m3u8-cmaf)`,
    ], { timeout: 30_000 });
    expect([stdout.trim().split(/\s+/)[0], stderr]).toEqual([String(clip.video.length), '']);
  });
});

async function startSmoothServerUntilEnd(): Promise<SmoothServer> {
  const server = await startSmoothServer();
  closers.push(async () => server.close());
  return server;
}

describe('after a break', () => {
  it('sends the same header and the last two fragments of each track again, and nothing twice in the archive', async () => {
    const plane = await runMediaPlane();
    closers.push(async () => plane.close());
    const proxy = await startFaultProxy(Number(new URL(plane.origin).port));
    closers.push(async () => proxy.close());
    const channel = await plane.openChannel({ eventName: 'broken', protocol: 'FragmentedMP4', accessToken: TOKEN });
    const output = await plane.startOutput(channel);
    const publisher = publisherTo(`http://127.0.0.1:${proxy.port}`);
    await publisher.published;
    const frames = (): number => plane.plane.telemetry('broken').find(({ kind }) => kind === 'video')?.frames ?? 0;
    send(publisher, packetsOfGops(0, 4));
    // The fourth comes together until the fifth begins.
    await until(() => frames() === 3 * CLIP_GOP_FRAMES, 'three fragments');
    proxy.reset();
    await until(() => causes(publisher).includes('PUBLISH_CONNECTION_LOST'), 'the break to be noticed');
    send(publisher, packetsOfGops(4, 5));
    await until(() => publisher.stats().reconnects === 1, 'the next connection');
    await publisher.stop();
    await plane.plane.stopOutput('broken', output.outputName);
    const [video, audio] = ['video', 'audio'].map((kind) => plane.plane.telemetry('broken').find((track) => track.kind === kind));
    expect(video).toMatchObject({ frames: clip.video.length, gaps: [], overlapCount: 2 * CLIP_GOP_FRAMES });
    expect(audio).toMatchObject({ frames: clip.audio.length, gaps: [] });
    expect(publisher.stats()).toMatchObject({ reconnects: 1, droppedFrames: 0 });
  });

  it('begins each POST alike, byte for byte', async () => {
    const server = await startSmoothServer();
    closers.push(async () => server.close());
    const publisher = publisherTo(server.url, { policy: REPLAY });
    await publisher.published;
    send(publisher, packetsOfGops(0, 2));
    await until(() => (server.streams[0]?.body.includes('mdat') ?? false), 'a fragment');
    server.streams[0]!.reset();
    send(publisher, packetsOfGops(2, 5));
    await until(() => publisher.stats().reconnects === 1, 'the next connection');
    await publisher.stop();
    const [first, second] = server.streams.map(({ body }) => body.subarray(0, body.indexOf('moof') - 4));
    expect(second!.equals(first!)).toBe(true);
    // Nothing was answered with 200 before the break, so all of it comes again.
    expect(framesIn(server.streams[1]!.body)).toEqual({ video: clip.video.length, audio: clip.audio.length, isOnGrid: true, errors: '' });
  });

  it('ends the POST in good order where another encoder takes over, and begins one with its header', async () => {
    const server = await startSmoothServer();
    closers.push(async () => server.close());
    const publisher = publisherTo(server.url, { policy: REPLAY });
    await publisher.published;
    send(publisher, packetsOfGops(0, 2));
    const avcDecoderConfig = Uint8Array.from(clip.videoConfig.avcDecoderConfig);
    // Another level.
    avcDecoderConfig[3] = 51;
    publisher.configureVideo({ ...clip.videoConfig, avcDecoderConfig });
    send(publisher, packetsOfGops(2, 5));
    await until(() => server.streams.length === 2, 'the second POST');
    await publisher.stop();
    const [first, second] = server.streams;
    expect(first!.hasEnded).toBe(true);
    expect([first!, second!].map(({ body }) => body.includes(Buffer.from(avcDecoderConfig)))).toEqual([false, true]);
    expect([first!, second!].map(({ body }) => framesIn(body))).toEqual([
      { video: 2 * CLIP_GOP_FRAMES, audio: expect.any(Number), isOnGrid: true, errors: '' }, { video: 3 * CLIP_GOP_FRAMES, audio: expect.any(Number), isOnGrid: true, errors: '' },
    ]);
    expect(publisher.stats()).toMatchObject({ sentVideoFrames: clip.video.length, sentAudioFrames: clip.audio.length, droppedFrames: 0 });
    expect(causes(publisher)).toEqual([]);
  });

  it('goes to the other endpoint, and comes back to the first', async () => {
    const port = await freePort();
    const server = await startSmoothServer();
    closers.push(async () => server.close());
    const publisher = publisherTo(`http://127.0.0.1:${port}`, { alternateUrls: [`${server.url}/${TOKEN}/ingest.isml/streams(180p)`] });
    await publisher.published;
    expect(causes(publisher)).toEqual(['PUBLISH_REFUSED']);
    await until(() => server.streams.length === 1, 'the stream');
    server.streams[0]!.reset();
    await until(() => causes(publisher).length >= 3, 'both to be tried again');
    expect(causes(publisher).slice(0, 3)).toEqual(['PUBLISH_REFUSED', 'PUBLISH_CONNECTION_LOST', 'PUBLISH_REFUSED']);
    await until(() => server.streams.length === 2, 'the second stream');
  });
});

describe('a server that', () => {
  it.each([
    [404, '{"error":{"code":"MPE_RESOURCE_NOT_FOUND","message":"no such event"}}', /refused the stream \(HTTP 404, no such event\)/, /FragmentedMP4/],
    [403, '{"error":{"code":"MPE_INGEST_ENCODER_CONNECTION_DENIED","message":"no"}}', /does not accept this network address/, /Allow the public address/],
    [301, '<html>elsewhere</html>', /HTTP 301\)/, /address that it points to/],
  ])('answers %i is left alone with its reason, unless that may pass', async (status, text, message, action) => {
    const server = await startSmoothServer({ probe: [status, text] });
    closers.push(async () => server.close());
    const publisher = publisherTo(server.url);
    if (status === 301) await until(() => causes(publisher).length >= 2, 'a second attempt');
    else await until(() => publisher.state.state === 'failed', 'the refusal');
    const failure = publisher.seen.flatMap((event) => (event.type === 'state' && 'failure' in event.state ? [event.state.failure] : []))[0]!;
    expect(failure).toMatchObject({ code: 'PUBLISH_REJECTED', message: expect.stringMatching(message), action: expect.stringMatching(action) });
    expect(server.streams).toEqual([]);
  });

  it('answers in the middle of the stream is understood, and asked again', async () => {
    const server = await startSmoothServer();
    closers.push(async () => server.close());
    const publisher = publisherTo(server.url);
    await publisher.published;
    send(publisher, packetsOfGops(0, 2));
    await until(() => server.streams[0]?.body.includes('mdat') ?? false, 'a fragment');
    server.streams[0]!.answer(400, '{"error":{"code":"MPE_INGEST_BITRATE_AGGREGATED_EXCEEDED","message":"too much"}}');
    await until(() => causes(publisher).includes('PUBLISH_ENDED_BY_SERVER'), 'the answer');
    expect(publisher.stats().lastError?.message).toMatch(/all renditions together are more than the live event takes \(HTTP 400, too much\)/);
    await until(() => server.streams.length === 2, 'the next attempt');
    // It had refused: it has acknowledged nothing.
    expect(publisher.stats().acknowledgedBytes).toBe(0);
  });

  it('never answers, or answers with what is no HTTP, is given up in time', async () => {
    const silent = await startSmoothServer({ probe: undefined });
    closers.push(async () => silent.close());
    const publisher = publisherTo(silent.url);
    await until(() => causes(publisher).includes('PUBLISH_NO_ANSWER'), 'the silence to be noticed');
    const proxy = await startFaultProxy(silent.port);
    closers.push(async () => proxy.close());
    const other = publisherTo(`http://127.0.0.1:${proxy.port}`);
    await until(() => {
      proxy.garbage();
      return causes(other).includes('PUBLISH_PROTOCOL');
    }, 'the garbage to be noticed');
  });

  it('takes no more bytes is noticed; what waits stays bounded, and a stop does not hang on it', async () => {
    const server = await startSmoothServer({ reads: false });
    closers.push(async () => server.close());
    const publisher = publisherTo(server.url, { policy: { burstWelcome: false, maxQueuedMs: 4000 } });
    await publisher.published;
    const large = clip.packets.map((packet) => (packet.kind === 'video' ? { ...packet, data: new Uint8Array(200_000) } : packet));
    send(publisher, large);
    expect(publisher.stats().queuedMs).toBeGreaterThan(1000);
    await until(() => causes(publisher).includes('PUBLISH_STALLED'), 'the stall to be noticed');
    const before = performance.now();
    await publisher.stop();
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('does not speak TLS is told by that', async () => {
    const proxy = await startFaultProxy((await startSmoothServerUntilEnd()).port);
    closers.push(async () => proxy.close());
    proxy.truncate(50);
    const publisher = publisherTo(`https://127.0.0.1:${proxy.port}`);
    await until(() => causes(publisher).length > 0, 'the cause');
    expect(causes(publisher)[0]).toBe('PUBLISH_TLS');
  });

  it('has a certificate that nobody vouches for is not sent a byte', async () => {
    const { private: key, cert } = await selfSignedCertificate();
    let requests = 0;
    const server = createServer({ key, cert }, () => { requests += 1; });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    closers.push(async () => new Promise((resolve) => { server.close(resolve); }));
    const publisher = publisherTo(`https://127.0.0.1:${(server.address() as { port: number }).port}`);
    await until(() => publisher.state.state === 'failed', 'the refusal of the certificate');
    expect(causes(publisher)).toEqual(['PUBLISH_CERTIFICATE_AUTHORITY']);
    expect(requests).toBe(0);
  });
});
