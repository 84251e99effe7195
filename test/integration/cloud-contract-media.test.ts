// What the uploader, the library and the operator's commands send, against the published examples: every key of every body is one that an
// example of that resource has. Skipped without ../shared/specs.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { protectionFormSchema } from '../../src/contract/contentProtection.ts';
import type { LiveService } from '../../src/main/cloud/liveService.ts';
import { ArmServer, type ArmAnswer, type ArmRequest } from '../support/armServer.ts';
import { liveServiceOf, newEvent, watchedOptions } from '../support/armServerClient.ts';
import { everyKeyPath, hasSpecs, olderExample, schemaKeys, specExample } from '../support/specExamples.ts';

const never = new AbortController().signal;
let server: ArmServer;
let service: LiveService;

/** Keeps what is put, under its path, and answers with it: for the collections that the scripted service does not know itself. */
function keeping(): (request: ArmRequest) => ArmAnswer | undefined {
  const kept = new Map<string, object>();
  return ({ method, path, body }) => {
    if (path.startsWith('assets/') && path.endsWith('/listcontainersas')) return { status: 200, body: { assetContainerSasUrls: ['https://store.example/c?sig=1', 'https://store.example/c?sig=2'] } };
    if (path.endsWith('/getpolicypropertieswithsecrets')) return { status: 200, body: (kept.get(path.replace(/\/[^/]+$/, '')) as { properties: object }).properties };
    if (!/^(transforms|contentkeypolicies|streamingpolicies|accountfilters)(\/|$)|\/assetfilters\//.test(path)) return undefined;
    if (method === 'PUT') {
      const { properties, ...rest } = body as { properties: object };
      const made = { name: path.split('/').at(-1), ...rest, properties: path.includes('/jobs/') ? { ...properties, state: 'Finished', outputs: [{ state: 'Finished', progress: 100 }] } : properties };
      kept.set(path, made);
      return { status: 201, body: made };
    }
    const found = kept.get(path);
    return found === undefined ? { status: 404, body: { error: { code: 'ResourceNotFound', message: 'No such thing.' } } } : { status: 200, body: found };
  };
}

beforeEach(async () => {
  server = await ArmServer.listen();
  server.script = keeping();
  service = liveServiceOf(server);
});
afterEach(async () => { await server.close(); });

function bodyOf(what: string): unknown {
  const [method = '', path = ''] = what.split(' ');
  const [request, ...others] = server.sent(method, path);
  expect(others, what).toEqual([]);
  expect(request, what).toBeDefined();
  expect(request?.query.get('api-version'), what).toMatch(/^(2021-11-01|2022-08-01|2022-07-01|2022-11-01)$/);
  return request?.body;
}

/** No key that the examples do not know. */
function expectKnown(what: string, examples: readonly string[], documented?: RegExp): void {
  const known = new Set(examples.flatMap((name) => everyKeyPath(name.startsWith('Streaming-') ? specExample(name).responses['200']?.body : olderExample(name))));
  const paths = everyKeyPath(bodyOf(what));
  expect(paths.length, what).toBeGreaterThan(0);
  expect(paths.filter((path) => !known.has(path) && documented?.test(path) !== true), what).toEqual([]);
}

describe.skipIf(!hasSpecs)('what is sent to Media Services (skipped without ../shared/specs)', () => {
  it('to upload, encode and publish', async () => {
    const { library } = service;
    await library.ensureAsset('film', never);
    await library.writableContainer('film', never);
    await library.encodeAsset({ assetName: 'film', outputAssetName: 'film-stream', jobName: 'film', presetName: 'AdaptiveStreaming', signal: never, onProgress: () => undefined, onShare: () => undefined });
    expect(bodyOf('PUT assets/film')).toEqual({});
    // Times and permissions of a container; the example shows the answer only.
    expect(Object.keys(bodyOf('POST assets/film/listContainerSas') as object).filter((key) => !schemaKeys('AssetsAndAssetFilters', 'ListContainerSasInput').includes(key))).toEqual([]);
    const [transform] = server.requests.filter(({ method, path }) => method === 'PUT' && /^transforms\/[^/]+$/.test(path));
    expectKnown(`PUT ${transform?.path}`, ['Create_or_update_a_Transform']);
    expectKnown(`PUT ${transform?.path}/jobs/film`, ['Create_a_Job']);
    expect(bodyOf(`PUT ${transform?.path}/jobs/film`)).toEqual({ properties: {
      input: { '@odata.type': '#Microsoft.Media.JobInputAsset', assetName: 'film' }, outputs: [{ '@odata.type': '#Microsoft.Media.JobOutputAsset', assetName: 'film-stream' }],
    } });
  });

  it('to protect', async () => {
    const secrets = new Map([['signing', Buffer.alloc(32, 7).toString('base64')]]);
    const token = { kind: 'token', issuer: 'https://login.example', audience: 'viewers', signedWith: { kind: 'symmetric', secret: 'signing' }, claims: [{ type: 'tier', value: 'gold' }] };
    const put = async (name: string, form: object): Promise<unknown> => service.library.putProtection(name, protectionFormSchema.parse(form), secrets, never);
    await put('clearkey', { who: token, aes128: true });
    await put('drm', { who: token, playReady: { persistent: true, validHours: 2 }, widevine: {}, licenceUrls: { playReady: 'https://drm.example/p', widevine: 'https://drm.example/w' } });
    const clearKey = ['Creates_a_Content_Key_Policy_with_ClearKey_option_and_Token_Restriction'];
    // The examples require no claims; the schema says what one consists of.
    const claim = /^properties\.options\[\]\.restriction\.requiredClaims\[\]\.(claimType|claimValue)$/;
    expect(schemaKeys('ContentKeyPolicies', 'ContentKeyPolicyTokenClaim')).toEqual(['claimType', 'claimValue']);
    expectKnown('PUT contentkeypolicies/clearkey', clearKey, claim);
    expectKnown('PUT contentkeypolicies/drm', [
      ...clearKey, 'Creates_a_Content_Key_Policy_with_PlayReady_option_and_Open_Restriction', 'Creates_a_Content_Key_Policy_with_Widevine_option_and_Token_Restriction', 'Creates_a_Content_Key_Policy_with_multiple_options',
      // Documented in the schema of the licence, absent from the examples: its security level (api-version 2022-08-01), how long one that may be kept
      // lasts, and what identifies its key.
    ], new RegExp(`${claim.source}|${/^properties\.options\[\]\.configuration\.licenses\[\]\.(securityLevel|relativeExpirationDate|playRight\.\w+|contentKeyLocation\S*|gracePeriod|beginDate)$/.source}`));
    expectKnown('PUT streamingpolicies/drm', ['Creates_a_Streaming_Policy_with_commonEncryptionCenc_only', 'Creates_a_Streaming_Policy_with_secure_streaming']);
  });

  it('to filter', async () => {
    const form = { fromSeconds: 1, toSeconds: 100, firstKbps: 1000, maxKbps: 3000, endsLive: true };
    await service.library.putFilter({}, 'account', form, never);
    await service.library.putFilter({ assetName: 'film' }, 'asset', form, never);
    expectKnown('PUT accountfilters/account', ['Create_an_Account_Filter']);
    expectKnown('PUT assets/film/assetfilters/asset', ['Create_an_Asset_Filter']);
  });

  it('to set streaming endpoints and events', async () => {
    await service.changeEndpoint({ name: 'default', cdn: true, cdnProvider: 'StandardVerizon', cdnProfile: 'profile', scaleUnits: 2, run: true }, watchedOptions());
    expectKnown('PATCH streamingendpoints/default', ['Update_a_StreamingEndpoint', 'Create_a_StreamingEndpoint', 'Streaming-2022-11-01/streamingendpoint-create']);
    expect(bodyOf('POST streamingendpoints/default/scale')).toEqual({ scaleUnit: 2 });
    expect(schemaKeys('streamingservice', 'StreamingEntityScaleUnit')).toEqual(['scaleUnit']);
    expect(bodyOf('POST streamingendpoints/default/start')).toBeUndefined();
    await service.ensureEvent(newEvent, watchedOptions());
    await service.allocateEvent('ev1', watchedOptions());
    server.state.run(server.state.events.get('ev1') ?? expect.fail('no event'));
    await service.resetEvent('ev1', false, watchedOptions());
    expect([bodyOf('POST liveevents/ev1/allocate'), bodyOf('POST liveevents/ev1/reset')]).toEqual([undefined, undefined]);
    await service.stopEvent('ev1', true, watchedOptions());
    expect(schemaKeys('streamingservice', 'LiveEventActionInput')).toEqual(expect.arrayContaining(Object.keys(bodyOf('POST liveevents/ev1/stop') as object)));
  });
});
