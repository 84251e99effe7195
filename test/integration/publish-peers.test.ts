// The publisher against RTMP servers that are not ours: what they recorded is what was sent.
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { mediaMsOfFrame } from '../../src/main/media/timeline.ts';
import { RtmpPublisher, type PublisherOptions } from '../../src/main/publish/rtmpPublisher.ts';
import { CLIP_FRAME_RATE, CLIP_GOP_FRAMES, encodeClip, wireMs, type EncodedClip } from '../support/encodedClip.ts';
import { decodeComplaints, digestOf, readRecordedFlv } from '../support/recordedFlv.ts';
import { nginxRtmpModule, recordingsOf, startFfmpegListener, startNginxRtmp, startNodeMediaServer, type RtmpPeer } from '../support/rtmpPeers.ts';
import { until } from '../support/until.ts';

const TOKEN = '0123456789abcdef0123456789abcdef';
/** A GOP boundary 0.8 s before timestamps pass 0xFFFFFF ms (4.66 h), so that both kinds of timestamp are on the wire. */
const START_FRAME = 8388 * CLIP_GOP_FRAMES;

let clip: EncodedClip;
const peers: RtmpPeer[] = [];

beforeAll(async () => {
  clip = await encodeClip({ seconds: 4, startFrame: START_FRAME });
  expect(clip.video).toHaveLength(100);
  expect(wireMs(clip.video[0]!)).toBeLessThan(0xff_ffff);
  expect(wireMs(clip.video.at(-1)!)).toBeGreaterThan(0xff_ffff);
});

afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.stop();
});

/** Sends the whole clip at once and takes leave. */
async function publish(options: Partial<PublisherOptions> & { readonly url: string }, inTheMiddle?: (publisher: RtmpPublisher) => Promise<void>): Promise<RtmpPublisher> {
  const publisher = new RtmpPublisher({
    video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast', policy: { burstWelcome: true, maxQueuedMs: 10_000 }, ...options,
  });
  publisher.start();
  await publisher.published;
  const middle = clip.packets.length / 2;
  for (const packet of clip.packets.slice(0, middle)) publisher.send(packet);
  await inTheMiddle?.(publisher);
  for (const packet of clip.packets.slice(middle)) publisher.send(packet);
  await publisher.stop();
  expect(publisher.state.state).toBe('stopped');
  return publisher;
}

/** The recording holds exactly the clip: every frame, its bytes, its times, its IDRs; and it decodes. */
async function expectRecorded(peer: RtmpPeer): Promise<void> {
  // The server may still be writing the last tags.
  await vi.waitFor(async () => {
    const recorded = await readRecordedFlv((await recordingsOf(peer))[0] ?? 'no recording');
    expect([recorded.video.length, recorded.audio.length]).toEqual([clip.video.length, clip.audio.length]);
  }, { timeout: 20_000, interval: 50 });
  const paths = await recordingsOf(peer);
  expect(paths).toHaveLength(1);
  const { video, audio, timestamps } = await readRecordedFlv(paths[0]!);

  expect(video.map((frame) => frame.digest)).toEqual(clip.video.map((packet) => digestOf(packet.data)));
  expect(audio.map((frame) => frame.digest)).toEqual(clip.audio.map((packet) => digestOf(packet.data)));
  expect(video.map((frame) => frame.isIdr)).toEqual(clip.video.map((packet) => packet.isIdr));
  expect(video.flatMap((frame, index) => (frame.isIdr ? [index] : []))).toEqual([0, CLIP_GOP_FRAMES]);
  // Servers may count from where they began to record; the distances are ours.
  const zero = video[0]!.timestampMs;
  const sentZero = wireMs(clip.video[0]!);
  expect(video.map((frame) => frame.timestampMs - zero)).toEqual(clip.video.map((packet) => wireMs(packet) - sentZero));
  expect(audio.map((frame) => frame.timestampMs - zero)).toEqual(clip.audio.map((packet) => wireMs(packet) - sentZero));
  expect(video.map((frame) => frame.compositionMs)).toEqual(clip.video.map((packet) => mediaMsOfFrame(packet.frame, CLIP_FRAME_RATE) - wireMs(packet)));
  expect(timestamps.every((time, index) => index === 0 || time >= timestamps[index - 1]!)).toBe(true);
  expect(await decodeComplaints(paths[0]!)).toBe('');
}

function expectTotals(publisher: RtmpPublisher): void {
  const stats = publisher.stats();
  const mediaBytes = clip.packets.reduce((sum, packet) => sum + packet.data.length, 0);
  expect(stats).toMatchObject({ sentVideoFrames: clip.video.length, sentAudioFrames: clip.audio.length, droppedFrames: 0, droppedMs: 0, reconnects: 0, queuedMs: 0 });
  expect(stats.sentBytes).toBeGreaterThan(mediaBytes);
  expect(stats.sentBytes).toBeLessThan(mediaBytes * 1.1 + 10_000);
  expect(JSON.stringify(stats)).not.toContain(TOKEN);
}

