// A whole show by the command line, seen and heard in real Chromium: the private preview, the public HLS and DASH, and afterwards
// the archive at the same paths, served by a service that was started anew.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumMissing, playDash, playHls, type Playback } from '../support/chromium.ts';
import { readServiceDescriptor, SERVICE_ENTRY, spawnService, temporaryHome } from '../support/embeddedService.ts';
import { startCli } from '../support/fieldcastCli.ts';

const missing = chromiumMissing();
/** The rungs of the 480p ladder as players name them, lowest first. */
const sizes = [[640, 360], [854, 480]];

describe.skipIf(missing !== undefined)(`a show in Chromium${missing === undefined ? '' : ` (${missing})`}`, () => {
  let place: Awaited<ReturnType<typeof temporaryHome>>;
  beforeAll(async () => {
    place = await temporaryHome();
  });
  afterAll(async () => await place?.remove());

  test('viewers see it move, hear it and switch renditions, live and afterwards', { timeout: 300_000 }, async () => {
    const { home } = place;
    const show = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json'], { home, timeoutMs: 240_000 });
    const { playback } = await show.event('playback', (event) => event.playback.dash !== undefined);
    await show.event('state', (event) => event.state === 'live');
    const ca = await readFile(join(home, 'service', 'certificates', 'ca.pem'), 'utf8');
    try {
      for (const [play, url] of [[playHls, playback.preview!], [playHls, playback.hls!], [playDash, playback.dash!]] as const) {
        const played = await play(url, { ca, watchMs: 3000 });
        expect(played.live).toBe(true);
        expectMovingPictureWithSound(played);
      }
    } finally {
      show.child.kill('SIGINT');
    }
    const { code, report } = await show.finished;
    expect(code).toBe(0);
    expect(report?.verified).toBe(true);

    const service = await spawnService(SERVICE_ENTRY, home);
    try {
      // The ports are the same again unless another program has taken them meanwhile; the paths are the same in any case.
      const { originHttp } = await readServiceDescriptor(home);
      for (const [play, url] of [[playHls, report!.playback.hls!], [playDash, report!.playback.dash!]] as const) {
        const played = await play(new URL(new URL(url).pathname, originHttp).href, { ca, watchMs: 2000 });
        expect(played.live).toBe(false);
        expectMovingPictureWithSound(played);
      }
    } finally {
      service.child.kill('SIGTERM');
      await service.exited;
    }
  });
});

function expectMovingPictureWithSound(played: Playback): void {
  expect(played.renditions.map(({ width, height }) => [width, height]).sort((a, b) => a[1]! - b[1]!)).toEqual(sizes);
  expect(played.watched.playedMs).toBeGreaterThan(500);
  expect(played.watched.decodedFrames).toBeGreaterThan(10);
  expect(played.watched.distinctPictures).toBeGreaterThan(3);
  // The test source's tone; digital silence is exactly 0.
  expect(played.watched.loudestRms).toBeGreaterThan(0.02);
  expect(played.switches.map((one) => [one.videoWidth, one.videoHeight])).toEqual(sizes);
}
