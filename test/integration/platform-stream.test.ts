// A platform as the main destination, from the command line to the server: the planned stream arrives as the platform takes it; an operator's
// own ladder goes as it is, with a warning.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PLATFORMS } from '../../src/contract/platforms.ts';
import { temporaryHome } from '../support/embeddedService.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startRtmpServer, type RtmpTestServer } from '../support/rtmpServer.ts';

const KEY = 'live_abc-topsecret';
let home: Awaited<ReturnType<typeof temporaryHome>>;
let server: RtmpTestServer;
beforeEach(async () => {
  home = await temporaryHome();
  server = await startRtmpServer();
});
afterEach(async () => {
  await server.close();
  await home.remove();
});

it('is planned for within its limits and the uplink, said why, and sent so', { timeout: 90_000 }, async () => {
  const run = startCli(['live', '--source', 'test', '--destination', `twitch:rtmp://127.0.0.1:${server.port}/app`, '--uplink', '3000', '--for', '3s', '--json'], { home: home.home, timeoutMs: 80_000, env: { FIELDCAST_KEY_TWITCH: KEY } });
  const { code, stderr, stdout, report } = await run.finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  const [top, ...others] = PLATFORMS.twitch.rungs.filter(({ height, fps }) => height === 720 && fps === 30);
  expect(others).toEqual([]);
  expect(stderr).toContain(`Twitch takes one stream and makes its own renditions of it: 854×480 with 30 frames per second and 1370 kbit/s, with a keyframe every 2 s and sound of 128 kbit/s. Twitch wants at most ${top?.maxKbps} kbit/s`);
  expect(stderr).toContain('The uplink carried 3000 kbit/s; half of it is planned with');
  expect(report?.warnings.filter((warning) => warning.code === 'PLATFORM_RULES')).toEqual([]);
  const [connection] = server.connections;
  expect(connection).toMatchObject({ app: 'app', streamName: KEY, metadata: { width: 854, height: 480, framerate: 30, videodatarate: 1370, audiodatarate: 128 } });
  // A keyframe every 2 s (FLV VIDEODATA 0x17, AVCPacketType 1), and the bits that were declared, give or take what a rate control needs.
  const video = connection?.media.filter(({ type, payload }) => type === 'video' && payload[1] === 1) ?? [];
  const keys = video.filter(({ payload }) => payload[0] === 0x17).map(({ timestampMs }) => timestampMs);
  expect(keys.slice(1).map((at, index) => at - (keys[index] ?? 0))).toEqual(keys.slice(1).map(() => 2000));
  expect(keys.length).toBeGreaterThanOrEqual(2);
  const kbps = video.reduce((sum, { payload }) => sum + payload.length * 8, 0) / (video.length / 30) / 1000;
  expect(kbps).toBeLessThan(1370 * 1.3);
  expect(stdout + stderr).not.toContain(KEY);
});

it('gets a ladder of the operator\'s own as it is, and the warnings with it', { timeout: 60_000 }, async () => {
  const run = startCli(['live', '--source', 'test', '--destination', `facebook:rtmp://127.0.0.1:${server.port}/rtmp`, '--ladder', '360p:1500', '--for', '2s', '--json'], { home: home.home, timeoutMs: 50_000, env: { FIELDCAST_KEY_FACEBOOK: KEY } });
  const { code, report } = await run.finished;
  expect(code).toBe(0);
  expect(server.connections[0]?.metadata).toMatchObject({ height: 360, videodatarate: 1500 });
  expect(report?.warnings.filter((warning) => warning.code === 'PLATFORM_RULES').map(({ message }) => message)).toEqual([
    'Facebook takes rtmps:// only: change the beginning of the address.', 'Facebook takes at most 1000 kbit/s for 360 lines; 360p has 1500.',
  ]);
});
