// Broken bytes against the whole embedded service in a process of its own, through its real doors: RTMP (handshake, chunks, AMF, FLV), the
// ingest over HTTP, the origin and the API. `node test/bench/fuzz.ts [MINUTES] [SEED]`, or `npm run bench fuzz`. The seed is printed; a
// finding is a process that died, went silent or grew, or an honest publisher who was turned away.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { connect as connectTls } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { AmfEcmaArray, type AmfValue } from '../../src/main/rtmp/amf0Value.ts';
import { buildSplice } from '../../src/main/media/scte35.ts';
import { RtmpClientSession } from '../../src/main/rtmp/rtmpClientSession.ts';
import { RtmpServerSession } from '../../src/main/rtmp/rtmpServerSession.ts';
import { readServiceDescriptor, SERVICE_ENTRY, spawnService, temporaryHome, toolsOf } from '../support/embeddedService.ts';
import { publishTo } from '../support/ingestClient.ts';
import { mutated, seededRandom, type Random } from '../support/seededMutation.ts';
import { audioHeader, audioPackets, gopPackets, videoHeader } from '../support/syntheticStream.ts';
import type { BenchRow } from './benchRow.ts';

const TOKEN = 'ab'.repeat(16);
/** Of the event that takes fragmented MP4. */
const SMOOTH_TOKEN = 'cd'.repeat(16);
const DEFAULT_MINUTES = 2;
const RATE = { num: 25, den: 1 };
/** Honest publishers and the health of the process, after this many cases. */
const CHECK_EVERY = 150;
const ANSWER_MS = 5000;
const CASE_MS = 400;
const PARALLEL = 8;
/** A service that has done its work for a while has about 150 MB. */
const MAX_RSS_MB = 900;

type Target = { readonly rtmp: number; readonly https: number; readonly http: number; readonly ca: string; readonly bearer: string; readonly account: string; readonly locator: string };
type Case = { readonly name: string; readonly run: (target: Target, random: Random) => Promise<void> };

export async function run(minutes = minutesAsked(), seed = Math.floor(Date.now() / 1000)): Promise<BenchRow[]> {
  console.log(`  seed ${seed}, ${minutes} minutes`);
  const random = seededRandom(seed);
  const place = await temporaryHome();
  const service = await spawnService(SERVICE_ENTRY, place.home);
  const findings: string[] = [];
  const counts = new Map<string, number>();
  let peakMb = 0;
  try {
    const descriptor = await readServiceDescriptor(place.home);
    const tools = toolsOf(descriptor);
    await tools.client.liveEvents.beginCreateAndWait(...tools.scope, 'fuzzed', {
      location: 'Local', input: { streamingProtocol: 'RTMP', accessToken: TOKEN, accessControl: { ip: { allow: [{ name: 'all', address: '0.0.0.0', subnetPrefixLength: 0 }] } } },
    }, { autoStart: true });
    await tools.client.liveEvents.beginCreateAndWait(...tools.scope, 'smooth', {
      location: 'Local', input: { streamingProtocol: 'FragmentedMP4', accessToken: SMOOTH_TOKEN, accessControl: { ip: { allow: [{ name: 'all', address: '0.0.0.0', subnetPrefixLength: 0 }] } } },
    }, { autoStart: true });
    const event = await tools.client.liveEvents.get(...tools.scope, 'fuzzed');
    const target: Target = {
      rtmp: descriptor.ports.rtmp[0], https: descriptor.ports.https, http: descriptor.ports.http, ca: tools.ca, bearer: descriptor.token, account: tools.account,
      locator: event.preview?.previewLocator ?? '',
    };
    let gop = 10;
    const until = performance.now() + minutes * 60_000;
    for (let done = 0; performance.now() < until && findings.length === 0;) {
      const batch = Array.from({ length: PARALLEL }, () => random.pick(cases));
      await Promise.all(batch.map(async (one) => {
        counts.set(one.name, (counts.get(one.name) ?? 0) + 1);
        await one.run(target, random);
      }));
      done += batch.length;
      if (done % CHECK_EVERY >= PARALLEL) continue;
      gop += 2;
      const problem = await check(target, tools.raw, gop);
      peakMb = Math.max(peakMb, residentMb(service.child.pid));
      if (problem !== undefined) findings.push(problem);
      if (service.child.exitCode !== null || service.child.signalCode !== null) findings.push('the process ended');
      if (peakMb > MAX_RSS_MB) findings.push(`the process has ${peakMb} MB`);
    }
  } finally {
    service.child.kill('SIGTERM');
    await service.exited;
    await place.remove();
  }
  const said = service.log().split('\n').filter((line) => /uncaught|unhandled|TypeError|RangeError|ReferenceError|"level":60/i.test(line));
  findings.push(...said.slice(0, 3));
  for (const finding of findings) console.log(`  FINDING (seed ${seed}): ${finding}\n${service.log().slice(-1500)}`);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [
    { name: 'findings', value: findings.length, unit: '', atMost: 0, note: `seed ${seed}, ${minutes} min: ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}` },
    { name: 'broken inputs', value: total, unit: '' },
    { name: 'peak memory of the service', value: peakMb, unit: 'MB', atMost: MAX_RSS_MB },
  ];
}

