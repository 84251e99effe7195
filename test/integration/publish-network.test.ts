// The publisher on bad days: servers that refuse, stay silent, stall, break off, or are not who they should be.
import { once } from 'node:events';
import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { PublisherEvent } from '../../src/main/publish/publisherState.ts';
import { RtmpPublisher, type PublisherOptions } from '../../src/main/publish/rtmpPublisher.ts';
import { parseVideoPayload } from '../../src/main/rtmp/flvVideo.ts';
import { freePort } from '../support/freePort.ts';
import { until } from '../support/until.ts';
import { selfSignedCertificate } from '../support/rtmpPeers.ts';
import { startRtmpServer, type RtmpTestServer, type ServedConnection } from '../support/rtmpServer.ts';
import { mediaOfFrames, SYNTHETIC_GOP_FRAMES, syntheticAudio, syntheticVideo } from '../support/syntheticMedia.ts';

const TOKEN = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const KEY = 'secret-stream-key';
const timeouts = { connectMs: 2000, handshakeMs: 400, publishMs: 400, stallMs: 800, drainMs: 400 };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(options: Parameters<typeof startRtmpServer>[0] = {}): Promise<RtmpTestServer> {
  const server = await startRtmpServer(options);
  closers.push(() => server.close());
  return server;
}

type Watched = RtmpPublisher & { readonly seen: PublisherEvent[] };

/** Starts a publisher that ends with the test; every test checks that nothing it said holds a key. */
function publisherTo(port: number, options: Partial<PublisherOptions> = {}): Watched {
  const publisher = new RtmpPublisher({
    url: `rtmp://127.0.0.1:${port}/live/${TOKEN}/${KEY}`, video: syntheticVideo, audio: syntheticAudio, encoderName: 'Fieldcast', timeouts,
    policy: { burstWelcome: false, maxQueuedMs: 10_000 }, ...options,
  });
  const seen: PublisherEvent[] = [];
  publisher.onEvent((event) => seen.push(event));
  closers.push(async () => {
    await publisher.stop();
    const said = inspect([seen, publisher.stats(), publisher.state, await publisher.published.catch((error: unknown) => error)], { depth: 20 });
    expect(said).not.toContain(TOKEN);
    expect(said).not.toContain(KEY);
  });
  publisher.start();
  return Object.assign(publisher, { seen });
}

function sendFrames(publisher: RtmpPublisher, from: number, to: number, sizeBytes?: number): void {
  for (const packet of mediaOfFrames(from, to, sizeBytes)) publisher.send(packet);
}

/** Indices of the frames that a connection received, and what stood before them. */
function received(connection: ServedConnection): { frames: number[]; beginsWith: string[] } {
  const video = connection.media.filter((one) => one.type === 'video').map((one) => parseVideoPayload(one.payload));
  const frames = video.filter((one) => one.avcPacketType === 'nalu').map((one) => new DataView(one.data.buffer, one.data.byteOffset).getUint32(0));
  const beginsWith = connection.media.slice(0, 3).map((one) => (one.type === 'audio' ? `audio ${one.payload[1]}` : `video ${one.payload[0]?.toString(16)} ${one.payload[1]}`));
  return { frames, beginsWith };
}

const headersAndIdr = ['video 17 0', 'audio 0', 'video 17 1'];

describe('a refusal', () => {
  it.each([
    { asked: 'connect' as const, code: 'NetConnection.Connect.Rejected' },
    { asked: 'publish' as const, code: 'NetStream.Publish.BadName' },
  ])('of $asked ends the attempts with the server’s own code, and without the key that it quotes', async ({ asked, code }) => {
    const server = await serve({ answer: (event) => (event.type === asked ? { code, description: `no stream ${KEY} in live/${TOKEN}` } : 'accept') });
    const publisher = publisherTo(server.port);
    await expect(publisher.published).rejects.toMatchObject({
      code: 'PUBLISH_REJECTED', message: `127.0.0.1:${server.port} refused the stream (${code}: no stream *** in ***).`,
    });
    expect(publisher.state.state).toBe('failed');
    await expect(publisher.mediaTaken).rejects.toThrow('refused');
    expect(server.connections).toHaveLength(1);
  });

  it('is not final when the stream had been accepted before: the server may still hold the broken connection', async () => {
    const server = await serve({
      answer: (event, connection) => (event.type === 'publish' && server.connections.indexOf(connection) === 1 ? { code: 'NetStream.Publish.BadName', description: 'Already publishing' } : 'accept'),
    });
    const publisher = publisherTo(server.port);
    await publisher.published;
    server.connections[0]?.socket.resetAndDestroy();
    await until(() => publisher.stats().reconnects === 1, 'the second acceptance');
    expect(server.connections).toHaveLength(3);
  });
});

