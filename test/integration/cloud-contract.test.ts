// What each adapter sends, against the published examples of the API: paths, versions, every key of every body. The adapters of other services
// send the same, but for what their documentation says otherwise.
import { afterEach, describe, expect, it } from 'vitest';
import { openArmDestination, type SignedIn } from '../../src/main/cloud/armDestination.ts';
import { createBearerCredential } from '../../src/main/cloud/bearerCredential.ts';
import type { LiveService } from '../../src/main/cloud/liveService.ts';
import { createMediaServices } from '../../src/main/cloud/mediaServices.ts';
import { parseMkioAddress } from '../../src/main/cloud/mkioAddress.ts';
import { mkioPolicy } from '../../src/main/cloud/mkioPolicy.ts';
import { MKIO_CAPABILITIES } from '../../src/main/cloud/providers.ts';
import { ArmServer, armNames } from '../support/armServer.ts';
import { armToken, liveServiceOf, newEvent, newOutput, watchedOptions } from '../support/armServerClient.ts';
import { MKIO_TOKEN, startMkioServer } from '../support/mkioServer.ts';
import { RAVNUR_KEY, startRavnurServer } from '../support/ravnurServer.ts';
import { hasSpecs, keyPaths, specExample, valueAt } from '../support/specExamples.ts';

type Sent = { readonly method: string; readonly path: string; readonly body: Record<string, unknown> | undefined };

const wholeEvent = {
  ...newEvent, settings: { type: 'PassthroughStandard', hostnamePrefix: 'keynote', streamOption: 'LowLatency', transcribe: ['en-US'] as string[] } as const,
  ingestAllow: [{ name: 'studio', address: '203.0.113.0', subnetPrefixLength: 24 }],
};
const wholeOutput = { ...newOutput, rewindWindowSeconds: 600, locatorId: '11111111-2222-4333-8444-555555555555', publicFrom: new Date(0), publicUntil: new Date(4e12) };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Everything that a show asks of a service, once. */
async function wholeShow(service: LiveService): Promise<void> {
  await service.checkAccount(new AbortController().signal);
  await service.ensureEvent(wholeEvent, watchedOptions());
  await service.updateEventTags('ev1', { zero: '1' }, watchedOptions());
  await service.startEvent('ev1', watchedOptions());
  await service.publish(wholeOutput, watchedOptions());
  await service.endOutput('ev1', 'out1', watchedOptions());
  await service.stopEvent('ev1', true, watchedOptions());
  await service.deleteEvent('ev1', watchedOptions());
}

/** The changes among what was sent, by method and path below the account. */
function changes(requests: readonly { readonly method: string; readonly path: string; readonly body: unknown }[]): Sent[] {
  return requests.filter(({ method, path }) => method !== 'GET' && path !== '').map(({ method, path, body }) => ({ method, path: path.toLowerCase(), body: body as Sent['body'] }));
}

async function armShow(): Promise<{ readonly server: ArmServer; readonly sent: Sent[] }> {
  const server = await ArmServer.listen();
  closers.push(() => server.close());
  await wholeShow(liveServiceOf(server));
  return { server, sent: changes(server.requests) };
}

const EXPECTED = [
  'PUT liveevents/ev1', 'PATCH liveevents/ev1', 'POST liveevents/ev1/start', 'PUT assets/asset1', 'PUT liveevents/ev1/liveoutputs/out1', 'PUT streaminglocators/asset1',
  'POST streamingendpoints/default/start', 'POST streaminglocators/asset1/listpaths', 'DELETE liveevents/ev1/liveoutputs/out1', 'POST liveevents/ev1/stop', 'DELETE liveevents/ev1',
];

