// Both halves of the service together, as a process: a real FFmpeg pushes, the API publishes, the origin plays, a kill -9 in between.
import { type ChildProcess, spawn } from 'node:child_process';
import { get as httpGet } from 'node:http';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readServiceDescriptor, SERVICE_ENTRY, type ServiceProcess, spawnService, temporaryHome, toolsOf } from '../support/embeddedService.ts';
import { until } from '../support/until.ts';

const quick = { updateIntervalInMs: 20 };

let home: Awaited<ReturnType<typeof temporaryHome>>;
let service: ServiceProcess;
let tools: ReturnType<typeof toolsOf>;
let encoder: ChildProcess | undefined;

beforeAll(async () => {
  home = await temporaryHome();
  service = await spawnService(SERVICE_ENTRY, home.home);
  tools = toolsOf(await readServiceDescriptor(home.home));
});
afterAll(async () => {
  encoder?.kill('SIGKILL');
  service.child.kill('SIGKILL');
  await service.exited;
  await home.remove();
});

/** 320x180 at 25 frames/s with a keyframe each second, and a tone, in real time. */
function push(url: string): ChildProcess {
  return spawn('ffmpeg', [
    '-nostdin', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25', '-sc_threshold', '0', '-b:v', '300k', '-maxrate', '300k', '-bufsize', '300k',
    '-c:a', 'aac', '-ac', '2', '-b:a', '64k', '-f', 'flv', `${url}/main`,
  ], { stdio: 'ignore' });
}

function fetchText(url: string): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    httpGet(url, { agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
    }).on('error', fail);
  });
}

/** The first media playlist behind a multivariant one; undefined while there is none. */
async function mediaPlaylist(url: string): Promise<string | undefined> {
  const master = await fetchText(url).catch(() => undefined);
  if (master?.status !== 200) return undefined;
  const variant = master.text.split('\n').find((line) => line !== '' && !line.startsWith('#'));
  if (variant === undefined) return undefined;
  const playlist = await fetchText(new URL(variant, url).href);
  return playlist.status === 200 ? playlist.text : undefined;
}

/** Segments that can be played: the outage stands as gaps in the live playlist. */
const segments = (playlist = ''): number => playlist.split('#EXTINF').length - playlist.split('#EXT-X-GAP').length;

describe('API and media half in one process', () => {
  it('goes from create to preview, public stream, kill -9, resumed stream and on-demand video', async () => {
    const { client, scope, descriptor } = tools;
    const created = await client.liveEvents.beginCreateAndWait(...scope, 'show', { location: 'Local', input: { streamingProtocol: 'RTMP' } }, { ...quick, autoStart: true });
    const ingest = created.input?.endpoints?.[0]?.url ?? '';
    encoder = push(ingest);
    const previewUrl = `${descriptor.originHttp}${new URL(created.preview?.endpoints?.[0]?.url ?? '').pathname}(format=m3u8-cmaf)`;
    await until(async () => segments(await mediaPlaylist(previewUrl)) > 0, 'the preview', 30_000);
    const tracks = await tools.raw('GET', `${tools.account}/liveEvents/show/fieldcastTelemetry`);
    expect(tracks.json).toEqual(expect.arrayContaining([expect.objectContaining({ trackName: expect.stringMatching(/^video_\d{6}$/), kind: 'video' }), expect.objectContaining({ kind: 'audio' })]));

    await client.assets.createOrUpdate(...scope, 'recording', {});
    await client.streamingEndpoints.beginStartAndWait(...scope, 'default', quick);
    const { streamingLocatorId } = await client.streamingLocators.create(...scope, 'public', { assetName: 'recording', streamingPolicyName: 'Predefined_ClearStreamingOnly' });
    // Nothing has been recorded yet (media-services.md §4.2).
    expect(await client.streamingLocators.listPaths(...scope, 'public')).toMatchObject({ streamingPaths: [] });
    await client.liveOutputs.beginCreateAndWait(...scope, 'show', 'tape', { assetName: 'recording', archiveWindowLength: 'PT1H', manifestName: 'show' }, quick);
    const publicUrl = `${descriptor.originHttp}/${String(streamingLocatorId)}/show.ism/manifest(format=m3u8-cmaf)`;
    await until(async () => segments(await mediaPlaylist(publicUrl)) >= 2, 'the public stream', 30_000);
    const paths = await client.streamingLocators.listPaths(...scope, 'public');
    expect(paths.streamingPaths?.[0]?.paths).toEqual([new URL(publicUrl).pathname]);
    const before = segments(await mediaPlaylist(publicUrl));

    service.child.kill('SIGKILL');
    await service.exited;
    encoder.kill('SIGKILL');
    service = await spawnService(SERVICE_ENTRY, home.home);
    // The same ports, token and ingest URL: the old client and URL go on.
    const event = await client.liveEvents.get(...scope, 'show');
    expect([event.resourceState, event.input?.endpoints?.[0]?.url]).toEqual(['Running', ingest]);
    expect(segments(await mediaPlaylist(publicUrl))).toBeGreaterThanOrEqual(before);
    encoder = push(ingest);
    await until(async () => segments(await mediaPlaylist(publicUrl)) > before + 1, 'the recording to grow again', 30_000);

    encoder.kill('SIGINT');
    await client.liveEvents.beginStopAndWait(...scope, 'show', { removeOutputsOnStop: true }, quick);
    const recorded = await mediaPlaylist(publicUrl);
    expect(recorded).toContain('#EXT-X-ENDLIST');
    expect(segments(recorded)).toBeGreaterThan(before + 1);
    expect((await fetchText(previewUrl)).status).toBe(404);

    await client.liveEvents.beginDeleteAndWait(...scope, 'show', quick);
    expect(await mediaPlaylist(publicUrl)).toBe(recorded);
    await client.assets.delete(...scope, 'recording');
    // It has logged, and no secret stands in it.
    expect(service.log()).toContain('the embedded service is ready');
    for (const secret of [created.input?.accessToken ?? 'none', descriptor.token]) expect(service.log()).not.toContain(secret);
    expect((await fetchText(publicUrl)).status).toBe(404);
  });

  it('answers on both RTMPS ports with the certificate of its own authority', async () => {
    for (const port of tools.descriptor.ports.rtmps) {
      await new Promise<void>((done, fail) => {
        const socket = connect({ host: '127.0.0.1', port, ca: tools.ca }, () => {
          expect(socket.authorized).toBe(true);
          socket.destroy();
          done();
        });
        socket.on('error', fail);
      });
    }
  });
});
