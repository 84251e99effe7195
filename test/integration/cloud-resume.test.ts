// Long operations outside a show when the engine is killed in between: the next engine takes up what was sent, and sends nothing twice.
// Real engine processes and the real SDK against the scripted API, whose operations end when the test says so.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TIMELINE_ZERO_TAG } from '../../src/contract/eventTags.ts';
import type { EngineClient } from '../../src/main/api/client.ts';
import { startEngineProcess, type EngineProcess } from '../../src/main/cli/engineProcess.ts';
import { armNames, ArmServer } from '../support/armServer.ts';
import { temporaryHome } from '../support/embeddedService.ts';
import { until } from '../support/until.ts';

const ENTRY = fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url));
const NEVER = 1e9;
const EVENTS = { stop: 'Running', standby: 'Stopped', reset: 'Running', delete: 'Stopped' } as const;
const ENDPOINTS = {
  starting: { was: 'Stopped', change: { run: true } }, stopping: { was: 'Running', change: { run: false } }, scaled: { was: 'Running', change: { scaleUnits: 3 } },
  cdn: { was: 'Running', change: { cdn: true } }, resting: { was: 'Stopped', change: { cdn: true } },
} as const;

let home: Awaited<ReturnType<typeof temporaryHome>>;
let server: ArmServer;
let engine: EngineProcess | undefined;

beforeAll(() => { process.env['FIELDCAST_ARM_TOKEN'] = 'opaque-bearer-token-0123456789'; });
afterAll(() => { delete process.env['FIELDCAST_ARM_TOKEN']; });
beforeEach(async () => {
  home = await temporaryHome();
  server = await ArmServer.listen();
  for (const [name, state] of Object.entries(EVENTS)) {
    const event = server.state.newEvent(name, { name, tags: { [TIMELINE_ZERO_TAG]: '1795000000' }, properties: { input: { streamingProtocol: 'RTMP', accessToken: '0'.repeat(32) }, preview: {} } });
    if (state === 'Running') server.state.run(event);
    else server.state.setState(event, state);
  }
  for (const [name, { was }] of Object.entries(ENDPOINTS)) {
    server.state.endpoints.set(name, { name, location: 'West Europe', properties: { resourceState: was, hostName: `${name}.example.net`, scaleUnits: 1, cdnEnabled: false } });
  }
});
afterEach(async () => {
  await engine?.shutdown();
  engine = undefined;
  await server.close();
  await home.remove();
});

function destination() {
  const { subscriptionId, resourceGroup, accountName } = armNames;
  return { kind: 'arm' as const, address: `arm:${server.endpoint}/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Media/mediaservices/${accountName}` };
}

/** Every kind of long operation at once, each on a resource of its own. */
function everything(api: EngineClient): readonly Promise<unknown>[] {
  const on = { destination: destination() };
  return [
    api.engine.stopEvent.mutate({ ...on, eventName: 'stop' }),
    api.engine.actOnEvent.mutate({ ...on, eventName: 'standby', act: { action: 'standBy' } }),
    api.engine.actOnEvent.mutate({ ...on, eventName: 'reset', act: { action: 'reset' } }),
    api.engine.actOnEvent.mutate({ ...on, eventName: 'delete', act: { action: 'delete' } }),
    ...Object.entries(ENDPOINTS).map(async ([name, { change }]) => api.engine.changeEndpoint.mutate({ ...on, change: { name, ...change } })),
  ];
}

/** Method and path of what changed something, in a fixed order. */
function changes(): string[] {
  return server.requests.filter(({ method }) => method !== 'GET').map(({ method, path: at }) => `${method} ${at}`).toSorted();
}

const FIRST = [
  'DELETE liveevents/delete', 'PATCH streamingendpoints/resting', 'POST liveevents/reset/reset', 'POST liveevents/standby/allocate', 'POST liveevents/stop/stop',
  'POST streamingendpoints/cdn/stop', 'POST streamingendpoints/scaled/scale', 'POST streamingendpoints/starting/start', 'POST streamingendpoints/stopping/stop',
];

/** Begins everything in one engine, and kills it once all of it is under way and written down. */
async function killedInBetween(): Promise<void> {
  server.pollsPerOperation = NEVER;
  const killed = engine = await startEngineProcess({ entry: ENTRY, home: home.home });
  const begun = Promise.allSettled(everything(killed.api));
  await until(async () => {
    const records = await readRecords();
    return records.length === FIRST.length && records.every(({ trace }) => trace?.token !== undefined);
  }, 'a record of everything, with its operation', 20_000);
  process.kill(killed.pid ?? 0, 'SIGKILL');
  await killed.exited;
  await killed.shutdown();
  engine = undefined;
  await begun;
  expect(changes()).toEqual(FIRST);
}

async function readRecords(): Promise<{ readonly file: string; readonly trace?: { readonly attempt: string; readonly token?: string } }[]> {
  const dir = path.join(home.home, 'operations');
  const names = (await readdir(dir).catch((): string[] => [])).filter((name) => name.endsWith('.json'));
  return Promise.all(names.map(async (name) => ({ file: path.join(dir, name), ...JSON.parse(await readFile(path.join(dir, name), 'utf8')) as object })));
}

