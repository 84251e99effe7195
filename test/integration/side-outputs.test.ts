// Outputs beside the main destination: each fails alone. First the outputs themselves against servers that accept, refuse and stall; then a
// whole show, whose archive says that it was not touched.
import { afterEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/contract/report.ts';
import type { SideOutputEvent } from '../../src/contract/sideOutput.ts';
import { SideOutputs, type KeyedSideOutput } from '../../src/main/show/sideOutputs.ts';
import type { Ladder } from '../../src/contract/ladder.ts';
import { startProxiedShow, type ProxiedShow } from '../support/proxiedShow.ts';
import { startRtmpServer, type RtmpTestServer } from '../support/rtmpServer.ts';
import { mediaOfFrames, syntheticAudio, syntheticVideo } from '../support/syntheticMedia.ts';
import { until } from '../support/until.ts';

const KEY = 'topsecret-key-0123';
const LADDER: Ladder = {
  name: 'small', frameRate: { num: 25, den: 1 }, gopSeconds: 1, audioKbps: 128,
  renditions: [{ name: '720p', width: 1280, height: 720, declaredKbps: 2500 }, { name: '360p', width: 640, height: 360, declaredKbps: 600 }],
};
const outputTo = (name: string, server: RtmpTestServer, app = 'live'): KeyedSideOutput => ({ name, platform: 'generic', server: `rtmp://127.0.0.1:${server.port}/${app}`, streamKey: KEY });

const servers: RtmpTestServer[] = [];
let show: ProxiedShow | undefined;
let sides: SideOutputs | undefined;
afterEach(async () => {
  await sides?.stop(true);
  sides = undefined;
  await show?.close();
  show = undefined;
  for (const server of servers.splice(0)) await server.close();
});
async function serve(...args: Parameters<typeof startRtmpServer>): Promise<RtmpTestServer> {
  const server = await startRtmpServer(...args);
  servers.push(server);
  return server;
}

describe('outputs beside the main one', () => {
  let mainQueuedMs = 0;
  function open(outputs: readonly KeyedSideOutput[]): { readonly told: Omit<SideOutputEvent, 'type' | 'atUtc'>[]; readonly warned: Failure[] } {
    const told: Omit<SideOutputEvent, 'type' | 'atUtc'>[] = [];
    const warned: Failure[] = [];
    sides = new SideOutputs(outputs, LADDER, { encoderName: 'Fieldcast', proxy: 'none', onWarning: (failure) => warned.push(failure), onChange: (event) => told.push(event), mainQueuedMs: () => mainQueuedMs });
    return { told, warned };
  }
  /** Sends frame after frame until the condition holds. @returns the frame that is next */
  async function feedUntil(from: number, condition: () => boolean, what: string, deadlineMs?: number): Promise<number> {
    let frame = from;
    await until(() => {
      for (const packet of mediaOfFrames(frame, frame + 1)) sides?.send(packet.kind === 'video' ? { ...packet, rendition: '720p' } : packet);
      frame += 1;
      return condition();
    }, what, deadlineMs);
    return frame;
  }
  const stateOf = (name: string): string | undefined => sides?.reports().find((one) => one.name === name)?.state;

  it('one is refused, the other is not: told once, without the key, and switched on again it works', async () => {
    let refuses = true;
    const bytes: Uint8Array[] = [];
    const good = await serve({ onBytes: (some) => bytes.push(some) });
    const other = await serve({ answer: (event) => (event.type === 'publish' && refuses ? { code: 'NetStream.Publish.BadName', description: `the key ${KEY} is unknown` } : 'accept') });
    const { told, warned } = open([outputTo('good', good), outputTo('other', other)]);
    sides?.configureVideo({ ...syntheticVideo, rendition: '720p' });
    sides?.configureVideo(syntheticVideo);
    sides?.configureAudio(syntheticAudio);
    await until(() => stateOf('other') === 'failed', 'the refusal');
    // From the middle of a GOP on: what a server gets first is an IDR all the same.
    const next = await feedUntil(10, () => (good.connections[0]?.media.filter((one) => one.type === 'video').length ?? 0) >= 35, 'the media');
    const first = good.connections[0]?.media.filter((one) => one.type === 'video').map(({ payload }) => payload[0]);
    // Sequence header, then the IDR (FLV VIDEODATA: 0x17).
    expect(first?.slice(0, 2)).toEqual([0x17, 0x17]);
    expect(good.connections[0]).toMatchObject({ app: 'live', streamName: KEY });
    expect(sides?.reports()).toMatchObject([{ name: 'good', rendition: '720p' }, { name: 'other', state: 'failed', sentFrames: 0 }]);
    expect(told.filter(({ name, state }) => name === 'other' && state === 'failed')).toHaveLength(1);
    expect(warned).toEqual([]);
    expect(JSON.stringify([told, sides?.reports()])).not.toContain(KEY);
    // Enhanced RTMP is announced only where it is used, and H.264 with AAC needs none of it.
    expect(Buffer.concat(bytes).toString('latin1')).not.toMatch(/fourCc|videoFourCcInfoMap|capsEx/i);

    refuses = false;
    sides?.setOn('other', true);
    await feedUntil(next, () => (other.connections.at(-1)?.media.length ?? 0) > 20, 'the media at the other one');
    sides?.setOn('good', false);
    await until(() => good.connections[0]?.unpublished === true, 'a farewell');
    expect(stateOf('good')).toBe('off');
    expect(() => sides?.setOn('nobody', true)).toThrow(expect.objectContaining({ code: 'NO_SUCH_OUTPUT', action: 'It has: good, other.' }));
  });

  it('is told the parameter sets of another encoder, on the connection that is open', async () => {
    const good = await serve();
    open([outputTo('good', good)]);
    sides?.configureVideo({ ...syntheticVideo, rendition: '720p' });
    sides?.configureAudio(syntheticAudio);
    const profiles = (): (number | undefined)[] => (good.connections[0]?.media ?? []).filter(({ type, payload }) => type === 'video' && payload[1] === 0).map(({ payload }) => payload[6]);
    const next = await feedUntil(0, () => profiles().length === 1, 'the first header');
    sides?.configureVideo({ ...syntheticVideo, rendition: '720p', avcDecoderConfig: Uint8Array.of(1, 100, 0, 30, 255, 224) });
    await feedUntil(next, () => profiles().length === 2, 'the other header');
    expect(profiles()).toEqual([66, 100]);
    expect(good.connections).toHaveLength(1);
  });

  it('gives way while media waits for the main destination, and comes back', { timeout: 40_000 }, async () => {
    const good = await serve();
    const { told } = open([outputTo('good', good)]);
    sides?.configureVideo({ ...syntheticVideo, rendition: '720p' });
    sides?.configureAudio(syntheticAudio);
    let frame = await feedUntil(0, () => stateOf('good') === 'publishing', 'the stream to be taken');
    // Less than what sheds a rendition of the main destination.
    mainQueuedMs = 1400;
    frame = await feedUntil(frame, () => stateOf('good') === 'held', 'it to give way', 15_000);
    mainQueuedMs = 0;
    await feedUntil(frame, () => stateOf('good') === 'publishing', 'it to come back', 20_000);
    expect(told.map(({ state }) => state)).toEqual(['idle', 'publishing', 'held', 'publishing']);
  });

  it('has an end in time though a server takes nothing any more', async () => {
    const stalled = await serve({ onEvent: (event, connection) => { if (event.type === 'publish') connection.socket.pause(); } });
    open([outputTo('stalled', stalled)]);
    sides?.configureVideo({ ...syntheticVideo, rendition: '720p' });
    sides?.configureAudio(syntheticAudio);
    await until(() => stalled.connections[0]?.streamName === KEY, 'the connection');
    for (const packet of mediaOfFrames(0, 200, 40_000)) sides?.send(packet.kind === 'video' ? { ...packet, rendition: '720p' } : packet);
    const begun = performance.now();
    await sides?.stop();
    expect(performance.now() - begun).toBeLessThan(15_000);
  });
});

describe('a whole show', () => {
  it('is complete in its archive while one output beside it is refused, one stalls, one is not there and one gets everything', { timeout: 120_000 }, async () => {
    const good = await serve();
    const refusing = await serve({ answer: (event) => (event.type === 'publish' ? { code: 'NetStream.Publish.BadName', description: 'no such key' } : 'accept') });
    // It has acknowledged media before it falls silent, so that the silence says something.
    const stalling = await serve({ onEvent: (_event, connection) => { if (connection.media.length > 60) connection.socket.pause(); } });
    const gone = await serve();
    const also = [outputTo('good', good), outputTo('refusing', refusing), outputTo('stalling', stalling), outputTo('gone', gone)];
    await gone.close();
    servers.splice(servers.indexOf(gone), 1);
    show = await startProxiedShow({ burstWelcome: true, also });
    await show.saw('the stall to be noticed', (event) => event.type === 'sideOutput' && event.name === 'stalling' && event.state === 'waiting', 20_000);
    await until(() => show?.latestStats()?.health.sentence.startsWith('The main destination is well; refusing, stalling and gone do not get the stream') === true
      || show?.latestStats()?.health.sentence.startsWith('The main destination is well; refusing and gone do not get the stream') === true, 'the health to say so', 20_000);
    const report = await show.end();
    expect(report.verification).toEqual([expect.stringContaining('180p: all'), expect.stringContaining('108p: all'), expect.stringContaining('audio: all')]);
    expect(report).toMatchObject({ verified: true, outcome: 'ended' });
    expect(report.connections.every(({ droppedMs, reconnects }) => droppedMs === 0 && reconnects === 0)).toBe(true);
    const [whole, refused, stalled, absent] = report.sideOutputs;
    // It begins with an IDR: the first, or the next where its connection took longer.
    expect(whole).toMatchObject({ name: 'good', state: 'stopped', rendition: '180p', reconnects: 0 });
    expect(whole?.sentFrames).toBeGreaterThanOrEqual((report.renditions[0]?.frames ?? 0) - 25);
    expect(refused).toMatchObject({ name: 'refusing', state: 'failed', sentFrames: 0 });
    expect(stalled?.lastError).toBeDefined();
    expect(absent).toMatchObject({ name: 'gone', sentFrames: 0 });
    // With the sequence header.
    expect(good.connections[0]?.media.filter((one) => one.type === 'video')).toHaveLength((whole?.sentFrames ?? 0) + 1);
    expect(JSON.stringify(show.events)).not.toContain(KEY);
  });
});
