// MK.IO against small servers of both generations: paths, pages, answers without a word, states told elsewhere, operations that are missing.
import { afterEach, describe, expect, it } from 'vitest';
import { openArmDestination, type SignedIn } from '../../src/main/cloud/armDestination.ts';
import { parseMkioAddress } from '../../src/main/cloud/mkioAddress.ts';
import { createMediaServices } from '../../src/main/cloud/mediaServices.ts';
import { createBearerCredential } from '../../src/main/cloud/bearerCredential.ts';
import { mkioPolicy } from '../../src/main/cloud/mkioPolicy.ts';
import { MKIO_CAPABILITIES } from '../../src/main/cloud/providers.ts';
import type { LiveService } from '../../src/main/cloud/liveService.ts';
import { newEvent, newOutput, watchedOptions, ingestToken } from '../support/armServerClient.ts';
import { MKIO_TOKEN, startMkioServer, type MkioServer } from '../support/mkioServer.ts';

const never = new AbortController().signal;
const access = (key: string | undefined): SignedIn => ({
  chosen: async () => { throw new Error('not asked for'); },
  credentialFor: async () => { throw new Error('not asked for'); },
  keyOf: async () => key,
});
let server: MkioServer | undefined;
afterEach(async () => server?.close());

const GENERATIONS = [['current', 'project/studio?storage=store1'], ['legacy', 'subscription/studio?location=francecentral&storage=store1']] as const;

async function open(generation: 'current' | 'legacy', tail: string): Promise<{ readonly mkio: MkioServer; readonly service: LiveService }> {
  const mkio = await startMkioServer(generation, 'studio');
  server = mkio;
  const address = parseMkioAddress(`mkio:${mkio.origin}/${tail}`);
  // As openArmDestination does it, at the pace of a test.
  const service = createMediaServices({
    label: 'studio', endpoint: address.origin, subscriptionId: 'mkio', resourceGroup: generation, accountName: 'studio', credential: createBearerCredential(MKIO_TOKEN),
    capabilities: { ...MKIO_CAPABILITIES, canUpdate: generation === 'current' }, allowProxy: false, innermost: mkioPolicy(address), pollIntervalMs: 10, settleMs: 400,
  });
  return { mkio, service };
}

describe.each(GENERATIONS)('MK.IO, %s generation', (generation, tail) => {
  it('carries an event through its whole life by looking at its state', async () => {
    const { mkio, service } = await open(generation, tail);
    await service.checkAccount(never);
    const made = await service.ensureEvent(newEvent, watchedOptions());
    expect(made).toMatchObject({ name: 'ev1', state: 'StandBy' });
    const put = mkio.requests.find(({ method, path }) => method === 'PUT' && path === 'liveEvents/ev1');
    // What no rule means differs, so there always is one.
    expect(put?.body).toMatchObject({ tags: { owner: 'test' }, properties: { input: { streamingProtocol: 'RTMP', accessToken: ingestToken, accessControl: { ip: { allow: [{ address: '0.0.0.0', subnetPrefixLength: 0 }] } } } } });
    const running = await service.startEvent('ev1', watchedOptions());
    expect(running).toMatchObject({ state: 'Running', ingest: [{ secure: false }, { secure: true, url: `rtmps://in1.project.mediakind.example:2935/${ingestToken}` }] });
    const { urls } = await service.publish(newOutput, watchedOptions());
    expect(urls.hls).toMatch(/^https:\/\/ep-main\.project\.streaming\.mediakind\.example\/[0-9a-f-]{36}\/show\.ism\/manifest\(format=m3u8-cmaf\)$/);
    expect(mkio.requests.filter(({ path }) => path === 'streamingEndpoints/main/start')).toHaveLength(1);
    expect(mkio.requests.find(({ method, path }) => method === 'PUT' && path === 'assets/asset1')?.body).toMatchObject({ properties: { container: 'asset-asset1', storageAccountName: 'store1' } });
    await service.endOutput('ev1', 'out1', watchedOptions());
    await service.stopEvent('ev1', true, watchedOptions());
    expect(await service.getEvent('ev1', never)).toMatchObject({ state: 'Stopped' });
    await service.deleteEvent('ev1', watchedOptions());
    expect(await service.getEvent('ev1', never)).toBeUndefined();
    expect(mkio.misunderstood).toEqual([]);
  });

  it('reads all pages', async () => {
    const { mkio, service } = await open(generation, tail);
    const names = ['a1', 'a2', 'a3', 'a4', 'a5'];
    mkio.addEvents(names);
    expect((await service.listEvents(never)).map(({ name }) => name)).toEqual(names);
    expect(mkio.requests.filter(({ path }) => path === 'liveEvents')).toHaveLength(3);
    expect(mkio.misunderstood).toEqual([]);
  });

  it('changes tags where it can, and says that it read no health', async () => {
    const { mkio, service } = await open(generation, tail);
    await service.ensureEvent(newEvent, watchedOptions());
    expect(await service.swapEventTags({ name: 'ev1' }, { owner: 'other' }, never)).toBe('written');
    expect(mkio.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(generation === 'current' ? 1 : 0);
    expect(await service.readHealth({ name: 'ev1', previewHlsUrl: undefined }, undefined, never)).toMatchObject({ from: 'preview', tracks: [] });
    expect((await service.readClock(never)).uncertaintyMs).toBeLessThan(600);
  });
});

describe('the destination', () => {
  it.each([
    ['mkio:project/my-show', { generation: 'current', origin: 'https://app.mk.io', name: 'my-show' }],
    ['mkio:subscription/sub1?location=westeurope&event=keynote', { generation: 'legacy', origin: 'https://api.mk.io', name: 'sub1', location: 'westeurope', eventName: 'keynote' }],
    ['mkio:https://mk.example.net/project/p1?storage=s1', { generation: 'current', origin: 'https://mk.example.net', name: 'p1', storage: 's1' }],
  ])('%s', (text, expected) => {
    expect(parseMkioAddress(text)).toMatchObject(expected);
  });

  it.each(['mkio:', 'mkio:studio', 'mkio:project/', 'mkio:project/a/b', 'mkio:subscription/s', 'mkio:project/p?evnt=x', 'mkio:project/p?event=-x', 'mkio:ftp://h/project/p', 'mkio:https://u:p@h/project/p'])('refuses %s', (text) => {
    expect(() => parseMkioAddress(text)).toThrow(expect.objectContaining({ code: 'BAD_DESTINATION' }));
  });

  it('needs a token, and never shows it', async () => {
    const mkio = await startMkioServer('current', 'studio');
    server = mkio;
    await expect(openArmDestination(`mkio:${mkio.origin}/project/studio`, {}, access(undefined))).rejects.toMatchObject({ code: 'SERVICE_KEY_MISSING', action: expect.stringContaining('FIELDCAST_KEY_MKIO') });
    const service = await openArmDestination(`mkio:${mkio.origin}/project/studio`, {}, access('wrong-token-0123456789'));
    const error: unknown = await service.checkAccount(never).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'CLOUD_NOT_SIGNED_IN' });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('wrong-token');
    await (await openArmDestination(`mkio:${mkio.origin}/project/studio`, {}, access(MKIO_TOKEN))).checkAccount(never);
  });
});
