// DRM and AES-128 from forms: the command line makes policies through the real SDK, the service checks and keeps them, and delivers what it can.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import { protectionFormSchema } from '../../src/contract/contentProtection.ts';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { startEngineProcess, type EngineProcess } from '../../src/main/cli/engineProcess.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { readServiceDescriptor, toolsOf } from '../support/embeddedService.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { hasSpecs, keyPaths, olderExample } from '../support/specExamples.ts';

let home = '';
let service: Awaited<ReturnType<typeof startForegroundService>>;
let tools: ReturnType<typeof toolsOf>;
/** For what the command line passes on as it is: an engine for each command would be most of the time of these tests. */
let engine: EngineProcess;
const destination = { kind: 'embedded' } as const;
beforeAll(async () => {
  process.env['FIELDCAST_SECRETS'] = 'file';
  home = await mkdtemp(path.join(tmpdir(), 'fieldcast-drm-'));
  service = await startForegroundService(home);
  tools = toolsOf(await readServiceDescriptor(home));
  engine = await startEngineProcess({ entry: fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url)), home });
});
afterAll(async () => {
  delete process.env['FIELDCAST_SECRETS'];
  await engine?.shutdown();
  await service?.stop();
  await rm(home, { recursive: true, force: true });
});

async function cli(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string; last: Record<string, unknown> }> {
  const { code, stdout, stderr } = await startCli(args, { home, timeoutMs: 60_000, env: { FIELDCAST_SECRETS: 'file' } }).finished;
  return { code, stdout, stderr, last: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, unknown> };
}
const protection = async (...args: string[]) => cli('protection', '--json', ...args);
async function formFile(name: string, form: object): Promise<string> {
  const file = path.join(home, `${name}.json`);
  await writeFile(file, JSON.stringify(form));
  return file;
}

test('all systems from a form with secrets by name; the service says that it gives no licences', async () => {
  const ask = '00112233445566778899aabbccddeeff';
  const wishes = {
    who: { kind: 'token', issuer: 'https://login.example', audience: 'viewers', signedWith: { kind: 'ours' } },
    playReady: { security: 'SL3000' }, widevine: { hdcp: 'HDCP_V2' }, fairPlay: { certificate: 'pfx', password: 'password', ask: 'ask' },
    licenceUrls: { widevine: 'https://drm.example/{ContentKeyId}' },
  };
  const form = await formFile('film', wishes);
  const { protection: api, library } = engine.api;
  const refused = await protection('put', 'film', '--form', form);
  expect(refused.stderr).toContain('[PROTECTION_INVALID]');
  expect(refused.stderr).toContain('fieldcast protection secret pfx');
  for (const [name, content, ...more] of [['pfx', Buffer.from([0x30, 0x82, 0, 1, 2]), '--base64'], ['ask', `${ask}\n`]] as const) {
    const file = path.join(home, name);
    await writeFile(file, content);
    const kept = await protection('secret', name, '--from', file, ...more);
    expect(kept.code, kept.stderr).toBe(0);
  }
  await api.keepSecret.mutate({ name: 'password', value: 'open sesame' });
  expect((await protection('secret')).last).toEqual({ type: 'secrets', names: ['ask', 'password', 'pfx'] });
  const made = await protection('put', 'film', '--form', form);
  expect(made.code, made.stderr).toBe(0);
  expect(made.last).toMatchObject({ streamingPolicy: 'film', sentences: ['PlayReady against a token', 'Widevine against a token', 'FairPlay against a token'] });
  const { client, scope } = tools;
  const { options } = await client.contentKeyPolicies.getPolicyPropertiesWithSecrets(...scope, 'film');
  expect(options[2]!.configuration).toMatchObject({ ask: Buffer.from(ask, 'hex'), fairPlayPfxPassword: 'open sesame' });
  expect(await client.streamingPolicies.get(...scope, 'film')).toMatchObject({ defaultContentKeyPolicyName: 'film', commonEncryptionCenc: { drm: { widevine: { customLicenseAcquisitionUrlTemplate: 'https://drm.example/{ContentKeyId}' }, playReady: {} } }, commonEncryptionCbcs: { drm: { fairPlay: { allowPersistentLicense: false } } } });
  // The same again changes nothing; other systems under the same name cannot be.
  const again = { destination, name: 'film', form: protectionFormSchema.parse(wishes) };
  expect(await api.put.mutate(again)).toMatchObject({ streamingPolicy: 'film' });
  await expect(api.put.mutate({ ...again, form: protectionFormSchema.parse({ who: { kind: 'open' }, widevine: {} }) })).rejects.toMatchObject({ data: { failure: { code: 'PROTECTION_FIXED' } } });
  await client.assets.createOrUpdate(...scope, 'thing', {});
  const published = await cli('library', '--publish', 'thing', '--protect-with', 'film', '--json');
  expect(published.code).toBe(1);
  expect(published.stderr).toMatch(/gives no DRM licences, only clear streams and AES-128/);
  await expect(library.publish.mutate({ destination, assetName: 'thing', protection: 'none', filters: [], policy: 'nothing' })).rejects.toMatchObject({ data: { failure: { code: 'NO_SUCH_PROTECTION' } } });
  for (const { stdout, stderr } of [made, refused, published]) expect(stdout + stderr).not.toMatch(new RegExp(`open sesame|${ask}`));
  expect(await protection('delete', 'film')).toMatchObject({ code: 0 });
  await expect(client.streamingPolicies.get(...scope, 'film')).rejects.toMatchObject({ statusCode: 404 });
  await api.keepSecret.mutate({ name: 'ask' });
  expect(await api.secrets.query()).toEqual(['password', 'pfx']);
  expect((await protection('table')).last).toMatchObject({ table: expect.arrayContaining([expect.objectContaining({ drm: 'FairPlay: HLS' })]) });
}, 120_000);

