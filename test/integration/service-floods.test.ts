// Strangers at the doors of the embedded service: hundreds of idle and slow connections, messages and bodies that are too large, commands
// in the wrong order. An honest publisher beside them loses no frame, and the process stays small.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand } from '../../src/main/rtmp/commandMessage.ts';
import { ChunkWriter } from '../../src/main/rtmp/chunkWriter.ts';
import { readServiceDescriptor, SERVICE_ENTRY, spawnService, temporaryHome, toolsOf, type ServiceProcess } from '../support/embeddedService.ts';
import { publishTo, type IngestClient } from '../support/ingestClient.ts';
import { audioHeader, audioPackets, gopPackets, videoHeader } from '../support/syntheticStream.ts';
import { until } from '../support/until.ts';

const TOKEN = 'ab'.repeat(16);
const GOPS = 40;
const RATE = { num: 25, den: 1 };
/** Of the whole process; sockets, their buffers and what they sent. */
const MOST_GROWTH_MB = 250;

let place: Awaited<ReturnType<typeof temporaryHome>>;
let service: ServiceProcess;
let tools: ReturnType<typeof toolsOf>;
let ports: { readonly rtmp: number; readonly http: number };
let locator: string;
beforeAll(async () => {
  place = await temporaryHome();
  service = await spawnService(SERVICE_ENTRY, place.home);
  const descriptor = await readServiceDescriptor(place.home);
  tools = toolsOf(descriptor);
  ports = { rtmp: descriptor.ports.rtmp[0], http: descriptor.ports.http };
  const everyone = { ip: { allow: [{ name: 'all', address: '0.0.0.0', subnetPrefixLength: 0 }] } };
  await tools.client.liveEvents.beginCreateAndWait(...tools.scope, 'flooded', {
    location: 'Local', input: { streamingProtocol: 'RTMP', accessToken: TOKEN, accessControl: everyone }, preview: { accessControl: everyone },
  }, { autoStart: true });
  locator = (await tools.client.liveEvents.get(...tools.scope, 'flooded')).preview?.previewLocator ?? '';
});
afterAll(async () => {
  service.child.kill('SIGKILL');
  await service.exited;
  await place.remove();
});

async function stranger(port: number, first?: Uint8Array | string): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  if (first !== undefined && !socket.destroyed) socket.write(first);
  return socket;
}
const residentMb = (): number => (process.platform === 'linux' ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.child.pid}/status`, 'utf8'))?.[1]) / 1024 : 0);
const closed = (socket: net.Socket): boolean => socket.destroyed || socket.closed;

/** C0, C1 and any C2, as a client that trusts the server sends them. */
const HANDSHAKE = Buffer.concat([Buffer.from([3]), Buffer.alloc(1536), Buffer.alloc(1536)]);

describe('the doors of the embedded service', () => {
  it('stay open to an honest publisher while hundreds of others do what they like', { timeout: 90_000 }, async () => {
    const honest: IngestClient = await publishTo(`rtmp://127.0.0.1:${ports.rtmp}/live/${TOKEN}`, 'honest');
    honest.metadata({ videodatarate: 300, audiodatarate: 64, framerate: 25 });
    honest.send([videoHeader(), audioHeader()]);
    let gop = 0;
    const sendOne = (): void => {
      honest.send([...gopPackets(gop, 25, RATE), ...audioPackets(gop * 1000, gop * 1000 + 1000)].sort((one, other) => one.timestampMs - other.timestampMs));
      gop += 1;
    };
    sendOne();
    const before = residentMb();
    const strangers: net.Socket[] = [];
    const timer = setInterval(() => { if (gop < GOPS) sendOne(); }, 100);
    try {
      // Silent, slow at the RTMP handshake, slow at the headers of HTTP.
      for (let batch = 0; batch < 10; batch += 1) {
        strangers.push(...await Promise.all(Array.from({ length: 30 }, async () => stranger(ports.rtmp))));
        strangers.push(...await Promise.all(Array.from({ length: 15 }, async () => stranger(ports.rtmp, HANDSHAKE.subarray(0, 100)))));
        strangers.push(...await Promise.all(Array.from({ length: 30 }, async () => stranger(ports.http, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: '))));
      }
      const drip = setInterval(() => { for (const socket of strangers) if (!socket.destroyed) socket.write('a'); }, 250);
      // A message of 8 MiB that was announced, 16 MiB of bytes that mean nothing, and `publish` before `connect`.
      const writer = new ChunkWriter();
      const publish = writer.write(buildCommand(1, { name: 'publish', transactionId: 5, object: null, args: ['x', 'live'] }));
      const huge = Buffer.from([3, 0, 0, 0, 0x80, 0, 0, 20, 0, 0, 0, 0]);
      const hostile = await Promise.all([
        stranger(ports.rtmp, Buffer.concat([HANDSHAKE, publish])), stranger(ports.rtmp, Buffer.concat([HANDSHAKE, huge, Buffer.alloc(1 << 20)])),
        stranger(ports.rtmp, Buffer.alloc(16 << 20, 0xff)), stranger(ports.rtmp, 'GET / HTTP/1.1\r\n\r\n'),
        stranger(ports.http, `GET / HTTP/1.1\r\n${'x-long: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(5000)}\r\n`),
      ]);
      await until(() => hostile.every(closed), 'the hostile to be cut off', 15_000);
      const body = 'x'.repeat(2 << 20);
      const refused = await tools.raw('POST', `/${TOKEN}/ingest.isml/eventdata`, { body }).then(({ status }) => status, () => 0);
      expect([0, 413]).toContain(refused);
      await until(() => gop === GOPS, 'the honest stream', 30_000);
      // Whoever does not publish is cut off by the deadline, however slowly he goes on speaking.
      await until(() => strangers.every(closed), 'the slow to be cut off', 30_000);
      clearInterval(drip);
      expect(residentMb() - before).toBeLessThan(MOST_GROWTH_MB);
      expect(honest.socket.destroyed).toBe(false);
    } finally {
      clearInterval(timer);
      for (const socket of strangers) socket.destroy();
    }
    honest.unpublish();
    await honest.closed();
    const url = `http://127.0.0.1:${ports.http}/${locator}/preview.ism/QualityLevels(300000)/Manifest(video,format=m3u8-cmaf)`;
    const segments = async (): Promise<string> => (await fetch(url)).text();
    await until(async () => (await segments()).split('#EXTINF:1.000000').length - 1 === GOPS, 'every GOP of the honest publisher', 10_000);
    expect(await segments()).not.toContain('EXT-X-GAP');
    expect((await tools.raw('GET', '/health')).status).toBe(200);
    expect(service.child.exitCode).toBeNull();
    // And the doors are open again.
    const next = await publishTo(`rtmp://127.0.0.1:${ports.rtmp}/live/${TOKEN}`, 'next');
    expect(next.session.stage).toBe('publishing');
    next.unpublish();
  });
});
