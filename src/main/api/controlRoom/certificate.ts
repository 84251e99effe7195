// The control room's own certificate, signed by itself: a browser warns once, and its person compares the fingerprint. Kept, so that it stays the same.
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';
import { z } from 'zod';
import { writeWhole } from '../../durable/wholeFile.ts';

const DAY_MS = 86_400_000;
/** Below the 398 days that browsers accept. */
const VALID_DAYS = 397;
const RENEW_BEFORE_DAYS = 14;
const pairSchema = z.object({ key: z.string(), cert: z.string() });

export type TlsPair = {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, `AB:CD:…`. */
  readonly fingerprint: string;
};

/** The kept pair; a new one where there is none, or it ends soon. The key's file is readable by its owner only. */
export async function controlRoomCertificate(folder: string, addresses: readonly string[], now = new Date()): Promise<TlsPair> {
  const file = path.join(folder, 'tls.json');
  const kept = await readPair(file, now);
  if (kept !== undefined) return kept;
  const made = await generate([{ name: 'commonName', value: 'Fieldcast control room' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now.getTime() - DAY_MS),
    notAfterDate: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [
        { type: 2, value: hostname() },
        ...addresses.map((ip) => ({ type: 7 as const, ip })),
      ] },
    ],
  });
  const pair = { key: made.private, cert: made.cert };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(file, JSON.stringify(pair));
  return withFingerprint(pair);
}

async function readPair(file: string, now: Date): Promise<TlsPair | undefined> {
  try {
    const pair = withFingerprint(pairSchema.parse(JSON.parse(await readFile(file, 'utf8'))));
    return Date.parse(new X509Certificate(pair.cert).validTo) - now.getTime() > RENEW_BEFORE_DAYS * DAY_MS ? pair : undefined;
  } catch {
    return undefined;
  }
}

function withFingerprint(pair: { readonly key: string; readonly cert: string }): TlsPair {
  return { ...pair, fingerprint: new X509Certificate(pair.cert).fingerprint256 };
}