function states(): Record<string, unknown> {
  return Object.fromEntries([...server.state.events, ...server.state.endpoints].map(([name, { properties }]) => [name, properties['resourceState']]));
}
const REACHED = { stop: 'Stopped', standby: 'StandBy', reset: 'Running', default: 'Stopped', starting: 'Running', stopping: 'Stopped', scaled: 'Running', cdn: 'Running', resting: 'Stopped' };

describe('an engine that is killed during long operations', () => {
  it('has its successor name them, take them up without sending them again, and do what was left to do', { timeout: 60_000 }, async () => {
    await killedInBetween();
    engine = await startEngineProcess({ entry: ENTRY, home: home.home });
    const operations = await engine.api.engine.operations.query();
    expect(operations.map(({ again }) => again.replace(/--destination \S+/, '').replace(/ +/g, ' ')).toSorted()).toEqual([
      'fieldcast endpoints --name cdn --start --cdn on', 'fieldcast endpoints --name resting --stop --cdn on', 'fieldcast endpoints --name scaled --start --scale 3',
      'fieldcast endpoints --name starting --start', 'fieldcast endpoints --name stopping --stop',
      'fieldcast events --delete delete', 'fieldcast events --reset reset', 'fieldcast events --stand-by standby', 'fieldcast events --stop stop',
    ]);
    const asked = server.requests.length;
    for (const operation of server.state.operations.values()) operation.pollsLeft = 2;
    server.pollsPerOperation = 2;
    await Promise.all(everything(engine.api));
    expect(server.requests.slice(asked).filter(({ path: at }) => at.startsWith('liveeventoperations/')).length).toBeGreaterThanOrEqual(FIRST.length);
    // What the CDN still needed after its stop; everything else was sent once, by the engine that died.
    expect(changes()).toEqual([...FIRST, 'PATCH streamingendpoints/cdn', 'POST streamingendpoints/cdn/start'].toSorted());
    expect(states()).toEqual(REACHED);
    expect([...server.state.endpoints.values()].map(({ name, properties }) => [name, properties['cdnEnabled'], properties['scaleUnits']])).toEqual([
      ['default', undefined, 0], ['starting', false, 1], ['stopping', false, 1], ['scaled', false, 3], ['cdn', true, 1], ['resting', true, 1],
    ]);
    expect(await readRecords()).toEqual([]);
    expect(await engine.api.engine.operations.query()).toEqual([]);
  });

  it('has its successor read the resources where the service has forgotten the operations', { timeout: 60_000 }, async () => {
    await killedInBetween();
    for (const operation of server.state.operations.values()) operation.effect();
    server.state.operations.clear();
    server.pollsPerOperation = 2;
    engine = await startEngineProcess({ entry: ENTRY, home: home.home });
    await Promise.all(everything(engine.api));
    expect(changes()).toEqual([...FIRST, 'PATCH streamingendpoints/cdn', 'POST streamingendpoints/cdn/start'].toSorted());
    expect(states()).toEqual(REACHED);
  });

  it('has its successor begin with what the resources show where the records are spoiled', { timeout: 60_000 }, async () => {
    await killedInBetween();
    for (const { file } of await readRecords()) await writeFile(file, '{"version":1,');
    for (const operation of server.state.operations.values()) operation.effect();
    engine = await startEngineProcess({ entry: ENTRY, home: home.home });
    server.pollsPerOperation = 2;
    const on = { destination: destination() };
    expect(await engine.api.engine.operations.query()).toEqual([]);
    await engine.api.engine.stopEvent.mutate({ ...on, eventName: 'stop' });
    await engine.api.engine.actOnEvent.mutate({ ...on, eventName: 'standby', act: { action: 'standBy' } });
    await engine.api.engine.changeEndpoint.mutate({ ...on, change: { name: 'scaled', scaleUnits: 3 } });
    expect(changes()).toEqual(FIRST);
  });
});

describe('a change of an endpoint that is refused', () => {
  it('leaves it running as it was, and nothing to be taken up', { timeout: 30_000 }, async () => {
    server.script = ({ method, path: at }) => (method === 'PATCH' && at === 'streamingendpoints/cdn' ? { status: 400, body: { error: { code: 'BadRequest', message: 'No such profile.' } } } : undefined);
    engine = await startEngineProcess({ entry: ENTRY, home: home.home });
    await expect(engine.api.engine.changeEndpoint.mutate({ destination: destination(), change: { name: 'cdn', cdn: true } })).rejects.toThrow(/No such profile/);
    expect(changes()).toEqual(['PATCH streamingendpoints/cdn', 'POST streamingendpoints/cdn/start', 'POST streamingendpoints/cdn/stop']);
    expect(states()['cdn']).toBe('Running');
    expect(await readRecords()).toEqual([]);
  });
});