/** The RTMP bytes of a whole publication, as a client that waits for nothing would send them. */
const transcript = ((): Buffer => {
  const client = new RtmpClientSession({ app: `live/${TOKEN}`, tcUrl: 'rtmp://127.0.0.1/live', streamName: 'fuzzed', ackWindowBytes: 65_536 });
  const server = new RtmpServerSession();
  const sent: Uint8Array[] = [];
  const flush = (): void => {
    for (;;) {
      const up = client.takeOutput();
      sent.push(...up);
      for (const bytes of up) for (const event of server.receive(bytes)) {
        if (event.type === 'connect') server.acceptConnect();
        if (event.type === 'publish') server.acceptPublish();
      }
      const down = server.takeOutput();
      for (const bytes of down) client.receive(bytes);
      if (up.length === 0 && down.length === 0) return;
    }
  };
  flush();
  for (const message of goodMessages(1)) send(client, message);
  client.unpublish();
  flush();
  return Buffer.concat(sent);
})();

/** What a Smooth Streaming encoder pushes: 2 s of FFmpeg's own. */
const fragmented = spawnSync('ffmpeg', [
  '-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=128x72:rate=25:duration=2', '-f', 'lavfi', '-i', 'sine=duration=2', '-c:v', 'libx264', '-preset', 'ultrafast',
  '-pix_fmt', 'yuv420p', '-g', '25', '-b:v', '100k', '-c:a', 'aac', '-ac', '2', '-b:a', '64k', '-f', 'ismv', '-movflags', 'isml+frag_keyframe', 'pipe:1',
], { maxBuffer: 8 << 20, timeout: 30_000 }).stdout;

type Message = { readonly kind: 'metadata' } | { readonly kind: 'data'; readonly name: string; readonly values: readonly AmfValue[] } | { readonly kind: 'video' | 'audio'; readonly timestampMs: number; readonly payload: Uint8Array };

function goodMessages(gop: number): Message[] {
  const section = Buffer.from(buildSplice({ meaning: 'out', eventId: 7, seconds: gop + 20, durationSeconds: 5, command: 'spliceInsert' })).toString('base64');
  const media = [...gopPackets(gop, 25, RATE, { bFrames: 2 }), ...gopPackets(gop + 1, 25, RATE), ...audioPackets(gop * 1000, gop * 1000 + 2000)].sort((one, other) => one.timestampMs - other.timestampMs);
  return [
    { kind: 'metadata' }, { kind: 'video', timestampMs: 0, payload: videoHeader().payload }, { kind: 'audio', timestampMs: 0, payload: audioHeader().payload },
    ...media.slice(0, 4).map((one): Message => ({ kind: one.type, timestampMs: one.timestampMs, payload: one.payload })),
    { kind: 'data', name: 'onAdCue', values: [{ cue: section, type: 'scte35', id: 'a', duration: 5, elapsed: 0, time: gop + 20 }] },
    { kind: 'data', name: 'onCuePoint', values: [{ name: 'scte35', time: gop + 9, type: 'event', parameters: { id: 'b', duration: '9' } }] },
    { kind: 'data', name: 'onUserDataEvent', values: [`<EventStream schemeIdUri="urn:x" timescale="1000"><Event presentationTime="${gop * 1000}" id="c" contentEncoding="Base64">e30=</Event></EventStream>`] },
    ...media.slice(4).map((one): Message => ({ kind: one.type, timestampMs: one.timestampMs, payload: one.payload })),
  ];
}

