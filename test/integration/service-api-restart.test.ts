// What outlives the process: clean restarts, operations cut in half, and kill -9 at random moments of a random sequence of SDK calls.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRestError } from '@azure/core-rest-pipeline';
import { openStore } from '../../src/main/service/store.ts';
import { RECORDING_ENTRY, readServiceDescriptor, type ServiceProcess, spawnService, startTestService, temporaryHome, toolsOf } from '../support/embeddedService.ts';
import { RecordingPlane } from '../support/recordingPlane.ts';
import { until } from '../support/until.ts';

const quick = { updateIntervalInMs: 10 };
const rtmp = { location: 'Local', input: { streamingProtocol: 'RTMP' } };
const output = (assetName: string) => ({ assetName, archiveWindowLength: 'PT1H', manifestName: 'm' });

let home: Awaited<ReturnType<typeof temporaryHome>>;
beforeEach(async () => { home = await temporaryHome(); });
/** Ended whatever becomes of the test. */
let killed: ServiceProcess | undefined;
afterEach(async () => {
  killed?.child.kill('SIGKILL');
  await killed?.exited;
  killed = undefined;
  await home.remove();
});

describe('a restart', () => {
  it('keeps everything: names, token, ports, authority; and opens again what ran', async () => {
    const first = await startTestService(home.home);
    const { client, scope } = first;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, { ...quick, autoStart: true });
    await client.liveEvents.beginCreateAndWait(...scope, 'e2', rtmp, quick);
    await client.assets.createOrUpdate(...scope, 'a1', {});
    await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output('a1'), quick);
    const locator = await client.streamingLocators.create(...scope, 'l1', { assetName: 'a1', streamingPolicyName: 'Predefined_ClearStreamingOnly' });
    await client.streamingEndpoints.beginStartAndWait(...scope, 'default', quick);
    const before = await client.liveEvents.get(...scope, 'e1');
    const spec = first.plane.channels.get('e1');
    await first.stop();

    const second = await startTestService(home.home);
    const { instanceId, startedAtUtc, ...kept } = first.descriptor;
    expect(second.descriptor).toMatchObject(kept);
    expect(second.descriptor.instanceId).not.toBe(instanceId);
    expect(second.ca).toBe(first.ca);
    // The old client goes on against the new process.
    expect(await client.liveEvents.get(...scope, 'e1')).toEqual(before);
    expect((await client.liveEvents.get(...scope, 'e2')).resourceState).toBe('Stopped');
    expect([...second.plane.channels.values()]).toEqual([spec]);
    expect([...second.plane.outputs.keys()]).toEqual(['e1/o1']);
    expect((await client.streamingLocators.get(...scope, 'l1')).streamingLocatorId).toBe(locator.streamingLocatorId);
    expect((await client.streamingEndpoints.get(...scope, 'default')).resourceState).toBe('Running');
    await second.stop();
    expect(startedAtUtc).not.toBe(second.descriptor.startedAtUtc);
  });

  it('shows what cannot be opened again as it is: a stopped event, a failed output', async () => {
    const first = await startTestService(home.home);
    const { client, scope } = first;
    for (const name of ['e1', 'e2']) await client.liveEvents.beginCreateAndWait(...scope, name, rtmp, { ...quick, autoStart: true });
    await client.assets.createOrUpdate(...scope, 'a1', {});
    await client.liveOutputs.beginCreateAndWait(...scope, 'e2', 'o1', output('a1'), quick);
    await first.stop();
    const plane = new RecordingPlane();
    plane.fault = async (call, name) => {
      if (name === 'e1' || call === 'startOutput') throw new Error('not again');
    };
    const second = await startTestService(home.home, {}, { plane });
    expect((await client.liveEvents.get(...scope, 'e1')).resourceState).toBe('Stopped');
    expect((await client.liveEvents.get(...scope, 'e2')).resourceState).toBe('Running');
    expect((await client.liveOutputs.get(...scope, 'e2', 'o1')).provisioningState).toBe('Failed');
    await second.stop();
  });

  it('does not wait for ever for a media half that hangs, neither in an operation nor at a start', async () => {
    const first = await startTestService(home.home, {}, { planeTimeoutMs: 100 });
    const { client, scope } = first;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, quick);
    first.plane.fault = () => new Promise(() => undefined);
    await expect(client.liveEvents.beginStartAndWait(...scope, 'e1', quick)).rejects.toThrow(/did not open the live event within/);
    expect((await client.liveEvents.get(...scope, 'e1')).resourceState).toBe('Stopped');
    first.plane.fault = async () => undefined;
    await client.liveEvents.beginStartAndWait(...scope, 'e1', quick);
    await first.stop();
    const plane = new RecordingPlane();
    plane.fault = () => new Promise(() => undefined);
    const second = await startTestService(home.home, {}, { plane, planeTimeoutMs: 100 });
    expect((await client.liveEvents.get(...scope, 'e1')).resourceState).toBe('Stopped');
    await second.stop();
  });

  it('removes the files of a deleted asset also when the process ended before it could', async () => {
    const first = await startTestService(home.home);
    await first.client.assets.createOrUpdate(...first.scope, 'a1', {});
    await first.stop();
    const assets = join(home.home, 'service/assets');
    const [container = ''] = readdirSync(assets);
    // The state that a kill between commit and removal leaves.
    const store = openStore(join(home.home, 'service/service.db'));
    store.transaction(() => {
      store.assets.remove({ name: 'a1' });
      store.removals.insert({ container });
    });
    store.close();
    const second = await startTestService(home.home);
    expect(readdirSync(assets)).toEqual([]);
    await second.stop();
  });

  it('refuses a state of a newer version, and one that is no database', async () => {
    const path = join(home.home, 'service/service.db');
    const store = openStore(path);
    store.close();
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(startTestService(home.home)).rejects.toMatchObject({ code: 'SERVICE_STORE_NEWER' });
    const { writeFile } = await import('node:fs/promises');
    await writeFile(path, 'this is no database, but it is long enough to have been one'.repeat(100));
    await expect(startTestService(home.home)).rejects.toMatchObject({ code: 'SERVICE_STORE_DAMAGED' });
  });
});

