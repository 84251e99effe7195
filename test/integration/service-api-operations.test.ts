// Long operations and lists through the real SDK: progress, failure, roll-back, one at a time, taking a poller up again, pages and filters.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isRestError } from '@azure/core-rest-pipeline';
import type { TrackTelemetry } from '../../src/main/service/mediaPlane.ts';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';
import { until } from '../support/until.ts';

const V = 'api-version=2022-08-01';
const quick = { updateIntervalInMs: 10 };
const rtmp = { location: 'Local', input: { streamingProtocol: 'RTMP' } };
const output = { assetName: 'a1', archiveWindowLength: 'PT1H', manifestName: 'm' };

let home: Awaited<ReturnType<typeof temporaryHome>>;
let service: TestService;

beforeAll(async () => {
  home = await temporaryHome();
  service = await startTestService(home.home, { pageSize: 3 });
});
afterAll(async () => {
  await service.stop();
  await home.remove();
});
afterEach(async () => {
  service.plane.fault = async () => undefined;
  const { client, scope } = service;
  for await (const one of client.liveEvents.list(...scope)) {
    const name = one.name ?? '';
    if (one.resourceState !== 'Stopped') await client.liveEvents.beginStopAndWait(...scope, name, { removeOutputsOnStop: true }, quick);
    await client.liveEvents.beginDeleteAndWait(...scope, name, quick);
  }
  for await (const one of client.assets.list(...scope)) await client.assets.delete(...scope, one.name ?? '');
});

/** Lets calls of one kind wait until `open` is called. */
function gate(call: string): { readonly entered: () => boolean; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let entered = false;
  service.plane.fault = async (what) => {
    if (what !== call) return;
    entered = true;
    await promise;
  };
  return { entered: () => entered, open: resolve };
}

const state = async (name = 'e1'): Promise<string | undefined> => (await service.client.liveEvents.get(...service.scope, name)).resourceState;