test('AES-128 of a form with a streaming policy of its own names its own server for keys, and its key is given against a test token', async () => {
  const { client, scope } = tools;
  const form = await formFile('locked', { who: { kind: 'token', issuer: 'us', audience: 'them', signedWith: { kind: 'ours' } }, aes128: true, licenceUrls: { aes128: 'https://keys.example/{ContentKeyId}' } });
  expect(await protection('put', 'locked', '--form', form)).toMatchObject({ code: 0, last: { streamingPolicy: 'locked' } });
  const film = makeMedia((await locateFfmpeg()).path, ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=4', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50'], path.join(home, 'film.mp4'));
  const { assetName } = (await cli('upload', film, '--encode', 'copy', '--json')).last as unknown as UploadStatus;
  const published = await cli('library', '--publish', `${assetName}-stream`, '--protect-with', 'locked', '--json');
  expect(published.code, published.stderr).toBe(0);
  const { hls } = published.last['playback'] as { hls: string };
  expect(hls).toContain('encryption=cbc');
  const [level] = (await (await fetch(hls)).text()).split('\n').filter((line) => line.startsWith('QualityLevels'));
  const media = await (await fetch(new URL(level!, hls))).text();
  // Players are sent to the server that the form names; the service gives the key all the same.
  const [, id] = /#EXT-X-KEY:METHOD=AES-128,URI="https:\/\/keys\.example\/([0-9a-f-]{36})"/.exec(media)!;
  const key = new URL(`/keydelivery?kid=${id}`, hls);
  expect((await fetch(key)).status).toBe(401);
  const token = await engine.api.library.testToken.mutate({ destination, assetName: `${assetName}-stream` });
  const answer = await fetch(key, { headers: { authorization: `Bearer ${token}` } });
  expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 16]);
  expect((await client.streamingLocators.listContentKeys(...scope, `${assetName}-stream`)).contentKeys).toMatchObject([{ labelReferenceInStreamingPolicy: 'aesDefaultKey', policyName: 'locked' }]);
  await expect(engine.api.protection.remove.mutate({ destination, name: 'locked' })).rejects.toMatchObject({ data: { failure: { code: 'PROTECTION_IN_USE' } } });
  await expect(client.streamingPolicies.delete(...scope, 'locked')).rejects.toMatchObject({ statusCode: 409 });
}, 120_000);