describe('kill -9', () => {
  it('leaves a state that the next start brings in order, whenever it comes', async () => {
    const random = mulberry32(20_251_120);
    let cut = 0;
    /** What the service has acknowledged as there; the rest may be there or not. */
    const certain = { events: new Set<string>(), assets: new Set<string>() };
    for (let round = 0; round < 8; round += 1) {
      const service = await spawnService(RECORDING_ENTRY, home.home, undefined, { RECORDING_PLANE_DELAY_MS: '12' });
      killed = service;
      expect(service.said['type']).toBe('ready');
      const tools = toolsOf(await readServiceDescriptor(home.home));
      if (round > 0) await checkInvariants(tools, certain);
      const { child } = service;
      // 0.1 to 0.6 s into the sequence: most kills hit an operation that is under way.
      const killer = setTimeout(() => child.kill('SIGKILL'), 100 + Math.floor(random() * 500));
      await randomCalls(tools, certain, random, () => child.signalCode === null && child.exitCode === null);
      clearTimeout(killer);
      child.kill('SIGKILL');
      expect(await service.exited).toBe('SIGKILL');
      cut += operationsLeftOpen(home.home);
    }
    // Else the test has not tested what it says.
    expect(cut, 'operations cut in half').toBeGreaterThan(2);
    const service = await spawnService(RECORDING_ENTRY, home.home);
    killed = service;
    const tools = toolsOf(await readServiceDescriptor(home.home));
    await checkInvariants(tools, certain);
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(existsSync(join(home.home, 'service/service.json'))).toBe(false);
    // A clean end: nothing is left to be finished.
    expect(operationsLeftOpen(home.home)).toBe(0);
  });
});

function operationsLeftOpen(of: string): number {
  const store = openStore(join(of, 'service/service.db'));
  const count = store.operations.count({ status: 'InProgress' });
  store.close();
  return count;
}

type Tools = ReturnType<typeof toolsOf>;
type Certain = { readonly events: Set<string>; readonly assets: Set<string> };