function send(client: RtmpClientSession, message: Message): void {
  if (message.kind === 'metadata') client.sendMetadata(0, { videodatarate: 300, audiodatarate: 64, framerate: 25 });
  else if (message.kind === 'data') client.sendData(0, message);
  else if (message.kind === 'video') client.sendVideo(message.timestampMs, message.payload);
  else client.sendAudio(message.timestampMs, message.payload);
}

const ANY_VALUE: readonly AmfValue[] = [Number.NaN, -1, 1e308, '', 'x'.repeat(70_000), null, undefined, true, [1, 2], { a: { b: { c: 1 } } }, new AmfEcmaArray({}), new Date(0)];

const cases: readonly Case[] = [
  { name: 'rtmp bytes', run: async ({ rtmp }, random) => speak(net.connect(rtmp, '127.0.0.1'), mutated(transcript, random, random.next() < 0.15 ? 0 : 3073), random) },
  {
    // The chunk layer is sound, what is in it is not.
    name: 'rtmp media', run: async ({ rtmp }, random) => {
      const client = await publishTo(`rtmp://127.0.0.1:${rtmp}/live/${TOKEN}`, `fuzzed${random.below(4)}`).catch(() => undefined);
      if (client?.session.stage !== 'publishing') return client?.socket.destroy() && undefined;
      for (const message of goodMessages(1 + random.below(2000))) {
        if (client.session.stage !== 'publishing') break;
        if (random.next() < 0.1) continue;
        if (message.kind === 'video' || message.kind === 'audio') {
          const timestampMs = random.next() < 0.1 ? random.pick([0, 2 ** 31, 2 ** 32 - 1, message.timestampMs - 5000, message.timestampMs + 3_000_000]) : message.timestampMs;
          send(client.session, { ...message, timestampMs: Math.max(0, timestampMs), payload: random.next() < 0.2 ? mutated(message.payload, random) : message.payload });
        } else if (message.kind === 'data' && random.next() < 0.5) {
          const [value] = message.values;
          const changed = typeof value === 'string' ? mutated(Buffer.from(value), random).toString('latin1')
            : Object.fromEntries(Object.entries(value as object).map(([key, one]: [string, AmfValue]) => [key, random.next() < 0.3 ? random.pick(ANY_VALUE) : one]));
          client.session.sendData(random.below(2 ** 32), { name: message.name, values: [changed] });
        } else send(client.session, message);
      }
      client.send([]);
      if (random.next() < 0.5) client.unpublish();
      await closedSoon(client.socket);
    },
  },
  {
    name: 'smooth', run: async ({ http }, random) => {
      const socket = net.connect(http, '127.0.0.1');
      const body = mutated(fragmented, random, random.next() < 0.7 ? random.below(3000) : 0);
      await speak(socket, Buffer.concat([Buffer.from(`POST /${SMOOTH_TOKEN}/ingest.isml/streams(s${random.below(3)}) HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`), body]), random);
    },
  },
  {
    name: 'http', run: async (target, random) => {
      const secure = random.next() < 0.5;
      const socket = secure ? connectTls({ port: target.https, host: '127.0.0.1', ca: target.ca }) : net.connect(target.http, '127.0.0.1');
      const good = Buffer.from(random.pick(requestsOf(target)));
      await speak(socket, random.next() < 0.15 ? good : mutated(good, random), random);
    },
  },
];

