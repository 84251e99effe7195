// The embedded service hangs, or is killed, under a whole show: the engine goes on, and the archive ends up whole.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli, type CliRun } from '../support/fieldcastCli.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';

let home: string;
beforeAll(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-service-faults-')); });
afterAll(async () => rm(home, { recursive: true, force: true }));

const live = (seconds: number): CliRun => startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json', '--for', `${seconds}s`], { home, timeoutMs: 150_000 });
const services = (): number[] => processesWith(home).filter((one) => one.name === 'service.ts').map((one) => one.pid);

it('a service that hangs for 8 s costs nothing', async () => {
  const run = live(14);
  await run.event('state', (event) => event.state === 'live');
  const pids = services();
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const stoppedMs = performance.now();
  await run.event('warning', (event) => event.failure.code === 'PUBLISH_STALLED');
  const noticedMs = performance.now() - stoppedMs;
  await until(() => performance.now() - stoppedMs > 8_000, 'eight seconds', 20_000);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  const { code, report } = await run.finished;
  console.log(`measured: service stopped for 8 s: noticed after ${(noticedMs / 1000).toFixed(1)} s, reconnects ${report?.connections.map((one) => one.reconnects).join(' ')}, ${report?.verification.join(' ')}`);
  expect({ code, outcome: report?.outcome, verified: report?.verified, missing: report?.encoder?.missing }).toEqual({ code: 0, outcome: 'ended', verified: true, missing: [] });
}, 120_000);

it('a service that is killed is started again, and gets what it had not stored', async () => {
  const run = live(12);
  await run.event('state', (event) => event.state === 'live');
  for (const pid of services()) process.kill(pid, 'SIGKILL');
  await run.event('warning');
  const { code, report } = await run.finished;
  console.log(`measured: service killed: exit ${code}, reconnects ${report?.connections.map((one) => one.reconnects).join(' ')}, ${report?.verification.join(' ')} ${JSON.stringify(report?.failure)} ${JSON.stringify(report?.warnings.map((one) => one.message))}`);
  expect({ code, outcome: report?.outcome, verified: report?.verified, missing: report?.encoder?.missing }).toEqual({ code: 0, outcome: 'ended', verified: true, missing: [] });
}, 120_000);