describe('Media Services', () => {
  it('is asked for each change once, in order, at the paths and versions of the API', async () => {
    const { server, sent } = await armShow();
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(EXPECTED);
    for (const { url, headers, method, body } of server.requests) {
      expect(url).toMatch(new RegExp(`^/subscriptions/${armNames.subscriptionId}/resourceGroups/${armNames.resourceGroup}/providers/Microsoft\\.Media/media[sS]ervices/${armNames.accountName}(/|\\?)`));
      expect(new URL(url, 'http://h').searchParams.get('api-version')).toMatch(/^(2021-11-01|2022-08-01)$/);
      expect(headers.authorization).toBe(`Bearer ${armToken}`);
      if (body !== undefined && method !== 'GET') expect(headers['content-type']).toMatch(/^application\/json/);
    }
    expect(sent.find(({ path }) => path.endsWith('/stop'))?.body).toEqual({ removeOutputsOnStop: true });
  });

  it.skipIf(!hasSpecs).each([
    ['PUT liveevents/ev1', 'Streaming-2022-11-01/liveevent-create', ['location', 'tags', 'properties.input.streamingProtocol', 'properties.input.accessControl.ip.allow']],
    ['PATCH liveevents/ev1', 'Streaming-2022-11-01/liveevent-update', ['location', 'tags']],
    ['PUT liveevents/ev1/liveoutputs/out1', 'Streaming-2022-11-01/liveoutput-create', ['properties.assetName', 'properties.archiveWindowLength', 'properties.rewindWindowLength', 'properties.manifestName']],
    ['PUT streaminglocators/asset1', 'Metadata-2022-08-01/streaming-locators-create-secure', ['properties.assetName', 'properties.streamingPolicyName', 'properties.startTime', 'properties.endTime']],
  ])('%s has no key that the published example %s does not know (skipped without ../shared/specs)', async (what, example, needed) => {
    const { sent } = await armShow();
    const body = sent.find(({ method, path }) => `${method} ${path}` === what)?.body;
    const { parameters, responses } = specExample(example);
    const known = new Set([valueAt(parameters, 'parameters'), ...Object.values(responses).map((one) => one.body)].flatMap((one) => keyPaths(one)));
    // Documented in the schema, absent from these examples (media-services.md §4.8): what a transcription consists of, and the chosen id.
    const documented = /^properties\.(transcriptions|hostnamePrefix|streamOptions|useStaticHostname|encoding|streamingLocatorId|input\.accessToken)/;
    expect(keyPaths(body).filter((path) => !known.has(path) && !documented.test(path))).toEqual([]);
    for (const path of needed) expect(valueAt(body, path), path).toBeDefined();
  });
});

describe('the others', () => {
  it('Ravnur is sent the same, but for a token of its own making', async () => {
    const rms = await startRavnurServer();
    closers.push(() => rms.close());
    const access: SignedIn = { chosen: async () => { throw new Error('no'); }, credentialFor: async () => { throw new Error('no'); }, keyOf: async () => RAVNUR_KEY };
    await wholeShow(await openArmDestination(`ravnur:${rms.endpoint}subscriptions/${armNames.subscriptionId}/resourceGroups/${armNames.resourceGroup}/providers/Microsoft.Media/mediaservices/${armNames.accountName}`, {}, access));
    const { sent } = await armShow();
    expect(changes(rms.arm.requests.filter(({ url }) => url !== '/auth/token'))).toEqual(sent);
    expect(rms.arm.requests.slice(1).every(({ headers }) => /^Bearer ey[\w-]+\.[\w-]+\.[\w-]+$/.test(headers.authorization ?? ''))).toBe(true);
  });

  it('MK.IO is sent the same below its own path, without a region, with a container for the asset', async () => {
    const mkio = await startMkioServer('current', 'studio');
    closers.push(() => mkio.close());
    const address = parseMkioAddress(`mkio:${mkio.origin}/project/studio`);
    await wholeShow(createMediaServices({
      label: 'studio', endpoint: address.origin, subscriptionId: 'mkio', resourceGroup: 'current', accountName: 'studio', credential: createBearerCredential(MKIO_TOKEN),
      capabilities: MKIO_CAPABILITIES, allowProxy: false, innermost: mkioPolicy(address), pollIntervalMs: 10, settleMs: 400,
    }));
    const { sent } = await armShow();
    const here = changes(mkio.requests);
    expect(here.map(({ method, path }) => `${method} ${path}`)).toEqual(EXPECTED.map((one) => one.replace('streamingendpoints/default', 'streamingendpoints/main')));
    const own = (what: string) => (list: readonly Sent[]) => list.find(({ method, path }) => `${method} ${path}` === what)?.body;
    const { location: _region, ...create } = own('PUT liveevents/ev1')(sent) ?? {};
    expect(own('PUT liveevents/ev1')(here)).toEqual(create);
    expect(own('PUT liveevents/ev1/liveoutputs/out1')(here)).toEqual(own('PUT liveevents/ev1/liveoutputs/out1')(sent));
    expect(own('PUT assets/asset1')(here)).toEqual({ properties: { container: 'asset-asset1' } });
    expect(mkio.misunderstood).toEqual([]);
  });
});
