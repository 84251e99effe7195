// The player measurements themselves, against presentations that FFmpeg made: they see movement, sound and switches where they are,
// and say so where they are not. The live shows' tests rely on that.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from 'selfsigned';
import { chromiumMissing, playDash, playHls } from '../support/chromium.ts';
import { cmafHeights, makeCmafSet, serveCmafSet, startLiveCmafSet, type CmafSet } from '../support/cmafSet.ts';

const missing = chromiumMissing();
const players = [
  { name: 'hls.js', play: playHls, manifest: 'master.m3u8', refused: /manifestLoadError/ },
  { name: 'shaka-player', play: playDash, manifest: 'manifest.mpd', refused: /shaka error 1\.100[12]/ },
] as const;

describe.skipIf(missing !== undefined)(`players in Chromium${missing === undefined ? '' : ` (${missing})`}`, () => {
  let moving: CmafSet;
  let still: CmafSet;
  beforeAll(async () => {
    moving = await makeCmafSet({ picture: 'moving', sound: 'tone', seconds: 24 });
    still = await makeCmafSet({ picture: 'frozen', sound: 'silence', seconds: 12 });
  });
  afterAll(async () => {
    await moving?.remove();
    await still?.remove();
  });

  test.each(players)('$name shows a moving picture with sound and switches renditions', async ({ play, manifest, name }) => {
    const server = await serveCmafSet(moving.folder, { cors: true });
    try {
      const played = await play(server.base + manifest, { watchMs: 2000 });
      expect(played.player).toBe(name);
      expect(played.live).toBe(false);
      expect(played.renditions.map((one) => one.height).sort((a, b) => b - a)).toEqual(cmafHeights);
      expect(played.watched.playedMs).toBeGreaterThan(1000);
      expect(played.watched.decodedFrames).toBeGreaterThan(20);
      expect(played.watched.presentedFrames).toBeGreaterThan(5);
      expect(played.watched.distinctPictures).toBeGreaterThan(3);
      // FFmpeg's sine has an amplitude of 1/8: its root mean square is 0.088.
      expect(played.watched.loudestRms).toBeGreaterThan(0.06);
      expect(played.watched.loudestRms).toBeLessThan(0.12);
      expect(played.switches.map((one) => [one.videoWidth, one.videoHeight])).toEqual([[320, 180], [640, 360]]);
      // The PNG's IHDR: width and height of the last rendition shown.
      expect([played.picture.readUInt32BE(16), played.picture.readUInt32BE(20)]).toEqual([640, 360]);
      expect(played.errors).toEqual([]);
    } finally {
      await server.close();
    }
  });

  test.each(players)('$name tells a frozen picture and silence from a show', async ({ play, manifest }) => {
    const server = await serveCmafSet(still.folder, { cors: true });
    try {
      const played = await play(server.base + manifest, { watchMs: 1500, switchRenditions: false });
      expect(played.watched.playedMs).toBeGreaterThan(500);
      expect(played.watched.distinctPictures).toBe(1);
      expect(played.watched.loudestRms).toBeLessThan(0.0001);
    } finally {
      await server.close();
    }
  });

  test.each(players)('$name fails where a manifest is missing or forbids other origins', async ({ play, manifest, refused }) => {
    const open = await serveCmafSet(moving.folder, { cors: true });
    const closed = await serveCmafSet(moving.folder, { cors: false });
    try {
      await expect(play(`${open.base}nothing-${manifest}`, { deadlineMs: 15_000 })).rejects.toThrow(refused);
      await expect(play(closed.base + manifest, { deadlineMs: 15_000 })).rejects.toThrow(refused);
    } finally {
      await open.close();
      await closed.close();
    }
  });

  test('both follow a live stream past its first window and switch on it', async () => {
    const live = await startLiveCmafSet({ picture: 'moving', sound: 'tone', seconds: 90 });
    const server = await serveCmafSet(live.folder, { cors: true });
    try {
      const shown = await Promise.all(players.map(({ play, manifest }) => play(server.base + manifest, { watchMs: 12_000 })));
      for (const played of shown) {
        expect(played.live).toBe(true);
        expect(played.watched.playedMs).toBeGreaterThan(8000);
        expect(played.watched.distinctPictures).toBeGreaterThan(20);
        expect(played.watched.loudestRms).toBeGreaterThan(0.06);
        expect(played.switches.map((one) => one.videoHeight)).toEqual([180, 360]);
      }
    } finally {
      await server.close();
      await live.remove();
    }
  });

  test('https on a private authority plays with its certificate given, and only then', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    const server = await serveCmafSet(moving.folder, { cors: true, tls: { key, cert } });
    try {
      const played = await playHls(`${server.base}master.m3u8`, { watchMs: 500, switchRenditions: false, ca: cert });
      expect(played.watched.decodedFrames).toBeGreaterThan(0);
      await expect(playHls(`${server.base}master.m3u8`, { deadlineMs: 15_000 })).rejects.toThrow(/failed/);
    } finally {
      await server.close();
    }
  });
});
