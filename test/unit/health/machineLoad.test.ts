import { expect, it } from 'vitest';
import { MachineLoad } from '../../../src/main/health/machineLoad.ts';

it('is the share of busy time between two looks, and nothing where no time has passed', () => {
  const looks = [{ busyMs: 1000, allMs: 10_000 }, { busyMs: 1600, allMs: 12_000 }, { busyMs: 1600, allMs: 12_000 }, { busyMs: 1500, allMs: 13_000 }, { busyMs: 9000, allMs: 14_000 }];
  const load = new MachineLoad(() => looks.shift() ?? { busyMs: 0, allMs: 0 });
  expect([load.percent(), load.percent(), load.percent(), load.percent()]).toEqual([30, undefined, 0, 100]);
});

it('reads the counters of this computer', async () => {
  const load = new MachineLoad();
  const until = Date.now() + 10_000;
  let percent = load.percent();
  while (percent === undefined && Date.now() < until) {
    await new Promise((resolve) => { setImmediate(resolve); });
    percent = load.percent();
  }
  expect(percent).toBeGreaterThanOrEqual(0);
  expect(percent).toBeLessThanOrEqual(100);
});
