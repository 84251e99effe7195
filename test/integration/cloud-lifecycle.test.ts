// The whole life of a live event through the real SDK against an honest scripted API: states, requests sent, idempotence, resume.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locatorIdFor } from '../../src/main/cloud/playbackUrls.ts';
import { armLocation, ArmServer } from '../support/armServer.ts';
import { armToken, ingestToken, liveServiceOf, newEvent, newOutput, watchedOptions } from '../support/armServerClient.ts';
import { hasSpecs, specExample } from '../support/specExamples.ts';

const never = new AbortController().signal;
let server: ArmServer;
beforeEach(async () => {
  server = await ArmServer.listen();
});
afterEach(async () => await server.close());

describe('the life of a live event', () => {
  it('is created, started, published, ended, stopped and deleted', async () => {
    const service = liveServiceOf(server);
    await service.checkAccount(never);
    expect(await service.getEvent('ev1', never)).toBeUndefined();
    const created = await service.ensureEvent(newEvent, watchedOptions());
    expect(created).toMatchObject({ name: 'ev1', state: 'Stopped', tags: { owner: 'test' }, ingest: [], previewHlsUrl: undefined });
    expect(created.createdAt?.getUTCFullYear()).toBe(2018);

    const starting = watchedOptions();
    const running = await service.startEvent('ev1', starting);
    expect(running.state).toBe('Running');
    expect(running.ingest.map(({ role, secure }) => `${role} ${secure ? 'rtmps' : 'rtmp'}`)).toEqual(
      ['primary rtmp', 'secondary rtmp', 'primary rtmps', 'secondary rtmps']);
    expect(running.ingest[2]?.url).toBe(`rtmps://ev1-acct-euwe.channel.example.net:2935/live/${ingestToken}`);
    expect(running.previewHlsUrl).toMatch(/^https:\/\/ev1-acct\.preview-.*\/preview\.ism\/manifest\(format=m3u8-cmaf\)$/);
    expect(starting.sentences[0]).toMatch(/^Starting the live event “ev1”: (Stopped|Starting), 0 s\.$/);
    expect(starting.sentences.some((sentence) => sentence.includes(': Starting, '))).toBe(true);

    const published = await service.publish(newOutput, watchedOptions());
    expect(published.urls).toEqual({
      hls: `https://acct-euwe.streaming.example.net/${published.locatorId}/show.ism/manifest(format=m3u8-cmaf)`,
      dash: `https://acct-euwe.streaming.example.net/${published.locatorId}/show.ism/manifest(format=mpd-time-cmaf)`,
    });
    expect(server.state.endpoints.get('default')?.properties['resourceState']).toBe('Running');
    expect(server.state.locators.get('asset1')?.properties['streamingPolicyName']).toBe('Predefined_ClearStreamingOnly');
    expect((await service.listEvents(never)).map((event) => event.name)).toEqual(['ev1']);

    await service.endOutput('ev1', 'out1', watchedOptions());
    expect(server.state.outputs.size).toBe(0);
    await service.stopEvent('ev1', false, watchedOptions());
    await service.deleteEvent('ev1', watchedOptions());
    expect(server.state.events.size).toBe(0);
    expect(server.state.assets.has('asset1')).toBe(true);
    expect(server.requests.every((request) => request.headers.authorization === `Bearer ${armToken}`)).toBe(true);
  });

  it('says everything that matters when it creates an event', async () => {
    await liveServiceOf(server).ensureEvent(newEvent, watchedOptions());
    const [put] = server.sent('PUT', 'liveEvents/ev1');
    expect(put?.query.get('api-version')).toBe('2022-08-01');
    expect(put?.body).toEqual({
      location: armLocation,
      tags: { owner: 'test' },
      properties: {
        input: {
          streamingProtocol: 'RTMP', accessToken: ingestToken, keyFrameIntervalDuration: 'PT2S',
          accessControl: { ip: { allow: [{ name: 'allow-all', address: '0.0.0.0', subnetPrefixLength: 0 }] } },
        },
        preview: { accessControl: { ip: { allow: [{ name: 'allow-all', address: '0.0.0.0', subnetPrefixLength: 0 }] } } },
        encoding: { encodingType: 'PassthroughStandard' },
        useStaticHostname: true,
        streamOptions: ['Default'],
      },
    });
  });

  it.skipIf(!hasSpecs)('sends what the specification\'s own examples contain, by name and shape (needs ../shared/specs)', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    await service.updateEventTags('ev1', { more: 'tags' }, watchedOptions());
    await service.publish(newOutput, watchedOptions());
    const asked = (path: string): unknown => (specExample(path).parameters as { parameters: unknown }).parameters;
    expectSameShape(server.sent('PUT', 'liveEvents/ev1')[0]?.body, asked('Streaming-2022-11-01/liveevent-create'));
    expectSameShape(server.sent('PATCH', 'liveEvents/ev1')[0]?.body, asked('Streaming-2022-11-01/liveevent-update'));
    const [output] = server.sent('PUT', 'liveEvents/ev1/liveOutputs/out1');
    expectSameShape(output?.body, asked('Streaming-2022-11-01/liveoutput-create'));
    expect(output?.body).toEqual({ properties: { assetName: 'asset1', manifestName: 'show', archiveWindowLength: 'PT2H' } });
    expectSameShape(server.sent('PUT', 'streamingLocators/asset1')[0]?.body, asked('Metadata-2022-08-01/streaming-locators-create-secure'));
  });

  it('writes tags without touching anything else, and keeps those that are there', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    const before = structuredClone(server.state.events.get('ev1')?.properties);
    const after = await service.updateEventTags('ev1', { zero: '1700000000' }, watchedOptions());
    expect(after.tags).toEqual({ owner: 'test', zero: '1700000000' });
    expect(server.sent('PATCH', 'liveEvents/ev1')[0]?.body).toEqual({ location: armLocation, tags: { owner: 'test', zero: '1700000000' } });
    expect(server.state.events.get('ev1')?.properties).toEqual(before);
    await service.updateEventTags('ev1', { zero: '1700000000' }, watchedOptions());
    expect(server.sent('PATCH', 'liveEvents/ev1')).toHaveLength(1);
  });
});

