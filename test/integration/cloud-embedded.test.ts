// The LiveService against the embedded service: its API half in this process through every step and slip, then the whole service as its
// own process, with FFmpeg pushing a small ladder, its preview and public stream played, and its archive counted.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/main/cloud/archiveVerifier.ts';
import { createEmbeddedLiveService, type EmbeddedHandle } from '../../src/main/cloud/embeddedDestination.ts';
import type { LiveService, OperationOptions } from '../../src/main/cloud/liveService.ts';
import { waitUntilPlayable } from '../../src/main/cloud/playbackProbe.ts';
import type { ServiceDescriptor } from '../../src/contract/embeddedService.ts';
import { watchedOptions } from '../support/armServerClient.ts';
import { readServiceDescriptor, SERVICE_ENTRY, spawnService, startTestService, temporaryHome, type ServiceProcess, type TestService } from '../support/embeddedService.ts';
import { pushWithFfmpeg } from '../support/ffmpegPush.ts';

const never = new AbortController().signal;
const accessToken = '0123456789abcdef0123456789abcdef';
const event = { name: 'show-1', tags: { fieldcast: 'test' }, accessToken, keyFrameIntervalSeconds: 2 };
const output = { eventName: 'show-1', outputName: 'out-1', assetName: 'asset-1', manifestName: 'show', archiveWindowSeconds: 3600 };

function handleOf(descriptor: ServiceDescriptor): EmbeddedHandle {
  const { endpoint, token, originHttp, subscriptionId, resourceGroup, accountName, location } = descriptor;
  return { endpoint, token, ca: readFileSync(descriptor.caPath, 'utf8'), originHttpBase: originHttp, subscriptionId, resourceGroup, accountName, location };
}

