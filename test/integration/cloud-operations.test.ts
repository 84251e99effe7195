// Every operation of the SDK that the cloud room uses, through the real SDK against the embedded service: a new use without a row here fails.
// Then what an operator does to events and endpoints: stand-by, reset (and by stopping, with consent), running, scaling, the CDN.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmbeddedLiveService } from '../../src/main/cloud/embeddedDestination.ts';
import { MKIO_CAPABILITIES } from '../../src/main/cloud/providers.ts';
import type { LiveService } from '../../src/main/cloud/liveService.ts';
import { ArmServer } from '../support/armServer.ts';
import { liveServiceOf, newEvent, newOutput, watchedOptions } from '../support/armServerClient.ts';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';
import { hasSpecs } from '../support/specExamples.ts';

const CLOUD = resolve(import.meta.dirname, '../../src/main/cloud');
const TABLE = resolve(import.meta.dirname, '../../../shared/specs/sdk-13.1.0-operation-table.txt');
const quick = { updateIntervalInMs: 10 };
const TOKEN = '00112233445566778899aabbccddeeff';

/** `group.operation` of every call in the source. */
function usedOperations(): string[] {
  const files = readdirSync(CLOUD, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const calls = files.flatMap((name) => [...readFileSync(join(CLOUD, name), 'utf8').matchAll(/\bclient\.([a-zA-Z]+)\.([a-zA-Z]+)\(/g)]);
  return [...new Set(calls.filter(([, group]) => group !== 'pipeline').map(([, group, operation]) => `${group}.${operation}`))].toSorted();
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of pages) found.push(one);
  return found;
}

/** In an order that makes each possible. A refusal that is meant is expected by its words. */
const rows: readonly (readonly [operation: string, run: (test: TestService) => Promise<unknown>])[] = [
  ['mediaservices.get', async ({ client, scope }) => client.mediaservices.get(...scope)],
  ['liveEvents.beginCreate', async ({ client, scope }) => (await client.liveEvents.beginCreate(...scope, 'ev', { location: 'local', input: { streamingProtocol: 'RTMP', accessToken: TOKEN } }, quick)).pollUntilDone()],
  ['liveEvents.get', async ({ client, scope }) => { expect(await client.liveEvents.get(...scope, 'ev')).toMatchObject({ resourceState: 'Stopped' }); }],
  ['liveEvents.list', async ({ client, scope }) => { expect(await all(client.liveEvents.list(...scope))).toHaveLength(1); }],
  ['liveEvents.beginUpdate', async ({ client, scope }) => (await client.liveEvents.beginUpdate(...scope, 'ev', { location: 'local', tags: { a: 'b' } }, quick)).pollUntilDone()],
  ['liveEvents.beginAllocate', async ({ client, scope }) => (await client.liveEvents.beginAllocate(...scope, 'ev', quick)).pollUntilDone()],
  ['liveEvents.beginStart', async ({ client, scope }) => (await client.liveEvents.beginStart(...scope, 'ev', quick)).pollUntilDone()],
  ['liveEvents.beginReset', async ({ client, scope }) => (await client.liveEvents.beginReset(...scope, 'ev', quick)).pollUntilDone()],
  ['assets.createOrUpdate', async ({ client, scope }) => client.assets.createOrUpdate(...scope, 'asset', {})],
  ['assets.get', async ({ client, scope }) => { expect(await client.assets.get(...scope, 'asset')).toMatchObject({ name: 'asset' }); }],
  ['assets.list', async ({ client, scope }) => { expect(await all(client.assets.list(...scope))).toHaveLength(1); }],
  ['assets.listContainerSas', async ({ client, scope }) => { expect((await client.assets.listContainerSas(...scope, 'asset', { permissions: 'ReadWrite', expiryTime: new Date(Date.now() + 60_000) })).assetContainerSasUrls).toHaveLength(2); }],
  ['liveOutputs.beginCreate', async ({ client, scope }) => (await client.liveOutputs.beginCreate(...scope, 'ev', 'out', { assetName: 'asset', manifestName: 'show', archiveWindowLength: 'PT2H', rewindWindowLength: 'PT30M' }, quick)).pollUntilDone()],
  ['liveOutputs.get', async ({ client, scope }) => { expect(await client.liveOutputs.get(...scope, 'ev', 'out')).toMatchObject({ resourceState: 'Running', rewindWindowLength: 'PT30M' }); }],
  ['liveOutputs.list', async ({ client, scope }) => { expect(await all(client.liveOutputs.list(...scope, 'ev'))).toHaveLength(1); }],
  ['streamingLocators.create', async ({ client, scope }) => client.streamingLocators.create(...scope, 'loc', {
    assetName: 'asset', streamingPolicyName: 'Predefined_ClearStreamingOnly', streamingLocatorId: '11111111-2222-4333-8444-555555555555', startTime: new Date(0), endTime: new Date(4e12),
  })],
  ['streamingLocators.get', async ({ client, scope }) => { expect(await client.streamingLocators.get(...scope, 'loc')).toMatchObject({ streamingLocatorId: '11111111-2222-4333-8444-555555555555', endTime: new Date(4e12) }); }],
  ['streamingLocators.list', async ({ client, scope }) => { expect(await all(client.streamingLocators.list(...scope))).toHaveLength(1); }],
  ['streamingLocators.listPaths', async ({ client, scope }) => { expect((await client.streamingLocators.listPaths(...scope, 'loc')).streamingPaths?.length).toBeGreaterThan(0); }],
  ['streamingLocators.listContentKeys', async ({ client, scope }) => client.streamingLocators.listContentKeys(...scope, 'loc')],
  ['assets.listStreamingLocators', async ({ client, scope }) => { expect((await client.assets.listStreamingLocators(...scope, 'asset')).streamingLocators).toHaveLength(1); }],
  ['contentKeyPolicies.createOrUpdate', async ({ client, scope }) => client.contentKeyPolicies.createOrUpdate(...scope, 'keys', {
    options: [{ configuration: { odataType: '#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration' }, restriction: { odataType: '#Microsoft.Media.ContentKeyPolicyOpenRestriction' } }],
  })],
  ['contentKeyPolicies.get', async ({ client, scope }) => client.contentKeyPolicies.get(...scope, 'keys')],
  ['contentKeyPolicies.getPolicyPropertiesWithSecrets', async ({ client, scope }) => client.contentKeyPolicies.getPolicyPropertiesWithSecrets(...scope, 'keys')],
  ['contentKeyPolicies.list', async ({ client, scope }) => { expect(await all(client.contentKeyPolicies.list(...scope))).toHaveLength(1); }],
  ['streamingPolicies.create', async ({ client, scope }) => client.streamingPolicies.create(...scope, 'policy', {
    defaultContentKeyPolicyName: 'keys', commonEncryptionCenc: { enabledProtocols: { dash: true, hls: false, smoothStreaming: true, download: false }, drm: { widevine: {} } },
  })],
  ['streamingPolicies.get', async ({ client, scope }) => { expect(await client.streamingPolicies.get(...scope, 'policy')).toMatchObject({ defaultContentKeyPolicyName: 'keys' }); }],
  ['streamingPolicies.delete', async ({ client, scope }) => client.streamingPolicies.delete(...scope, 'policy')],
  ['contentKeyPolicies.delete', async ({ client, scope }) => client.contentKeyPolicies.delete(...scope, 'keys')],
  ['accountFilters.createOrUpdate', async ({ client, scope }) => client.accountFilters.createOrUpdate(...scope, 'filter', { firstQuality: { bitrate: 1000 } })],
  ['accountFilters.list', async ({ client, scope }) => { expect(await all(client.accountFilters.list(...scope))).toHaveLength(1); }],
  ['accountFilters.delete', async ({ client, scope }) => client.accountFilters.delete(...scope, 'filter')],
  ['assetFilters.createOrUpdate', async ({ client, scope }) => client.assetFilters.createOrUpdate(...scope, 'asset', 'filter', { tracks: [] })],
  ['assetFilters.list', async ({ client, scope }) => { expect(await all(client.assetFilters.list(...scope, 'asset'))).toHaveLength(1); }],
  ['assetFilters.delete', async ({ client, scope }) => client.assetFilters.delete(...scope, 'asset', 'filter')],
  ['transforms.createOrUpdate', async ({ client, scope }) => client.transforms.createOrUpdate(...scope, 'tr', { outputs: [{ preset: { odataType: '#Microsoft.Media.BuiltInStandardEncoderPreset', presetName: 'AdaptiveStreaming' } }] })],
  ['jobs.create', async ({ client, scope }) => {
    await client.assets.createOrUpdate(...scope, 'made', {});
    await client.jobs.create(...scope, 'tr', 'job', { input: { odataType: '#Microsoft.Media.JobInputAsset', assetName: 'asset' }, outputs: [{ odataType: '#Microsoft.Media.JobOutputAsset', assetName: 'made' }] });
  }],
  ['jobs.get', async ({ client, scope }) => { expect((await client.jobs.get(...scope, 'tr', 'job')).name).toBe('job'); }],
  // A job that has ended by itself meanwhile cannot be cancelled any more.
  ['jobs.cancelJob', async ({ client, scope }) => client.jobs.cancelJob(...scope, 'tr', 'job').catch((error: unknown) => { expect(error).toMatchObject({ statusCode: 409 }); })],
  ['jobs.delete', async ({ client, scope }) => {
    const over = new Set(['Canceled', 'Error', 'Finished']);
    for (let looks = 0; looks < 500 && !over.has(String((await client.jobs.get(...scope, 'tr', 'job')).state)); looks += 1) await new Promise((resolve) => { setTimeout(resolve, 10); });
    await client.jobs.delete(...scope, 'tr', 'job');
  }],
  ['streamingEndpoints.get', async ({ client, scope }) => { expect(await client.streamingEndpoints.get(...scope, 'default')).toMatchObject({ resourceState: 'Stopped' }); }],
  ['streamingEndpoints.list', async ({ client, scope }) => { expect(await all(client.streamingEndpoints.list(...scope))).toHaveLength(1); }],
  ['streamingEndpoints.beginStart', async ({ client, scope }) => (await client.streamingEndpoints.beginStart(...scope, 'default', quick)).pollUntilDone()],
  ['streamingEndpoints.beginUpdate', async ({ client, scope }) => (await client.streamingEndpoints.beginUpdate(...scope, 'default', { location: 'local', description: 'x' }, quick)).pollUntilDone()],
  ['streamingEndpoints.beginScale', async ({ client, scope }) => { await expect(client.streamingEndpoints.beginScale(...scope, 'default', { scaleUnit: 1 }, quick)).rejects.toThrow('no scale units'); }],
  ['streamingEndpoints.beginStop', async ({ client, scope }) => (await client.streamingEndpoints.beginStop(...scope, 'default', quick)).pollUntilDone()],
  ['streamingLocators.delete', async ({ client, scope }) => client.streamingLocators.delete(...scope, 'loc')],
  ['liveOutputs.beginDelete', async ({ client, scope }) => (await client.liveOutputs.beginDelete(...scope, 'ev', 'out', quick)).pollUntilDone()],
  ['liveEvents.beginStop', async ({ client, scope }) => (await client.liveEvents.beginStop(...scope, 'ev', { removeOutputsOnStop: true }, quick)).pollUntilDone()],
  ['liveEvents.beginDelete', async ({ client, scope }) => (await client.liveEvents.beginDelete(...scope, 'ev', quick)).pollUntilDone()],
  ['assets.delete', async ({ client, scope }) => client.assets.delete(...scope, 'asset')],
];

describe('every operation that is used', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let test: TestService;
  beforeAll(async () => {
    home = await temporaryHome();
    test = await startTestService(home.home);
  });
  afterAll(async () => {
    await test.stop();
    await home.remove();
  });

  it('has a row, and no row is idle', () => {
    const used = usedOperations();
    expect(used.length).toBeGreaterThan(20);
    expect(rows.map(([operation]) => operation).toSorted()).toEqual(used);
  });

  it.skipIf(!hasSpecs)('stands in the table of the SDK (skipped without ../shared/specs)', () => {
    let group = '';
    const known = new Set(readFileSync(TABLE, 'utf8').split('\n').flatMap((line) => {
      group = /^## (\w+)/.exec(line)?.[1] ?? group;
      const operation = /^(?:GET|PUT|POST|PATCH|DELETE)\s+(\w+)/.exec(line)?.[1];
      return operation === undefined ? [] : [`${group}.${operation}`];
    }));
    const plain = (operation: string): string => operation.replace(/\.begin(\w)/, (_all, first: string) => `.${first.toLowerCase()}`);
    expect(usedOperations().map(plain).filter((operation) => !known.has(operation))).toEqual([]);
  });

  it.each(rows)('%s', async (_operation, run) => {
    await run(test);
  });
});