describe.skipIf(nginxRtmpModule === undefined)('nginx-rtmp (skipped where libnginx-mod-rtmp is not installed)', () => {
  it('records what was sent, app of two segments', async () => {
    const peer = await startNginxRtmp(`live/${TOKEN}`);
    peers.push(peer);
    const publisher = await publish({ url: `rtmp://127.0.0.1:${peer.port}/live/${TOKEN}/180p` });
    expect(publisher.stats().acknowledgedBytes).toBeGreaterThan(0);
    expectTotals(publisher);
    await expectRecorded(peer);
  });

  it('passes over what tests the uplink, and records the media whole', async () => {
    const peer = await startNginxRtmp('live');
    peers.push(peer);
    const publisher = await publish({ url: `rtmp://127.0.0.1:${peer.port}/live/180p` }, async (on) => {
      await on.mediaTaken;
      let filled = 0;
      await until(() => (filled += on.fill(20_000)) > 300_000, 'the filling to be taken');
    });
    expect(publisher.stats()).toMatchObject({ reconnects: 0, droppedFrames: 0, sentVideoFrames: clip.video.length });
    expect(publisher.stats().acknowledgedBytes).toBeGreaterThan(300_000);
    await expectRecorded(peer);
  });

  it('hangs up on an unknown app, which is said without the key', async () => {
    const peer = await startNginxRtmp('other');
    peers.push(peer);
    const publisher = new RtmpPublisher({
      url: `rtmp://127.0.0.1:${peer.port}/live/${TOKEN}/180p`, video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast',
      policy: { burstWelcome: false, maxQueuedMs: 10_000 },
    });
    publisher.start();
    await until(() => publisher.stats().lastError !== undefined, 'a refusal');
    expect(publisher.stats().lastError?.code).toMatch(/^PUBLISH_(CLOSED|REJECTED)$/);
    expect(JSON.stringify([publisher.stats(), publisher.state])).not.toContain(TOKEN);
    await publisher.stop();
    await expect(publisher.published).rejects.toMatchObject({ name: 'PublishFailure' });
  });
});

describe('a ping', () => {
  it.skipIf(nginxRtmpModule === undefined)('is answered by nginx-rtmp before any media: the round trip is known', async () => {
    const peer = await startNginxRtmp('live');
    peers.push(peer);
    const publisher = new RtmpPublisher({
      url: `rtmp://127.0.0.1:${peer.port}/live/key`, video: clip.videoConfig, audio: clip.audioConfig, encoderName: 'Fieldcast', policy: { burstWelcome: true, maxQueuedMs: 10_000 },
    });
    publisher.start();
    try {
      await publisher.published;
      await until(() => publisher.stats().roundTripMs !== undefined, 'an answer', 10_000);
      expect(publisher.stats().roundTripMs).toBeLessThan(5000);
      expect(publisher.state.state).toBe('publishing');
    } finally {
      await publisher.stop();
    }
  });
});

describe('node-media-server', () => {
  it('records what was sent over RTMP', async () => {
    const peer = await startNodeMediaServer();
    peers.push(peer);
    expectTotals(await publish({ url: `rtmp://127.0.0.1:${peer.port}/live/${TOKEN}` }));
    await expectRecorded(peer);
  });

  it('records what was sent over RTMPS, its certificate trusted through an extra authority', async () => {
    const peer = await startNodeMediaServer();
    peers.push(peer);
    expectTotals(await publish({ url: `rtmps://127.0.0.1:${peer.securePort}/live`, streamName: TOKEN, ca: peer.certificate }));
    await expectRecorded(peer);
  });

  it('acknowledges nothing, and yet its taking of media is noticed', async () => {
    const peer = await startNodeMediaServer();
    peers.push(peer);
    const publisher = new RtmpPublisher({
      url: `rtmp://127.0.0.1:${peer.port}/live/${TOKEN}`, video: { ...clip.videoConfig, declaredKbps: 50 }, audio: clip.audioConfig, encoderName: 'Fieldcast',
      policy: { burstWelcome: true, maxQueuedMs: 10_000 },
    });
    const seen: string[] = [];
    publisher.onEvent((event) => seen.push(event.type === 'mediaTaken' ? `taken, acknowledged: ${event.acknowledged}` : 'state' in event ? event.state.state : event.type));
    publisher.start();
    await publisher.published;
    const rest = clip.packets.toReversed();
    const started = performance.now();
    await until(() => {
      // At half speed, so that media still comes when the patience with a silent server ends.
      for (let next = rest.at(-1); next !== undefined && wireMs(next) - wireMs(clip.packets[0]!) <= (performance.now() - started) / 2; next = rest.at(-1)) {
        publisher.send(next);
        rest.pop();
      }
      return seen.length > 2;
    }, 'the media to be taken');
    expect(seen).toEqual(['connecting', 'publishing', 'taken, acknowledged: false']);
    await publisher.stop();
  });

  it('is refused over RTMPS when nobody vouches for its certificate', async () => {
    const peer = await startNodeMediaServer();
    peers.push(peer);
    const failure = await publish({ url: `rtmps://127.0.0.1:${peer.securePort}/live/${TOKEN}` }).then(() => undefined, (error: unknown) => error);
    expect(failure).toMatchObject({ code: 'PUBLISH_CERTIFICATE_AUTHORITY', message: `The certificate of 127.0.0.1:${peer.securePort} cannot be trusted: it vouches only for itself.` });
    expect(await recordingsOf(peer)).toEqual([]);
  });
});

describe('FFmpeg as a listener', () => {
  it('records what was sent; the publisher finds it as soon as it listens', async () => {
    const peer = await startFfmpegListener(`live/${TOKEN}`, '180p');
    peers.push(peer);
    expectTotals(await publish({ url: `rtmp://127.0.0.1:${peer.port}/live/${TOKEN}/180p` }));
    await expectRecorded(peer);
  });
});