describe('the API half', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let test: TestService;
  let service: LiveService;
  beforeAll(async () => {
    home = await temporaryHome();
    test = await startTestService(home.home);
    service = createEmbeddedLiveService(handleOf(test.descriptor));
  });
  afterAll(async () => {
    await test.stop();
    await home.remove();
  });

  it('goes through the whole life of an event, each step twice', async () => {
    expect(service.capabilities.burstWelcome).toBe(true);
    await service.checkAccount(never);
    expect(await service.listEvents(never)).toEqual([]);
    expect(await service.getEvent('show-1', never)).toBeUndefined();
    for (const _time of [1, 2]) expect(await service.ensureEvent(event, watchedOptions())).toMatchObject({ name: 'show-1', state: 'Stopped', tags: { fieldcast: 'test' } });
    const tagged = await service.updateEventTags('show-1', { zero: '1700000000' }, watchedOptions());
    expect(tagged.tags).toEqual({ fieldcast: 'test', zero: '1700000000' });

    const { descriptor } = test;
    for (const _time of [1, 2]) {
      const running = await service.startEvent('show-1', watchedOptions());
      expect(running.state).toBe('Running');
      expect(running.ingest).toEqual([
        { role: 'primary', secure: false, url: `rtmp://127.0.0.1:${descriptor.ports.rtmp[0]}/live/${accessToken}` },
        { role: 'secondary', secure: false, url: `rtmp://127.0.0.1:${descriptor.ports.rtmp[1]}/live/${accessToken}` },
        { role: 'primary', secure: true, url: `rtmps://127.0.0.1:${descriptor.ports.rtmps[0]}/live/${accessToken}` },
        { role: 'secondary', secure: true, url: `rtmps://127.0.0.1:${descriptor.ports.rtmps[1]}/live/${accessToken}` },
      ]);
      expect(running.previewHlsUrl).toMatch(/\/preview\.ism\/manifest\(format=m3u8-cmaf\)$/);
    }
    expect(test.plane.channels.get('show-1')).toMatchObject({ accessToken });

    const first = await service.publish(output, watchedOptions());
    expect(first.urls.hls).toBe(`${descriptor.originHttp}/${first.locatorId}/show.ism/manifest(format=m3u8-cmaf)`);
    expect(first.urls.dash).toBe(`${descriptor.originHttp}/${first.locatorId}/show.ism/manifest(format=mpd-time-cmaf)`);
    expect(await service.publish(output, watchedOptions())).toEqual(first);
    expect(test.plane.outputs.get('show-1/out-1')).toMatchObject({ assetName: 'asset-1', manifestName: 'show', archiveWindowSeconds: 3600 });
    expect((await service.listEvents(never)).map((one) => `${one.name} ${one.state}`)).toEqual(['show-1 Running']);

    await expect(service.stopEvent('show-1', false, watchedOptions())).rejects.toMatchObject({ code: expect.stringMatching(/^CLOUD_(REFUSED|CONFLICT)$/) as string });
    await expect(service.deleteEvent('show-1', watchedOptions())).rejects.toMatchObject({ code: 'EVENT_RUNNING' });
    for (const _time of [1, 2]) await service.endOutput('show-1', 'out-1', watchedOptions());
    expect(test.plane.outputs.size).toBe(0);
    for (const _time of [1, 2]) await service.stopEvent('show-1', true, watchedOptions());
    expect(test.plane.channels.size).toBe(0);
    expect((await service.startEvent('show-1', watchedOptions())).ingest[0]?.url).toContain(accessToken);
    await service.publish({ ...output, outputName: 'out-2', assetName: 'asset-2' }, watchedOptions());
    await service.stopEvent('show-1', true, watchedOptions());
    for (const _time of [1, 2]) await service.deleteEvent('show-1', watchedOptions());
    expect(await service.getEvent('show-1', never)).toBeUndefined();
  });

  it('refuses with the service\'s own reason', async () => {
    await expect(service.startEvent('nowhere', watchedOptions())).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
    await expect(service.ensureEvent({ ...event, name: '-bad name-' }, watchedOptions())).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
    await expect(createEmbeddedLiveService({ ...handleOf(test.descriptor), token: 'wrong-token-wrong-token-wrong-token' }).checkAccount(never)).rejects.toMatchObject({ code: 'CLOUD_NOT_SIGNED_IN' });
    await expect(createEmbeddedLiveService({ ...handleOf(test.descriptor), accountName: 'other' }).checkAccount(never)).rejects.toMatchObject({ code: 'CLOUD_NOT_FOUND' });
  });

  it('survives a start that hangs in the media half, is cancelled, and taken up again after it', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await service.ensureEvent({ ...event, name: 'slow', accessToken: 'f'.repeat(32) }, watchedOptions());
    test.plane.fault = async (call) => {
      if (call === 'openChannel') await held;
    };
    const giveUp = new AbortController();
    const first = watchedOptions(giveUp.signal);
    const started = service.startEvent('slow', { ...first, onTrace: async (trace) => {
      first.traces.push(trace);
      if (trace.token !== undefined) giveUp.abort();
    } });
    await expect(started).rejects.toMatchObject({ code: 'CLOUD_CANCELLED', message: expect.stringContaining('Starting') as string });
    const again = service.startEvent('slow', { ...watchedOptions(), resumeFrom: first.traces.at(-1)! });
    release();
    expect((await again).state).toBe('Running');
    test.plane.fault = async (call) => {
      if (call === 'closeChannel') throw new Error('the media half is on fire');
    };
    const stopped = await service.stopEvent('slow', true, watchedOptions()).then(() => 'stopped', (error: unknown) => error);
    test.plane.fault = async () => undefined;
    if (stopped !== 'stopped') expect(stopped).toMatchObject({ code: 'CLOUD_OPERATION_FAILED' });
    await service.stopEvent('slow', true, watchedOptions());
    await service.deleteEvent('slow', watchedOptions());
  });

  it.each(['stand-by', 'reset', 'endpoint'] as const)('%s, given up while the service works on it, is taken up by another client without being asked for again', async (which) => {
    const name = `taken-${which}`;
    await service.ensureEvent({ ...event, name, accessToken: 'e'.repeat(32) }, watchedOptions());
    if (which === 'reset') await service.startEvent(name, watchedOptions());
    // It may run for what was shown before.
    if (which === 'endpoint') await service.changeEndpoint({ name: 'default', run: false }, watchedOptions());
    const work = async (one: LiveService, options: OperationOptions): Promise<unknown> => {
      switch (which) {
        case 'stand-by': return one.allocateEvent(name, options);
        case 'reset': return one.resetEvent(name, false, options);
        case 'endpoint': return one.changeEndpoint({ name: 'default', run: true }, options);
      }
    };
    const calls: string[] = [];
    const held = Promise.withResolvers<void>();
    test.plane.fault = async (call) => {
      calls.push(call);
      if (call === 'closeChannel') await held.promise;
    };
    const giveUp = new AbortController();
    const first = watchedOptions(giveUp.signal);
    const begun = work(service, { ...first, onTrace: async (trace) => {
      first.traces.push(trace);
      // The first is written down before the service is asked, the second once it has taken the operation on.
      if (trace.token !== undefined) giveUp.abort();
    } }).then(() => 'ended', (error: unknown) => error);
    const given = await begun;
    if (given !== 'ended') expect(given).toMatchObject({ code: 'CLOUD_CANCELLED' });
    if (which === 'reset') expect(first.traces.map(({ token }) => token === undefined)).toEqual([true, false]);
    expect(first.traces[0]).toEqual({ attempt: expect.stringContaining(which === 'endpoint' ? 'start the streaming endpoint “default”' : `“${name}”`) });
    const last = first.traces.at(-1) ?? expect.fail('nothing was written down');
    const again = work(createEmbeddedLiveService(handleOf(test.descriptor)), { ...watchedOptions(), resumeFrom: last });
    held.resolve();
    await again;
    test.plane.fault = async () => undefined;
    if (which === 'reset') expect(calls.filter((call) => call === 'closeChannel')).toHaveLength(1);
    if (which === 'endpoint') expect((await service.listEndpoints(new AbortController().signal))[0]).toMatchObject({ state: 'Running' });
    else expect(await service.getEvent(name, new AbortController().signal)).toMatchObject({ state: which === 'reset' ? 'Running' : 'StandBy' });
    await service.stopEvent(name, true, watchedOptions());
    await service.deleteEvent(name, watchedOptions());
  });
});