describe('what an operator does to events and endpoints', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let test: TestService;
  let service: LiveService;
  beforeEach(async () => {
    home = await temporaryHome();
    test = await startTestService(home.home);
    const { endpoint, token, originHttp, subscriptionId, resourceGroup, accountName, location } = test.descriptor;
    service = createEmbeddedLiveService({ endpoint, token, ca: test.ca, originHttpBase: originHttp, subscriptionId, resourceGroup, accountName, location });
  });
  afterEach(async () => {
    await test.stop();
    await home.remove();
  });

  it('stand-by, start, reset with its outputs gone and its recording kept, deletion only once stopped', async () => {
    await service.ensureEvent(newEvent, watchedOptions());
    for (const _time of [1, 2]) await service.allocateEvent('ev1', watchedOptions());
    expect(await service.getEvent('ev1', new AbortController().signal)).toMatchObject({ state: 'StandBy' });
    const { ingest } = await service.startEvent('ev1', watchedOptions());
    await expect(service.allocateEvent('ev1', watchedOptions())).rejects.toMatchObject({ code: 'EVENT_NOT_STOPPED' });
    await service.publish({ ...newOutput, rewindWindowSeconds: 600, publicFrom: new Date(0), publicUntil: new Date(4e12), locatorId: '11111111-2222-4333-8444-555555555555' }, watchedOptions());
    expect(await test.client.liveOutputs.get(...test.scope, 'ev1', 'out1')).toMatchObject({ archiveWindowLength: 'PT2H', rewindWindowLength: 'PT10M', manifestName: 'show' });
    expect(await test.client.streamingLocators.get(...test.scope, 'asset1')).toMatchObject({ streamingLocatorId: '11111111-2222-4333-8444-555555555555', startTime: new Date(0), endTime: new Date(4e12) });
    const listed = async (own?: string) => service.listOutputs('ev1', own, new AbortController().signal);
    expect(await listed('out1')).toMatchObject([{ name: 'out1', state: 'Running', assetName: 'asset1', manifestName: 'show', archiveSeconds: 7200, rewindSeconds: 600, ofShow: true }]);
    expect(await listed()).toMatchObject([{ ofShow: false }]);
    expect(await service.listOutputs('gone', undefined, new AbortController().signal)).toEqual([]);
    await service.resetEvent('ev1', false, watchedOptions());
    expect(test.plane.outputs.size).toBe(0);
    expect(await service.getEvent('ev1', new AbortController().signal)).toMatchObject({ state: 'Running', ingest });
    expect(await service.library.readAsset('asset1', new AbortController().signal)).toMatchObject({ name: 'asset1' });
    await expect(service.deleteEvent('ev1', watchedOptions())).rejects.toMatchObject({ code: 'EVENT_RUNNING' });
    await service.stopEvent('ev1', true, watchedOptions());
    await expect(service.resetEvent('ev1', false, watchedOptions())).rejects.toMatchObject({ code: 'EVENT_NOT_RUNNING' });
    await service.deleteEvent('ev1', watchedOptions());
  });

  it('an endpoint runs and rests; what this service has not is refused in words', async () => {
    const change = async (wish: object) => service.changeEndpoint({ name: 'default', ...wish }, watchedOptions());
    expect(await service.listEndpoints(new AbortController().signal)).toMatchObject([{ name: 'default', state: 'Stopped', scaleUnits: 0, cdn: false }]);
    for (const _time of [1, 2]) expect(await change({ run: true })).toMatchObject({ state: 'Running' });
    await expect(change({ cdn: true })).rejects.toThrow('no CDN');
    // It was stopped for the change, which was refused: what it does is asked for again.
    expect(await change({ run: true })).toMatchObject({ state: 'Running' });
    await expect(change({ scaleUnits: 2 })).rejects.toThrow('no scale units');
    expect(await change({ run: false })).toMatchObject({ state: 'Stopped' });
    await expect(change({ name: 'other' })).rejects.toMatchObject({ code: 'NO_STREAMING_ENDPOINT' });
  });
});