describe('doing it twice', () => {
  it('finds what exists and sends nothing that changes it', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    const first = await service.publish(newOutput, watchedOptions());
    const before = server.requests.length;
    expect((await service.ensureEvent(newEvent, watchedOptions())).state).toBe('Running');
    expect((await service.startEvent('ev1', watchedOptions())).ingest).toHaveLength(4);
    expect(await service.publish(newOutput, watchedOptions())).toEqual(first);
    const changes = server.requests.slice(before).filter((request) => request.method !== 'GET' && !request.path.endsWith('listpaths'));
    expect(changes).toEqual([]);
  });

  it('is content with what is stopped or gone already', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.stopEvent('ev1', true, watchedOptions());
    await service.endOutput('ev1', 'none', watchedOptions());
    await service.endOutput('nowhere', 'none', watchedOptions());
    await service.stopEvent('nowhere', true, watchedOptions());
    await service.deleteEvent('nowhere', watchedOptions());
    expect(server.requests.filter((request) => request.method === 'POST' || request.method === 'DELETE')).toEqual([]);
  });

  it('waits for an event that is starting already, and for one that is stopping before it starts it', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    const event = server.state.events.get('ev1')!;
    let looks = 0;
    server.state.setState(event, 'Starting');
    server.script = (request) => {
      if (request.method === 'GET' && request.path === 'liveevents/ev1' && ++looks === 4) server.state.run(event);
      return undefined;
    };
    expect((await service.startEvent('ev1', watchedOptions())).state).toBe('Running');
    expect(server.sent('POST', 'liveEvents/ev1/start')).toEqual([]);
    looks = -100;
    server.state.setState(event, 'Stopping');
    server.script = (request) => {
      if (request.method === 'GET' && request.path === 'liveevents/ev1' && event.properties['resourceState'] === 'Stopping' && ++looks === -96) server.state.halt(event);
      return undefined;
    };
    expect((await service.startEvent('ev1', watchedOptions())).state).toBe('Running');
    expect(server.sent('POST', 'liveEvents/ev1/start')).toHaveLength(1);
  });

  it('does not delete an event that runs, nor take over names that show something else', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    await expect(service.deleteEvent('ev1', watchedOptions())).rejects.toMatchObject({ code: 'EVENT_RUNNING' });
    await service.publish(newOutput, watchedOptions());
    await expect(service.publish({ ...newOutput, assetName: 'other' }, watchedOptions())).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    await expect(service.stopEvent('ev1', false, watchedOptions())).rejects.toMatchObject({ code: 'CLOUD_REFUSED', message: expect.stringContaining('has outputs') as string });
    await service.stopEvent('ev1', true, watchedOptions());
    expect(server.sent('POST', 'liveEvents/ev1/stop').at(-1)?.body).toEqual({ removeOutputsOnStop: true });
  });
});

