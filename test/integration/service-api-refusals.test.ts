// What the embedded service refuses, with the real SDK as the caller: the status and code that a client decides by, and a sentence for people.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LiveEvent } from '@azure/arm-mediaservices';
import { isRestError } from '@azure/core-rest-pipeline';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';

const V = 'api-version=2022-08-01';
const quick = { updateIntervalInMs: 10 };
const event = (changes: Partial<LiveEvent> = {}): LiveEvent => ({ location: 'Local', input: { streamingProtocol: 'RTMP' }, ...changes });
const output = { assetName: 'a1', archiveWindowLength: 'PT1H', manifestName: 'm' };

let home: Awaited<ReturnType<typeof temporaryHome>>;
let service: TestService;

beforeAll(async () => {
  home = await temporaryHome();
  service = await startTestService(home.home, { liveEvents: 2, locatorsPerAsset: 2 });
});
afterAll(async () => {
  await service.stop();
  await home.remove();
});
afterEach(async () => {
  const { client, scope } = service;
  for await (const one of client.liveEvents.list(...scope)) {
    if (one.resourceState !== 'Stopped') await client.liveEvents.beginStopAndWait(...scope, one.name ?? '', { removeOutputsOnStop: true }, quick);
    for await (const each of client.liveOutputs.list(...scope, one.name ?? '')) await client.liveOutputs.beginDeleteAndWait(...scope, one.name ?? '', each.name ?? '', quick);
    await client.liveEvents.beginDeleteAndWait(...scope, one.name ?? '', quick);
  }
  for await (const one of client.assets.list(...scope)) await client.assets.delete(...scope, one.name ?? '');
});

/** The status, code and message with which a call is refused. */
async function refusal(call: Promise<unknown>): Promise<{ status: number | undefined; code: string | undefined; message: string }> {
  const error = await call.then(() => undefined, (caught: unknown) => caught);
  if (!isRestError(error)) throw new Error(`Expected a refusal, got ${String(error)}.`);
  return { status: error.statusCode, code: error.code, message: error.message };
}

const create = (name: string, body: LiveEvent = event()) => service.client.liveEvents.beginCreateAndWait(...service.scope, name, body, quick);
const start = (name: string) => service.client.liveEvents.beginStartAndWait(...service.scope, name, quick);
const asset = (name: string) => service.client.assets.createOrUpdate(...service.scope, name, {});

describe('who may call, and where', () => {
  it('answers 401 in the form of the API without a token and with a wrong one', async () => {
    const path = `${service.account}/liveEvents?${V}`;
    for (const [token, code] of [[null, 'AuthenticationFailed'], ['x'.repeat(43), 'InvalidAuthenticationToken']] as const) {
      const answer = await service.raw('GET', path, { token });
      expect(answer.status).toBe(401);
      expect(answer.at('error.code')).toBe(code);
      expect(answer.json).toEqual({ error: { code, message: expect.any(String) } });
    }
    // Not even whether a route exists is told.
    expect((await service.raw('GET', '/subscriptions/none/at/all', { token: null })).status).toBe(401);
    expect((await service.raw('POST', '/leases', { token: null })).status).toBe(401);
  });

  it('requires a known api-version', async () => {
    expect((await service.raw('GET', `${service.account}/liveEvents`)).at('error.code')).toBe('MissingApiVersionParameter');
    const unknown = await service.raw('GET', `${service.account}/liveEvents?api-version=1999-01-01`);
    expect([unknown.status, unknown.at('error.code')]).toEqual([400, 'InvalidApiVersionParameter']);
    expect(unknown.text('error.message')).toContain('2022-08-01');
  });

  it('knows one subscription, resource group and account', async () => {
    const swap = (from: string): Promise<{ status: number; at(path: string): unknown }> => service.raw('GET', `${service.account.replace(from, from.startsWith('/') ? '/other' : 'other')}/liveEvents?${V}`);
    expect((await swap(service.descriptor.subscriptionId)).at('error.code')).toBe('SubscriptionNotFound');
    expect((await swap(service.descriptor.resourceGroup)).at('error.code')).toBe('ResourceGroupNotFound');
    expect((await swap(`/${service.descriptor.accountName}`)).status).toBe(404);
  });

  it('answers what it does not offer with 501 or 400, which clients do not retry', async () => {
    const { client, scope } = service;
    expect(await refusal(client.assets.getEncryptionKey(...scope, 'p'))).toMatchObject({ status: 501, code: 'NotImplemented' });
    expect(await refusal(client.tracks.list(...scope, 'p').next())).toMatchObject({ status: 501, code: 'NotImplemented' });
    expect(await refusal(client.streamingPolicies.create(...scope, 'p', {}))).toMatchObject({ status: 400, message: expect.stringContaining('at least one of') });
    expect(await refusal(client.streamingEndpoints.beginScaleAndWait(...scope, 'default', { scaleUnit: 1 }, quick))).toMatchObject({ status: 400 });
    expect((await service.raw('GET', `${service.account}/nonsense?${V}`)).at('error.code')).toBe('InvalidResourceType');
  });

  it('bounds and checks bodies', async () => {
    const path = `${service.account}/liveEvents/big?${V}`;
    const large = await service.raw('PUT', path, { body: { location: 'x', properties: { description: 'x'.repeat(300_000) } } });
    expect([large.status, large.at('error.code')]).toEqual([413, 'RequestEntityTooLarge']);
    const broken = await service.raw('PUT', path, { body: '{"location":' });
    expect([broken.status, broken.at('error.code')]).toEqual([400, 'InvalidRequestContent']);
    const wrongType = await service.raw('PUT', path, { body: { location: 'x', properties: { input: { streamingProtocol: 7 } } } });
    expect(wrongType.status).toBe(400);
    expect(wrongType.text('error.message')).toContain('properties.input.streamingProtocol');
  });
});