describe('where a service cannot reset', () => {
  let server: ArmServer;
  beforeEach(async () => { server = await ArmServer.listen(); });
  afterEach(async () => server.close());

  it('stops and starts with consent only', async () => {
    const service = liveServiceOf(server, { capabilities: { ...MKIO_CAPABILITIES, startTimeoutMs: 5000 } });
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    await expect(service.resetEvent('ev1', false, watchedOptions())).rejects.toMatchObject({ code: 'RESET_NEEDS_CONSENT', action: expect.stringContaining('--by-stopping') });
    expect(server.sent('POST', 'liveevents/ev1/stop')).toHaveLength(0);
    await service.resetEvent('ev1', true, watchedOptions());
    expect(server.sent('POST', 'liveevents/ev1/stop').map(({ body }) => body)).toEqual([{ removeOutputsOnStop: true }]);
    expect(server.sent('POST', 'liveevents/ev1/reset')).toHaveLength(0);
    expect(await service.getEvent('ev1', new AbortController().signal)).toMatchObject({ state: 'Running' });
  });

  it('changes an endpoint in the order that is possible: stop, CDN, scale, start', async () => {
    const service = liveServiceOf(server);
    const endpoint = server.state.endpoints.get('default')!;
    endpoint.properties['resourceState'] = 'Running';
    const asked: string[] = [];
    server.script = (request) => {
      const [collection, , action = ''] = request.path.split('/');
      if (collection !== 'streamingendpoints' || request.method === 'GET') return undefined;
      asked.push(`${request.method} ${action}`.trim());
      if (request.method === 'PATCH') {
        if (endpoint.properties['resourceState'] !== 'Stopped') return { status: 409, body: { error: { code: 'Conflict', message: 'running' } } };
        Object.assign(endpoint.properties, (request.body as { properties: object }).properties);
        return { status: 200, body: endpoint };
      }
      if (action === 'scale') endpoint.properties['scaleUnits'] = (request.body as { scaleUnit: number }).scaleUnit;
      if (action === 'stop' || action === 'start') endpoint.properties['resourceState'] = action === 'stop' ? 'Stopped' : 'Running';
      return { status: 200 };
    };
    const after = await service.changeEndpoint({ name: 'default', cdn: true, cdnProvider: 'PremiumVerizon', cdnProfile: 'profile1', scaleUnits: 3 }, watchedOptions());
    expect(asked).toEqual(['POST stop', 'PATCH', 'POST scale', 'POST start']);
    expect(after).toEqual({ name: 'default', state: 'Running', hostName: 'acct-euwe.streaming.example.net', scaleUnits: 3, cdn: true, cdnProvider: 'PremiumVerizon', cdnProfile: 'profile1' });
    asked.length = 0;
    expect(await service.changeEndpoint({ name: 'default', cdn: true }, watchedOptions())).toEqual(after);
    expect(asked).toEqual([]);
    expect(await service.changeEndpoint({ name: 'default', cdn: false, run: false }, watchedOptions())).toMatchObject({ state: 'Stopped', cdn: false });
    expect(asked).toEqual(['POST stop', 'PATCH']);
  });
});