describe('a server that', () => {
  it('never answers the handshake is given up in time, with a sentence', async () => {
    const silent = net.createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets = new Set<net.Socket>();
    silent.on('connection', (socket) => sockets.add(socket));
    closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const publisher = publisherTo((silent.address() as net.AddressInfo).port);
    await until(() => publisher.stats().lastError !== undefined, 'the end of patience');
    expect(publisher.stats().lastError).toMatchObject({ code: 'PUBLISH_HANDSHAKE', message: expect.stringContaining('did not complete the RTMP handshake within 0.4 s') });
  });

  it.each(['connect', 'publish'] as const)('never answers %s is given up in time', async (asked) => {
    const server = await serve({ answer: (event) => (event.type === asked ? 'silence' : 'accept') });
    const publisher = publisherTo(server.port);
    await until(() => publisher.stats().lastError !== undefined, 'the end of patience');
    expect(publisher.stats().lastError?.code).toBe('PUBLISH_NO_ANSWER');
    const started = performance.now();
    await publisher.stop();
    // Nothing was accepted, so there is nothing to take leave of.
    expect(performance.now() - started).toBeLessThan(2 * timeouts.drainMs + 1000);
    await expect(publisher.published).rejects.toMatchObject({ code: 'PUBLISH_NO_ANSWER' });
  });

  it('takes no more bytes is noticed, and a stop does not hang on it', async () => {
    const server = await serve({ answer: (event, { socket }) => {
      if (event.type === 'publish') setImmediate(() => socket.pause());
      return 'accept';
    } });
    const publisher = publisherTo(server.port, { policy: { burstWelcome: true, maxQueuedMs: 4000 } });
    await publisher.published;
    sendFrames(publisher, 0, 75, 400_000);
    await until(() => publisher.stats().lastError?.code === 'PUBLISH_STALLED', 'the stall to be noticed');
    const started = performance.now();
    await publisher.stop();
    expect(performance.now() - started).toBeLessThan(2 * timeouts.drainMs + 1000);
  });

  it('speaks HTTP is named', async () => {
    const web = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(web, 'listening');
    closers.push(async () => web.close());
    const publisher = publisherTo((web.address() as net.AddressInfo).port);
    await until(() => publisher.stats().lastError !== undefined, 'an error');
    expect(publisher.stats().lastError).toMatchObject({ code: 'PUBLISH_HANDSHAKE', message: expect.stringContaining('a text protocol such as HTTP') });
  });

  it('does not exist yet is found when it comes', async () => {
    const port = await freePort();
    const publisher = publisherTo(port);
    await until(() => publisher.stats().lastError?.code === 'PUBLISH_REFUSED', 'a first failure');
    const server = await serve({ port });
    await publisher.published;
    expect(server.connections.at(-1)).toMatchObject({ app: `live/${TOKEN}`, streamName: KEY });
  });
});