describe('the whole service', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let child: ServiceProcess;
  let descriptor: ServiceDescriptor;
  let service: LiveService;
  beforeAll(async () => {
    home = await temporaryHome();
    child = await spawnService(SERVICE_ENTRY, home.home);
    descriptor = await readServiceDescriptor(home.home);
    service = createEmbeddedLiveService(handleOf(descriptor));
  });
  afterAll(async () => {
    child.child.kill('SIGTERM');
    await child.exited;
    await home.remove();
  });

  it('plays what FFmpeg pushes, privately and publicly, and every frame of it is found afterwards', async () => {
    await service.ensureEvent(event, watchedOptions());
    const running = await service.startEvent('show-1', watchedOptions());
    const published = await service.publish(output, watchedOptions());
    const ingest = running.ingest.find((endpoint) => endpoint.role === 'primary' && !endpoint.secure)!;
    const pushing = pushWithFfmpeg([
      { url: `${ingest.url}/high`, kbps: 300, size: '320x180' }, { url: `${ingest.url}/low`, kbps: 100, size: '160x90' },
    ], { seconds: 8 });

    const preview = await waitUntilPlayable(running.previewHlsUrl!, { ca: service.ca, signal: never, timeoutMs: 20_000, minVariants: 2 });
    const open = await waitUntilPlayable(published.urls.hls, { ca: service.ca, signal: never, timeoutMs: 20_000, minVariants: 2 });
    for (const stream of [preview, open]) expect(new Set(stream.variants.map((variant) => variant.resolution))).toEqual(new Set(['160x90', '320x180']));
    expect((await verifyArchive(published.urls.dash, { ca: service.ca, signal: never })).live).toBe(true);
    expect(await pushing).toEqual({ code: 0, stderr: '' });

    await service.endOutput('show-1', 'out-1', watchedOptions());
    await service.stopEvent('show-1', true, watchedOptions());
    await expect(waitUntilPlayable(running.previewHlsUrl!, { ca: service.ca, signal: never, timeoutMs: 500 })).rejects.toMatchObject({ code: 'NOT_PLAYABLE' });
    for (const url of [published.urls.dash, published.urls.hls]) {
      const report = await verifyArchive(url, { ca: service.ca, signal: never });
      expect(report.live).toBe(false);
      const video = report.tracks.filter((track) => track.kind === 'video');
      expect(video.map((track) => track.frames)).toEqual([240, 240]);
      expect(report.tracks.filter((track) => track.kind === 'audio').length).toBeGreaterThan(0);
      for (const track of report.tracks) expect(track).toMatchObject({ gaps: [], overlaps: [], damaged: [], keyframeSegments: track.segments });
    }
    const { tracks } = await verifyArchive(published.urls.dash, { ca: service.ca, signal: never });
    // FFmpeg declares a little less than it was told: libx264 rounds to whole kbit/s, the FLV muxer divides by 1024.
    expect(tracks.map((track) => track.track).sort()).toEqual(['audio_128000', 'video_299805', 'video_99609']);
    await service.deleteEvent('show-1', watchedOptions());
    expect((await verifyArchive(published.urls.dash, { ca: service.ca, signal: never })).tracks).toEqual(tracks);
  });
});