function requestsOf({ account, bearer, locator }: Target): string[] {
  const request = (method: string, path: string, body = '', more = ''): string => (
    `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nauthorization: Bearer ${bearer}\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
  const event = JSON.stringify({ location: 'Local', tags: { a: 'b' }, properties: { input: { streamingProtocol: 'RTMP', accessToken: 'cd'.repeat(16), accessControl: { ip: { allow: [] } } } } });
  const api = '?api-version=2022-08-01';
  return [
    request('POST', `/${TOKEN}/ingest.isml/eventdata`, '{"a":[1,{"b":null}]}'),
    request('POST', `/${TOKEN}/ingest.isml/streams(fuzzed)`, '', 'transfer-encoding: chunked\r\n'),
    request('GET', `/${locator}/preview.ism/manifest(format=m3u8-cmaf)`),
    request('GET', `/${locator}/preview.ism/manifest(format=mpd-time-cmaf)`, '', 'range: bytes=0-10\r\n'),
    request('GET', `/${locator}/preview.ism/QualityLevels(300000)/Fragments(video=i,format=m3u8-cmaf).mp4`, '', 'range: bytes=-5\r\n'),
    request('GET', `/${locator}/preview.ism/QualityLevels(300000)/Manifest(video,format=m3u8-cmaf)`),
    request('GET', `${account}/liveEvents${api}`),
    request('PUT', `${account}/liveEvents/other${api}`, event),
    request('POST', `${account}/liveEvents/fuzzed/getStatus?api-version=2022-11-01`, '{}'),
    request('PUT', `${account}/assets/a1${api}`, '{"properties":{"description":"x"}}'),
    request('PUT', `${account}/streamingLocators/l1${api}`, '{"properties":{"assetName":"a1","streamingPolicyName":"Predefined_ClearStreamingOnly"}}'),
    request('DELETE', `${account}/liveEvents/other${api}`),
    request('POST', '/leases', '{}'),
  ];
}

async function speak(socket: net.Socket, bytes: Buffer, random: Random): Promise<void> {
  socket.on('error', () => undefined);
  socket.resume();
  const pieces = 1 + random.below(4);
  const size = Math.ceil(bytes.length / pieces) || 1;
  for (let at = 0; at < bytes.length; at += size) if (!socket.destroyed) socket.write(bytes.subarray(at, at + size));
  if (random.next() < 0.5) socket.end();
  await closedSoon(socket);
}

async function closedSoon(socket: net.Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CASE_MS);
    socket.once('close', () => { clearTimeout(timer); resolve(); });
    if (socket.destroyed) resolve();
  });
  socket.destroy();
}

/** What is wrong with the service; undefined while all is well. */
async function check({ rtmp }: Target, raw: ReturnType<typeof toolsOf>['raw'], gop: number): Promise<string | undefined> {
  const limit = new Promise<string>((resolve) => { setTimeout(() => resolve(`no answer within ${ANSWER_MS} ms`), ANSWER_MS).unref(); });
  return Promise.race([limit, (async () => {
    const health = await raw('GET', '/health').catch((error: unknown) => ({ status: String(error) }));
    if (health.status !== 200) return `GET /health: ${health.status}`;
    const honest = await publishTo(`rtmp://127.0.0.1:${rtmp}/live/${TOKEN}`, 'honest');
    if (honest.session.stage !== 'publishing') return 'an honest publisher was refused';
    for (const message of goodMessages(gop)) send(honest.session, message);
    honest.unpublish();
    await honest.closed();
    return undefined;
  })().catch((error: unknown) => String(error))]);
}

/** Linux tells; elsewhere 0. */
function residentMb(pid: number | undefined): number {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

function minutesAsked(): number {
  const asked = process.argv.slice(2).map(Number).find((value) => value > 0);
  return asked ?? DEFAULT_MINUTES;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const seed = Number(process.argv[3] ?? Number.NaN);
  const rows = await run(minutesAsked(), Number.isInteger(seed) ? seed : undefined);
  for (const { name, value, unit, note } of rows) console.log(`${name}: ${value} ${unit}${note === undefined ? '' : ` (${note})`}`);
  process.exit(rows.some(({ value, atMost }) => atMost !== undefined && value > atMost) ? 1 : 0);
}
