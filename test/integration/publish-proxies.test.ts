// The way to the ingest: through proxies that work, refuse, want a password or hang, and by IPv6 or IPv4 whichever answers.
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseProxy } from '../../src/main/publish/proxyChoice.ts';
import { defaultPublishTimeouts } from '../../src/main/publish/publishTimeouts.ts';
import { RtmpPublisher, type PublisherOptions } from '../../src/main/publish/rtmpPublisher.ts';
import { dial } from '../../src/main/publish/rtmpSocket.ts';
import { parseRtmpUrl } from '../../src/main/publish/rtmpUrl.ts';
import { freePort } from '../support/freePort.ts';
import { startHttpProxy, startSocksProxy, type ProxyServer } from '../support/proxyServers.ts';
import { selfSignedCertificate } from '../support/rtmpPeers.ts';
import { startRtmpServer, type RtmpTestServer } from '../support/rtmpServer.ts';
import { mediaOfFrames, syntheticAudio, syntheticVideo } from '../support/syntheticMedia.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'hunter2-very-secret';
const credentials = { username: 'crew', password: PASSWORD };
const closing: { close(): Promise<void> }[] = [];
const publishers: RtmpPublisher[] = [];

afterEach(async () => {
  await Promise.all(publishers.splice(0).map(async (one) => one.stop(true)));
  for (const one of closing.splice(0)) await one.close();
});

const kept = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
  const one = await starting;
  closing.push(one);
  return one;
};

function publisherThrough(url: string, proxy: string, options: Partial<PublisherOptions> = {}): RtmpPublisher {
  const parsed = parseProxy(proxy);
  const publisher = new RtmpPublisher({
    url, video: syntheticVideo, audio: syntheticAudio, encoderName: 'Fieldcast', policy: { burstWelcome: true, maxQueuedMs: 10_000 },
    timeouts: { ...defaultPublishTimeouts, connectMs: 2000 }, proxyFor: () => parsed, ...options,
  });
  publishers.push(publisher);
  publisher.start();
  return publisher;
}

async function expectMedia(publisher: RtmpPublisher, server: RtmpTestServer, proxy: ProxyServer, asked: string): Promise<void> {
  await publisher.published;
  for (const packet of mediaOfFrames(0, 100, 2000)) publisher.send(packet);
  await publisher.mediaTaken;
  await publisher.stop();
  await until(() => server.connections[0]?.unpublished === true, 'the farewell');
  expect(server.connections[0]!.media.filter((one) => one.type === 'video')).toHaveLength(101);
  expect(proxy.asked).toEqual([asked]);
}