/** Random calls until the service is gone or enough is done. Refusals are part of it; anything else but a lost connection is an error. */
async function randomCalls({ client, scope }: Tools, certain: Certain, random: () => number, alive: () => boolean): Promise<void> {
  const pick = (names: readonly string[]): string => names[Math.floor(random() * names.length)] ?? '';
  const events = ['e1', 'e2', 'e3'];
  for (let step = 0; step < 60 && alive(); step += 1) {
    const event = pick(events);
    const asset = `a${Math.floor(random() * 12)}`;
    const calls: Record<string, () => Promise<unknown>> = {
      create: async () => {
        await client.liveEvents.beginCreateAndWait(...scope, event, rtmp, { ...quick, autoStart: random() < 0.5 });
        certain.events.add(event);
      },
      start: () => client.liveEvents.beginStartAndWait(...scope, event, quick),
      stop: () => client.liveEvents.beginStopAndWait(...scope, event, { removeOutputsOnStop: random() < 0.7 }, quick),
      reset: () => client.liveEvents.beginResetAndWait(...scope, event, quick),
      drop: async () => {
        certain.events.delete(event);
        await client.liveEvents.beginDeleteAndWait(...scope, event, quick);
      },
      asset: async () => {
        await client.assets.createOrUpdate(...scope, asset, {});
        certain.assets.add(asset);
      },
      record: () => client.liveOutputs.beginCreateAndWait(...scope, event, `o${Math.floor(random() * 3)}`, output(asset), quick),
      end: () => client.liveOutputs.beginDeleteAndWait(...scope, event, `o${Math.floor(random() * 3)}`, quick),
      locate: () => client.streamingLocators.create(...scope, `l-${asset}`, { assetName: asset, streamingPolicyName: 'Predefined_ClearStreamingOnly' }),
      erase: async () => {
        certain.assets.delete(asset);
        await client.assets.delete(...scope, asset);
      },
    };
    const kind = pick(['create', 'create', 'start', 'start', 'stop', 'reset', 'drop', 'asset', 'asset', 'record', 'record', 'record', 'end', 'locate', 'erase']);
    try {
      await calls[kind]?.();
    } catch (error) {
      const lost = isRestError(error) && error.statusCode === undefined;
      const refused = isRestError(error) && error.statusCode !== undefined && error.statusCode < 500;
      if (!lost && !refused) throw error;
      if (lost) return;
      // A refused delete has deleted nothing; whether the thing is there is asked below.
      if (kind === 'drop' && isRestError(error) && error.statusCode === 409) certain.events.add(event);
      if (kind === 'erase' && isRestError(error) && error.statusCode === 409) certain.assets.add(asset);
    }
  }
}

/** After a start: no operation stands still, states agree with each other and with what the media half was asked. */
async function checkInvariants({ client, scope, descriptor }: Tools, certain: Certain): Promise<void> {
  const assetNames = new Map<string, string>();
  for await (const one of client.assets.list(...scope)) assetNames.set(one.name ?? '', one.container ?? '');
  for (const name of certain.assets) expect(assetNames.has(name), `asset ${name}`).toBe(true);
  const folders = readdirSync(join(homeOf(descriptor.caPath), 'service/assets'));
  // A folder may be missing only where the process died between commit and mkdir; no folder is left of a deleted asset.
  for (const folder of folders) expect([...assetNames.values()], `folder ${folder}`).toContain(folder);
  for await (const locator of client.streamingLocators.list(...scope)) expect(assetNames.has(locator.assetName ?? '')).toBe(true);

  const settled = async (): Promise<boolean> => {
    for await (const event of client.liveEvents.list(...scope)) if (event.provisioningState !== 'Succeeded') return false;
    return true;
  };
  await until(settled, 'the end of all operations that were left open');
  const journal = readFileSync(join(homeOf(descriptor.caPath), 'plane.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { call: string; name: string; pid: number });
  const open = new Set<string>();
  const recording = new Set<string>();
  for (const { call, name, pid } of journal) {
    if (pid !== descriptor.pid) continue;
    if (call === 'openChannel') open.add(name);
    if (call === 'closeChannel') open.delete(name);
    if (call === 'startOutput') recording.add(name);
    if (call === 'stopOutput') recording.delete(name);
  }
  const names = new Set<string>();
  const used = new Set<string>();
  for await (const event of client.liveEvents.list(...scope)) {
    const name = event.name ?? '';
    names.add(name);
    expect(['Running', 'Stopped'], `state of ${name}`).toContain(event.resourceState);
    expect(open.has(name), `channel of ${name}, which is ${String(event.resourceState)}`).toBe(event.resourceState === 'Running');
    for await (const one of client.liveOutputs.list(...scope, name)) {
      expect(one).toMatchObject({ resourceState: 'Running', provisioningState: 'Succeeded' });
      expect(assetNames.has(one.assetName ?? '')).toBe(true);
      expect(used.has(one.assetName ?? ''), `asset ${String(one.assetName)} is recorded once`).toBe(false);
      used.add(one.assetName ?? '');
      expect(recording.has(`${name}/${one.name ?? ''}`), `recording of ${name}/${one.name ?? ''}`).toBe(event.resourceState === 'Running');
      recording.delete(`${name}/${one.name ?? ''}`);
    }
  }
  expect([...recording], 'recordings without a live output').toEqual([]);
  for (const name of certain.events) expect(names.has(name), `event ${name}`).toBe(true);
}

function homeOf(caPath: string): string {
  return join(caPath, '../../..');
}

/** Small seeded generator, so that a failure can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
