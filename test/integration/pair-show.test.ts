// The pair, whole and short: two engines on one event, each killed once with all its workers; no frame is missing and a player never stops.
// The long run with random moments is `npm run bench pair`.
import { describe, expect, it } from 'vitest';
import { chromiumMissing } from '../support/chromium.ts';
import { runPairedShow } from '../support/pairedShow.ts';

const LADDER = {
  name: 'small', frameRate: { num: 25, den: 1 }, gopSeconds: 1, audioKbps: 64,
  renditions: [{ name: '180p', width: 320, height: 180, declaredKbps: 500 }, { name: '108p', width: 192, height: 108, declaredKbps: 200 }],
};
const missing = chromiumMissing();

describe('two instances on one event', () => {
  it(`lose no frame when one is killed, and viewers see nothing of it${missing === undefined ? '' : ` (without a player: ${missing})`}`, { timeout: 180_000 }, async () => {
    const result = await runPairedShow({ ladder: LADDER, seconds: 5, killAfterMs: [1500, 2500], withPlayer: missing === undefined });
    expect(result.kills.length).toBeGreaterThan(0);
    for (const rendition of result.renditions) {
      expect(rendition, rendition.name).toMatchObject({ missing: 0, doubled: 0, unreadable: 0 });
      expect(rendition.frames).toBeGreaterThan(5 * 25);
    }
    expect(result.holes).toBe(0);
    expect(result.left, 'events that nobody stops').toEqual([]);
    expect(result.unfinished, 'shows to be taken up').toBe(0);
    const [first, last] = result.reports;
    expect(first).toMatchObject({ outcome: 'ended', pair: { partnerSeen: true } });
    expect(last).toMatchObject({ outcome: 'ended', verified: true, pair: { partnerSeen: true } });
    expect(last?.pair?.filledByPartner.some(({ frames }) => frames > 0)).toBe(true);
    const changes = result.events.filter((event) => event.type === 'pair').map(({ change }) => change);
    expect(changes).toContain('partner-here');
    expect(changes).toContain('ours');
    expect(result.events.filter((event) => event.type === 'stats').some(({ pair }) => pair?.partner?.isPresent === true && pair.endpoint !== pair.partner.endpoint)).toBe(true);
    if (result.player === undefined) return;
    expect(result.player.standstills).toEqual([]);
    expect(result.player.playedMs / result.player.watchedMs).toBeGreaterThan(0.95);
  });

  it('go on by themselves when both are killed at once and started again, on both endpoints; what is lost is one hole, the same in all tracks, and stated', { timeout: 150_000 }, async () => {
    const result = await runPairedShow({ ladder: LADDER, seconds: 4, killAfterMs: [1500, 2000], killsBoth: true, mode: 'both', withPlayer: false });
    expect(result.kills.map(({ instance }) => instance)).toEqual(['a and b']);
    const [top, low] = result.renditions;
    for (const rendition of result.renditions) {
      expect(rendition, rendition.name).toMatchObject({ doubled: 0, unreadable: 0 });
      expect(rendition.missing).toBeGreaterThan(0);
      // Whole GOPs behind the one that was being sent.
      expect(Math.abs(rendition.missing - top!.missing)).toBeLessThan(25);
    }
    expect(result.left, 'events that nobody stops').toEqual([]);
    expect(result.unfinished, 'shows to be taken up').toBe(0);
    for (const report of result.reports) {
      const endpoints = report.connections.map(({ rendition, endpoint }) => `${rendition} ${new URL(endpoint).port}`);
      expect(new Set(endpoints).size).toBe(4);
      expect(report.connections.every(({ sentBytes, droppedMs }) => sentBytes > 0 && droppedMs === 0)).toBe(true);
      expect(report).toMatchObject({ outcome: 'ended', pair: { partnerSeen: true } });
    }
    // The report of the last one reads the whole recording back: the hole is in it, with its place and length.
    const stated = result.reports.at(-1)!.received.filter(({ kind }) => kind === 'video').map(({ gaps }) => Math.round(gaps.reduce((sum, { lengthSeconds }) => sum + lengthSeconds, 0) * 25));
    expect(stated).toEqual([top!.missing, low!.missing]);
    const changes = result.events.filter((event) => event.type === 'pair').map(({ change }) => change);
    expect(changes.filter((change) => change === 'ours').length).toBeGreaterThan(0);
  });
});
