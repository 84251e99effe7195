import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Uplink } from '../../../src/contract/report.ts';
import { UplinkRecords } from '../../../src/main/show/uplinkRecords.ts';

let home: string;
beforeEach(async () => { home = await mkdtemp(join(tmpdir(), 'fieldcast-uplinks-')); });
afterEach(async () => { await rm(home, { recursive: true, force: true }); });

const measured = (carriesKbps: number, verdict: Uplink['verdicts'][number]['verdict'] = 'fits'): Uplink => (
  { arrivingKbps: 1000, neededKbps: 1000, carriesKbps, isLimit: true, verdicts: [{ rendition: '720p', verdict, sentence: '' }] }
);

it('remembers the last measurement of each destination, without keys, also in the next run', async () => {
  const plain = { kind: 'rtmp', url: 'rtmps://live.example/app/very-secret-key' } as const;
  const records = new UplinkRecords(home);
  await records.note(plain, measured(4000));
  await records.note({ kind: 'embedded' }, measured(90_000));
  await records.note(plain, measured(5000));
  await records.note(plain, measured(1, 'measuring'));
  await records.note(plain, undefined);
  expect(await new UplinkRecords(home).last(plain)).toMatchObject({ carriesKbps: 5000, isLimit: true });
  expect(await records.last({ kind: 'embedded' })).toMatchObject({ carriesKbps: 90_000 });
  expect(await records.last({ kind: 'arm', address: 'x' })).toBeUndefined();
  expect(await readFile(join(home, 'uplinks.json'), 'utf8')).not.toContain('very-secret-key');
});

it('takes a damaged file for none, and replaces it', async () => {
  await writeFile(join(home, 'uplinks.json'), '[{"destination":');
  const records = new UplinkRecords(home);
  expect(await records.last({ kind: 'embedded' })).toBeUndefined();
  await records.note({ kind: 'embedded' }, measured(10));
  expect(await records.last({ kind: 'embedded' })).toMatchObject({ carriesKbps: 10 });
});

it('stays small however many destinations there were', async () => {
  const records = new UplinkRecords(home);
  for (let index = 0; index < 30; index += 1) await records.note({ kind: 'arm', address: `account-${index}` }, measured(index));
  expect(await records.last({ kind: 'arm', address: 'account-29' })).toMatchObject({ carriesKbps: 29 });
  expect(await records.last({ kind: 'arm', address: 'account-0' })).toBeUndefined();
});
