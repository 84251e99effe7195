// kill -9 of the service while it records: the archive keeps its whole fragments, and the recording goes on in the same files.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadStoredAsset } from '../../src/main/service/archive/storedAsset.ts';
import { RtmpPublisher } from '../../src/main/publish/rtmpPublisher.ts';
import { countDecodedFrames } from '../support/decodedUrl.ts';
import { CLIP_GOP_FRAMES, encodeClip } from '../support/encodedClip.ts';
import { pushWithFfmpeg } from '../support/ffmpegPush.ts';
import { publishTo } from '../support/ingestClient.ts';
import { MEDIA_PLANE_ENTRY, runMediaPlane } from '../support/mediaPlane.ts';
import { audioHeader, audioPackets, gopPackets, videoHeader } from '../support/syntheticStream.ts';
import { until } from '../support/until.ts';

let homeDir = '';
const children = new Set<ChildProcess>();
beforeEach(async () => { homeDir = await mkdtemp(path.join(tmpdir(), 'fieldcast-crash-')); });
afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  children.clear();
  await rm(homeDir, { recursive: true, force: true });
});

type Recording = { readonly child: ChildProcess; readonly rtmp: number; readonly baseUrl: string; readonly assetDir: string };

async function record(token: string, zero: number | 'none'): Promise<Recording> {
  const child = spawn(process.execPath, [MEDIA_PLANE_ENTRY, homeDir, token, String(zero), 'asset'], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  const [line] = await once(createInterface(child.stdout), 'line') as [string];
  return { child, ...JSON.parse(line) as { rtmp: number; baseUrl: string; assetDir: string } };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const rate = { num: 30, den: 1 };

describe('kill -9 while recording', () => {
  it('at any moment leaves whole fragments, and what comes after the restart continues them', async () => {
    const token = 'a'.repeat(32);
    const zero = Math.floor(Date.now() / 1000) - 10_000;
    const kept: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const recording = await record(token, zero);
      const client = await publishTo(`rtmp://127.0.0.1:${recording.rtmp}/live/${token}`);
      client.metadata({ videodatarate: 400, audiodatarate: 128, framerate: 30 });
      client.send([videoHeader(), audioHeader()]);
      const firstGop = 100 + round * 100;
      let gop = firstGop;
      // As fast as it goes; the kill falls where it falls.
      const feeding = setInterval(() => {
        client.send([...gopPackets(gop, 60, rate), ...audioPackets(gop * 2000, gop * 2000 + 2000)]);
        gop += 1;
      }, 3);
      const index = path.join(recording.assetDir, 'video_400000.index');
      await until(() => (statSync(index, { throwIfNoEntry: false })?.size ?? 0) >= (kept.length + 1 + round) * 64, 'some fragments on disk');
      await kill(recording.child);
      clearInterval(feeding);
      client.socket.destroy();

      const stored = (await loadStoredAsset(recording.assetDir))!;
      const video = stored.tracks.find((track) => track.identity.kind === 'video');
      const sequences = video?.segments.map((segment) => segment.sequence) ?? [];
      expect(sequences.slice(0, kept.length)).toEqual(kept);
      const added = sequences.slice(kept.length);
      expect(added).toEqual(added.map((_, index) => firstGop + index));
      for (const segment of video?.segments ?? []) {
        const bytes = await stored.read('video_400000', segment, undefined);
        // The last frame's bytes stand at the end of mdat.
        expect(bytes?.at(-1)).toBe((segment.sequence + 59) % 256);
      }
      kept.push(...added);
    }
    expect(kept.length).toBeGreaterThan(10);
  }, 60_000);

  it('costs nothing of what our own publisher sends: what was acknowledged and not stored is sent again', async () => {
    const token = 'b'.repeat(32);
    const clip = await encodeClip({ seconds: 20, startFrame: 4000 * CLIP_GOP_FRAMES });
    const zero = Math.floor(Date.now() / 1000) - 8_100;
    let recording = await record(token, zero);
    // The service comes back at another port; the publisher knows one.
    const relay = net.createServer((from) => {
      const to = net.connect(recording.rtmp, '127.0.0.1');
      for (const [one, other] of [[from, to], [to, from]] as const) one.on('error', () => undefined).on('close', () => other.destroy()).pipe(other);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const publisher = new RtmpPublisher({
      url: `rtmp://127.0.0.1:${(relay.address() as net.AddressInfo).port}/live/${token}/180p`, video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast/crash',
      policy: { burstWelcome: true, maxQueuedMs: 60_000 },
    });
    try {
      publisher.start();
      await publisher.published;
      const waiting = [...clip.packets];
      const feeding = setInterval(() => { for (const packet of waiting.splice(0, 4)) publisher.send(packet); }, 8);
      const index = path.join(recording.assetDir, 'video_300000.index');
      for (const [round, stored] of [2, 5].entries()) {
        await until(() => (statSync(index, { throwIfNoEntry: false })?.size ?? 0) >= stored * 64, `${stored} fragments on disk`);
        await kill(recording.child);
        recording = await record(token, zero);
        await until(() => {
          publisher.reconnectNow();
          return publisher.stats().reconnects === round + 1;
        }, 'the next connection');
      }
      await until(() => waiting.length === 0, 'the end of the clip');
      clearInterval(feeding);
      await publisher.stop();
      const { assetDir } = recording;
      recording.child.stdin?.end();
      await once(recording.child, 'exit');
      const asset = (await loadStoredAsset(assetDir))!;
      for (const { identity, segments } of asset.tracks) {
        const holes = segments.filter((segment, at) => at > 0 && segment.startTicks !== (segments[at - 1]?.startTicks ?? 0) + (segments[at - 1]?.durationTicks ?? 0));
        expect(holes, identity.name).toEqual([]);
        expect(segments.length, identity.name).toBeGreaterThanOrEqual(9);
      }
    } finally {
      await publisher.stop(true);
      relay.close();
    }
  }, 60_000);

  it('of a stream whose encoder knows no timeline: the archive decodes whole, both halves on one timeline', async () => {
    const token = randomUUID().replaceAll('-', '');
    const before = await record(token, 'none');
    const url = (recording: Recording): string => `rtmp://127.0.0.1:${recording.rtmp}/live/${token}/show`;
    const pushed = pushWithFfmpeg([{ url: url(before), kbps: 400, size: '320x180' }], { seconds: 20 });
    const index = path.join(before.assetDir, 'video_399414.index');
    await until(() => (statSync(index, { throwIfNoEntry: false })?.size ?? 0) >= 2 * 64, 'two fragments on disk', 30_000);
    await kill(before.child);
    expect((await pushed).code).not.toBe(0);

    const run = await runMediaPlane({ homeDir });
    const channel = await run.openChannel({ accessToken: token });
    const output = await run.startOutput(channel, { assetName: 'asset' });
    expect(await pushWithFfmpeg([{ url: `${run.ingestUrl(channel)}/show`, kbps: 400, size: '320x180' }], { seconds: 5 })).toEqual({ code: 0, stderr: '' });
    await until(() => run.plane.telemetry(channel.eventName)[0]?.frames === 150, 'the second half');
    await run.plane.stopOutput(channel.eventName, output.outputName);
    const [video] = (await run.plane.asset(output.assetDir))!.tracks.filter((track) => track.identity.kind === 'video');
    const frames = video!.segments.reduce((sum, segment) => sum + segment.durationTicks / 1000, 0);
    expect(frames).toBeGreaterThanOrEqual(120 + 150);
    expect((await countDecodedFrames(`${output.baseUrl}/manifest(format=m3u8-cmaf)`, '0:v:0')).frames).toBe(frames);
    expect((await countDecodedFrames(`${output.baseUrl}/manifest(format=mpd-time-cmaf)`, '0:v:0')).frames).toBe(frames);
    const playlist = await (await fetch(`${output.baseUrl}/QualityLevels(399414)/Manifest(video,format=m3u8-cmaf)`)).text();
    expect(playlist.match(/EXT-X-DISCONTINUITY/g)).toHaveLength(1);
    const dates = [...playlist.matchAll(/PROGRAM-DATE-TIME:(.*)/g)].map(([, date]) => Date.parse(date!));
    expect(dates).toHaveLength(2);
    // The hole is as long as it was by the clock: the second half begins when it arrived.
    expect(Math.abs(dates[1]! - Date.now())).toBeLessThan(20_000);
    await run.close(true);
  }, 90_000);
});
