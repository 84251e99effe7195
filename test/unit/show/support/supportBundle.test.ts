import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShowEvent } from '../../../../src/contract/report.ts';
import { createMemorySecretStore } from '../../../../src/main/secrets/memorySecretStore.ts';
import { createTextRedactor } from '../../../../src/main/show/support/redaction.ts';
import { ShowRecord } from '../../../../src/main/show/support/showRecord.ts';
import { writeSupportBundle, type BundleParts } from '../../../../src/main/show/support/supportBundle.ts';

let home: string;
beforeEach(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-report-')); });
afterEach(async () => { await rm(home, { recursive: true, force: true }); });

const secrets = {
  streamKey: 'live_4711-Streamkey/äöü', accessToken: '0123456789abcdef0123456789abcdef', bearer: 'armtoken-Zm9vYmFy', clientSecret: 'c1ient~Secret/+value==',
  proxyPassword: 'pr0xy p@ss', sas: 'sAsSignature%2Fabc%3D', refresh: 'refresh-token-in-the-cache', memory: 'kept-in-memory-only', apiToken: 'engine-api-token-1', pairing: 'PAIR-778899', phrase: 'srt passphrase words', platformKey: 'abcd-efgh-platform-key', sideKey: 'side-output-key-77',
};

async function plant(): Promise<void> {
  await Promise.all(['logs', 'service', 'records', 'shows', 'uploads'].map(async (name) => mkdir(path.join(home, name))));
  const everything = Object.values(secrets).flatMap((one) => [
    `plain ${one} end`, `encoded ${encodeURIComponent(one)}`, JSON.stringify({ message: one }), `base64 ${Buffer.from(one).toString('base64')}`,
  ]).join('\n');
  await writeFile(path.join(home, 'logs', 'engine.log'), `${everything}\nAuthorization: Bearer unknown.but-a-token\nrtmps://host:2935/live/neverseenbefore/x\nhttps://me:unknownpass@proxy:8080/\nhttps://blob/x?sv=1&sig=unknownsignature\n`);
  await writeFile(path.join(home, 'service', 'service.log'), `${'filler line\n'.repeat(250_000)}${everything}\n`);
  await writeFile(path.join(home, 'records', '20260101T000000-a.json'), JSON.stringify({ report: { warnings: [{ message: everything }] } }));
  await writeFile(path.join(home, 'shows', 'a.json'), JSON.stringify({
    plan: { destination: { kind: 'rtmp', url: `rtmp://host/app/${encodeURIComponent(secrets.streamKey)}` }, srt: { passphrase: secrets.phrase }, also: [{ name: 'youtube', streamKey: secrets.sideKey }] },
    created: { accessToken: secrets.accessToken }, note: everything,
  }));
  await writeFile(path.join(home, 'uploads', 'u.json'), JSON.stringify({ container: `https://account.blob.example/c?sv=2020&sig=${secrets.sas}` }));
  await writeFile(path.join(home, 'secrets.json'), JSON.stringify({ account: JSON.stringify({ RefreshToken: { a: { secret: secrets.refresh } } }) }));
  await writeFile(path.join(home, 'engine.json'), JSON.stringify({ address: 'ws://127.0.0.1:1/api', token: secrets.apiToken, pairingCode: secrets.pairing }));
}

async function parts(): Promise<BundleParts> {
  const store = createMemorySecretStore();
  await store.set('account', secrets.memory);
  return {
    home, version: '1', secrets: store,
    env: { FIELDCAST_ARM_TOKEN: secrets.bearer, FIELDCAST_KEY_MY_CHANNEL: secrets.platformKey, FIELDCAST_CLIENT_SECRET: secrets.clientSecret, HTTPS_PROXY: `http://user:${encodeURIComponent(secrets.proxyPassword)}@proxy.example:3128` },
    doctor: async () => [{ id: 'x', title: 'x', verdict: 'ok', sentence: `found ${secrets.proxyPassword}` }],
    ffmpeg: async () => { throw new Error(`no FFmpeg at ${secrets.memory}`); },
    current: () => ({ events: [{ sentence: secrets.streamKey }] }),
  };
}

describe('the support bundle', () => {
  it('holds every part, and no secret in any form from any place', async () => {
    await plant();
    const { path: file, sizeBytes } = await writeSupportBundle(await parts(), path.join(home, 'out.zip'));
    const bytes = await readFile(file);
    expect(bytes.length).toBe(sizeBytes);
    const files = Object.entries(unzipSync(bytes)).map(([name, content]) => [name, Buffer.from(content).toString('utf8')] as const);
    expect(files.map(([name]) => name).toSorted()).toEqual([
      'current-show.json', 'doctor.json', 'ffmpeg.json.missing.txt', 'logs/engine.log', 'records/20260101T000000-a.json', 'service/service.log', 'shows/a.json', 'system.json', 'uploads/u.json',
    ]);
    const unknown = ['unknown.but-a-token', 'neverseenbefore', 'unknownpass', 'unknownsignature'];
    for (const [name, text] of files) {
      for (const secret of [...Object.values(secrets), ...unknown]) {
        for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64'), decodeURIComponent(secret)]) {
          expect(text.includes(form), `${form} in ${name}`).toBe(false);
        }
      }
    }
    const log = files.find(([name]) => name === 'logs/engine.log')?.[1] ?? '';
    expect(log).toContain('plain *** end');
    expect(log).toContain('rtmps://host:2935/***');
    // The beginning of a long log is left out, the end is there.
    const service = files.find(([name]) => name === 'service/service.log')?.[1] ?? '';
    expect(service.length).toBeLessThan(2.2 * 1024 * 1024);
    expect(service.trimEnd().endsWith('***')).toBe(true);
  });

  it('says in a sentence where it cannot be written, and leaves nothing half', async () => {
    const bundle = await parts();
    await writeFile(path.join(home, 'there.zip'), 'mine');
    await expect(writeSupportBundle(bundle, path.join(home, 'there.zip'))).rejects.toMatchObject({ code: 'REPORT_EXISTS' });
    expect(await readFile(path.join(home, 'there.zip'), 'utf8')).toBe('mine');
    await expect(writeSupportBundle(bundle, home)).rejects.toMatchObject({ code: 'REPORT_EXISTS' });
    await expect(writeSupportBundle(bundle, path.join(home, 'no', 'such', 'folder.zip'))).rejects.toMatchObject({ code: 'REPORT_NOT_WRITABLE' });
    const own = await writeSupportBundle(bundle, undefined);
    expect(own.path.startsWith(path.join(home, 'reports'))).toBe(true);
  });

  it('redacts short words nowhere, so that a report stays readable', () => {
    expect(createTextRedactor(['show', 'secret-value-1'])('the show had secret-value-1')).toBe('the show had ***');
  });
});

describe('the record of a show', () => {
  it('keeps health and events of each show with its report, of the last shows only', async () => {
    const record = new ShowRecord(home);
    const stats = (light: string): ShowEvent => ({ type: 'stats', health: { light, sentence: light }, connections: [{ queuedMs: 7 }], encoderLagFrames: 1 }) as unknown as ShowEvent;
    for (let show = 0; show < 22; show += 1) {
      record.begin();
      for (let second = 0; second < 11; second += 1) await record.take(stats('good'));
      await record.take({ type: 'warning', failure: { code: 'X', message: 'm', action: 'a' } });
      await record.take({ type: 'progress', sentence: 'p' });
      await record.take({ type: 'report', showId: `show-${String(show).padStart(2, '0')}` } as unknown as ShowEvent);
    }
    const names = (await readdir(path.join(home, 'records'))).toSorted();
    expect(names).toHaveLength(20);
    expect(names.at(-1)).toContain('show-21');
    expect(JSON.parse(await readFile(path.join(home, 'records', names.at(-1) ?? ''), 'utf8'))).toMatchObject({
      report: { showId: 'show-21' }, health: [{ light: 'good', queuedMs: [7] }, {}, {}], events: [{ type: 'warning' }],
    });
  });
});