describe('a broken connection', () => {
  it('is taken up again at the next IDR that comes, headers first; totals go on', async () => {
    const server = await serve();
    const publisher = publisherTo(server.port);
    await publisher.published;
    sendFrames(publisher, 1000, 1060);
    const first = server.connections[0]!;
    await until(() => received(first).frames.length >= 58, 'the first frames');
    const sentBefore = publisher.stats().sentBytes;
    first.socket.resetAndDestroy();
    await until(() => publisher.state.state !== 'publishing', 'the break to be noticed');
    sendFrames(publisher, 1060, 1070);
    await until(() => publisher.stats().reconnects === 1, 'the new connection');
    sendFrames(publisher, 1070, 1130);
    await publisher.stop();
    const second = server.connections[1]!;
    await until(() => second.unpublished, 'the farewell');

    expect(received(first).beginsWith).toEqual(headersAndIdr);
    expect(received(second).beginsWith).toEqual(headersAndIdr);
    expect(second.metadata).toMatchObject({ videodatarate: 600, audiodatarate: 128, encoder: 'Fieldcast' });
    expect(received(second).frames).toEqual(Array.from({ length: 55 }, (_, index) => 1075 + index));
    const stats = publisher.stats();
    expect(stats.reconnects).toBe(1);
    expect(stats.sentBytes).toBeGreaterThan(sentBefore);
    // Frames 1060 to 1074 never left; those that waited for audio at the break count as well.
    expect(stats.droppedFrames).toBe(1130 - 1000 - stats.sentVideoFrames);
    expect(stats.droppedFrames).toBeGreaterThanOrEqual(15);
    expect(stats.droppedMs).toBe(stats.droppedFrames * 40);
    expect(stats.lastError?.code).toBe('PUBLISH_CONNECTION_LOST');
    expect(stats.disconnectedMs).toBeGreaterThan(0);
    expect(stats.disconnectedMs).toBeLessThan(5000);
  });

  it('leaves no hole where a burst is welcome: the new one begins with the GOP of which something may be missing', async () => {
    const server = await serve();
    const publisher = publisherTo(server.port, { policy: { burstWelcome: true, maxQueuedMs: 10_000 } });
    await publisher.published;
    sendFrames(publisher, 1000, 1060);
    const first = server.connections[0]!;
    await until(() => received(first).frames.length >= 40, 'the first frames');
    first.socket.resetAndDestroy();
    await until(() => publisher.state.state !== 'publishing', 'the break to be noticed');
    sendFrames(publisher, 1060, 1130);
    await until(() => publisher.stats().reconnects === 1, 'the new connection');
    await publisher.stop();
    const second = server.connections[1]!;
    await until(() => second.unpublished, 'the farewell');

    const again = received(second).frames;
    expect(received(second).beginsWith).toEqual(headersAndIdr);
    expect(again[0]! % SYNTHETIC_GOP_FRAMES).toBe(0);
    expect(again).toEqual(Array.from({ length: 1130 - again[0]! }, (_, index) => again[0]! + index));
    expect(new Set([...received(first).frames, ...again]).size).toBe(130);
    expect(publisher.stats()).toMatchObject({ droppedFrames: 0, droppedMs: 0 });
  });

  it('is tried again at once when the operator asks', async () => {
    let accepts = false;
    const server = await serve({ answer: () => (accepts ? 'accept' : 'hangUp') });
    const publisher = publisherTo(server.port);
    await until(() => publisher.state.state === 'waiting' && publisher.state.retryInMs > 1000, 'a long pause');
    accepts = true;
    const started = performance.now();
    publisher.reconnectNow();
    await publisher.published;
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('another encoder with other parameter sets', () => {
  const other = { ...syntheticVideo, avcDecoderConfig: Uint8Array.of(1, 100, 0, 30, 255, 224) };
  /** What was sent of the video: `config` with its profile, and the frames. */
  const told = ({ media }: ServedConnection): (string | number)[] => media.filter((one) => one.type === 'video').map(({ payload }) => {
    const { avcPacketType, data } = parseVideoPayload(payload);
    return avcPacketType === 'config' ? `config ${data[1]}` : new DataView(data.buffer, data.byteOffset).getUint32(0);
  });
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  it('is told to the server before the IDR with which it begins, once, on the open connection', async () => {
    const server = await serve();
    const publisher = publisherTo(server.port);
    await publisher.published;
    publisher.configureVideo({ ...syntheticVideo });
    sendFrames(publisher, 1000, 1060);
    publisher.configureVideo(other);
    sendFrames(publisher, 1060, 1130);
    await publisher.stop();
    const [connection] = server.connections;
    await until(() => connection?.unpublished === true, 'the farewell');
    expect(told(connection!)).toEqual(['config 66', ...range(1000, 1075), 'config 100', ...range(1075, 1130)]);
    expect(publisher.stats().reconnects).toBe(0);
  });

  it('is told where a backlog is replayed: first those of before', async () => {
    const server = await serve();
    const publisher = publisherTo(server.port, { policy: { burstWelcome: true, maxQueuedMs: 10_000 } });
    await publisher.published;
    sendFrames(publisher, 1000, 1060);
    const first = server.connections[0]!;
    await until(() => received(first).frames.length >= 40, 'the first frames');
    first.socket.resetAndDestroy();
    await until(() => publisher.state.state !== 'publishing', 'the break to be noticed');
    publisher.configureVideo(other);
    sendFrames(publisher, 1060, 1130);
    await until(() => publisher.stats().reconnects === 1, 'the new connection');
    await publisher.stop();
    const second = server.connections[1]!;
    await until(() => second.unpublished, 'the farewell');
    const begin = received(second).frames[0]!;
    expect(begin).toBeLessThan(1075);
    expect(told(second)).toEqual(['config 66', ...range(begin, 1075), 'config 100', ...range(1075, 1130)]);
  });

  it('is what a connection begins with after it', async () => {
    const server = await serve();
    const publisher = publisherTo(server.port);
    await publisher.published;
    sendFrames(publisher, 1000, 1030);
    publisher.configureVideo(other);
    sendFrames(publisher, 1030, 1060);
    await until(() => received(server.connections[0]!).frames.length >= 50, 'the frames');
    server.connections[0]!.socket.resetAndDestroy();
    await until(() => publisher.stats().reconnects === 1, 'the new connection');
    sendFrames(publisher, 1060, 1100);
    await publisher.stop();
    const second = server.connections[1]!;
    await until(() => second.unpublished, 'the farewell');
    expect(told(second)).toEqual(['config 100', ...range(1075, 1100)]);
  });
});

describe('a slow connection', () => {
  it('loses whole GOPs, and only then', async () => {
    const server = await serve({ answer: (event, { socket }) => {
      if (event.type === 'publish') setImmediate(() => socket.pause());
      return 'accept';
    } });
    const publisher = publisherTo(server.port, { policy: { burstWelcome: true, maxQueuedMs: 3000 }, timeouts: { ...timeouts, stallMs: 20_000, drainMs: 8000 } });
    await publisher.published;
    sendFrames(publisher, 0, 250, 200_000);
    expect(publisher.stats().queuedMs).toBeLessThanOrEqual(3000);
    server.connections[0]?.socket.resume();
    await publisher.stop();
    await until(() => server.connections[0]?.unpublished === true, 'the farewell');
    const { frames } = received(server.connections[0]!);
    const stats = publisher.stats();
    expect(stats.droppedFrames).toBeGreaterThan(0);
    expect(frames.length + stats.droppedFrames).toBe(250);
    const gaps = frames.filter((frame, index) => index > 0 && frame !== frames[index - 1]! + 1);
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps.every((frame) => frame % SYNTHETIC_GOP_FRAMES === 0)).toBe(true);
    expect(server.connections[0]!.media.filter((one) => one.type === 'audio').length).toBeGreaterThan(frames.length);
  });
});

describe('RTMPS', () => {
  it('names the host to the server, but no address', async () => {
    const certificate = await selfSignedCertificate();
    const server = await serve({ tls: { key: certificate.private, cert: certificate.cert } });
    for (const host of ['localhost', '127.0.0.1']) {
      await publisherTo(server.port, { url: `rtmps://${host}:${server.port}/live/${TOKEN}/${KEY}`, ca: certificate.cert }).published;
    }
    expect(server.connections.map(({ socket }) => (socket as TLSSocket).servername)).toEqual(['localhost', false]);
    expect(server.connections.map(({ socket }) => (socket as TLSSocket).getProtocol())).toEqual(['TLSv1.3', 'TLSv1.3']);
  });

  it('refuses a trusted certificate of another name', async () => {
    const certificate = await selfSignedCertificate('elsewhere.example');
    const server = await serve({ tls: { key: certificate.private, cert: certificate.cert } });
    const publisher = publisherTo(server.port, { url: `rtmps://localhost:${server.port}/live/${TOKEN}/${KEY}`, ca: certificate.cert });
    await expect(publisher.published).rejects.toMatchObject({ code: 'PUBLISH_CERTIFICATE_NAME', message: expect.stringContaining('it belongs to another name') });
    expect(server.connections.flatMap((one) => one.app)).not.toContain(`live/${TOKEN}`);
  });

  it('says that a plain port does not speak TLS, and a TLS port no plain RTMP', async () => {
    const plain = await serve();
    const first = publisherTo(plain.port, { url: `rtmps://127.0.0.1:${plain.port}/live/${TOKEN}/${KEY}`, timeouts: { ...timeouts, connectMs: 500 } });
    await until(() => first.stats().lastError !== undefined, 'an error');
    expect(first.stats().lastError?.code).toBe('PUBLISH_TLS');
    const certificate = await selfSignedCertificate();
    const secure = await serve({ tls: { key: certificate.private, cert: certificate.cert } });
    const second = publisherTo(secure.port);
    await until(() => second.stats().lastError !== undefined, 'an error');
    expect(second.stats().lastError?.code).toMatch(/^PUBLISH_(HANDSHAKE|CLOSED|CONNECTION_LOST)$/);
  });
});

describe('the first media', () => {
  it('is not said to be taken while the server merely accepts the stream and acknowledges nothing', async () => {
    const server = await serve();
    const publisher = publisherTo(server.port);
    await publisher.published;
    expect(publisher.stats().isMediaTaken).toBe(false);
    sendFrames(publisher, 0, 100, 2000);
    await publisher.mediaTaken;
    expect(publisher.stats().isMediaTaken).toBe(true);
    server.connections[0]!.socket.resetAndDestroy();
    await until(() => publisher.stats().reconnects === 1, 'the new connection');
    expect(publisher.stats().isMediaTaken).toBe(false);
  });

  it('is reported when the server acknowledges it, with a round trip', async () => {
    const server = await serve();
    const publisher = publisherTo(server.port);
    await publisher.published;
    sendFrames(publisher, 0, 100, 2000);
    await publisher.mediaTaken;
    expect(publisher.seen).toContainEqual({ type: 'mediaTaken', acknowledged: true });
    expect(publisher.stats().acknowledgedBytes).toBeGreaterThan(2000);
    expect(publisher.stats().roundTripMs).toBeGreaterThanOrEqual(0);
    expect(publisher.stats().roundTripMs).toBeLessThan(5000);
  });
});
