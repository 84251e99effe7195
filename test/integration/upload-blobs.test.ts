// The embedded service's blob endpoint, asked by the real Azure storage client through a container SAS URL from the real SDK.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { isRestError } from '@azure/core-rest-pipeline';
import type { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SERVICE_DIR } from '../../src/contract/embeddedService.ts';
import { openContainer } from '../../src/main/upload/containerClient.ts';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';

let home: Awaited<ReturnType<typeof temporaryHome>>;
let service: TestService;
let container: ContainerClient;
let assetName = '';
let count = 0;

beforeAll(async () => {
  home = await temporaryHome();
  service = await startTestService(home.home);
});
afterAll(async () => {
  await service.stop();
  await home.remove();
});
beforeEach(async () => {
  count += 1;
  assetName = `upload-${count}`;
  await service.client.assets.createOrUpdate(...service.scope, assetName, { container: `asset-${assetName}` });
  container = openContainer(await sas('ReadWriteDelete'), service.ca);
});

async function sas(permissions: string, lifeMs = 60_000): Promise<string> {
  const answer = await service.client.assets.listContainerSas(...service.scope, assetName, { permissions, expiryTime: new Date(Date.now() + lifeMs) });
  expect(answer.assetContainerSasUrls).toHaveLength(2);
  return answer.assetContainerSasUrls![0]!;
}

