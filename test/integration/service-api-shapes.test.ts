// The API's answers against the published examples: keys, forms of ids and headers, nulls. Through the SDK where it shows them, raw where it hides them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';
import { hasSpecs, keyPaths, olderExample, specExample, valueAt } from '../support/specExamples.ts';
import { until } from '../support/until.ts';

const V = 'api-version=2022-08-01';
const GUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

describe.skipIf(!hasSpecs)('the API in the shapes of ../shared/specs (skipped where that folder is absent)', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let service: TestService;

  beforeAll(async () => {
    home = await temporaryHome();
    service = await startTestService(home.home);
  });
  afterAll(async () => {
    await service.stop();
    await home.remove();
  });

  /** Keys of the example that the answer lacks. */
  const missing = (answer: unknown, example: unknown): string[] => {
    const own = new Set(keyPaths(answer));
    return keyPaths(example).filter((path) => !own.has(path));
  };

  it('creates a live event like liveevent-create: 201, both polling links, Creating, then Stopped', async () => {
    const example = specExample('Streaming-2022-11-01/liveevent-create');
    const created = await service.raw('PUT', `${service.account}/liveEvents/myLiveEvent1?${V}`, { body: valueAt(example.parameters, 'parameters') });
    expect(created.status).toBe(201);
    const { headers, body } = example.responses['201']!;
    for (const name of Object.keys(headers!)) {
      // The example's link with our host, account, names and id in it.
      const form = new URL(headers![name]!).pathname.replace(/^.*\/mediaservices\/[^/]+/, '').replace(new RegExp(GUID), GUID);
      const link = new URL(String(created.headers[name]));
      expect(link.origin).toBe(service.descriptor.endpoint);
      expect(link.pathname).toMatch(new RegExp(`^${service.account}${form}$`));
      expect(link.searchParams.get('api-version')).toBe('2022-08-01');
    }
    expect(Number(created.headers['retry-after'])).toBe(1);
    expect(missing(created.json, body)).toEqual([]);
    expect(created.at('id')).toBe(`${service.account}/liveevents/myLiveEvent1`);
    expect(created.at('type')).toBe(valueAt(body, 'type'));
    expect(created.at('properties')).toMatchObject({
      resourceState: 'Creating', provisioningState: 'InProgress', description: 'test event 1',
      input: { streamingProtocol: 'RTMP', keyFrameIntervalDuration: 'PT6S', endpoints: [], accessControl: valueAt(body, 'properties.input.accessControl') },
      preview: { streamingPolicyName: null, endpoints: [], accessControl: valueAt(body, 'properties.preview.accessControl') },
      encoding: { encodingType: 'None', presetName: null },
    });
    const status = await service.raw('GET', String(created.headers['azure-asyncoperation']));
    expect(keyPaths(status.json).sort()).toEqual(keyPaths(specExample('Streaming-2022-11-01/async-operation-result').responses['200']!.body).sort());
    expect(status.json).toMatchObject({ error: { code: 'None', message: null, target: expect.stringMatching(GUID) }, status: 'Succeeded' });
    const location = await service.raw('GET', String(created.headers['location']));
    expect(location.status).toBe(200);
    expect(missing(location.json, example.responses['200']!.body)).toEqual([]);
    expect(location.at('properties')).toMatchObject({ resourceState: 'Stopped', provisioningState: 'Succeeded' });
  });

  it('updates a live event like liveevent-update, and fills an unset subnetPrefixLength with null', async () => {
    const example = specExample('Streaming-2022-11-01/liveevent-update');
    const parameters = valueAt(example.parameters, 'parameters') as { tags: object; properties: { input: { streamingProtocol: string } } };
    parameters.properties.input.streamingProtocol = 'RTMP';
    const updated = await service.raw('PATCH', `${service.account}/liveEvents/myLiveEvent1?${V}`, { body: parameters });
    expect(updated.status).toBe(202);
    // timedMetadataEndpoints came with 2022-11-01.
    expect(missing(updated.json, example.responses['202']!.body)).toEqual(['properties.input.timedMetadataEndpoints']);
    expect(updated.at('properties.input.accessControl')).toEqual(valueAt(example.responses['202']!.body, 'properties.input.accessControl'));
    expect(updated.at('tags')).toEqual(parameters.tags);
    await service.raw('GET', String(updated.headers['azure-asyncoperation']));
  });

  it('lists endpoints of a running event like liveevent-list-by-name, in the documented order', async () => {
    await service.client.liveEvents.beginStartAndWait(...service.scope, 'myLiveEvent1', { updateIntervalInMs: 20 });
    const got = await service.raw('GET', `${service.account}/liveEvents/myLiveEvent1?${V}`);
    const example = specExample('Streaming-2022-11-01/liveevent-list-by-name').responses['200']!.body;
    expect(missing(got.json, example)).toEqual([]);
    const accessToken = got.text('properties.input.accessToken');
    const { rtmp, rtmps, https } = service.descriptor.ports;
    expect(got.at('properties.input.endpoints')).toEqual([
      { protocol: 'RTMP', url: `rtmp://127.0.0.1:${rtmp[0]}/live/${accessToken}` }, { protocol: 'RTMP', url: `rtmp://127.0.0.1:${rtmp[1]}/live/${accessToken}` },
      { protocol: 'RTMP', url: `rtmps://127.0.0.1:${rtmps[0]}/live/${accessToken}` }, { protocol: 'RTMP', url: `rtmps://127.0.0.1:${rtmps[1]}/live/${accessToken}` },
    ]);
    const previewUrl = `https://127.0.0.1:${https}/${got.text('properties.preview.previewLocator')}/preview.ism/manifest`;
    expect(got.at('properties.preview.endpoints')).toEqual([{ protocol: 'FragmentedMP4', url: previewUrl }]);
  });

  it('creates assets, live outputs and locators like their examples', async () => {
    const asset = await service.raw('PUT', `${service.account}/assets/ClimbingMountLogan?${V}`, { body: { properties: { description: 'A documentary' } } });
    expect(asset.status).toBe(201);
    expect(missing(asset.json, olderExample('Create_an_Asset'))).toEqual([]);
    expect(asset.at('properties.container')).toBe(`asset-${asset.text('properties.assetId')}`);
    expect((await service.raw('PUT', `${service.account}/assets/ClimbingMountLogan?${V}`, { body: { properties: { description: 'B' } } })).status).toBe(200);

    const example = specExample('Streaming-2022-11-01/liveoutput-create');
    const parameters = valueAt(example.parameters, 'parameters') as { properties: { assetName: string } };
    parameters.properties.assetName = 'ClimbingMountLogan';
    const path = `${service.account}/liveEvents/myLiveEvent1/liveOutputs/myLiveOutput1?${V}`;
    const output = await service.raw('PUT', path, { body: parameters });
    expect(output.status).toBe(201);
    expect(missing(output.json, example.responses['201']!.body)).toEqual([]);
    expect(output.at('properties')).toMatchObject({ ...parameters.properties, outputSnapTime: 0, resourceState: 'Creating', provisioningState: 'InProgress' });
    expect(new URL(String(output.headers['location'])).pathname).toMatch(new RegExp(`/liveevents/myLiveEvent1/liveoutputs/myLiveOutput1/operationlocations/${GUID}$`));
    await service.raw('GET', String(output.headers['azure-asyncoperation']));
    expect((await service.raw('GET', path)).at('properties')).toMatchObject({ resourceState: 'Running', provisioningState: 'Succeeded' });

    const locator = await service.raw('PUT', `${service.account}/streamingLocators/l1?${V}`, {
      body: { properties: { assetName: 'ClimbingMountLogan', streamingPolicyName: 'Predefined_ClearStreamingOnly' } },
    });
    expect(locator.status).toBe(201);
    expect(missing(locator.json, olderExample('Creates_a_Streaming_Locator_with_clear_streaming'))).toEqual([]);
    expect(new Date(locator.text('properties.endTime')).getUTCFullYear()).toBe(9999);
    const id = locator.text('properties.streamingLocatorId');
    const paths = (await service.raw('POST', `${service.account}/streamingLocators/l1/listPaths?${V}`));
    const exampleOfPaths = specExample('Metadata-2022-08-01/streaming-locators-list-paths-streaming-and-download').responses['200']!.body;
    expect(keyPaths(paths.json)).toEqual(keyPaths(exampleOfPaths));
    expect(paths.at('streamingPaths')).toEqual([
      { streamingProtocol: 'Hls', encryptionScheme: 'NoEncryption', paths: [`/${id}/testmanifest.ism/manifest(format=m3u8-cmaf)`] },
      { streamingProtocol: 'Dash', encryptionScheme: 'NoEncryption', paths: [`/${id}/testmanifest.ism/manifest(format=mpd-time-cmaf)`] },
    ]);
  });

  it('shows the streaming endpoint, its skus, the policies and the account like their examples', async () => {
    const endpoint = (await service.raw('GET', `${service.account}/streamingEndpoints/default?${V}`));
    const example = specExample('Streaming-2022-11-01/streamingendpoint-create').responses['200']!.body;
    // An access control that is unset is null.
    expect(missing(endpoint.json, example).filter((path) => !path.startsWith('properties.accessControl.'))).toEqual([]);
    expect(endpoint.at('properties')).toMatchObject({ resourceState: 'Stopped', hostName: `127.0.0.1:${service.descriptor.ports.https}`, cdnEnabled: false });
    const skus = (await service.raw('GET', `${service.account}/streamingEndpoints/default/skus?${V}`)).json;
    expect(missing(skus, specExample('Streaming-2022-11-01/streamingendpoint-list-skus').responses['200']!.body)).toEqual([]);
    const policy = (await service.raw('GET', `${service.account}/streamingPolicies/Predefined_ClearStreamingOnly?${V}`)).json;
    expect(missing(policy, olderExample('Get_a_Streaming_Policy_by_name'))).toEqual([]);
    const account = (await service.raw('GET', `${service.account}?api-version=2021-11-01`)).json;
    expect(missing(account, olderExample('Get_a_Media_Services_account_by_name'))).toEqual([]);
    const available = await service.client.locations.checkNameAvailability('local', { name: 'contosotv', type: 'Microsoft.Media/mediaServices' });
    expect(available).toEqual(olderExample('Check_Name_Availability'));
    expect((await service.client.locations.checkNameAvailability('local', { name: service.descriptor.accountName })).reason).toBe('AlreadyExists');
    expect((await service.client.locations.checkNameAvailability('local', { name: 'No Name' })).reason).toBe('Invalid');
  });

  it('answers paths in any letter case, and names too', async () => {
    const path = `${service.account}/liveEvents/myLiveEvent1?${V}`;
    const lower = await service.raw('GET', path.toLowerCase());
    const upper = await service.raw('GET', `${service.account.toUpperCase()}/LIVEEVENTS/MYLIVEEVENT1?API-VERSION=2022-08-01`);
    expect([lower.status, upper.status]).toEqual([200, 200]);
    expect(upper.json).toEqual((await service.raw('GET', path)).json);
  });

  it('deletes with 202 and the polling links, and a missing resource with 204', async () => {
    const output = await service.raw('DELETE', `${service.account}/liveEvents/myLiveEvent1/liveOutputs/myLiveOutput1?${V}`);
    expect(output.status).toBe(202);
    await service.raw('GET', String(output.headers['azure-asyncoperation']));
    const stopped = await service.raw('POST', `${service.account}/liveEvents/myLiveEvent1/stop?${V}`, { body: {} });
    expect(stopped.status).toBe(202);
    await service.raw('GET', String(stopped.headers['azure-asyncoperation']));
    const gone = await service.raw('DELETE', `${service.account}/liveEvents/myLiveEvent1?${V}`);
    expect(gone.status).toBe(202);
    await until(async () => (await service.raw('GET', String(gone.headers['azure-asyncoperation']))).at('status') === 'Succeeded', 'the end of the delete');
    expect((await service.raw('DELETE', `${service.account}/liveEvents/myLiveEvent1?${V}`)).status).toBe(204);
    expect((await service.raw('DELETE', `${service.account}/liveEvents/none/liveOutputs/none?${V}`)).status).toBe(204);
    expect((await service.raw('DELETE', `${service.account}/assets/none?${V}`)).status).toBe(204);
    expect((await service.raw('DELETE', `${service.account}/streamingLocators/none?${V}`)).status).toBe(204);
  });
});
