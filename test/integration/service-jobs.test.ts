// Transforms and jobs of the embedded service through the real SDK: files are really encoded, cut, published and decoded.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '@azure/arm-mediaservices';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyArchive } from '../../src/main/cloud/archiveVerifier.ts';
import { chromiumMissing, playHls } from '../support/chromium.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { ANY_PORT_ARGS, readServiceDescriptor, SERVICE_ENTRY, type ServiceProcess, spawnService, temporaryHome, toolsOf } from '../support/embeddedService.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { hasSpecs, keyPaths, olderExample } from '../support/specExamples.ts';
import { uploadBlob } from '../support/uploadBlob.ts';
import { until } from '../support/until.ts';

let home = '';
let ffmpeg = '';
let remove: () => Promise<void>;
let service: ServiceProcess;
let tools: ReturnType<typeof toolsOf>;

async function start(): Promise<void> {
  service = await spawnService(SERVICE_ENTRY, home, ANY_PORT_ARGS);
  tools = toolsOf(await readServiceDescriptor(home));
}
beforeAll(async () => {
  ({ home, remove } = await temporaryHome());
  ffmpeg = (await locateFfmpeg()).path;
  await start();
});
afterAll(async () => {
  service.child.kill('SIGTERM');
  await service.exited;
  await remove();
});

