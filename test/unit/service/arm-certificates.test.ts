// The service's authority and certificate: what is in them, when they are kept and when they are made anew.
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureCertificates } from '../../../src/main/service/certificates.ts';

const DAY_MS = 86_400_000;
let dir: string;
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'fieldcast-certificates-')); });
afterEach(async () => { await rm(dir, { recursive: true, force: true }); });

it('makes a leaf for loopback, signed by an authority that can sign nothing else but leaves', async () => {
  const { cert, ca, key } = await ensureCertificates(dir);
  const leaf = new X509Certificate(cert);
  const authority = new X509Certificate(ca);
  expect(leaf.verify(authority.publicKey)).toBe(true);
  expect(leaf.checkIssued(authority)).toBe(true);
  expect([leaf.checkIP('127.0.0.1'), leaf.checkIP('::1'), leaf.checkHost('localhost'), leaf.checkHost('example.org')]).toEqual(['127.0.0.1', '::1', 'localhost', undefined]);
  expect([leaf.ca, authority.ca]).toEqual([false, true]);
  expect(createPublicKey(key).export({ type: 'spki', format: 'pem' })).toBe(leaf.publicKey.export({ type: 'spki', format: 'pem' }));
  expect(Date.parse(leaf.validTo) - Date.now()).toBeLessThan(398 * DAY_MS);
  for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777, file).toBe(0o600);
});

it('keeps both as long as they are good, renews the leaf in time, and the authority when it ends', async () => {
  const now = new Date();
  const later = (days: number): Date => new Date(now.getTime() + days * DAY_MS);
  const first = await ensureCertificates(dir, now);
  expect(await ensureCertificates(dir, later(360))).toEqual(first);
  const renewed = await ensureCertificates(dir, later(370));
  expect(renewed.ca).toBe(first.ca);
  expect(renewed.cert).not.toBe(first.cert);
  const replaced = await ensureCertificates(dir, later(3651));
  expect(replaced.ca).not.toBe(first.ca);
  expect(new X509Certificate(replaced.cert).verify(new X509Certificate(replaced.ca).publicKey)).toBe(true);
});

it.each(['ca.pem', 'ca-key.pem', 'leaf.pem', 'leaf-key.pem'])('replaces a damaged %s, and all that hangs on it', async (file) => {
  const first = await ensureCertificates(dir);
  await writeFile(join(dir, file), 'not a certificate');
  const second = await ensureCertificates(dir);
  expect(second.cert).not.toBe(first.cert);
  expect(second.ca === first.ca).toBe(file.startsWith('leaf'));
  expect(new X509Certificate(second.cert).verify(new X509Certificate(second.ca).publicKey)).toBe(true);
  expect(await ensureCertificates(dir)).toEqual(second);
});