const assetDir = (): string => join(home.home, SERVICE_DIR, 'assets', `asset-${assetName}`);
const id = (text: string): string => Buffer.from(text).toString('base64');
const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest();
const refusal = async (work: Promise<unknown>): Promise<string> => work.then(() => 'taken', (error: unknown) => (isRestError(error) ? `${error.statusCode} ${(error.details as { errorCode?: string } | undefined)?.errorCode ?? error.code}` : String(error)));
/** As raw as a client can be: `..` is not resolved before it is sent. */
async function statusOf(path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(service.descriptor.endpoint);
  return new Promise((resolve, reject) => {
    request({ hostname, port, ca: service.ca, agent: false, method: 'PUT', path, headers: { 'x-ms-blob-type': 'BlockBlob', 'content-length': '0' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject).end();
  });
}
async function content(name: string): Promise<Buffer> {
  return container.getBlobClient(name).downloadToBuffer();
}

test('a blob in one request, with its headers, ranges and conditions', async () => {
  const bytes = randomBytes(300_000);
  const blob = container.getBlockBlobClient('clip.bin');
  const made = await blob.upload(bytes, bytes.length, { blobHTTPHeaders: { blobContentType: 'video/mp4', blobCacheControl: 'no-store' }, metadata: { sha256: 'abc' } });
  const properties = await blob.getProperties();
  expect(properties).toMatchObject({ contentLength: bytes.length, contentType: 'video/mp4', cacheControl: 'no-store', metadata: { sha256: 'abc' }, blobType: 'BlockBlob', etag: made.etag });
  expect(Buffer.from(properties.contentMD5!)).toEqual(md5(bytes));
  expect(await content('clip.bin')).toEqual(bytes);
  expect(await blob.downloadToBuffer(1000, 500)).toEqual(bytes.subarray(1000, 1500));
  expect(await refusal(blob.download(400_000))).toBe('416 InvalidRange');
  expect(await refusal(blob.upload(bytes, bytes.length, { conditions: { ifNoneMatch: '*' } }))).toBe('409 BlobAlreadyExists');
  expect(await refusal(blob.upload(bytes, bytes.length, { conditions: { ifMatch: '"0x1"' } }))).toBe('412 ConditionNotMet');
  expect(await readFile(join(assetDir(), 'clip.bin'))).toEqual(bytes);
});

test('the client’s own parallel upload of a file, with progress', async () => {
  const bytes = randomBytes(9 * 1024 * 1024 + 17);
  const file = join(home.home, 'source.bin');
  await writeFile(file, bytes);
  const loaded: number[] = [];
  await container.getBlockBlobClient('folder/deep/source.bin').uploadFile(file, { blockSize: 1024 * 1024, concurrency: 4, onProgress: (one) => loaded.push(one.loadedBytes) });
  expect(loaded.at(-1)).toBe(bytes.length);
  expect(await content('folder/deep/source.bin')).toEqual(bytes);
});

test('blocks are staged, listed, committed in the given order, and replaced in part', async () => {
  const blob = container.getBlockBlobClient('blocks.bin');
  const [a, b, c] = [randomBytes(1000), randomBytes(2000), randomBytes(500)];
  await blob.stageBlock(id('b'), b, b.length, { transactionalContentMD5: md5(b) });
  await blob.stageBlock(id('a'), a, a.length);
  expect(await refusal(blob.getProperties())).toMatch(/^404/);
  expect((await blob.getBlockList('uncommitted')).uncommittedBlocks).toEqual([{ name: id('a'), size: 1000 }, { name: id('b'), size: 2000 }]);
  expect(await refusal(blob.commitBlockList([id('a'), id('nowhere')]))).toBe('400 InvalidBlockList');
  await blob.commitBlockList([id('b'), id('a')], { blobHTTPHeaders: { blobContentMD5: md5(Buffer.concat([b, a])) } });
  expect(await content('blocks.bin')).toEqual(Buffer.concat([b, a]));
  await blob.stageBlock(id('c'), c, c.length);
  const lists = await blob.getBlockList('all');
  expect(lists.committedBlocks).toEqual([{ name: id('b'), size: 2000 }, { name: id('a'), size: 1000 }]);
  expect(lists.uncommittedBlocks).toEqual([{ name: id('c'), size: 500 }]);
  await blob.commitBlockList([id('a'), id('c')]);
  expect(await content('blocks.bin')).toEqual(Buffer.concat([a, c]));
  expect((await blob.getBlockList('all')).uncommittedBlocks ?? []).toEqual([]);
});

test('a body that is not what its digests say is refused, and leaves nothing', async () => {
  const blob = container.getBlockBlobClient('wrong.bin');
  const bytes = randomBytes(1000);
  expect(await refusal(blob.stageBlock(id('1'), bytes, bytes.length, { transactionalContentMD5: md5(randomBytes(4)) }))).toBe('400 Md5Mismatch');
  expect(await refusal(blob.stageBlock(id('1'), bytes, bytes.length, { transactionalContentCrc64: randomBytes(8) }))).toBe('400 Crc64Mismatch');
  expect(await refusal(blob.getBlockList('uncommitted'))).toBe('404 BlobNotFound');
  await blob.stageBlock(id('1'), bytes, bytes.length);
  expect(await refusal(blob.commitBlockList([id('1')], { blobHTTPHeaders: { blobContentMD5: md5(randomBytes(4)) } }))).toBe('400 Md5Mismatch');
  expect(await refusal(blob.getProperties())).toMatch(/^404/);
  expect((await readdir(assetDir(), { recursive: true })).filter((name) => name.endsWith('.draft'))).toEqual([]);
});

test('blobs are listed page by page, flat and by folder, and deleted', async () => {
  for (const name of ['a.txt', 'dir/1.txt', 'dir/2.txt', 'ümlaut & (b).txt']) await container.getBlockBlobClient(name).upload(name, Buffer.byteLength(name));
  const names: string[] = [];
  for await (const page of container.listBlobsFlat().byPage({ maxPageSize: 3 })) names.push(...page.segment.blobItems.map((one) => one.name));
  expect(names).toEqual(['a.txt', 'dir/1.txt', 'dir/2.txt', 'ümlaut & (b).txt']);
  const top: string[] = [];
  for await (const one of container.listBlobsByHierarchy('/')) top.push(`${one.kind} ${one.name}`);
  expect(top).toEqual(['prefix dir/', 'blob a.txt', 'blob ümlaut & (b).txt']);
  await container.deleteBlob('dir/1.txt');
  expect(await refusal(container.deleteBlob('dir/1.txt'))).toBe('404 BlobNotFound');
  await container.deleteBlob('dir/2.txt');
  await container.getBlockBlobClient('dir').upload('now a blob', 10);
  expect(String(await content('dir'))).toBe('now a blob');
});

test('a signature opens its container, its rights and its time, and nothing else', async () => {
  const bytes = randomBytes(10);
  await container.getBlockBlobClient('x').upload(bytes, 10);
  const reader = openContainer(await sas('Read'), service.ca);
  expect(await reader.getBlobClient('x').downloadToBuffer()).toEqual(bytes);
  expect(await refusal(reader.getBlockBlobClient('y').upload(bytes, 10))).toBe('403 AuthorizationPermissionMismatch');
  expect(await refusal(openContainer(await sas('ReadWrite'), service.ca).deleteBlob('x'))).toBe('403 AuthorizationPermissionMismatch');
  const url = await sas('ReadWrite');
  expect(await refusal(openContainer(url.replace('sp=rcwl', 'sp=rcwdl'), service.ca).deleteBlob('x'))).toBe('403 AuthenticationFailed');
  expect(await refusal(openContainer(url.replace(`asset-${assetName}`, 'asset-upload-1'), service.ca).getBlobClient('x').download())).toBe('403 AuthenticationFailed');
  expect(await refusal(openContainer(url.slice(0, url.indexOf('?')), service.ca).getBlobClient('x').download())).toBe('403 AuthenticationFailed');
  const short = openContainer(await sas('Read', 1500), service.ca);
  await expect.poll(() => refusal(short.getBlobClient('x').download()), { timeout: 5000 }).toBe('403 AuthenticationFailed');
  await expect(service.client.assets.listContainerSas(...service.scope, assetName, { permissions: 'Read', expiryTime: new Date(Date.now() + 25 * 3_600_000) })).rejects.toMatchObject({ statusCode: 400 });
});

test('no name leads out of the container or into what the service keeps there', async () => {
  const query = (await sas('ReadWriteDelete')).split('?')[1]!;
  const names = ['..%2F..%2Fservice.db', '%2e%2e/x', 'a/../../x', '.blobs/x', '.BLOBS%2Fx', 'a//b', 'a%5C..%5Cb', 'a%00b', 'con.txt', 'end.', 'a%3Ab', `${'d/'.repeat(20)}x`];
  for (const name of names) {
    const status = await statusOf(`/blob/asset-${assetName}/${name}?${query}`);
    expect(`${name} ${status}`).toMatch(/ (400|403|404)$/);
  }
  expect((await readdir(join(home.home, SERVICE_DIR, 'assets'))).sort().every((name) => name.startsWith('asset-upload-'))).toBe(true);
  expect(await readdir(assetDir())).toEqual([]);
});

test('the files of an asset that is being recorded are not changed from outside', async () => {
  const { client, scope } = service;
  await client.liveEvents.beginCreateAndWait(...scope, 'rec', { location: 'Local', input: { streamingProtocol: 'RTMP' }, encoding: { encodingType: 'PassthroughBasic' } }, { autoStart: true, updateIntervalInMs: 20 });
  await client.liveOutputs.beginCreateAndWait(...scope, 'rec', 'out', { assetName, archiveWindowLength: 'PT1H', manifestName: 'm' }, { updateIntervalInMs: 20 });
  expect(await refusal(container.getBlockBlobClient('x').upload('x', 1))).toBe('409 ContainerBeingRecorded');
  await client.liveEvents.beginStopAndWait(...scope, 'rec', { removeOutputsOnStop: true }, { updateIntervalInMs: 20 });
  await container.getBlockBlobClient('x').upload('x', 1);
});

test('what a crash left half written is swept at the next start; staged blocks stay', async () => {
  const blob = container.getBlockBlobClient('later.bin');
  await blob.stageBlock(id('1'), 'kept', 4);
  const [key] = await readdir(join(assetDir(), '.blobs'));
  await mkdir(join(assetDir(), '.blobs', 'old', 'blocks'), { recursive: true });
  await writeFile(join(assetDir(), '.blobs', key!, 'blocks', '31.0123456789ab.draft'), 'torn');
  await service.stop();
  service = await startTestService(home.home);
  const again = openContainer(await sas('ReadWrite'), service.ca).getBlockBlobClient('later.bin');
  expect((await again.getBlockList('uncommitted')).uncommittedBlocks).toEqual([{ name: id('1'), size: 4 }]);
  expect((await readdir(assetDir(), { recursive: true })).filter((name) => name.endsWith('.draft'))).toEqual([]);
});
