// The doors of the ingest against publishers that are wrong, hostile, slow or silent: each is refused in bounded time, none harms the others.
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelSpec } from '../../src/main/service/mediaPlane.ts';
import { pushWithFfmpeg } from '../support/ffmpegPush.ts';
import { publishTo, type IngestClient } from '../support/ingestClient.ts';
import { runMediaPlane, type RunningPlane } from '../support/mediaPlane.ts';
import { audioHeader, audioPackets, gopPackets, videoHeader } from '../support/syntheticStream.ts';
import { until } from '../support/until.ts';

let run: RunningPlane;
let channel: ChannelSpec;
const rate = { num: 30, den: 1 };
const zero = Math.floor(Date.now() / 1000) - 1000;

beforeEach(async () => {
  run = await runMediaPlane({ deadlines: { publishMs: 700, idleMs: 1500, lingerMs: 300 } });
  channel = await run.openChannel({ timelineZeroUtcSeconds: zero });
});
afterEach(async () => { await run.close(); });

const frames = (kind: 'video' | 'audio'): number => run.plane.telemetry(channel.eventName).find((track) => track.kind === kind)?.frames ?? 0;

/** Also after a reset, which `once` would take for a failure. */
const closeOf = (socket: net.Socket): Promise<void> => new Promise((resolve) => { socket.once('close', () => { resolve(); }); });

async function publish(streamName?: string, declare = true): Promise<IngestClient> {
  const client = await publishTo(run.ingestUrl(channel), streamName);
  if (declare) client.metadata({ videodatarate: 400, audiodatarate: 128, framerate: 30 });
  return client;
}

describe('who may publish', () => {
  it('refuses a wrong token with its code, keeps it out of the log, and closes', async () => {
    const token = 'f'.repeat(32);
    const client = await publishTo(`rtmp://127.0.0.1:${run.plane.ports.rtmp[0]}/live/${token}`);
    expect(await client.refused()).toMatchObject({ stage: 'connect', code: 'NetConnection.Connect.Rejected', description: expect.stringContaining('MPE_RTMP_APPID_AUTH_FAILURE') });
    await client.closed();
    expect(JSON.stringify(run.logged)).not.toContain(token);
    expect(run.logged).toContainEqual(expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ code: 'MPE_RTMP_APPID_AUTH_FAILURE' }) }));
  });

  it.each(['live', 'live/', 'other/TOKEN', 'TOKEN', 'live/TOKEN/more'])('refuses the app "%s"', async (app) => {
    const client = await publishTo(`rtmp://127.0.0.1:${run.plane.ports.rtmp[1]}/${app.replace('TOKEN', channel.accessToken)}`);
    expect((await client.refused()).description).toContain('MPE_RTMP_APPID_AUTH_FAILURE');
  });

  it('disconnects its publishers when the channel closes, and refuses new ones', async () => {
    const client = await publish();
    client.send([videoHeader(), ...gopPackets(1, 60, rate)]);
    await until(() => frames('video') > 0, 'video');
    await run.plane.closeChannel(channel.eventName);
    expect((await client.refused()).description).toContain('MPI_REST_API_CHANNEL_STOP');
    await client.closed();
    expect((await (await publishTo(run.ingestUrl(channel))).refused()).description).toContain('MPE_RTMP_APPID_AUTH_FAILURE');
  });

  it('refuses FFmpeg with a wrong token over RTMPS', async () => {
    const { code } = await pushWithFfmpeg(
      [{ url: `rtmps://127.0.0.1:${run.plane.ports.rtmps[0]}/live/${'0'.repeat(32)}/x`, kbps: 200, size: '160x90' }], { seconds: 1, caPath: run.caPath },
    );
    expect(code).not.toBe(0);
    expect(run.plane.telemetry(channel.eventName)).toEqual([]);
  });
});