test('streaming policies through the SDK: kept, listed, never changed; policies that make no sense are refused', async () => {
  const { client, scope } = tools;
  const protocols = { download: false, dash: true, hls: false, smoothStreaming: true };
  const cenc = { enabledProtocols: protocols, contentKeys: { defaultKey: { label: 'k' } }, drm: { playReady: {}, widevine: {} } };
  expect(await client.streamingPolicies.create(...scope, 'mine', { commonEncryptionCenc: cenc })).toMatchObject({ name: 'mine', commonEncryptionCenc: cenc, created: expect.any(Date) });
  await expect(client.streamingPolicies.create(...scope, 'MINE', { commonEncryptionCenc: cenc })).rejects.toMatchObject({ statusCode: 409 });
  await expect(client.streamingPolicies.create(...scope, 'bad', { commonEncryptionCenc: { ...cenc, enabledProtocols: { ...protocols, dash: false, smoothStreaming: false } } })).rejects.toThrow(/at least one protocol/);
  await expect(client.streamingPolicies.create(...scope, 'bad', { commonEncryptionCenc: { enabledProtocols: protocols } })).rejects.toThrow(/names PlayReady, Widevine/);
  await expect(client.streamingPolicies.create(...scope, 'bad', { commonEncryptionCenc: cenc, defaultContentKeyPolicyName: 'absent' })).rejects.toThrow(/does not exist/);
  const names = [];
  for await (const { name } of client.streamingPolicies.list(...scope)) names.push(name);
  expect(names).toEqual(expect.arrayContaining(['Predefined_ClearKey', 'mine']));
  await client.streamingPolicies.delete(...scope, 'mine');
  await client.streamingPolicies.delete(...scope, 'mine');
  await expect(client.streamingPolicies.delete(...scope, 'Predefined_ClearKey')).rejects.toThrow(/cannot be deleted/);
  const open = { odataType: '#Microsoft.Media.ContentKeyPolicyOpenRestriction' } as const;
  const put = async (configuration: object) => client.contentKeyPolicies.createOrUpdate(...scope, 'k', { options: [{ configuration: configuration as never, restriction: open }] });
  await expect(put({ odataType: '#Microsoft.Media.ContentKeyPolicyWidevineConfiguration', widevineTemplate: 'no json' })).rejects.toThrow(/no JSON/);
  await expect(put({ odataType: '#Microsoft.Media.ContentKeyPolicyPlayReadyConfiguration', licenses: [] })).rejects.toThrow(/at least one license/);
});

test.skipIf(!hasSpecs)('answers have every key of the published examples', async () => {
  for (const name of ['Creates_a_Streaming_Policy_with_commonEncryptionCbcs_only', 'Creates_a_Streaming_Policy_with_clear_streaming', 'Creates_a_Streaming_Policy_with_commonEncryptionCenc_only']) {
    const example = olderExample(name) as { name: string; properties: { defaultContentKeyPolicyName?: string } };
    const { defaultContentKeyPolicyName: _absent, ...properties } = example.properties;
    const answer = await tools.raw('PUT', `${tools.account}/streamingPolicies/${example.name}?api-version=2022-08-01`, { body: { properties } });
    expect(answer.status, JSON.stringify(answer.json)).toBe(201);
    expect(keyPaths(answer.json)).toEqual(expect.arrayContaining(keyPaths(example).filter((key) => !key.endsWith('defaultContentKeyPolicyName'))));
  }
  const policy = olderExample('Creates_a_Content_Key_Policy_with_PlayReady_option_and_Open_Restriction') as { properties: object };
  const answer = await tools.raw('PUT', `${tools.account}/contentKeyPolicies/playready?api-version=2022-08-01`, { body: { properties: policy.properties } });
  expect(answer.status, JSON.stringify(answer.json)).toBe(201);
  expect(keyPaths(answer.json)).toEqual(expect.arrayContaining(keyPaths(policy)));
});