describe('resuming', () => {
  it('gives the operation\'s token while it runs, and takes it up without sending the request again', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    server.pollsPerOperation = 1e9;
    const crash = new AbortController();
    const first = watchedOptions(crash.signal);
    const given = service.startEvent('ev1', { ...first, onTrace: async (trace) => {
      first.traces.push(trace);
      if (trace.token !== undefined) crash.abort();
    } });
    await expect(given).rejects.toMatchObject({ code: 'CLOUD_CANCELLED', message: expect.stringContaining('shows it as Starting') as string });
    expect(server.sent('POST', 'liveEvents/ev1/start')).toHaveLength(1);
    for (const operation of server.state.operations.values()) operation.pollsLeft = 2;
    const again = await liveServiceOf(server).startEvent('ev1', { ...watchedOptions(), resumeFrom: first.traces.at(-1)! });
    expect(again.state).toBe('Running');
    expect(server.sent('POST', 'liveEvents/ev1/start')).toHaveLength(1);
  });

  it.each(['', 'garbage', '{"state":{}}', '{"state":{"config":{"metadata":{"mode":"OperationLocation"},"operationLocation":"/expired"},"isStarted":true}}'])(
    'begins again from a token that leads nowhere: %s', async (token) => {
      const service = liveServiceOf(server);
      await service.ensureEvent(newEvent, watchedOptions());
      expect((await service.startEvent('ev1', { ...watchedOptions(), resumeFrom: { attempt: 'start the live event “ev1”', token } })).state).toBe('Running');
    });
});

describe('publishing', () => {
  it('uses the locator id that was chosen before, else one that follows from the names', async () => {
    const service = liveServiceOf(server, { playbackBase: 'http://127.0.0.1:8080/' });
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    const locatorId = '11111111-2222-4333-8444-555555555555';
    const published = await service.publish({ ...newOutput, locatorId }, watchedOptions());
    expect(published.urls.hls).toBe(`http://127.0.0.1:8080/${locatorId}/show.ism/manifest(format=m3u8-cmaf)`);
    const second = await service.publish({ ...newOutput, outputName: 'out2', assetName: 'asset2' }, watchedOptions());
    expect(second.locatorId).toBe(locatorIdFor('/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-test/providers/Microsoft.Media/mediaservices/acct', 'asset2'));
  });

  it('prefers the paths that the service lists', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    server.state.streamingPaths = [
      { streamingProtocol: 'Hls', encryptionScheme: 'NoEncryption', paths: ['/id/other.ism/manifest(format=m3u8-cmaf)', '/id/show.ism/manifest(format=m3u8-aapl)', '/id/show.ism/manifest(format=m3u8-cmaf)'] },
      { streamingProtocol: 'Dash', encryptionScheme: 'NoEncryption', paths: null },
      { streamingProtocol: 'SmoothStreaming', encryptionScheme: 'NoEncryption', paths: ['/id/show.ism/manifest'] },
    ];
    const { urls, locatorId } = await service.publish(newOutput, watchedOptions());
    expect(urls.hls).toBe('https://acct-euwe.streaming.example.net/id/show.ism/manifest(format=m3u8-cmaf)');
    expect(urls.dash).toBe(`https://acct-euwe.streaming.example.net/${locatorId}/show.ism/manifest(format=mpd-time-cmaf)`);
  });

  it('falls back on another streaming endpoint where there is no default', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    server.state.endpoints.delete('default');
    await expect(service.publish(newOutput, watchedOptions())).rejects.toMatchObject({ code: 'NO_STREAMING_ENDPOINT' });
    server.state.endpoints.set('spare', { name: 'spare', properties: { resourceState: 'Running', hostName: 'spare.example.net' } });
    expect((await service.publish(newOutput, watchedOptions())).urls.hls).toMatch(/^https:\/\/spare\.example\.net\//);
  });
});

/** Each property that both have is of the same JSON type, and on every level there is one that both have. */
function expectSameShape(ours: unknown, example: unknown, path = 'body'): void {
  expect(kindOf(ours), path).toBe(kindOf(example));
  if (Array.isArray(ours) && Array.isArray(example)) expectSameShape(ours[0], example[0], `${path}[0]`);
  else if (typeof ours === 'object' && ours !== null && typeof example === 'object' && example !== null && !path.endsWith('tags')) {
    const shared = Object.keys(ours).filter((key) => key in example);
    expect(shared.length, `${path} shares no property with the example`).toBeGreaterThan(0);
    for (const key of shared) expectSameShape((ours as Record<string, unknown>)[key], (example as Record<string, unknown>)[key], `${path}.${key}`);
  }
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}
