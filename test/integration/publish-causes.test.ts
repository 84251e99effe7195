// Why a connection could not be made or did not last: every cause of the table in docs/troubleshooting.md, each from a real socket.
import { once } from 'node:events';
import { constants } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, it } from 'vitest';
import { RtmpPublisher, type PublisherOptions } from '../../src/main/publish/rtmpPublisher.ts';
import { freePort } from '../support/freePort.ts';
import { selfSignedCertificate } from '../support/rtmpPeers.ts';
import { startRtmpServer } from '../support/rtmpServer.ts';
import { mediaOfFrames, syntheticAudio, syntheticVideo } from '../support/syntheticMedia.ts';
import { until } from '../support/until.ts';

const DAY_MS = 86_400_000;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function publisherTo(url: string, options: Partial<PublisherOptions> = {}): RtmpPublisher {
  const publisher = new RtmpPublisher({
    url, video: syntheticVideo, audio: syntheticAudio, encoderName: 'Fieldcast', policy: { burstWelcome: false, maxQueuedMs: 10_000 },
    timeouts: { connectMs: 4000, handshakeMs: 400, publishMs: 400 }, ...options,
  });
  closers.push(async () => publisher.stop(true));
  publisher.start();
  return publisher;
}

/** The first failure of a publisher. */
async function causeOf(publisher: RtmpPublisher): Promise<{ code: string; message: string }> {
  await until(() => publisher.stats().lastError !== undefined, 'a failure', 12_000);
  return publisher.stats().lastError!;
}

