import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReceivedTrack } from '../../../src/contract/report.ts';
import { createTimeline, type FrameIndex } from '../../../src/main/media/timeline.ts';
import { DeliveryLedger } from '../../../src/main/show/deliveryLedger.ts';
import type { MediaPacket } from '../../../src/main/media/packets.ts';

const timeline = createTimeline(1_700_000_000, { num: 30, den: 1 }, 2);
const ladder = {
  name: 'two', frameRate: timeline.frameRate, gopSeconds: 2, audioKbps: 128,
  renditions: [{ name: 'high', width: 640, height: 360, declaredKbps: 600 }, { name: 'low', width: 320, height: 180, declaredKbps: 300 }],
};
const start = 6000;
const end = start + 600;
const video = (rendition: string, frame: number): MediaPacket =>
  ({ kind: 'video', rendition, frame: frame as FrameIndex, decodeFrame: frame as FrameIndex, isIdr: frame % 60 === 0, isReference: true, data: new Uint8Array() });

/** 20 s of both renditions and the sound: `isLost` is asked where a frame got lost. */
function ledgerOf(isLost: (track: string, second: number) => 'encoder' | 'queue' | 'network' | undefined): DeliveryLedger {
  const ledger = new DeliveryLedger(timeline, ladder, start);
  for (const rendition of ['high', 'low']) {
    for (let frame = start; frame < end; frame += 1) {
      const lost = isLost(rendition, (frame - start) / 30);
      if (lost !== 'encoder') ledger.encoded(video(rendition, frame));
      if (lost !== 'encoder' && lost !== 'queue') ledger.sent(rendition, { kind: 'video', frame: frame as FrameIndex });
      if (lost === undefined) ledger.arrived(rendition, { kind: 'video', frame: frame as FrameIndex });
    }
    for (let frame = Math.ceil(200 * 46.875); frame < 220 * 46.875; frame += 1) {
      ledger.encoded({ kind: 'audio', frame, data: new Uint8Array() } as unknown as MediaPacket);
      const lost = isLost(`audio of ${rendition}`, frame / 46.875 - 200);
      if (lost !== 'queue') ledger.sent(rendition, { kind: 'audio', frame } as unknown as MediaPacket);
      if (lost === undefined) ledger.arrived(rendition, { kind: 'audio', frame } as unknown as MediaPacket);
    }
  }
  return ledger;
}
const inside = (second: number, from: number, to: number): boolean => second >= from && second < to;

