// Splices and data of a whole show: given while the network is away, met by real players in Chromium at their moment, and kept in the archive.
import { afterEach, describe, expect, it } from 'vitest';
import { cueRequestSchema, DATA_SCHEME, type CueInput, type CueReceipt } from '../../src/contract/cue.ts';
import { eventNumberOf } from '../../src/main/service/packager/cue.ts';
import { chromiumMissing, playDash, playHls } from '../support/chromium.ts';
import type { MetCue } from '../support/playerPage.ts';
import { startProxiedShow, type ProxiedShow } from '../support/proxiedShow.ts';
import { until } from '../support/until.ts';

/** A media element looks at its cues four times a second, and this machine may be busy. */
const LATE_MS = 1500;
/** Of one look to the next. */
const EARLY_MS = 300;
const missing = chromiumMissing();

let show: ProxiedShow | undefined;
afterEach(async () => {
  await show?.close();
  show = undefined;
});

describe.skipIf(missing !== undefined)(`cues${missing === undefined ? '' : ` (${missing})`}`, () => {
  it('reach viewers at their time, once, through a cut of the network, and stand in the archive', { timeout: 150_000 }, async () => {
    const running = await startProxiedShow({ burstWelcome: true });
    show = running;
    const give = async (input: CueInput): Promise<CueReceipt> => {
      const asked = running.latestStats()?.programSeconds ?? 0;
      await until(() => (running.latestStats()?.programSeconds ?? 0) >= asked + 1, 'a second of program');
      return running.stage.cue(cueRequestSchema.parse(input));
    };
    await running.saw('the streams', (event) => event.type === 'playback' && event.playback.dash !== undefined);
    const playback = running.events.findLast((event) => event.type === 'playback')?.playback;

    const given = Promise.withResolvers<readonly CueReceipt[]>();
    given.promise.catch(() => undefined);
    const playing = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const met = async (which: 0 | 1): Promise<readonly MetCue[]> => {
      let cues: readonly MetCue[] = [];
      const play = which === 0 ? playHls : playDash;
      await play((which === 0 ? playback?.hls : playback?.dash) ?? '', {
        watchMs: 200, switchRenditions: false,
        whilePlaying: async (page) => {
          playing[which].resolve();
          const wanted = await given.promise;
          await until(async () => {
            cues = await page.evaluate(() => playerPage.cues());
            return wanted.every((receipt) => cues.some((one) => keysOf(receipt)[which].some(([id, key]) => one.id === id && one.key === key)));
          }, `the cues in ${which === 0 ? 'hls.js' : 'shaka-player'}; so far ${JSON.stringify(cues)}`, 60_000);
        },
      });
      return cues;
    };
    const watched = [met(0), met(1)] as const;
    for (const one of watched) one.catch((error: unknown) => { given.reject(error); for (const { reject } of playing) reject(error); });
    await Promise.all(playing.map((one) => one.promise));

    for (const proxy of running.proxies) proxy.cut(true);
    const out = await give({ kind: 'out', id: 'break', durationSeconds: 30, preRollSeconds: 8 });
    const data = await give({ kind: 'data', id: 'score', data: { text: '<"é&' } });
    for (const proxy of running.proxies) proxy.cut(false);
    await give({ kind: 'out', id: 'withdrawn', preRollSeconds: 12 });
    await give({ kind: 'cancel', id: 'withdrawn' });
    const back = await give({ kind: 'in', id: 'break', preRollSeconds: 6 });
    await give({ kind: 'data', data: { by: 'call' }, via: 'https' });
    given.resolve([out, data, back]);

    for (const [which, cues] of (await Promise.all(watched)).entries()) {
      for (const receipt of [out, data, back]) {
        const shown = cues.filter((one) => keysOf(receipt)[which]?.some(([id, key]) => one.id === id && one.key === key));
        expect(shown.length).toBeGreaterThan(0);
        for (const { shownUtcMs } of shown) {
          // hls.js makes cues of attributes, and gives every attribute of a date range the whole range.
          const lateMs = shownUtcMs - Date.parse(which === 0 && receipt === back ? out.atUtc : receipt.atUtc);
          expect(lateMs, `${receipt.id} in ${which === 0 ? 'hls.js' : 'shaka-player'}`).toBeGreaterThan(-EARLY_MS);
          expect(lateMs, `${receipt.id} in ${which === 0 ? 'hls.js' : 'shaka-player'}`).toBeLessThan(LATE_MS);
        }
      }
      expect(cues.filter(({ id }) => id.includes('withdrawn'))).toEqual([]);
    }

    const report = await running.end();
    expect(report).toMatchObject({ verified: true, keyframesAligned: true });
    expect(report.cues.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['out break', 'data score', 'out withdrawn', 'cancel withdrawn', 'in break', 'data unnamed']);

    const base = (report.playback.hls ?? '').replace(/manifest\(.*/, '');
    const playlists = await Promise.all(running.ladder.renditions.map(async ({ declaredKbps }) => (
      (await fetch(`${base}QualityLevels(${declaredKbps * 1000})/Manifest(video,format=m3u8-cmaf)`)).text()
    )));
    for (const playlist of playlists) {
      const ranges = playlist.split('\n').filter((line) => line.startsWith('#EXT-X-DATERANGE'));
      const ids = ranges.map((line) => /ID="([^"]+)"/.exec(line)?.[1]?.replace(/^data-.*/, 'call'));
      expect(ids.map(String).toSorted((one, other) => one.localeCompare(other))).toEqual(['break', 'break', 'call', 'score']);
      const whole = back.atSeconds - out.atSeconds;
      expect(ranges.find((line) => line.includes('SCTE35-OUT'))).toContain(`START-DATE="${out.atUtc}",DURATION=${whole},PLANNED-DURATION=30,SCTE35-OUT=0xFC30`);
      expect(ranges.find((line) => line.includes('SCTE35-IN'))).toContain(`DURATION=${whole},`);
      // The splice point begins a segment in every rendition, and that segment carries the message.
      const segment = playlist.split('\n').find((line) => line.startsWith(`Fragments(video=${out.atSeconds * 25_000},`) || line.startsWith(`Fragments(video=${out.atSeconds * 25},`));
      expect(segment).toBeDefined();
    }
    const mpd = await (await fetch(report.playback.dash ?? '')).text();
    expect(mpd.match(/<Event /g)).toHaveLength(4);
    for (const [, bitrate = '', time = ''] of mpd.matchAll(/video_(\d+)"[\s\S]*?<S t="(\d+)"/g)) {
      const timescale = Number(new RegExp(`video_${bitrate}"[\\s\\S]*?timescale="(\\d+)"`).exec(mpd)?.[1]);
      const segment = await (await fetch(`${base}QualityLevels(${bitrate})/Fragments(video=${out.atSeconds * timescale},format=mpd-time-cmaf)`)).arrayBuffer();
      expect(Buffer.from(segment).includes('urn:scte:scte35:2013:bin'), `${bitrate} from ${time}`).toBe(true);
    }
  });
});

/** Names under which each player knows a cue: ids with attributes in HLS, numbers with schemes in DASH. */
function keysOf({ kind, id }: CueReceipt): readonly [readonly (readonly [string, string])[], readonly (readonly [string, string])[]] {
  const meaning = kind === 'out' || kind === 'in' ? kind : 'data';
  const number = String(eventNumberOf({ id, meaning, seconds: 0, durationSeconds: undefined, scheme: '', payload: new Uint8Array() }));
  if (meaning === 'data') return [[[id, 'X-DATA-BASE64']], [[number, DATA_SCHEME]]];
  return [[[id, `SCTE35-${meaning.toUpperCase()}`]], [[number, 'urn:scte:scte35:2014:xml+bin'], [number, 'urn:scte:scte35:2013:bin']]];
}