const film = (seconds: number, size = '640x360'): string[] => [
  '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`, '-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`,
  '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'aac', '-shortest',
];

async function transform(presetName: string): Promise<string> {
  const { client, scope } = tools;
  await client.transforms.createOrUpdate(...scope, presetName, { description: 'of the test', outputs: [{ preset: { odataType: '#Microsoft.Media.BuiltInStandardEncoderPreset', presetName } }] });
  return presetName;
}

async function assetWith(name: string, file: string | undefined): Promise<string> {
  const { client, scope, ca } = tools;
  await client.assets.createOrUpdate(...scope, name, {});
  if (file !== undefined) await uploadBlob(client, scope, ca, name, file);
  return name;
}

async function submit(transformName: string, jobName: string, input: string): Promise<string> {
  const { client, scope } = tools;
  const output = await assetWith(`${jobName}-out`, undefined);
  const job = await client.jobs.create(...scope, transformName, jobName, {
    input: { odataType: '#Microsoft.Media.JobInputAsset', assetName: input }, outputs: [{ odataType: '#Microsoft.Media.JobOutputAsset', assetName: output }], correlationData: { of: 'the test' },
  });
  expect(job).toMatchObject({ name: jobName, priority: 'Normal', correlationData: { of: 'the test' }, input: { assetName: input, files: [] }, outputs: [{ assetName: output, label: 'BuiltInStandardEncoderPreset_0' }] });
  return output;
}

async function ended(transformName: string, jobName: string): Promise<Job> {
  let job: Job | undefined;
  await until(async () => {
    job = await tools.client.jobs.get(...tools.scope, transformName, jobName);
    return ['Finished', 'Error', 'Canceled'].includes(String(job.state));
  }, 'the end of the job', 60_000);
  return job!;
}

async function publish(assetName: string): Promise<{ hls: string; dash: string }> {
  const { client, scope, descriptor } = tools;
  await client.streamingLocators.create(...scope, assetName, { assetName, streamingPolicyName: 'Predefined_ClearStreamingOnly' });
  const endpoint = await client.streamingEndpoints.get(...scope, 'default');
  if (endpoint?.resourceState !== 'Running') await client.streamingEndpoints.beginStartAndWait(...scope, 'default', { updateIntervalInMs: 100 });
  const { streamingPaths } = await client.streamingLocators.listPaths(...scope, assetName);
  const [manifest] = streamingPaths!.find(({ encryptionScheme }) => encryptionScheme === 'NoEncryption')!.paths!;
  const base = `${descriptor.originHttp}${manifest!.replace(/\(.*$/, '')}`;
  return { hls: `${base}(format=m3u8-cmaf)`, dash: `${base}(format=mpd-time-cmaf)` };
}

const TRACK_SUM = (tracks: readonly { readonly kind: string; readonly frames: number }[]): Record<string, number[]> => ({
  video: tracks.filter(({ kind }) => kind === 'video').map(({ frames }) => frames), audio: tracks.filter(({ kind }) => kind === 'audio').map(({ frames }) => frames),
});

test('adaptive: a file becomes a set of aligned renditions with every frame, which plays', async () => {
  const file = makeMedia(ffmpeg, film(20), path.join(home, 'holiday film.mp4'));
  const input = await assetWith('holiday', file);
  const name = await transform('AdaptiveStreaming');
  const output = await submit(name, 'one', input);
  expect(await ended(name, 'one')).toMatchObject({ state: 'Finished', outputs: [{ state: 'Finished', progress: 100 }] });
  const { dash, hls } = await publish(output);
  expect(dash).toContain('/holiday-film.ism/');
  const { tracks } = await verifyArchive(dash, { signal: AbortSignal.timeout(30_000), ca: undefined });
  expect(TRACK_SUM(tracks).video).toEqual([500, 500, 500]);
  expect(tracks.filter(({ kind }) => kind === 'video').map(({ track }) => track).sort()).toEqual(['video_1150000', 'video_380000', 'video_720000']);
  expect(tracks.every(({ gaps, overlaps }) => gaps.length === 0 && overlaps.length === 0)).toBe(true);
  if (chromiumMissing() !== undefined) return;
  const played = await playHls(hls, { watchMs: 2000 });
  expect(played.watched.distinctPictures).toBeGreaterThan(3);
  expect(played.watched.loudestRms).toBeGreaterThan(0.03);
  expect(played.renditions.map(({ height }) => height).sort((one, other) => other - one)).toEqual([360, 270, 180]);
  expect(played.errors).toEqual([]);
});

test('copy: the streams of a file as they are; a stream that players cannot be given is refused in words', async () => {
  const name = await transform('CopyAllBitrateNonInterleaved');
  const output = await submit(name, 'copy', await assetWith('plain', makeMedia(ffmpeg, film(5), path.join(home, 'plain.mp4'))));
  expect(await ended(name, 'copy')).toMatchObject({ state: 'Finished' });
  const { tracks } = await verifyArchive((await publish(output)).dash, { signal: AbortSignal.timeout(30_000), ca: undefined });
  const { video, audio } = TRACK_SUM(tracks);
  expect(video).toEqual([125]);
  // 5 s of 1024 samples at 44.1 kHz, the lead-in of the encoder left out.
  expect(Math.abs(audio![0]! - (5 * 44_100) / 1024)).toBeLessThan(2);
  await submit(name, 'old', await assetWith('old', makeMedia(ffmpeg, ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:duration=1', '-c:v', 'mpeg4'], path.join(home, 'old.mp4'))));
  const refused = await ended(name, 'old');
  expect(refused).toMatchObject({ state: 'Error', outputs: [{ state: 'Error', error: { code: 'ContentUnsupported', category: 'Content', retry: 'DoNotRetry' } }] });
  expect(refused.outputs![0]!.error!.message).toContain('AdaptiveStreaming');
});

test('a job is cancelled, a killed service begins it again, no scratch remains', async () => {
  const { client, scope } = tools;
  const long = await assetWith('long', makeMedia(ffmpeg, film(40, '1280x720'), path.join(home, 'long.mp4')));
  const name = await transform('AdaptiveStreaming');
  await submit(name, 'unwanted', long);
  await submit(name, 'wanted', await assetWith('short', makeMedia(ffmpeg, film(2, '320x180'), path.join(home, 'short.mp4'))));
  const state = async (job: string) => (await tools.client.jobs.get(...tools.scope, name, job)).state;
  await until(async () => await state('unwanted') === 'Processing', 'the job at work', 20_000);
  expect(await state('wanted')).toBe('Queued');
  await expect(client.jobs.delete(...scope, name, 'unwanted')).rejects.toMatchObject({ statusCode: 409 });
  service.child.kill('SIGKILL');
  await service.exited;
  await start();
  await until(async () => await state('unwanted') === 'Processing', 'the job at work again', 20_000);
  await tools.client.jobs.cancelJob(...tools.scope, name, 'unwanted');
  expect(await ended(name, 'unwanted')).toMatchObject({ state: 'Canceled', outputs: [{ state: 'Canceled' }] });
  expect(await ended(name, 'wanted')).toMatchObject({ state: 'Finished' });
  const listed = [];
  for await (const job of tools.client.jobs.list(...tools.scope, name, { filter: "properties/state eq 'Canceled'" })) listed.push(job.name);
  expect(listed).toEqual(['unwanted']);
  const left = (await readdir(path.join(home, 'service', 'assets'), { recursive: true })).filter((one) => one.includes('encoding'));
  expect(left).toEqual([]);
  await tools.client.jobs.delete(...tools.scope, name, 'unwanted');
  await tools.client.transforms.delete(...tools.scope, name);
  await expect(tools.client.jobs.get(...tools.scope, name, 'wanted')).rejects.toMatchObject({ statusCode: 404 });
});

test.skipIf(!hasSpecs)('answers have every key of the published examples', async () => {
  const path = `${tools.account}/transforms`;
  const name = await transform('H264SingleBitrate720p');
  const base = `${path}/${name}`;
  const transformAnswer = await tools.raw('GET', `${base}?api-version=2022-07-01`);
  expect(keyPaths(transformAnswer.json)).toEqual(expect.arrayContaining(keyPaths(olderExample('Create_or_update_a_Transform'))));
  await submit(name, 'shape', await assetWith('shape', undefined));
  const job = await tools.raw('GET', `${base}/jobs/shape?api-version=2022-07-01`);
  // The keys of correlationData are the client's.
  expect(keyPaths(job.json)).toEqual(expect.arrayContaining(keyPaths(olderExample('Create_a_Job')).filter((key) => !key.includes('correlationData.'))));
  expect(await ended(name, 'shape')).toMatchObject({ outputs: [{ error: { code: 'DownloadNotAccessible', details: [{ code: 'INPUT_MISSING' }] } }] });
});

test('bad requests are refused in words', async () => {
  const { client, scope } = tools;
  const name = await transform('H264SingleBitrateSD');
  await expect(client.transforms.createOrUpdate(...scope, 'x', { outputs: [{ preset: { odataType: '#Microsoft.Media.BuiltInStandardEncoderPreset', presetName: 'H265AdaptiveStreaming' } }] }))
    .rejects.toThrow(/AdaptiveStreaming, ContentAwareEncoding/);
  await expect(client.transforms.createOrUpdate(...scope, 'x', { outputs: [{ preset: { odataType: '#Microsoft.Media.AudioAnalyzerPreset' } }] })).rejects.toThrow(/not supported/);
  const outputs = [{ odataType: '#Microsoft.Media.JobOutputAsset', assetName: 'nowhere' } as const];
  await expect(client.jobs.create(...scope, name, 'x', { input: { odataType: '#Microsoft.Media.JobInputAsset', assetName: 'nowhere' }, outputs })).rejects.toThrow(/input asset 'nowhere'/);
  await expect(client.jobs.create(...scope, name, 'x', { input: { odataType: '#Microsoft.Media.JobInputHttp', files: ['https://example.invalid/a.mp4'] }, outputs })).rejects.toThrow(/not supported/);
  await expect(client.jobs.create(...scope, 'absent', 'x', { input: { odataType: '#Microsoft.Media.JobInputAsset', assetName: 'nowhere' }, outputs })).rejects.toMatchObject({ statusCode: 404 });
});