describe('live events', () => {
  it.each([
    ['-x y', 'a name with a space'], ['a'.repeat(33), 'a name of 33 characters'], ['ev_1', 'an underscore'], ['ev-', 'a trailing hyphen'],
  ])('refuses %j: %s', async (name) => {
    expect(await refusal(create(name))).toMatchObject({ status: 400, code: 'InvalidResourceName' });
  });

  it('requires location, input and a protocol that it speaks', async () => {
    const put = (body: unknown) => service.raw('PUT', `${service.account}/liveEvents/e1?${V}`, { body });
    expect((await put({ properties: { input: { streamingProtocol: 'RTMP' } } })).at('error.code')).toBe('LocationRequired');
    expect((await put({ location: 'Local' })).text('error.message')).toContain('properties.input');
    expect(await refusal(create('e1', event({ input: { streamingProtocol: 'HLS' } })))).toMatchObject({ status: 400, message: expect.stringContaining('RTMP') });
  });

  it('says that it does not transcode, transcribe or run LowLatencyV2', async () => {
    for (const encodingType of ['Standard', 'Premium1080p']) {
      expect(await refusal(create('e1', event({ encoding: { encodingType } })))).toMatchObject({ status: 400, code: 'BadRequest', message: expect.stringContaining('does not transcode') });
    }
    expect(await refusal(create('e1', event({ transcriptions: [{ language: 'en-US' }] })))).toMatchObject({ status: 400 });
    expect(await refusal(create('e1', event({ streamOptions: ['LowLatencyV2'] })))).toMatchObject({ status: 400 });
    for (const encodingType of ['None', 'PassthroughBasic', 'PassthroughStandard']) {
      expect((await create('e1', event({ encoding: { encodingType } }))).encoding?.encodingType).toBe(encodingType);
      await service.client.liveEvents.beginDeleteAndWait(...service.scope, 'e1', quick);
    }
  });

  it.each(['not-a-token', 'abc', '../../etc'])('refuses the access token %j without repeating it', async (accessToken) => {
    const { status, message } = await refusal(create('e1', event({ input: { streamingProtocol: 'RTMP', accessToken } })));
    expect(status).toBe(400);
    expect(message).not.toContain(accessToken);
  });

  it('refuses durations and addresses that are none', async () => {
    for (const keyFrameIntervalDuration of ['2', 'PT', 'PT30S', 'PT0.1S']) {
      expect(await refusal(create('e1', event({ input: { streamingProtocol: 'RTMP', keyFrameIntervalDuration } })))).toMatchObject({ status: 400 });
    }
    const accessControl = { ip: { allow: [{ name: 'x', address: 'localhost' }] } };
    expect(await refusal(create('e1', event({ input: { streamingProtocol: 'RTMP', accessControl } })))).toMatchObject({ status: 400, message: expect.stringContaining('localhost') });
  });

  it('refuses a second event of a name, a token that is in use in any form, and more events than the limit', async () => {
    const accessToken = '0abf3568-84d7-4b4a-acbd-7b1ebd3da0f7';
    await create('e1', event({ input: { streamingProtocol: 'RTMP', accessToken } }));
    expect(await refusal(create('E1'))).toMatchObject({ status: 409, code: 'Conflict' });
    expect(await refusal(create('e2', event({ input: { streamingProtocol: 'RTMP', accessToken: accessToken.replaceAll('-', '').toUpperCase() } })))).toMatchObject({ status: 409 });
    await create('e2');
    expect(await refusal(create('e3'))).toMatchObject({ status: 403, code: 'QuotaExceeded' });
  });

  it('refuses actions that the state does not allow, and unknown names', async () => {
    const { client, scope } = service;
    const stop = (name: string, removeOutputsOnStop?: boolean) => client.liveEvents.beginStopAndWait(...scope, name, removeOutputsOnStop === undefined ? {} : { removeOutputsOnStop }, quick);
    expect(await refusal(client.liveEvents.get(...scope, 'none'))).toMatchObject({ status: 404, code: 'ResourceNotFound' });
    expect(await refusal(start('none'))).toMatchObject({ status: 404 });
    await create('e1');
    expect(await refusal(stop('e1'))).toMatchObject({ status: 409, message: expect.stringContaining('Stopped') });
    expect(await refusal(client.liveEvents.beginResetAndWait(...scope, 'e1', quick))).toMatchObject({ status: 409 });
    await start('e1');
    expect(await refusal(start('e1'))).toMatchObject({ status: 409, message: expect.stringContaining('Running') });
    expect(await refusal(client.liveEvents.beginAllocateAndWait(...scope, 'e1', quick))).toMatchObject({ status: 409 });
    expect(await refusal(client.liveEvents.beginDeleteAndWait(...scope, 'e1', quick))).toMatchObject({ status: 409 });
    await asset('a1');
    await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick);
    expect(await refusal(stop('e1'))).toMatchObject({ status: 409, message: expect.stringContaining('removeOutputsOnStop') });
    await stop('e1', true);
    expect((await client.liveEvents.get(...scope, 'e1')).resourceState).toBe('Stopped');
    expect(service.plane.outputs.size + service.plane.channels.size).toBe(0);
  });

  it('takes a new access token while stopped, not while running, and always takes tags', async () => {
    const { client, scope } = service;
    await create('e1', event({ tags: { a: '1' } }));
    const accessToken = '1abf356884d74b4aacbd7b1ebd3da0f7';
    const patch = (changes: Partial<LiveEvent>) => client.liveEvents.beginUpdateAndWait(...scope, 'e1', { location: 'Local', ...changes }, quick);
    await patch({ input: { streamingProtocol: 'RTMP', accessToken } });
    await start('e1');
    expect(service.plane.channels.get('e1')?.accessToken).toBe(accessToken);
    expect(await refusal(patch({ input: { streamingProtocol: 'RTMP', accessToken: '2abf356884d74b4aacbd7b1ebd3da0f7' } }))).toMatchObject({ status: 409 });
    // An unchanged token in a PATCH of what was read is no change.
    const next = await patch({ tags: { b: '2' }, input: { streamingProtocol: 'RTMP', accessToken } });
    expect([next.tags, next.resourceState, next.input?.endpoints?.length]).toEqual([{ b: '2' }, 'Running', 4]);
  });
});

