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
    const result = await runPairedShow({ ladder: LADDER, seconds: 11, killAfterMs: [2500, 3500], withPlayer: missing === undefined });
    expect(result.kills.length).toBeGreaterThan(0);
    for (const rendition of result.renditions) {
      expect(rendition, rendition.name).toMatchObject({ missing: 0, doubled: 0, unreadable: 0 });
      expect(rendition.frames).toBeGreaterThan(11 * 25);
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

  it('both feed both endpoints where that is asked for', { timeout: 120_000 }, async () => {
    const result = await runPairedShow({ ladder: LADDER, seconds: 3, killAfterMs: [60_000, 60_000], mode: 'both', withPlayer: false, whilePaired: async (engines) => {
      // Both have to cut at the same frames.
      for (const { api } of engines) await expect(api.show.idr.mutate()).rejects.toThrow('Two instances carry this event');
    } });
    for (const report of result.reports) {
      const endpoints = report.connections.map(({ rendition, endpoint }) => `${rendition} ${new URL(endpoint).port}`);
      expect(new Set(endpoints).size).toBe(4);
      expect(report.connections.every(({ sentBytes, droppedMs }) => sentBytes > 0 && droppedMs === 0)).toBe(true);
    }
    for (const rendition of result.renditions) expect(rendition).toMatchObject({ missing: 0, doubled: 0, unreadable: 0 });
  });
});
