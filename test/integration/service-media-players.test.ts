// What viewers' players make of the origin: hls.js and shaka-player in real Chromium, live and on demand, also where an encoder was replaced.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChannelSpec, OutputSpec } from '../../src/main/service/mediaPlane.ts';
import { chromiumMissing, playDash, playHls } from '../support/chromium.ts';
import { pushWithFfmpeg } from '../support/ffmpegPush.ts';
import { runMediaPlane, type RunningPlane } from '../support/mediaPlane.ts';
import { until } from '../support/until.ts';

const missing = chromiumMissing();
const players = [
  { name: 'hls.js', play: playHls, manifest: 'manifest(format=m3u8-cmaf)' },
  { name: 'shaka-player', play: playDash, manifest: 'manifest(format=mpd-time-cmaf)' },
] as const;
const renditions = [{ kbps: 400, size: '320x180', name: 'hi' }, { kbps: 200, size: '160x90', name: 'lo' }] as const;

describe.skipIf(missing !== undefined)(`players of the origin${missing === undefined ? '' : ` (${missing})`}`, () => {
  let run: RunningPlane;
  let channel: ChannelSpec;
  let output: OutputSpec & { readonly baseUrl: string };
  const push = (seconds: number, bFrames: number, extra: readonly string[] = []) => pushWithFfmpeg(
    renditions.map(({ kbps, size, name }) => ({ url: `${run.ingestUrl(channel)}/${name}`, kbps, size })), { seconds, bFrames, extra },
  );

  beforeAll(async () => {
    run = await runMediaPlane();
    channel = await run.openChannel();
    output = await run.startOutput(channel);
  });
  afterAll(async () => { await run?.close(); });

  it('live: moving picture, sound, every rendition, in both players at once; then another encoder follows', async () => {
    const pushed = push(40, 2);
    const segments = (): number => Math.min(...run.plane.preview(channel.eventName)!.tracks.map((track) => track.segments.length));
    await until(() => (run.plane.preview(channel.eventName)?.tracks.length ?? 0) === 3 && segments() >= 4, 'four segments', 40_000);
    const shown = await Promise.all(players.map(({ play, manifest }) => play(`${run.previewUrl(channel)}/${manifest}`, { watchMs: 8000 })));
    for (const played of shown) {
      expect(played.live).toBe(true);
      expect(played.renditions.map((one) => one.height).sort((one, other) => other - one)).toEqual([180, 90]);
      expect(played.watched.playedMs).toBeGreaterThan(5000);
      expect(played.watched.distinctPictures).toBeGreaterThan(4);
      expect(played.watched.loudestRms).toBeGreaterThan(0.03);
      expect(played.switches.map((one) => one.videoHeight)).toEqual([90, 180]);
    }
    await pushed;
    // Baseline without B-frames after Main with them: other parameter sets, so another header.
    await push(8, 0, ['-profile:v', 'baseline']);
    await run.plane.stopOutput(channel.eventName, output.outputName);
    const formats = (await run.plane.asset(output.assetDir))!.tracks.map((track) => track.formats.length);
    expect(formats).toEqual([2, 2, 1]);
  }, 150_000);

  it.each(players)('on demand: $name plays, seeks behind the change of encoder, and shows every rendition', async ({ play, manifest }) => {
    const url = `${output.baseUrl}/${manifest}`;
    const played = await play(url, { watchMs: 3000 });
    expect(played.live).toBe(false);
    expect(played.watched.distinctPictures).toBeGreaterThan(2);
    expect(played.watched.loudestRms).toBeGreaterThan(0.03);
    expect(played.switches.map((one) => one.videoHeight)).toEqual([90, 180]);
    expect(played.errors).toEqual([]);
    const behind = await play(url, { watchMs: 2000, seekSeconds: 42, switchRenditions: false });
    expect(behind.watched.decodedFrames).toBeGreaterThan(20);
    expect(behind.watched.distinctPictures).toBeGreaterThan(2);
  }, 120_000);
});
