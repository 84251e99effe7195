// Processes under the desktop: the real engine, embedded service and reaper, each forked by the "main process" (this test) as Electron
// would fork utility processes. The engine can start none of them by itself here.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serviceDescriptorSchema } from '../../src/contract/embeddedService.ts';
import { connectEngine, type EngineConnection } from '../../src/main/api/client.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { createMemorySecretStore } from '../../src/main/secrets/memorySecretStore.ts';
import { hostEngine, type EngineHost } from '../../src/main/shell/engineHost.ts';
import { hostProcesses, type HostedProcesses } from '../../src/main/shell/hostedProcesses.ts';
import { followShow, type ShowFollower } from '../../src/main/shell/showFollower.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';
import { entryOf, forkUtility, type StandInUtility } from '../support/utilityProcess.ts';

let home: string;
let hosted: HostedProcesses;
let engine: EngineHost;
let follower: ShowFollower | undefined;
const forked: { name: string; child: StandInUtility }[] = [];

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-hosted-'));
  const env = { FIELDCAST_HOME: home, FIELDCAST_SERVICE_LINGER_MS: '60000' };
  const fork = (name: string, args: readonly string[]): StandInUtility => {
    const child = forkUtility(entryOf(name), args, env);
    forked.push({ name, child });
    return child;
  };
  hosted = hostProcesses({ fork, secrets: createMemorySecretStore() });
  engine = hostEngine({
    fork: () => {
      const child = fork('engine', []);
      child.stdout?.resume();
      child.stderr?.pipe(process.stderr);
      hosted.serve(child);
      return child;
    },
  });
});
afterEach(async () => {
  follower?.stop();
  engine.release();
  for (const { name, child } of forked) if (name === 'engine') child.kill('SIGKILL');
  await hosted.close(2000);
  for (const { child } of forked.splice(0)) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

const living = (name: string): StandInUtility[] => forked.filter((one) => one.name === name && one.child.exitCode === null && one.child.signalCode === null).map((one) => one.child);

async function ask<T>(question: (api: EngineConnection['api']) => Promise<T>): Promise<T> {
  const connection = connectEngine(await engine.ready());
  try {
    return await question(connection.api);
  } finally {
    await connection.close();
  }
}

test('the desktop starts the embedded service for the engine, which outlives it and ends in order with the desktop', async () => {
  expect(await ask((api) => api.engine.events.query({ kind: 'embedded' }))).toEqual([]);
  const found = serviceDescriptorSchema.parse(JSON.parse(await readFile(path.join(home, 'service', 'service.json'), 'utf8')));
  expect(living('service').map((one) => one.pid)).toEqual([found.pid]);

  forked.find((one) => one.name === 'engine')?.child.kill('SIGKILL');
  await until(() => living('engine').length === 1 && forked.filter((one) => one.name === 'engine').length === 2, 'another engine');
  expect(await ask((api) => api.engine.events.query({ kind: 'embedded' }))).toEqual([]);
  expect(living('service').map((one) => one.pid), 'the same service, not a second one').toEqual([found.pid]);

  const [service] = living('service');
  await hosted.close(10_000);
  expect(service?.exitCode, 'asked to end, not killed').toBe(0);
  await expect(readFile(path.join(home, 'service', 'service.json'))).rejects.toThrow('ENOENT');
});

test('an engine killed on air leaves no FFmpeg, not even one that hangs, and the next engine takes the show up on air', async () => {
  const states: string[] = [];
  follower = followShow(engine, (state) => states.push(state));
  await ask((api) => api.show.start.mutate({
    video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'embedded' }, ladder: ladderByName('480p'), rehearse: true, keepEvent: false,
  }));
  await until(() => follower?.state === 'rehearsing', 'the rehearsal', 60_000);
  await ask((api) => api.show.goLive.mutate());
  await until(() => follower?.state === 'live', 'the show on air', 30_000);
  expect(living('reaper')).toHaveLength(1);

  const workers = processesWith(home).filter((one) => one.name.startsWith('ffmpeg')).map((one) => one.pid);
  expect(workers.length).toBeGreaterThanOrEqual(3);
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  states.length = 0;
  living('engine')[0]?.kill('SIGKILL');
  await until(() => processesWith(home).every((one) => !workers.includes(one.pid)), 'the end of every worker of the dead engine');

  await until(() => follower?.state === 'live' && states.includes('preparing'), 'the show on air again', 60_000);
  expect(states, 'it was public and stays public').not.toContain('rehearsing');
  await ask((api) => api.show.abort.mutate());
  await until(() => follower?.state === 'failed' || follower?.state === 'ended', 'the end', 30_000);
});