describe('long operations', () => {
  it('passes through the documented states, and shows the ingest only when it runs', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, quick);
    expect(await state()).toBe('Stopped');
    await client.liveEvents.beginAllocateAndWait(...scope, 'e1', quick);
    expect(await state()).toBe('StandBy');
    const opening = gate('openChannel');
    const poller = await client.liveEvents.beginStart(...scope, 'e1', quick);
    expect(await client.liveEvents.get(...scope, 'e1')).toMatchObject({ resourceState: 'Starting', provisioningState: 'InProgress', input: { endpoints: [] } });
    await poller.poll();
    expect(poller.isDone()).toBe(false);
    opening.open();
    await poller.pollUntilDone();
    const event = await client.liveEvents.get(...scope, 'e1');
    expect([event.resourceState, event.provisioningState, event.input?.endpoints?.length, event.preview?.endpoints?.length]).toEqual(['Running', 'Succeeded', 4, 1]);
  });

  it('creates and starts at once with autoStart', async () => {
    const created = await service.client.liveEvents.beginCreateAndWait(...service.scope, 'e1', { ...rtmp, tags: { fieldcastTimelineZero: '1763600000' } }, { ...quick, autoStart: true });
    expect(created.resourceState).toBe('Running');
    expect(service.plane.channels.get('e1')).toEqual({
      eventName: 'e1', accessToken: created.input?.accessToken, previewLocator: created.preview?.previewLocator, protocol: 'RTMP', timelineZeroUtcSeconds: 1_763_600_000,
    });
  });

  it('runs one operation at a time on an event and its outputs', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, quick);
    await client.assets.createOrUpdate(...scope, 'a1', {});
    const opening = gate('openChannel');
    const first = await client.liveEvents.beginStart(...scope, 'e1', quick);
    const conflicts = [
      client.liveEvents.beginStopAndWait(...scope, 'e1', {}, quick), client.liveEvents.beginUpdateAndWait(...scope, 'e1', rtmp, quick),
      client.liveEvents.beginDeleteAndWait(...scope, 'e1', quick), client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick),
    ];
    for (const conflict of conflicts) {
      const error = await conflict.then(() => undefined, (caught: unknown) => caught);
      expect(isRestError(error) && [error.statusCode, error.code]).toEqual([409, 'Conflict']);
    }
    // Another event is not held up by the work on this one.
    service.plane.fault = async () => undefined;
    await client.liveEvents.beginCreateAndWait(...scope, 'e2', rtmp, quick);
    opening.open();
    await first.pollUntilDone();
    expect(await state()).toBe('Running');
  });

  it('takes a poller up again from its saved state without repeating the request', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, quick);
    const opening = gate('openChannel');
    const saved = (await client.liveEvents.beginStart(...scope, 'e1', quick)).toString();
    await until(opening.entered, 'the start');
    let calls = 0;
    const { fault } = service.plane;
    service.plane.fault = (what, name) => { calls += 1; return fault(what, name); };
    const resumed = await client.liveEvents.beginStart(...scope, 'e1', { ...quick, resumeFrom: saved });
    opening.open();
    await resumed.pollUntilDone();
    expect([await state(), calls]).toEqual(['Running', 0]);
  });

  it('rolls a start back to Stopped when the media half refuses, and says why', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, quick);
    service.plane.fault = async (call) => {
      if (call === 'openChannel') throw new Error('no more channels');
    };
    await expect(client.liveEvents.beginStartAndWait(...scope, 'e1', quick)).rejects.toThrow(/no more channels/);
    expect(await client.liveEvents.get(...scope, 'e1')).toMatchObject({ resourceState: 'Stopped', provisioningState: 'Succeeded' });
    service.plane.fault = async () => undefined;
    await client.liveEvents.beginStartAndWait(...scope, 'e1', quick);
    expect(await state()).toBe('Running');
  });

  it('removes an output that could not begin, and leaves its empty asset usable', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, { ...quick, autoStart: true });
    await client.assets.createOrUpdate(...scope, 'a1', {});
    service.plane.fault = async (call) => {
      if (call === 'startOutput') throw new Error('ENOSPC: no space left on device');
    };
    await expect(client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick)).rejects.toThrow(/no space left/);
    await expect(client.liveOutputs.get(...scope, 'e1', 'o1')).rejects.toMatchObject({ statusCode: 404 });
    service.plane.fault = async () => undefined;
    expect((await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick)).resourceState).toBe('Running');
    expect([...service.plane.outputs.keys()]).toEqual(['e1/o1']);
  });

  it('keeps an output that could not be ended, so that it can be tried again', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, { ...quick, autoStart: true });
    await client.assets.createOrUpdate(...scope, 'a1', {});
    await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick);
    service.plane.fault = async (call) => {
      if (call === 'stopOutput') throw new Error('the disk is slow');
    };
    await expect(client.liveOutputs.beginDeleteAndWait(...scope, 'e1', 'o1', quick)).rejects.toThrow(/the disk is slow/);
    expect((await client.liveOutputs.get(...scope, 'e1', 'o1')).resourceState).toBe('Running');
    await expect(client.liveEvents.beginStopAndWait(...scope, 'e1', { removeOutputsOnStop: true }, quick)).rejects.toThrow(/the disk is slow/);
    expect(await state()).toBe('Running');
  });

  it('resets: outputs end, the channel is opened anew, asset and locator stay', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, { ...quick, autoStart: true });
    await client.assets.createOrUpdate(...scope, 'a1', {});
    await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick);
    await client.streamingLocators.create(...scope, 'l1', { assetName: 'a1', streamingPolicyName: 'Predefined_ClearStreamingOnly' });
    const calls: string[] = [];
    service.plane.fault = async (call) => { calls.push(call); };
    await client.liveEvents.beginResetAndWait(...scope, 'e1', quick);
    expect(calls).toEqual(['stopOutput', 'closeChannel', 'openChannel']);
    expect(await state()).toBe('Running');
    expect((await client.streamingLocators.listPaths(...scope, 'l1')).streamingPaths).toHaveLength(2);
    await client.streamingLocators.delete(...scope, 'l1');
  });

  it('records an output that was made before the start from the start on', async () => {
    const { client, scope } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, quick);
    await client.assets.createOrUpdate(...scope, 'a1', {});
    await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick);
    expect(service.plane.outputs.size).toBe(0);
    await client.liveEvents.beginStartAndWait(...scope, 'e1', quick);
    expect([...service.plane.outputs.values()]).toMatchObject([{ eventName: 'e1', outputName: 'o1', assetName: 'a1', manifestName: 'm', archiveWindowSeconds: 3600 }]);
  });

  it('answers 404 for operations that it does not know', async () => {
    const none = '00000000-0000-4000-8000-000000000000';
    await expect(service.client.liveEvents.asyncOperation(...service.scope, none)).rejects.toMatchObject({ statusCode: 404 });
    await expect(service.client.liveEvents.operationLocation(...service.scope, 'e1', none)).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('lists', () => {
  const names = ['Echo', 'alpha', 'Delta', 'bravo', 'charlie', 'foxtrot', 'Golf'];
  const sorted = ['alpha', 'bravo', 'charlie', 'Delta', 'Echo', 'foxtrot', 'Golf'];

  it('pages through everything by @odata.nextLink, also when items go in between', async () => {
    const { client, scope } = service;
    for (const name of names) await client.assets.createOrUpdate(...scope, name, { alternateId: name.toUpperCase() });
    const pages: string[][] = [];
    for await (const page of client.assets.list(...scope).byPage()) {
      pages.push(page.map((one) => one.name ?? ''));
      if (pages.length === 1) await client.assets.delete(...scope, 'charlie');
    }
    expect(pages).toEqual([sorted.slice(0, 3), sorted.slice(3, 6), sorted.slice(6)]);
  });

  it('filters, orders and limits as asked', async () => {
    const { client, scope } = service;
    for (const name of names) await client.assets.createOrUpdate(...scope, name, { alternateId: name.toUpperCase() });
    const list = async (options: { filter?: string; orderby?: string; top?: number }): Promise<string[]> => {
      const found: string[] = [];
      for await (const one of client.assets.list(...scope, options)) found.push(one.name ?? '');
      return found;
    };
    expect(await list({ filter: "name eq 'ECHO'" })).toEqual(['Echo']);
    expect(await list({ filter: "name gt 'bravo' and name le 'echo'" })).toEqual(['charlie', 'Delta', 'Echo']);
    expect(await list({ filter: "properties/alternateId eq 'GOLF'" })).toEqual(['Golf']);
    expect(await list({ filter: 'properties/created gt 2000-01-01T00:00:00Z', orderby: 'name desc' })).toEqual(sorted.toReversed());
    expect(await list({ orderby: 'properties/created desc', top: 4 })).toHaveLength(4);
    expect(await list({ filter: 'properties/created lt 2000-01-01T00:00:00Z' })).toEqual([]);
    for (const filter of ["size eq '1'", 'name', "name eq 'a' or name eq 'b'", 'name eq']) await expect(list({ filter })).rejects.toMatchObject({ statusCode: 400 });
    await expect(list({ orderby: 'size' })).rejects.toMatchObject({ statusCode: 400 });
    expect((await service.raw('GET', `${service.account}/assets?${V}&$skiptoken=x`)).status).toBe(400);
    expect((await service.raw('GET', `${service.account}/assets?${V}&$top=-1`)).status).toBe(400);
  });
});

describe('telemetry', () => {
  it('tells what the media half received', async () => {
    const { client, scope } = service;
    const track: TrackTelemetry = {
      trackName: 'video_2500000', kind: 'video', declaredBitrate: 2_500_000, incomingBitrate: 2_400_000, frames: 90, gaps: [{ atMs: 1000, lengthMs: 40 }],
      firstTimestampMs: 0, lastTimestampMs: 3000, lastArrivalUtcMs: 1_763_600_003_000, overlapCount: 0, staleCount: 0, nonIncreasingCount: 0,
    };
    service.plane.tracks = [track];
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', rtmp, quick);
    const answer = await service.raw('GET', `${service.account}/liveEvents/e1/fieldcastTelemetry`);
    expect([answer.status, answer.json]).toEqual([200, [track]]);
    expect((await service.raw('GET', `${service.account}/liveEvents/none/fieldcastTelemetry`)).status).toBe(404);
    expect((await service.raw('GET', `${service.account}/liveEvents/e1/fieldcastTelemetry`, { token: null })).status).toBe(401);
  });
});