describe('what may be published', () => {
  it('refuses media without declared bitrates', async () => {
    const client = await publish('stream', false);
    client.send([videoHeader(), ...gopPackets(1, 60, rate)]);
    expect((await client.refused()).description).toContain('MPE_INGEST_RTMP_SETDATAFRAME_NOT_RECEIVED');
    await client.closed();
    expect(run.plane.telemetry(channel.eventName)).toEqual([]);
  });

  it('takes the bitrates from the query of the stream name', async () => {
    const client = await publish('stream?videodatarate=2500&audiodatarate=96', false);
    client.send([videoHeader(), audioHeader(), ...gopPackets(1, 60, rate), ...audioPackets(2000, 2500)]);
    await until(() => frames('video') === 60 && frames('audio') > 0, 'both tracks');
    expect(run.plane.telemetry(channel.eventName).map((track) => track.trackName)).toEqual(['video_2500000', 'audio_96000']);
  });

  it('refuses frames without their decoder configuration, and codecs that it does not know', async () => {
    const headless = await publish();
    headless.send(gopPackets(1, 60, rate));
    expect((await headless.refused()).description).toContain('MPE_INGEST_DESCRIPTION_INFO_NOT_RECEIVED');
    const hevc = await publish();
    hevc.send([{ type: 'video', timestampMs: 0, payload: Uint8Array.of(0x1c, 0, 0, 0, 0, 1) }]);
    expect((await hevc.refused()).description).toContain('MPE_INGEST_CODEC_NOT_SUPPORTED');
    const damaged = await publish();
    damaged.send([videoHeader(randomBytes(40))]);
    expect((await damaged.refused()).description).toContain('MPE_INGEST_CODEC_NOT_SUPPORTED');
  });

  it('refuses video that never has an IDR', async () => {
    const client = await publish();
    const deltas = Array.from({ length: 14 }, (_, gop) => gopPackets(gop, 60, rate).slice(1)).flat();
    client.send([videoHeader(), ...deltas]);
    expect((await client.refused()).description).toContain('MPE_INGEST_RTMP_TOO_LARGE_UNPROCESSED_FLV');
  });

  it('takes up a stream that was ended in good order and begins again', async () => {
    const client = await publish();
    client.send([videoHeader(), ...gopPackets(1, 60, rate)]);
    client.session.unpublish();
    for (const bytes of client.session.takeOutput()) client.socket.write(bytes);
    await until(() => frames('video') === 60, 'the first stream');
    const again = await publish();
    again.send([videoHeader(), ...gopPackets(2, 60, rate)]);
    await until(() => frames('video') === 120, 'the second stream');
  });
});

describe('peers that are no publishers', () => {
  async function strangerAt(port: number, bytes: Uint8Array | undefined): Promise<number> {
    const began = performance.now();
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    if (bytes) socket.write(bytes);
    await closeOf(socket);
    return performance.now() - began;
  }

  it('cuts off who says nothing, at every door', async () => {
    const { rtmp, rtmps } = run.plane.ports;
    const waited = await Promise.all([...rtmp, ...rtmps].map((port) => strangerAt(port, undefined)));
    for (const ms of waited) expect(ms).toBeGreaterThan(500);
  });

  it('cuts off who sends a byte now and then (slow loris)', async () => {
    const socket = net.connect(run.plane.ports.rtmp[0], '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write(Uint8Array.of(3));
    const drip = setInterval(() => { socket.write(Uint8Array.of(0)); }, 50);
    await closeOf(socket);
    clearInterval(drip);
    expect(run.logged).toContainEqual(expect.objectContaining({ sentence: 'The peer did not publish in time.' }));
  });

  it('survives garbage of any kind and goes on serving', async () => {
    const { rtmp, rtmps } = run.plane.ports;
    const handshake = Buffer.concat([Uint8Array.of(3), Buffer.alloc(1536), Buffer.alloc(1536)]);
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'), randomBytes(5000), Buffer.concat([handshake, randomBytes(20_000)]),
      Buffer.concat([handshake, Buffer.from([0x03, 0, 0, 0, 0xff, 0xff, 0xff, 0x14, 0, 0, 0, 0])]), Buffer.alloc(100_000, 0xff),
    ];
    await Promise.all([rtmp[0], rtmps[1]].flatMap((port) => garbage.map((bytes) => strangerAt(port, bytes))));
    const client = await publish();
    client.send([videoHeader(), ...gopPackets(1, 60, rate)]);
    await until(() => frames('video') === 60, 'a good publisher');
  });

  it('closes a publisher that has gone silent', async () => {
    const client = await publish();
    client.send([videoHeader(), ...gopPackets(1, 60, rate)]);
    await client.closed();
    expect(run.logged).toContainEqual(expect.objectContaining({ sentence: expect.stringContaining('MPE_RTMP_SESSION_IDLE_TIMEOUT') }));
  });

  it('survives random media messages of an accepted publisher', async () => {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const client = await publish();
      const noise = (type: 'video' | 'audio', first: number[]): void => {
        if (client.session.stage === 'publishing') client.send([{ type, timestampMs: attempt, payload: Buffer.concat([Uint8Array.from(first), randomBytes(60)]) }]);
      };
      client.send([videoHeader(), audioHeader()]);
      noise('video', [0x17, 1, 0, 0, 0]);
      noise('audio', [0xaf, 1]);
      noise('audio', [0xaf, 0]);
      noise('video', []);
      client.socket.destroy();
    }
    const client = await publish();
    client.send([videoHeader(), ...gopPackets(5, 60, rate), ...gopPackets(6, 60, rate)]);
    await until(() => (run.plane.preview(channel.eventName)?.tracks.find((track) => track.identity.kind === 'video')?.segments ?? []).some((segment) => segment.startTicks === 300_000), 'the good GOP');
  });
});

