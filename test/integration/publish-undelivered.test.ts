// What a cut cost is known by time range: the report says the same as the archive does, and when it was.
import { afterEach, describe, expect, it } from 'vitest';
import { startProxiedShow, type ProxiedShow } from '../support/proxiedShow.ts';
import { until } from '../support/until.ts';

let show: ProxiedShow | undefined;
afterEach(async () => {
  await show?.close();
  show = undefined;
});

const programSeconds = (one: ProxiedShow): number => one.latestStats()?.programSeconds ?? 0;

describe('a show to a service that wants no backlog', () => {
  it('reports every frame that a cut of the network cost, with its time and cause', async () => {
    show = await startProxiedShow({ burstWelcome: false });
    const one = show;
    await until(() => programSeconds(one) > 3, 'three seconds of program');
    const cutAt = Date.now();
    for (const proxy of one.proxies) proxy.cut(true);
    const from = programSeconds(one);
    await until(() => programSeconds(one) > from + 3, 'three seconds without a network');
    for (const proxy of one.proxies) proxy.cut(false);
    await until(() => one.latestStats()?.connections.every(({ state, queuedMs }) => state === 'publishing' && queuedMs < 1500) === true, 'every connection to be well again');
    const wellAt = Date.now();
    const back = programSeconds(one);
    await until(() => programSeconds(one) > back + 2, 'two more seconds');
    const report = await one.end();
    expect(report.outcome).toBe('ended');
    for (const { name, kbps, track, framesPerSecond } of [
      { name: '180p', kbps: 500, track: 'video', framesPerSecond: 25 }, { name: '108p', kbps: 200, track: 'video', framesPerSecond: 25 },
      { name: 'audio', kbps: 64, track: 'audio', framesPerSecond: 46.875 },
    ]) {
      const gaps = report.received.find((received) => received.track === `${track}_${kbps * 1000}`)?.gaps ?? [];
      const lostFrames = gaps.reduce((sum, { lengthSeconds }) => sum + Math.round(lengthSeconds * framesPerSecond), 0);
      const told = report.undelivered.filter((undelivered) => undelivered.track === name);
      expect(lostFrames, name).toBeGreaterThan(2 * framesPerSecond);
      expect(told.reduce((sum, { frames }) => sum + frames, 0), name).toBe(lostFrames);

      // Most of it never left this computer; what was on its way is lost with the network. The encoder and the service have lost nothing.
      expect(told.map(({ cause }) => cause)).toContain('queue');
      expect(told.every(({ cause }) => cause === 'queue' || cause === 'network')).toBe(true);
      for (const { fromUtc, toUtc } of told) {
        expect(Date.parse(fromUtc)).toBeGreaterThan(cutAt - 3_000);
        expect(Date.parse(toUtc)).toBeLessThan(wellAt + 2_000);
      }
    }
  }, 90_000);
});