describe('a proxy', () => {
  it.each([['http', startHttpProxy], ['socks5', startSocksProxy]] as const)('carries RTMP over %s', async (kind, start) => {
    const [server, proxy] = [await kept(startRtmpServer()), await kept(start({ credentials }))];
    await expectMedia(publisherThrough(`rtmp://127.0.0.1:${server.port}/live/key`, `${kind}://crew:${PASSWORD}@127.0.0.1:${proxy.port}`), server, proxy, `127.0.0.1:${server.port}`);
  });

  it.each([['http', startHttpProxy], ['socks5', startSocksProxy]] as const)('carries RTMPS over %s: the certificate of the ingest is verified, the proxy looks its name up', async (kind, start) => {
    const certificate = await selfSignedCertificate();
    const server = await kept(startRtmpServer({ tls: { key: certificate.private, cert: certificate.cert } }));
    const proxy = await kept(start());
    const url = `rtmps://localhost:${server.port}/live/key`;
    await expectMedia(publisherThrough(url, `${kind}://127.0.0.1:${proxy.port}`, { ca: certificate.cert }), server, proxy, `localhost:${server.port}`);
    await expect(publisherThrough(url, `${kind}://127.0.0.1:${proxy.port}`).published).rejects.toMatchObject({ code: expect.stringMatching(/^PUBLISH_CERTIFICATE/) });
  });

  it.each([
    ['refuses', async () => startHttpProxy({ answer: 403 }), 'http', '', 'PROXY_REFUSED'],
    ['refuses', async () => startSocksProxy({ reply: 2 }), 'socks5', '', 'PROXY_REFUSED'],
    ['wants a password', async () => startHttpProxy({ credentials }), 'http', '', 'PROXY_PASSWORD'],
    ['does not know the password', async () => startHttpProxy({ credentials }), 'http', `crew:wrong-${PASSWORD}@`, 'PROXY_PASSWORD'],
    ['does not know the password, in the words of tinyproxy', async () => startHttpProxy({ answer: 401 }), 'http', `crew:wrong-${PASSWORD}@`, 'PROXY_PASSWORD'],
    ['does not know the password', async () => startSocksProxy({ credentials }), 'socks5', `crew:wrong-${PASSWORD}@`, 'PROXY_PASSWORD'],
    ['wants a password', async () => startSocksProxy({ credentials }), 'socks5', '', 'PROXY_PASSWORD'],
    ['hangs', async () => startHttpProxy({ answer: 'hang' }), 'http', '', 'PROXY_NO_ANSWER'],
    ['hangs', async () => startSocksProxy({ reply: 'hang' }), 'socks5', '', 'PROXY_NO_ANSWER'],
  ] as const)('that %s is named as the cause (%#)', async (_what, start, kind, userinfo, code) => {
    const proxy = await kept(start());
    const publisher = publisherThrough('rtmps://ingest.invalid:2935/live/key', `${kind}://${userinfo}127.0.0.1:${proxy.port}`);
    await until(() => publisher.stats().lastError !== undefined, 'the failure', 10_000);
    expect(publisher.stats().lastError).toMatchObject({ code });
    expect(publisher.stats().lastError?.message).toContain(`${kind}://127.0.0.1:${proxy.port}`);
    expect(JSON.stringify(publisher.stats())).not.toContain(PASSWORD);
  });

  it.each(['http', 'https', 'socks5'])('that is not there is named as the cause (%s)', async (kind) => {
    const publisher = publisherThrough('rtmp://ingest.invalid/live/key', `${kind}://127.0.0.1:${await freePort()}`);
    await until(() => publisher.stats().lastError !== undefined, 'the failure');
    expect(publisher.stats().lastError).toMatchObject({ code: 'PROXY_UNREACHABLE' });
  });
});

const hasIpv6 = await (async () => {
  const server = net.createServer().listen(0, '::1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
})();

/** Reached by nobody: RFC 5737 keeps it for documentation. What is sent there is lost or refused. */
const NOWHERE = '192.0.2.1';

describe.skipIf(!hasIpv6)('a name with an IPv6 and an IPv4 address (needs ::1)', () => {
  it.each([
    ['only IPv6 listens', '::1', ['127.0.0.1', '::1']],
    ['only IPv4 listens', '127.0.0.1', ['::1', '127.0.0.1']],
    ['IPv4 leads nowhere', '::1', [NOWHERE, '::1']],
  ] as const)('is reached where %s', async (_what, address, addresses) => {
    const server = net.createServer((socket) => { socket.on('error', () => undefined); }).listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const signal = AbortSignal.timeout(5000);
    const socket = await dial(parseRtmpUrl(`rtmp://ingest.example:${port}/live/key`), {
      ca: undefined, signal, tunnel: undefined,
      lookup: (_name, _options, answer) => answer(null, addresses.map((one) => ({ address: one, family: net.isIP(one) }))),
    });
    expect(socket.remoteAddress).toBe(address);
    socket.destroy();
    server.close();
  });

  it('that nobody answers under is given up with the cause of a socket', async () => {
    const port = await freePort();
    await expect(dial(parseRtmpUrl(`rtmp://ingest.example:${port}/live/key`), {
      ca: undefined, signal: AbortSignal.timeout(5000), tunnel: undefined,
      lookup: (_name, _options, answer) => answer(null, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]),
    })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
