// AES-128 end to end: a file published with a key that is open, and with one against a token, in both players in Chromium; and from the command line.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UploadStatus } from '../../src/contract/upload.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { chromiumMissing, playDash, playHls } from '../support/chromium.ts';
import { readServiceDescriptor, toolsOf } from '../support/embeddedService.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { makeMedia } from '../support/mediaFiles.ts';

const missing = chromiumMissing();
let home = '';
let service: Awaited<ReturnType<typeof startForegroundService>>;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'fieldcast-protection-'));
  service = await startForegroundService(home);
});
afterAll(async () => {
  await service?.stop();
  await rm(home, { recursive: true, force: true });
});

async function cli(...args: string[]): Promise<{ code: number | null; stderr: string; last: Record<string, unknown> }> {
  const { code, stdout, stderr } = await startCli([...args, '--json'], { home, timeoutMs: 60_000 }).finished;
  return { code, stderr, last: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, unknown> };
}

test.skipIf(missing !== undefined)(`an encrypted film plays with its key and not without${missing === undefined ? '' : ` (${missing})`}`, async () => {
  const film = makeMedia((await locateFfmpeg()).path, [
    '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=12', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=12', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-c:a', 'aac', '-shortest',
  ], path.join(home, 'secret film.mp4'));
  const uploaded = await cli('upload', film, '--encode', 'copy', '--publish', '--protect', 'open');
  expect(uploaded.code, uploaded.stderr).toBe(0);
  const { result, assetName } = uploaded.last as unknown as UploadStatus;
  const hls = result!.playback!.hls!;
  expect(hls).toContain('(format=m3u8-cmaf,encryption=cbc)');
  expect(result!.playback!.dash).toBeUndefined();
  const options = { watchMs: 1500, switchRenditions: false } as const;
  for (const played of [await playHls(hls, options), await playDash(hls, options)]) {
    expect(played.watched.distinctPictures).toBeGreaterThan(2);
    expect(played.watched.loudestRms).toBeGreaterThan(0.03);
    expect(played.errors).toEqual([]);
  }
  // What lies on the way is no media: the same segment in the clear begins with its `styp`.
  const base = hls.slice(0, hls.indexOf('/manifest('));
  const [level] = (await (await fetch(hls)).text()).split('\n').filter((line) => line.startsWith('QualityLevels'));
  const media = await (await fetch(`${base}/${level!}`)).text();
  expect(media).toMatch(/#EXT-X-KEY:METHOD=AES-128,URI="\/keydelivery\?kid=[0-9a-f-]{36}",IV=0x[0-9a-f]{32}/);
  const segment = media.split('\n').find((line) => line.startsWith('Fragments'))!;
  const bytes = Buffer.from(await (await fetch(`${base}/${level!.slice(0, level!.lastIndexOf('/'))}/${segment}`)).arrayBuffer());
  expect(bytes.subarray(4, 8).toString('latin1')).not.toBe('styp');
  expect(bytes.length % 16).toBe(0);
  expect((await fetch(hls.replace(',encryption=cbc', ''))).status).toBe(404);

  const stream = `${assetName}-stream`;
  const differs = await cli('library', '--publish', stream, '--protect', 'token');
  expect(differs.stderr).toContain('[PROTECTION_DIFFERS]');
  await cli('library', '--unpublish', stream);
  const published = await cli('library', '--publish', stream, '--protect', 'token');
  expect(published.code, published.stderr).toBe(0);
  const locked = (published.last['playback'] as { hls: string }).hls;
  await expect(playHls(locked, { ...options, deadlineMs: 6000 })).rejects.toThrow(/key|401|fatal/i);
  expect((await cli('library', '--addresses', stream)).last).toMatchObject({ playback: { hls: locked } });
  expect((await cli('library', '--addresses', assetName)).stderr).toContain('[NOT_PUBLIC]');
  const { token } = (await cli('library', '--test-token', stream)).last as { token: string };
  for (const play of [playHls, playDash]) {
    const played = await play(locked, { ...options, keyToken: token });
    expect(played.watched.distinctPictures).toBeGreaterThan(2);
  }
}, 150_000);

test('policies of all kinds are kept through the SDK, secrets are shown only when asked for, and nothing that is in use goes', async () => {
  const { client, scope } = toolsOf(await readServiceDescriptor(home));
  const created = await client.contentKeyPolicies.createOrUpdate(...scope, 'drm', {
    description: 'all of it',
    options: [{
      name: 'widevine', configuration: { odataType: '#Microsoft.Media.ContentKeyPolicyWidevineConfiguration', widevineTemplate: '{"allowed_track_types":"SD_HD"}' },
      restriction: {
        odataType: '#Microsoft.Media.ContentKeyPolicyTokenRestriction', issuer: 'us', audience: 'viewers', restrictionTokenType: 'Jwt',
        primaryVerificationKey: { odataType: '#Microsoft.Media.ContentKeyPolicySymmetricTokenKey', keyValue: Buffer.from('0123456789abcdef') },
      },
    }],
  });
  expect(created).toMatchObject({ name: 'drm', policyId: expect.any(String), options: [{ name: 'widevine', configuration: { widevineTemplate: '{"allowed_track_types":"SD_HD"}' } }] });
  expect(JSON.stringify((await client.contentKeyPolicies.get(...scope, 'drm')).options)).not.toContain(Buffer.from('0123456789abcdef').toString('base64'));
  const open = await client.contentKeyPolicies.getPolicyPropertiesWithSecrets(...scope, 'drm');
  expect(open.options[0]).toMatchObject({ restriction: { primaryVerificationKey: { keyValue: Buffer.from('0123456789abcdef') } } });
  await client.assets.createOrUpdate(...scope, 'thing', {});
  await expect(client.streamingLocators.create(...scope, 'thing', { assetName: 'thing', streamingPolicyName: 'Predefined_ClearKey' })).rejects.toThrow(/defaultContentKeyPolicyName/);
  await expect(client.streamingLocators.create(...scope, 'thing', { assetName: 'thing', streamingPolicyName: 'Predefined_MultiDrmStreaming' })).rejects.toThrow(/no DRM licences/);
  await expect(client.streamingLocators.create(...scope, 'thing', { assetName: 'thing', streamingPolicyName: 'Predefined_ClearKey', defaultContentKeyPolicyName: 'absent' })).rejects.toThrow(/does not exist/);
  const locator = await client.streamingLocators.create(...scope, 'thing', { assetName: 'thing', streamingPolicyName: 'Predefined_ClearKey', defaultContentKeyPolicyName: 'drm' });
  expect(locator).toMatchObject({ defaultContentKeyPolicyName: 'drm', contentKeys: [{ type: 'EnvelopeEncryption', policyName: 'drm' }] });
  const { contentKeys } = await client.streamingLocators.listContentKeys(...scope, 'thing');
  expect(Buffer.from(contentKeys![0]!.value!, 'base64')).toHaveLength(16);
  await expect(client.contentKeyPolicies.delete(...scope, 'drm')).rejects.toMatchObject({ statusCode: 409 });
  await client.streamingLocators.delete(...scope, 'thing');
  await client.contentKeyPolicies.delete(...scope, 'drm');
  await expect(client.contentKeyPolicies.get(...scope, 'drm')).rejects.toMatchObject({ statusCode: 404 });
});