describe('live outputs, assets, locators, streaming endpoint', () => {
  it('refuses outputs without event, asset or window, and with bad names', async () => {
    const { client, scope } = service;
    const record = (name: string, changes: object = {}) => client.liveOutputs.beginCreateAndWait(...scope, 'e1', name, { ...output, ...changes }, quick);
    expect(await refusal(record('o1'))).toMatchObject({ status: 404 });
    await create('e1');
    await start('e1');
    expect(await refusal(record('o1'))).toMatchObject({ status: 400, code: 'AssetNotFound' });
    await asset('a1');
    for (const archiveWindowLength of ['PT30S', 'PT26H', 'P2D']) expect(await refusal(record('o1', { archiveWindowLength }))).toMatchObject({ status: 400 });
    for (const manifestName of ['../up', 'a/b', 'x'.repeat(129), '']) expect(await refusal(record('o1', { manifestName }))).toMatchObject({ status: 400 });
    expect(await refusal(record('o_1'))).toMatchObject({ status: 400, code: 'InvalidResourceName' });
    expect(await refusal(record('o1', { rewindWindowLength: 'PT2H' }))).toMatchObject({ status: 400 });
  });

  it('records into an asset once, and three outputs at a time', async () => {
    const { client, scope } = service;
    const record = (name: string, assetName: string) => client.liveOutputs.beginCreateAndWait(...scope, 'e1', name, { ...output, assetName }, quick);
    await create('e1');
    await start('e1');
    for (const name of ['a1', 'a2', 'a3', 'a4']) await asset(name);
    await record('o1', 'a1');
    expect(await refusal(record('o2', 'a1'))).toMatchObject({ status: 409, message: expect.stringContaining('a1') });
    expect(await refusal(client.assets.delete(...scope, 'a1'))).toMatchObject({ status: 409 });
    await client.liveOutputs.beginDeleteAndWait(...scope, 'e1', 'o1', quick);
    // The recording is there: another one into it would spoil it.
    expect(await refusal(record('o1', 'a1'))).toMatchObject({ status: 409 });
    for (const index of [2, 3, 4]) await record(`o${index}`, `a${index}`);
    await asset('a5');
    expect(await refusal(record('o5', 'a5'))).toMatchObject({ status: 403, code: 'QuotaExceeded' });
  });

  it('refuses locators that it could not serve', async () => {
    const { client, scope } = service;
    await asset('a1');
    const locate = (name: string, changes: object = {}) => client.streamingLocators.create(...scope, name, { assetName: 'a1', streamingPolicyName: 'Predefined_ClearStreamingOnly', ...changes });
    expect(await refusal(locate('l1', { assetName: 'none' }))).toMatchObject({ status: 400, code: 'AssetNotFound' });
    for (const streamingPolicyName of ['Predefined_MultiDrmCencStreaming', 'Predefined_MultiDrmStreaming']) {
      expect(await refusal(locate('l1', { streamingPolicyName }))).toMatchObject({ status: 400, message: expect.stringContaining('no DRM licences') });
    }
    expect(await refusal(locate('l1', { streamingPolicyName: 'mine' }))).toMatchObject({ status: 400 });
    // The SDK itself refuses to send these two.
    const locator = { assetName: 'a1', streamingPolicyName: 'Predefined_ClearStreamingOnly' };
    for (const properties of [{ ...locator, streamingLocatorId: 'x' }, { ...locator, startTime: 'soon' }]) {
      expect((await service.raw('PUT', `${service.account}/streamingLocators/l1?${V}`, { body: { properties } })).status).toBe(400);
    }
    expect(await refusal(locate('a/b'))).toMatchObject({ status: 400, code: 'InvalidResourceName' });
    const streamingLocatorId = 'b2e0e2b8-7f0c-4a5e-9d1e-3c1f3ad2a001';
    expect((await locate('l1', { streamingLocatorId })).streamingLocatorId).toBe(streamingLocatorId);
    expect(await refusal(locate('l1'))).toMatchObject({ status: 409 });
    expect(await refusal(locate('l2', { streamingLocatorId }))).toMatchObject({ status: 409 });
    await locate('l2');
    expect(await refusal(locate('l3'))).toMatchObject({ status: 403 });
    // Its asset takes the locators with it.
    await client.assets.delete(...scope, 'a1');
    expect(await refusal(client.streamingLocators.get(...scope, 'l1'))).toMatchObject({ status: 404 });
  });

  it.each(['up/../x', 'a.b', 'a%b', "it's", ' a'])('refuses the asset name %j', async (name) => {
    expect(await refusal(asset(name))).toMatchObject({ status: 400 });
  });

  it('refuses containers that are no folder names', async () => {
    for (const container of ['..', 'A', 'a--b', 'x'.repeat(64)]) {
      expect(await refusal(service.client.assets.createOrUpdate(...service.scope, 'a1', { container }))).toMatchObject({ status: 400 });
    }
  });

  it('shows an asset only while the streaming endpoint runs, and a preview only while its event runs', async () => {
    const { client, scope } = service;
    await create('e1');
    await start('e1');
    await asset('a1');
    await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', output, quick);
    const { streamingLocatorId } = await client.streamingLocators.create(...scope, 'l1', { assetName: 'a1', streamingPolicyName: 'Predefined_ClearStreamingOnly' });
    const show = (id: string | undefined) => service.raw('GET', `/${id}/m.ism/manifest`, { token: null });
    const preview = (await client.liveEvents.get(...scope, 'e1')).preview?.previewLocator;
    expect((await show(streamingLocatorId)).status).toBe(404);
    expect((await show(preview)).json).toMatchObject({ kind: 'preview', eventName: 'e1' });
    expect((await client.streamingEndpoints.get(...scope, 'default')).resourceState).toBe('Stopped');
    await client.streamingEndpoints.beginStartAndWait(...scope, 'default', quick);
    expect(await refusal(client.streamingEndpoints.beginStartAndWait(...scope, 'default', quick))).toMatchObject({ status: 409 });
    expect((await show(streamingLocatorId)).json).toMatchObject({ kind: 'asset', assetName: 'a1', assetDir: expect.stringContaining(home.home) });
    await client.liveEvents.beginStopAndWait(...scope, 'e1', { removeOutputsOnStop: true }, quick);
    // The recording stays, the preview goes.
    expect((await show(streamingLocatorId)).status).toBe(200);
    expect((await show(preview)).status).toBe(404);
    await client.streamingEndpoints.beginStopAndWait(...scope, 'default', quick);
    expect((await show(streamingLocatorId)).status).toBe(404);
  });
});
