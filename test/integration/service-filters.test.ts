// Filters through the real SDK and the command line: kept as the API has them, and what players are offered by them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { countDecodedFrames } from '../support/decodedUrl.ts';
import { readServiceDescriptor, toolsOf } from '../support/embeddedService.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { hasSpecs, keyPaths, olderExample } from '../support/specExamples.ts';

let home = '';
let service: Awaited<ReturnType<typeof startForegroundService>>;
let tools: ReturnType<typeof toolsOf>;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'fieldcast-filters-'));
  service = await startForegroundService(home);
  tools = toolsOf(await readServiceDescriptor(home));
});
afterAll(async () => {
  await service?.stop();
  await rm(home, { recursive: true, force: true });
});

async function cli(...args: string[]): Promise<{ code: number | null; stderr: string; last: Record<string, unknown> }> {
  const { code, stdout, stderr } = await startCli(args, { home, timeoutMs: 60_000 }).finished;
  return { code, stderr, last: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, unknown> };
}

const selection = { trackSelections: [{ property: 'Type', operation: 'Equal', value: 'Video' }, { property: 'Bitrate', operation: 'Equal', value: '0-400000' }] };

test('every operation on account and asset filters', async () => {
  const { client, scope } = tools;
  await client.assets.createOrUpdate(...scope, 'thing', {});
  const times = { startTimestamp: 0, endTimestamp: 170_000_000, presentationWindowDuration: 9_000_000_000_000, liveBackoffDuration: 0, timescale: 10_000_000, forceEndTimestamp: false };
  expect(await client.accountFilters.createOrUpdate(...scope, 'Account-One', { presentationTimeRange: times, firstQuality: { bitrate: 128_000 }, tracks: [selection] }))
    .toMatchObject({ name: 'Account-One', type: 'Microsoft.Media/mediaservices/accountFilters', presentationTimeRange: times, firstQuality: { bitrate: 128_000 }, tracks: [selection] });
  await client.assetFilters.createOrUpdate(...scope, 'thing', 'one', { tracks: [selection] });
  expect(await client.accountFilters.update(...scope, 'account-one', { firstQuality: { bitrate: 64_000 } })).toMatchObject({ name: 'Account-One', firstQuality: { bitrate: 64_000 }, presentationTimeRange: times });
  expect(await client.assetFilters.update(...scope, 'thing', 'one', { tracks: [] })).toMatchObject({ tracks: [] });
  expect(await client.accountFilters.get(...scope, 'account-ONE')).toMatchObject({ tracks: [selection] });
  const listed = async (pages: AsyncIterable<{ name?: string }>): Promise<unknown[]> => {
    const names = [];
    for await (const { name } of pages) names.push(name);
    return names;
  };
  expect(await listed(client.accountFilters.list(...scope))).toEqual(['Account-One']);
  expect(await listed(client.assetFilters.list(...scope, 'thing'))).toEqual(['one']);
  await expect(client.assetFilters.list(...scope, 'nothing').next()).rejects.toMatchObject({ statusCode: 404 });
  for (const [range, words] of [[{ startTimestamp: 5, endTimestamp: 5 }, /not after/], [{ presentationWindowDuration: 1 }, /less than 60/], [{ liveBackoffDuration: 4_000_000_000 }, /more than 300/], [{ forceEndTimestamp: true }, /needs an endTimestamp/]] as const) {
    await expect(client.accountFilters.createOrUpdate(...scope, 'bad', { presentationTimeRange: range })).rejects.toThrow(words);
  }
  await expect(client.accountFilters.createOrUpdate(...scope, 'bad', { tracks: [{ trackSelections: [{ property: 'Bitrate', operation: 'Equal', value: 'much' }] }] })).rejects.toThrow(/no bitrate or range/);
  await expect(client.accountFilters.createOrUpdate(...scope, 'a;b', {})).rejects.toThrow(/none of/);
  await expect(client.streamingLocators.create(...scope, 'thing', { assetName: 'thing', streamingPolicyName: 'Predefined_ClearStreamingOnly', filters: ['absent'] })).rejects.toThrow(/exists neither/);
  expect(await client.streamingLocators.create(...scope, 'thing', { assetName: 'thing', streamingPolicyName: 'Predefined_ClearStreamingOnly', filters: ['one', 'account-one'] })).toMatchObject({ filters: ['one', 'account-one'] });
  await client.assetFilters.delete(...scope, 'thing', 'one');
  await client.accountFilters.delete(...scope, 'account-one');
  await client.accountFilters.delete(...scope, 'account-one');
  await expect(client.accountFilters.get(...scope, 'account-one')).rejects.toMatchObject({ statusCode: 404 });
  // With the asset its filters go, so that one of the same name has none.
  await client.assetFilters.createOrUpdate(...scope, 'thing', 'two', {});
  await client.assets.delete(...scope, 'thing');
  await client.assets.createOrUpdate(...scope, 'thing', {});
  expect(await listed(client.assetFilters.list(...scope, 'thing'))).toEqual([]);
});

