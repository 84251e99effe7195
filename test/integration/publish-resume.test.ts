// The connections of one show to a service that wants no backlog, through faults that strike them together: with really encoded media at a
// real RTMP peer, every rendition begins again with the same IDR, and nothing older than its connection is sent.
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaPacket } from '../../src/main/media/packets.ts';
import { Connections } from '../../src/main/show/connections.ts';
import { parseVideoPayload } from '../../src/main/rtmp/flvVideo.ts';
import { CLIP_GOP_FRAMES, encodeClip, wireMs } from '../support/encodedClip.ts';
import { startFaultProxy } from '../support/faultProxy.ts';
import { startRtmpServer, type ServedConnection } from '../support/rtmpServer.ts';
import { until } from '../support/until.ts';

const SECONDS = 13;
const RENDITIONS = ['upper', 'lower'] as const;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Resumption = { readonly rendition: string; readonly acceptedAtMs: number; readonly frames: readonly { readonly frame: number; readonly isIdr: boolean; readonly timestampMs: number }[] };

describe('a show whose backlog is not welcome', () => {
  it('begins again with the same IDR in every rendition after resets and a cut, and sends nothing that is older', async () => {
    const clip = await encodeClip({ seconds: SECONDS, startFrame: 0 });
    let fedMs = 0;
    const acceptedAt = new Map<ServedConnection, number>();
    const server = await startRtmpServer({ onEvent: (event, connection) => { if (event.type === 'publish') acceptedAt.set(connection, fedMs); } });
    closers.push(async () => server.close());
    const proxies = await Promise.all(RENDITIONS.map(async () => startFaultProxy(server.port)));
    for (const proxy of proxies) closers.push(async () => proxy.close());
    const connections = new Connections(
      RENDITIONS.map((rendition, index) => ({ protocol: 'rtmp' as const, rendition, url: `rtmp://127.0.0.1:${proxies[index]!.port}/live/${rendition}`, alternateUrls: [], ca: undefined, burstWelcome: false })),
      { encoderName: 'Fieldcast', spoolFolder: '', proxy: undefined },
      { onWarning: () => undefined, onFailed: () => undefined, onSent: () => undefined, onArrived: () => undefined },
    );
    closers.push(async () => connections.stop(true));
    for (const rendition of RENDITIONS) connections.configureVideo({ ...clip.videoConfig, rendition });
    connections.configureAudio(clip.audioConfig);
    const feed = feedInTime(clip.packets, (packet) => {
      fedMs = wireMs(packet);
      if (packet.kind === 'audio') connections.send(packet);
      else for (const rendition of RENDITIONS) connections.send({ ...packet, rendition });
    });
    const at = async (ms: number): Promise<void> => until(() => fedMs >= ms, `${ms} ms of media`, 30_000);
    const areBack = async (count: number): Promise<void> => until(() => acceptedAt.size >= count, `${count} acceptances`);

    // Opening takes one of them the better part of a second longer, across the IDR of 4 s.
    await areBack(2);
    await at(3400);
    proxies[1]!.delay(70);
    for (const proxy of proxies) proxy.reset();
    await areBack(4);
    // Longer than the first pauses, which chance makes different.
    await at(7200);
    for (const proxy of proxies) proxy.cut(true);
    await at(8700);
    for (const proxy of proxies) proxy.cut(false);
    await areBack(6);
    await feed;
    await connections.stop();

    const all = server.connections.filter(({ media }) => media.some(({ type }) => type === 'video')).map((one): Resumption => resumptionOf(one, acceptedAt.get(one) ?? 0));
    const [upper, lower] = RENDITIONS.map((name) => all.filter(({ rendition }) => rendition === name));
    expect([upper?.length, lower?.length]).toEqual([3, 3]);
    expect(upper?.map(({ frames }) => frames[0]?.frame)).toEqual(lower?.map(({ frames }) => frames[0]?.frame));
    // The first connections carry what waited for them; only later ones leave out what is older.
    expect([upper?.[0], lower?.[0]].map((one) => one?.frames[0]?.frame)).toEqual([0, 0]);
    for (const { frames, acceptedAtMs } of [...(upper ?? []).slice(1), ...(lower ?? []).slice(1)]) {
      expect(frames[0]!.timestampMs).toBeGreaterThan(acceptedAtMs - 1);
    }
    for (const { frames } of all) {
      expect(frames[0]).toMatchObject({ isIdr: true });
      expect(frames[0]!.frame % CLIP_GOP_FRAMES).toBe(0);
      // In decode order none is left out between the first and the last. RTMP has no time before 0, where two of these belong.
      expect(frames.every(({ timestampMs }, index) => index === 0 || timestampMs === 0 || timestampMs - frames[index - 1]!.timestampMs === 40)).toBe(true);
    }
  }, 60_000);
});

function resumptionOf({ media, streamName }: ServedConnection, acceptedAtMs: number): Resumption {
  const frames = media.flatMap(({ type, timestampMs, payload }) => {
    if (type !== 'video') return [];
    const { avcPacketType, compositionMs, frameType } = parseVideoPayload(payload);
    return avcPacketType === 'nalu' ? [{ frame: (timestampMs + compositionMs) / 40, isIdr: frameType === 'key', timestampMs }] : [];
  });
  return { rendition: streamName, acceptedAtMs, frames };
}

/** Hands each packet over when it is due, as an encoder would. */
async function feedInTime(packets: readonly MediaPacket[], send: (packet: MediaPacket) => void): Promise<void> {
  const waiting = packets.toReversed();
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (let next = waiting.at(-1); next !== undefined && wireMs(next) <= performance.now() - started; next = waiting.at(-1)) {
        waiting.pop();
        send(next);
      }
      if (waiting.length > 0) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
}