async function listening(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

/** A certificate for localhost, of an authority of its own, valid between two moments. */
async function issued(fromMs: number, toMs: number): Promise<{ key: string; cert: string; ca: string }> {
  const authority = await generate([{ name: 'commonName', value: 'An authority' }], { keyType: 'ec', algorithm: 'sha256', extensions: [{ name: 'basicConstraints', cA: true, critical: true }] });
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec', algorithm: 'sha256', notBeforeDate: new Date(fromMs), notAfterDate: new Date(toMs), ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  return { key, cert, ca: authority.cert };
}

describe('a connection fails with its cause:', () => {
  it('a name that does not exist', async () => {
    expect(await causeOf(publisherTo('rtmp://ingest.invalid:1935/live/key'))).toMatchObject({ code: 'PUBLISH_UNKNOWN_HOST', message: expect.stringContaining('ingest.invalid:1935') });
  });

  it('a port at which nobody listens', async () => {
    expect(await causeOf(publisherTo(`rtmp://127.0.0.1:${await freePort()}/live/key`))).toMatchObject({ code: 'PUBLISH_REFUSED' });
  });

  it.each([
    ['expired', -2 * DAY_MS, -DAY_MS, true, 'PUBLISH_CERTIFICATE_EXPIRED', 'it has expired'],
    ['not valid yet', DAY_MS, 2 * DAY_MS, true, 'PUBLISH_CERTIFICATE_EXPIRED', 'it is not valid yet'],
    ['of an unknown authority', -DAY_MS, DAY_MS, false, 'PUBLISH_CERTIFICATE_AUTHORITY', 'its authority is not known here'],
  ])('a certificate that is %s, for good', async (_what, fromMs, toMs, isTrusted, code, words) => {
    const { key, cert, ca } = await issued(Date.now() + fromMs, Date.now() + toMs);
    const server = await startRtmpServer({ tls: { key, cert } });
    closers.push(async () => server.close());
    const publisher = publisherTo(`rtmps://localhost:${server.port}/live/key`, isTrusted ? { ca } : {});
    await expect(publisher.published).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(server.connections.every(({ app }) => app === '')).toBe(true);
  });

  it('a certificate that vouches for itself, and one of another host', async () => {
    const own = await selfSignedCertificate();
    const server = await startRtmpServer({ tls: { key: own.private, cert: own.cert } });
    closers.push(async () => server.close());
    await expect(publisherTo(`rtmps://localhost:${server.port}/live/key`).published).rejects.toMatchObject({ code: 'PUBLISH_CERTIFICATE_AUTHORITY', message: expect.stringContaining('vouches only for itself') });
    const other = await selfSignedCertificate('elsewhere.example');
    const misnamed = await startRtmpServer({ tls: { key: other.private, cert: other.cert } });
    closers.push(async () => misnamed.close());
    await expect(publisherTo(`rtmps://localhost:${misnamed.port}/live/key`, { ca: other.cert }).published).rejects.toMatchObject({ code: 'PUBLISH_CERTIFICATE_NAME' });
  });

  it('a server that knows only an old TLS, one that answers TLS with something else, one that breaks off', async () => {
    const { private: key, cert } = await selfSignedCertificate();
    // Its own security level forbids it to offer what is that old.
    const old = await listening(tls.createServer({ key, cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0', secureOptions: constants.SSL_OP_NO_TLSv1_3 }));
    const text = await listening(net.createServer((socket) => { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'); }));
    const resets = await listening(net.createServer((socket) => { socket.once('data', () => socket.resetAndDestroy()); }));
    for (const port of [old, text, resets]) expect(await causeOf(publisherTo(`rtmps://localhost:${port}/live/key`, { ca: cert }))).toMatchObject({ code: 'PUBLISH_TLS' });
  });

  it('a handshake of RTMP that is never answered, or with rubbish', async () => {
    const silent = await listening(net.createServer(() => undefined));
    expect(await causeOf(publisherTo(`rtmp://127.0.0.1:${silent}/live/key`))).toMatchObject({ code: 'PUBLISH_HANDSHAKE', message: expect.stringContaining('RTMP handshake within 0.4 s') });
    const rubbish = await listening(net.createServer((socket) => { socket.write(Buffer.alloc(4000, 0xf7)); }));
    expect(await causeOf(publisherTo(`rtmp://127.0.0.1:${rubbish}/live/key`))).toMatchObject({ code: 'PUBLISH_HANDSHAKE' });
  });

  it('a refusal, with the server’s own code and what it means', async () => {
    const server = await startRtmpServer({ answer: (event) => (event.type === 'connect' ? 'accept' : { code: 'NetStream.Publish.Rejected', description: 'MPE_RTMP_APPID_AUTH_FAILURE' }) });
    closers.push(async () => server.close());
    await expect(publisherTo(`rtmp://127.0.0.1:${server.port}/live/key`).published).rejects.toMatchObject({
      code: 'PUBLISH_REJECTED', message: expect.stringMatching(/the access token is not the one of this live event \(NetStream\.Publish\.Rejected: MPE_RTMP_APPID_AUTH_FAILURE\)/),
      action: 'Copy the ingest address of the live event again.',
    });
  });

  it('a reset while it is on air', async () => {
    const server = await startRtmpServer();
    closers.push(async () => server.close());
    const publisher = publisherTo(`rtmp://127.0.0.1:${server.port}/live/key`);
    await publisher.published;
    for (const packet of mediaOfFrames(0, 50)) publisher.send(packet);
    server.connections[0]!.socket.resetAndDestroy();
    expect(await causeOf(publisher)).toMatchObject({ code: 'PUBLISH_CONNECTION_LOST', message: expect.stringContaining('broke the connection') });
  });

  it('a server that stays silent for five seconds, not earlier', async () => {
    const server = await startRtmpServer({ answer: (event, { socket }) => {
      if (event.type === 'publish') setImmediate(() => socket.pause());
      return 'accept';
    } });
    closers.push(async () => server.close());
    const publisher = publisherTo(`rtmp://127.0.0.1:${server.port}/live/key`, { policy: { burstWelcome: true, maxQueuedMs: 60_000 } });
    await publisher.published;
    const startedAt = performance.now();
    for (const packet of mediaOfFrames(0, 200, 100_000)) publisher.send(packet);
    expect(await causeOf(publisher)).toMatchObject({ code: 'PUBLISH_STALLED', message: expect.stringContaining('took nothing for 5 s') });
    expect(performance.now() - startedAt).toBeGreaterThan(4900);
  }, 20_000);
});