describe('ledger of deliveries', () => {
  it('has nothing to tell of a show that went well, also while sound is in the encoder', () => {
    expect(ledgerOf(() => undefined).undelivered(end, [])).toEqual([]);
  });

  it('tells time, cause and frames for each track', () => {
    const told = ledgerOf((track, second) => (track === 'high' && inside(second, 4, 8) ? 'network' : track === 'low' && inside(second, 10, 10.5) ? 'encoder' : undefined)).undelivered(end, []);
    expect(told).toEqual([
      { track: 'high', cause: 'network', fromSeconds: 204, toSeconds: 208, fromUtc: '2023-11-14T22:16:44.000Z', toUtc: '2023-11-14T22:16:48.000Z', frames: 120 },
      { track: 'low', cause: 'encoder', fromSeconds: 210, toSeconds: 210.5, fromUtc: '2023-11-14T22:16:50.000Z', toUtc: '2023-11-14T22:16:50.500Z', frames: 15 },
    ]);
  });

  it('knows sound as delivered when one connection carried it', () => {
    const oneLine = ledgerOf((track, second) => (track === 'audio of high' && inside(second, 4, 8) ? 'network' : undefined));
    expect(oneLine.undelivered(end, [])).toEqual([]);
    const [told, ...rest] = ledgerOf((track, second) => (track.startsWith('audio') && inside(second, 4, 8) ? 'network' : undefined)).undelivered(end, []);
    expect(rest).toEqual([]);
    expect(told).toMatchObject({ track: 'audio', cause: 'network' });
    expect(told?.frames).toBeGreaterThan(185);
  });

  it('does not count what was made before the first connection stood', () => {
    expect(ledgerOf((_, second) => (second < 2 ? 'network' : undefined)).undelivered(end, [])).toEqual([]);
    const late = ledgerOf((track, second) => (track === 'high' && second < 2 ? 'network' : undefined)).undelivered(end, []);
    expect(late).toMatchObject([{ track: 'high', fromSeconds: 200, toSeconds: 202, frames: 60 }]);
  });

  it('believes what is served: another instance may have filled a gap, and the service may have lost what it took', () => {
    const served = (track: string, kind: 'video' | 'audio', gaps: ReceivedTrack['gaps'] = [], lastSeconds = 220): ReceivedTrack =>
      ({ track, kind, frames: 0, firstSeconds: 200, lastSeconds: lastSeconds - (kind === 'video' ? 1 / 30 : 1 / 46.875), gaps, overlaps: [] });
    const ledger = ledgerOf((track, second) => (track === 'high' && inside(second, 4, 8) ? 'network' : undefined));
    expect(ledger.undelivered(end, [served('video_600000', 'video'), served('video_300000', 'video'), served('audio_128000', 'audio')])).toEqual([]);
    const told = ledger.undelivered(end, [
      served('video_600000', 'video', [{ atSeconds: 204, lengthSeconds: 6 }]), served('video_300000', 'video', [], 218), served('audio_128000', 'audio'),
    ]);
    expect(told.map(({ track, cause, fromSeconds, toSeconds, frames }) => [track, cause, fromSeconds, toSeconds, frames])).toEqual([
      ['high', 'network', 204, 208, 120], ['high', 'ingest', 208, 210, 60], ['low', 'ingest', 218, 220, 60],
    ]);
  });

  it('counts everything where nothing was ever taken, and what is on its way while the show runs', () => {
    const told = ledgerOf(() => 'network').undelivered(undefined, []);
    expect(told.map(({ track, frames }) => [track, frames])).toEqual([['high', 600], ['low', 600], ['audio', 938]]);
  });

  it('names the last place that each missing frame has reached, and every one once', () => {
    const ledger = ledgerOf((track, second) => {
      if (track !== 'high') return undefined;
      if (inside(second, 2, 3)) return 'encoder';
      if (inside(second, 3, 5)) return 'queue';
      return inside(second, 5, 6) ? 'network' : undefined;
    });
    const served = (track: string, kind: 'video' | 'audio', gaps: ReceivedTrack['gaps'] = []): ReceivedTrack => (
      { track, kind, frames: 0, firstSeconds: 200, lastSeconds: 220 - (kind === 'video' ? 1 / 30 : 1 / 46.875), gaps, overlaps: [] });
    const received = [served('video_600000', 'video', [{ atSeconds: 202, lengthSeconds: 5 }]), served('video_300000', 'video'), served('audio_128000', 'audio')];
    expect(ledger.undelivered(end, received).map(({ cause, frames }) => [cause, frames])).toEqual([['encoder', 30], ['queue', 60], ['network', 30], ['ingest', 30]]);
    expect(ledger.undelivered(end, received, true).at(-1)).toMatchObject({ cause: 'archive', fromSeconds: 206, toSeconds: 207 });
  });

  it('accounts for all that is missing, whatever got lost where: the places add up to the gaps', () => {
    const places = [undefined, 'encoder', 'queue', 'network'] as const;
    fc.assert(fc.property(fc.array(fc.constantFrom(...places), { minLength: 20, maxLength: 20 }), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (bySecond, notServed) => {
      const ledger = ledgerOf((track, second) => (track === 'high' ? bySecond[Math.floor(second)] : undefined));
      // The archive may lack more than the connections know of, and have what another instance has delivered.
      const gaps = notServed.flatMap((isMissing, second) => (isMissing ? [{ atSeconds: 200 + second, lengthSeconds: 1 }] : []));
      const received: ReceivedTrack[] = [{ track: 'video_600000', kind: 'video', frames: 0, firstSeconds: 200, lastSeconds: 220 - 1 / 30, gaps, overlaps: [] }];
      const told = ledger.undelivered(end, received).filter(({ track }) => track === 'high');
      // Before the first arrival of any rendition is before the stream; the other one arrives from the start.
      expect(told.reduce((sum, { frames }) => sum + frames, 0)).toBe(gaps.length * 30);
    }), { numRuns: 60 });
  });

  it('stays short on a network that loses every second frame for hours', () => {
    const ledger = new DeliveryLedger(timeline, ladder, start);
    for (let frame = start; frame < start + 400_000; frame += 1) {
      ledger.encoded(video('high', frame));
      if (frame % 300 < 100) ledger.arrived('high', { kind: 'video', frame: frame as FrameIndex });
    }
    const told = ledger.undelivered(undefined, []);
    expect(told.length).toBeLessThanOrEqual(2000);
    expect(told.filter(({ track }) => track === 'high').reduce((sum, { frames }) => sum + frames, 0)).toBe(266_600);
  });
});