describe('several connections', () => {
  it('keep one copy of a track, and the stream survives the death of one in the middle of a GOP', async () => {
    const [primary, secondary] = [await publishTo(run.ingestUrl(channel)), await publishTo(run.ingestUrl(channel, 'rtmp2'))];
    for (const client of [primary, secondary]) {
      client.metadata({ videodatarate: 400, audiodatarate: 128, framerate: 30 });
      client.send([videoHeader(), audioHeader(), ...gopPackets(10, 60, rate), ...audioPackets(20_000, 22_000)]);
    }
    primary.send(gopPackets(11, 60, rate).slice(0, 31));
    await until(() => frames('video') === 91, 'half of the GOP');
    primary.socket.resetAndDestroy();
    secondary.send([...gopPackets(11, 60, rate), ...audioPackets(22_000, 24_000), ...gopPackets(12, 60, rate)]);
    secondary.unpublish();
    await until(() => frames('video') === 180, 'all frames');
    const track = (): { startTicks: number; durationTicks: number }[] => [...run.plane.preview(channel.eventName)!.tracks.find((one) => one.identity.kind === 'video')!.segments];
    await until(() => track().length === 3, 'three GOPs');
    expect(track().map(({ startTicks, durationTicks }) => [startTicks, durationTicks])).toEqual([10, 11, 12].map((gop) => [gop * 60_000, 60_000]));
    expect(run.plane.telemetry(channel.eventName).map(({ gaps }) => gaps)).toEqual([[], []]);
  });

  it('may send a long backlog at once: it is held back, and nothing is dropped', async () => {
    const output = await run.startOutput(channel);
    const client = await publish();
    client.send([videoHeader(), audioHeader()]);
    for (let gop = 10; gop < 110; gop += 1) client.send([...gopPackets(gop, 60, rate, { frameBytes: 3000 }), ...audioPackets(gop * 2000, gop * 2000 + 2000)]);
    client.unpublish();
    await until(() => frames('video') === 6000 && frames('audio') === 9375, 'the backlog', 60_000);
    await run.plane.stopOutput(channel.eventName, output.outputName);
    const tracks = (await run.plane.asset(output.assetDir))!.tracks;
    expect(tracks.map((track) => track.segments.length)).toEqual([100, 100]);
    expect(run.plane.telemetry(channel.eventName).map(({ gaps }) => gaps)).toEqual([[], []]);
    expect(run.logged.filter((entry) => entry.level === 'error')).toEqual([]);
  });
});