test.skipIf(!hasSpecs)('answers have every key of the published examples', async () => {
  const body = { properties: (olderExample('Create_an_Account_Filter') as { properties: object }).properties };
  const answer = await tools.raw('PUT', `${tools.account}/accountFilters/shape?api-version=2022-08-01`, { body });
  expect(keyPaths(answer.json)).toEqual(expect.arrayContaining(keyPaths(olderExample('Create_an_Account_Filter'))));
});

test('what viewers get: by the address, and by the publication; from the command line', async () => {
  const film = makeMedia((await locateFfmpeg()).path, [
    '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=12', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=12', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'aac', '-shortest',
  ], path.join(home, 'film.mp4'));
  const uploaded = await cli('upload', film, '--encode', 'copy', '--publish', '--json');
  expect(uploaded.code, uploaded.stderr).toBe(0);
  const { result, assetName } = uploaded.last as unknown as UploadStatus;
  const stream = `${assetName}-stream`;
  const { hls, dash } = result!.playback as { hls: string; dash: string };
  expect(await cli('filters', '--json', '--asset', stream, 'put', 'middle', '--from', '4', '--to', '7')).toMatchObject({ code: 0 });
  expect(await cli('filters', '--json', 'put', 'quiet', '--only', 'video')).toMatchObject({ code: 0 });
  expect((await cli('filters', '--json', 'put', 'nothing')).stderr).toContain('[FILTER_INVALID]');
  const withFilter = (url: string, names: string): string => url.replace(')', `,filter=${names})`);
  // Two segments of two seconds, at 25 frames a second.
  expect(await countDecodedFrames(withFilter(hls, 'middle'), '0:v:0')).toMatchObject({ frames: 100 });
  expect((await countDecodedFrames(hls, '0:v:0')).frames).toBe(300);
  const manifest = await (await fetch(withFilter(dash, 'MIDDLE;quiet'))).text();
  expect(manifest).toContain('mediaPresentationDuration="PT4S"');
  expect(manifest).not.toContain('contentType="audio"');
  const refused = await fetch(withFilter(hls, 'absent'));
  expect([refused.status, (await refused.json() as { error: { code: string } }).error.code]).toEqual([404, 'MPE_EGRESS_FILTER_NOT_FOUND']);

  expect((await cli('library', '--publish', stream, '--filter', 'middle', 'quiet', '--json')).stderr).toContain('[FILTERS_DIFFER]');
  await cli('library', '--unpublish', stream, '--json');
  const published = await cli('library', '--publish', stream, '--filter', 'middle', 'quiet', '--json');
  expect(published.code, published.stderr).toBe(0);
  const playlist = await (await fetch((published.last['playback'] as { hls: string }).hls)).text();
  expect(playlist).not.toContain('TYPE=AUDIO');
  expect((await cli('filters', '--json', '--asset', stream)).last).toMatchObject({ filters: [{ name: 'middle', sentences: ['From 4 s to 7 s.'], locators: [stream] }] });
  expect((await cli('filters', '--json', 'delete', 'quiet')).stderr).toContain('[FILTER_IN_USE]');
  expect(await cli('filters', '--json', 'delete', 'quiet', '--even-if-used')).toMatchObject({ code: 0 });
  // What is offered without a rule that was asked for would be too much.
  expect((await fetch((published.last['playback'] as { hls: string }).hls)).status).toBe(404);
}, 120_000);
