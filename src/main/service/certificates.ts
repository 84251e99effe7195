// The service's own certificate authority and the loopback certificate it signs. Keys never leave the home folder; nothing is put into a system's trust store.
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
// @peculiar/x509 needs the polyfill before it is loaded.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { writeWhole } from '../durable/wholeFile.ts';

const DAY_MS = 86_400_000;
const CA_VALID_DAYS = 3650;
/** Below the 398 days that browsers accept for a leaf. */
const LEAF_VALID_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;
/** A clock that is set back a little must not make a new certificate "not yet valid". */
const BACKDATE_MS = DAY_MS;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const LOOPBACK_NAMES: x509.JsonGeneralNames = [
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
  { type: 'dns', value: 'localhost' },
];

/** PEM material of the TLS listeners and the authority that clients have to trust. */
export type ServiceCertificates = {
  readonly key: string;
  /** Leaf followed by its authority. */
  readonly cert: string;
  readonly ca: string;
  readonly caPath: string;
};

type Authority = { readonly keyPem: string; readonly certPem: string };

/**
 * Reads authority and leaf from `dir`, makes what is missing, unreadable or about to expire, and returns both.
 * The authority is kept as long as it is valid, so that a client that trusts it goes on doing so. Files with keys have mode 0600.
 */
export async function ensureCertificates(dir: string, now: Date = new Date()): Promise<ServiceCertificates> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const caPath = join(dir, 'ca.pem');
  const authority = (await readPair(join(dir, 'ca-key.pem'), caPath, now, 0)) ?? (await writePair(join(dir, 'ca-key.pem'), caPath, await makeAuthority(now)));
  const leafKeyPath = join(dir, 'leaf-key.pem');
  const leafPath = join(dir, 'leaf.pem');
  const kept = await readPair(leafKeyPath, leafPath, now, RENEW_BEFORE_DAYS);
  const leaf =
    kept !== undefined && new X509Certificate(kept.certPem).verify(createPublicKey(authority.certPem))
      ? kept
      : await writePair(leafKeyPath, leafPath, await makeLeaf(authority, now));
  return { key: leaf.keyPem, cert: `${leaf.certPem}\n${authority.certPem}`, ca: authority.certPem, caPath };
}

/** The stored pair, or undefined where it is missing, damaged, does not match, or ends within `marginDays`. */
async function readPair(keyPath: string, certPath: string, now: Date, marginDays: number): Promise<Authority | undefined> {
  try {
    const [keyPem, certPem] = await Promise.all([readFile(keyPath, 'utf8'), readFile(certPath, 'utf8')]);
    const cert = new X509Certificate(certPem);
    const validFrom = Date.parse(cert.validFrom);
    const validTo = Date.parse(cert.validTo);
    if (now.getTime() < validFrom || now.getTime() > validTo - marginDays * DAY_MS) return undefined;
    const ownPublic = cert.publicKey.export({ type: 'spki', format: 'pem' });
    return createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }) === ownPublic ? { keyPem, certPem } : undefined;
  } catch {
    return undefined;
  }
}

/** Key first: a crash in between leaves a pair that does not match, which the next start replaces. */
async function writePair(keyPath: string, certPath: string, pair: Authority): Promise<Authority> {
  await writeWhole(keyPath, pair.keyPem);
  await writeWhole(certPath, pair.certPem);
  return pair;
}

async function makeAuthority(now: Date): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    // The serial in the name tells two authorities apart in a trust store.
    name: `CN=Fieldcast local authority ${serialNumber().slice(0, 8)}`,
    serialNumber: serialNumber(),
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + CA_VALID_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { keyPem: await exportKey(keys.privateKey), certPem: cert.toString('pem') };
}

async function makeLeaf(authority: Authority, now: Date): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const issuer = new x509.X509Certificate(authority.certPem);
  const signingKey = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.keyPem), KEY_ALGORITHM, false, ['sign']);
  const lastDay = Math.min(now.getTime() + LEAF_VALID_DAYS * DAY_MS, issuer.notAfter.getTime());
  const cert = await x509.X509CertificateGenerator.create({
    subject: 'CN=Fieldcast embedded service',
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(lastDay),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(LOOPBACK_NAMES),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { keyPem: await exportKey(keys.privateKey), certPem: cert.toString('pem') };
}

async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** 16 random bytes, positive, RFC 5280 §4.1.2.2. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
