import { mkdtemp, readFile, rm, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appendCue, readCues } from '../../../src/main/service/archive/cueFile.ts';
import { CueBoard, eventNumberOf, type Cue } from '../../../src/main/service/packager/cue.ts';
import { withEventMessages } from '../../../src/main/service/packager/eventMessage.ts';
import { dashManifest } from '../../../src/main/service/origin/dashManifest.ts';
import { mediaPlaylist } from '../../../src/main/service/origin/hlsPlaylist.ts';
import { showTracks } from '../../../src/main/service/origin/shownTracks.ts';
import { presentationOf, videoTrackOf } from '../../support/shownPresentation.ts';

const cue = (id: string, seconds: number, more: Partial<Cue> = {}): Cue => (
  { meaning: 'out', id, seconds, durationSeconds: 10, scheme: 'urn:scte:scte35:2013:bin', payload: Uint8Array.of(0xfc, 1), ...more }
);
const board = (): CueBoard => new CueBoard({ maxCues: 5, maxBytes: 1000 });

describe('the cues of a channel', () => {
  it('hold one copy, follow updates until their time, and do not bring back what was withdrawn', () => {
    const cues = board();
    expect(cues.take(cue('a', 20), 5)).toBe(true);
    expect(cues.take(cue('a', 20), 6)).toBe(false);
    expect(cues.take(cue('a', 24), 7)).toBe(true);
    expect(cues.cues.map(({ seconds }) => seconds)).toEqual([24]);
    expect(cues.cancel('a', 8)).toBe(true);
    expect(cues.take(cue('a', 24), 9)).toBe(false);
    expect(cues.take(cue('b', 30), 9)).toBe(true);
    expect(cues.take(cue('b', 60), 31)).toBe(false);
    expect(cues.cancel('b', 31)).toBe(false);
    expect(cues.take(cue('b', 35, { meaning: 'in' }), 31)).toBe(true);
  });

  it('are bounded in number and bytes', () => {
    const cues = board();
    for (let index = 0; index < 50; index += 1) cues.take(cue(`n${index}`, index), 0);
    expect(cues.cues.map(({ id }) => id)).toEqual(['n45', 'n46', 'n47', 'n48', 'n49']);
    cues.take(cue('large', 60, { payload: new Uint8Array(900) }), 0);
    cues.take(cue('large-2', 61, { payload: new Uint8Array(900) }), 0);
    expect(cues.cues.map(({ id }) => id)).toEqual(['large-2']);
  });

  it('survive on disk, also behind a torn line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fieldcast-cues-'));
    try {
      await appendCue(folder, { cue: cue('a', 20) });
      await appendCue(folder, { cue: cue('b', 30, { durationSeconds: undefined, meaning: 'data' }) });
      await appendFile(join(folder, 'cues.jsonl'), '\n{"cue":{"meani');
      await appendCue(folder, { cue: cue('c', 40) });
      await appendCue(folder, { cancelled: 'a' });
      expect((await readCues(folder)).cues).toEqual([cue('b', 30, { durationSeconds: undefined, meaning: 'data', payload: Buffer.from([0xfc, 1]) }), cue('c', 40, { payload: Buffer.from([0xfc, 1]) })]);
      expect((await readFile(join(folder, 'cues.jsonl'), 'utf8')).split('\n')).toHaveLength(6);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('cues for viewers', () => {
  const cues = [cue('b1', 1002), cue('b1', 1006, { meaning: 'in', durationSeconds: undefined }), cue('s', 1003, { meaning: 'data', durationSeconds: undefined, scheme: 'urn:x', payload: Buffer.from('{}') }), cue('old', 100)];
  const track = videoTrackOf(500_000, Array.from({ length: 8 }, (_, index) => [500 + index, (1000 + 2 * index) * 30_000, 60_000] as const));
  const presentation = presentationOf([track], { cues, zeroUtcMs: 0 });
  const shown = showTracks(presentation)!;

  it('are date ranges in HLS, two tags of one range for a break and its end', () => {
    const lines = mediaPlaylist(shown, shown.video[0]!, presentation).split('\n').filter((line) => line.includes('DATERANGE'));
    expect(lines).toEqual([
      '#EXT-X-DATERANGE:ID="b1",CLASS="urn:scte:scte35",START-DATE="1970-01-01T00:16:42.000Z",DURATION=4,PLANNED-DURATION=10,SCTE35-OUT=0xFC01',
      '#EXT-X-DATERANGE:ID="b1",CLASS="urn:scte:scte35",START-DATE="1970-01-01T00:16:42.000Z",DURATION=4,PLANNED-DURATION=10,SCTE35-IN=0xFC01',
      '#EXT-X-DATERANGE:ID="s",CLASS="urn:x",START-DATE="1970-01-01T00:16:43.000Z",X-DATA-BASE64="e30="',
    ]);
  });

  it('are event streams in DASH, relative to their Period', () => {
    const mpd = dashManifest(shown, { isLive: false, zeroUtcMs: 0, windowSeconds: 60, nowUtcMs: 0, cues });
    expect(mpd).toContain(`<EventStream schemeIdUri="urn:scte:scte35:2014:xml+bin" timescale="90000"><Event presentationTime="180000" duration="900000" id="${eventNumberOf(cues[0]!)}"><Signal xmlns="http://www.scte.org/schemas/35/2016"><Binary>/AE=</Binary></Signal></Event>`);
    expect(mpd).toContain(`<EventStream schemeIdUri="urn:x" timescale="90000"><Event presentationTime="270000" id="${eventNumberOf(cues[2]!)}" contentEncoding="base64">e30=</Event></EventStream>`);
    expect(mpd).toContain('<InbandEventStream schemeIdUri="urn:scte:scte35:2013:bin" value=""/>');
  });

  it('stand in segments before the media, with the time of the track', () => {
    const styp = Buffer.from([0, 0, 0, 8, ...Buffer.from('styp')]);
    const moof = Buffer.from([0, 0, 0, 8, ...Buffer.from('moof')]);
    const segment = Buffer.from(withEventMessages(Buffer.concat([styp, moof]), [cues[0]!], 30_000));
    const box = segment.subarray(8, segment.length - 8);
    expect(box.readUInt32BE(0)).toBe(box.length);
    expect(box.toString('latin1', 4, 8)).toBe('emsg');
    expect([box.readUInt8(8), box.readUInt32BE(12), box.readBigUInt64BE(16), box.readUInt32BE(24)]).toEqual([1, 30_000, 30_060_000n, 300_000]);
    expect(box.toString('latin1', 32)).toBe('urn:scte:scte35:2013:bin\0\0\u00FC\u0001');
  });
});
