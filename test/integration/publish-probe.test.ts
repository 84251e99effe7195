// What a rehearsal finds out of an uplink, with real sockets: one that carries far more than the ladder and one that carries a little more; and
// that the media does not suffer.
import { afterEach, describe, expect, it } from 'vitest';
import type { Uplink } from '../../src/contract/report.ts';
import { Connections } from '../../src/main/show/connections.ts';
import { parseVideoPayload } from '../../src/main/rtmp/flvVideo.ts';
import { sharedUplink, startFaultProxy } from '../support/faultProxy.ts';
import { startRtmpServer, type RtmpTestServer } from '../support/rtmpServer.ts';
import { mediaOfFrames, syntheticAudio, syntheticVideo } from '../support/syntheticMedia.ts';
import { until } from '../support/until.ts';

/** The declared 600 kbit/s of 25 frames a second, almost. */
const FRAME_BYTES = 2900;
const NEEDED_KBPS = syntheticVideo.declaredKbps + syntheticAudio.declaredKbps;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Publishes in real time over an uplink that carries so much, until the test of it is over. */
async function probed(carriesKbps: number | undefined): Promise<{ uplink: Uplink; server: RtmpTestServer }> {
  const server = await startRtmpServer();
  closers.push(async () => server.close());
  const uplink = sharedUplink();
  const proxy = await startFaultProxy(server.port, uplink);
  closers.push(async () => proxy.close());
  if (carriesKbps !== undefined) uplink.bytesPerSecond = carriesKbps * 125;
  const connections = new Connections(
    [{ protocol: 'rtmp' as const, rendition: syntheticVideo.rendition, url: `rtmp://127.0.0.1:${proxy.port}/live/key`, alternateUrls: [], ca: undefined, burstWelcome: false }],
    { encoderName: 'Fieldcast', spoolFolder: '', proxy: undefined },
    { onWarning: () => undefined, onFailed: () => undefined, onSent: () => undefined, onArrived: () => undefined },
  );
  connections.configureVideo(syntheticVideo);
  connections.configureAudio(syntheticAudio);
  const startedAt = performance.now();
  let frames = 0;
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - startedAt) / 40);
    for (const packet of mediaOfFrames(frames, due, FRAME_BYTES)) connections.send(packet);
    frames = due;
  }, 20);
  try {
    connections.probeUplink();
    await connections.accepted;
    await until(() => connections.uplink?.probe !== undefined && connections.uplink.probe !== 'running', 'the end of the test', 40_000);
    const [report] = connections.reports();
    expect(report).toMatchObject({ state: 'publishing', reconnects: 0, droppedMs: 0 });
    return { uplink: connections.uplink!, server };
  } finally {
    clearInterval(timer);
    await connections.stop();
  }
}

function framesAt({ connections }: RtmpTestServer): number[] {
  return connections.flatMap(({ media }) => media).filter(({ type }) => type === 'video').map(({ payload }) => parseVideoPayload(payload))
    .filter(({ avcPacketType }) => avcPacketType === 'nalu').map(({ data }) => new DataView(data.buffer, data.byteOffset).getUint32(0));
}

describe('the test of an uplink', () => {
  it('finds at least a third to spare where there is much more, and the limit where there is a little more; no frame is lost for it', async () => {
    const [wide, narrow] = await Promise.all([probed(undefined), probed(NEEDED_KBPS * 1.15)]);
    expect(wide.uplink).toMatchObject({ probe: 'reached', isLimit: false });
    expect(wide.uplink.verdicts).toMatchObject([{ verdict: 'fits', sentence: expect.stringContaining('fits with at least') }]);
    expect(wide.uplink.carriesKbps).toBeGreaterThan(NEEDED_KBPS * 1.25);
    expect(narrow.uplink).toMatchObject({ probe: 'limited', isLimit: true });
    expect(narrow.uplink.carriesKbps / NEEDED_KBPS).toBeGreaterThan(1.05);
    expect(narrow.uplink.carriesKbps / NEEDED_KBPS).toBeLessThan(1.3);
    for (const { server } of [wide, narrow]) {
      const frames = framesAt(server);
      expect(frames.length).toBeGreaterThan(300);
      expect(frames.every((frame, index) => index === 0 || frame === frames[index - 1]! + 1)).toBe(true);
    }
  }, 60_000);
});
