// The embedded service is slow, hangs, and is killed under one whole show: the engine goes on, and the archive ends up whole.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ShowStats } from '../../src/contract/report.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { processesWith } from '../support/processTree.ts';
import { throttle } from '../support/throttle.ts';
import { until } from '../support/until.ts';

let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-service-faults-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

/** Of the time that a slow service gets. */
const SLOW_SHARE = 0.15;

it('a service that is slow, hangs for 8 s, and is killed costs no frame', async () => {
  const run = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json'], { home, timeoutMs: 150_000 });
  const services = (): number[] => processesWith(home).filter((one) => one.name === 'service.ts').map((one) => one.pid);
  const stats = (): ShowStats[] => run.events.filter((event) => event.type === 'stats');
  const warnings = (code: string): number => run.events.filter((event) => event.type === 'warning' && event.failure.code === code).length;
  const reconnects = (): number => (stats().at(-1)?.connections ?? []).reduce((sum, one) => sum + one.reconnects, 0);
  const queuedMs = (): number => Math.max(...(stats().at(-1)?.connections ?? []).map((one) => one.queuedMs));
  /** Everything flows again and nothing waits; says how long that took. */
  const recovered = async (what: string, fromMs: number): Promise<string> => {
    const seen = stats().length;
    await until(() => stats().length > seen + 1 && stats().at(-1)!.connections.every((one) => one.state === 'publishing') && queuedMs() < 1_500, `recovery from ${what}`, 40_000);
    return `${((performance.now() - fromMs) / 1000).toFixed(1)} s`;
  };
  await run.event('state', (event) => event.state === 'live');

  const engineDescriptors = (): number => processesWith(home).find((one) => one.name === 'engine.ts')?.descriptors ?? Number.NaN;
  const descriptorsBefore = engineDescriptors();
  // Slow: it is stopped for most of each tenth of a second.
  const slowed = services();
  expect(slowed.length).toBeGreaterThan(0);
  const brakes = slowed.map((pid) => throttle(() => pid, SLOW_SHARE));
  const from = stats().length;
  await until(() => stats().length > from + 5, 'five seconds of a slow service', 20_000);
  const slowQueuedMs = queuedMs();
  for (const brake of brakes) brake.release();
  const afterSlow = await recovered('a slow service', performance.now());
  console.log(`measured: service stopped for ${100 - SLOW_SHARE * 100} % of 5 s: at most ${slowQueuedMs} ms queued at its end, recovered after ${afterSlow}, reconnects ${reconnects()}`);

  const hung = services();
  for (const pid of hung) process.kill(pid, 'SIGSTOP');
  const stoppedMs = performance.now();
  const stalls = warnings('PUBLISH_STALLED');
  await until(() => warnings('PUBLISH_STALLED') > stalls, 'the notice of the hang', 20_000);
  const noticedMs = performance.now() - stoppedMs;
  await until(() => performance.now() - stoppedMs > 8_000, 'eight seconds', 20_000);
  for (const pid of hung) process.kill(pid, 'SIGCONT');
  const afterHang = await recovered('a service that hung', performance.now());
  console.log(`measured: service stopped for 8 s: noticed after ${(noticedMs / 1000).toFixed(1)} s, recovered ${afterHang} after it went on, reconnects ${reconnects()}`);

  const before = reconnects();
  const killedMs = performance.now();
  for (const pid of services()) process.kill(pid, 'SIGKILL');
  await until(() => reconnects() > before, 'the connections to a new service', 40_000);
  const afterKill = await recovered('a service that was killed', killedMs);
  // Those of the spool come and go.
  await until(() => engineDescriptors() <= descriptorsBefore + 2, 'every descriptor of the connections that are gone to be closed');
  run.child.kill('SIGINT');
  const { code, report } = await run.finished;
  console.log(`measured: service killed: recovered after ${afterKill}; in all: reconnects ${report?.connections.map((one) => one.reconnects).join(' ')}, ${report?.verification.join(' ')}`);
  expect({ code, outcome: report?.outcome, verified: report?.verified, missing: report?.encoder?.missing }).toEqual({ code: 0, outcome: 'ended', verified: true, missing: [] });
  // The service that was started again ends with the show.
  await until(() => processesWith(home).length === 0, 'the end of every process', 20_000);
}, 170_000);
