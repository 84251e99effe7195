// Every secret value that this home and this process hold, so that a report can be searched for each of them. Reads only; keeps nothing.
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SecretStore } from '../../secrets/secretStore.ts';

const SECRET_NAME = /token|secret|password|passphrase|signature|credential|_key(_|$)|apikey|streamkey|sas|pairing/i;
/** A file of the home that is larger holds media or logs. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 400;
const MAX_DEPTH = 3;

export async function knownSecrets(home: string, env: Readonly<Record<string, string | undefined>>, store: SecretStore): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (SECRET_NAME.test(name)) found.add(value);
    addOfText(value, found);
  }
  for (const name of await store.list().catch(() => [])) addValue(await store.get(name).catch(() => undefined), found, true);
  for (const file of await smallFiles(home, 0)) {
    const text = await readFile(file, 'utf8').catch(() => '');
    addOfText(text, found);
    try {
      addValue(JSON.parse(text) as unknown, found, path.basename(file) === 'secrets.json');
    } catch {
      // No JSON: what is in it has been looked at as text.
    }
  }
  return found;
}

/** Strings below a name that means a secret; everything below where the whole value is one. */
function addValue(value: unknown, found: Set<string>, isSecret: boolean): void {
  if (typeof value === 'string') {
    addOfText(value, found);
    if (!isSecret) return;
    found.add(value);
    // Stores keep caches as JSON inside text.
    if (value.startsWith('{')) {
      try {
        addValue(JSON.parse(value) as unknown, found, true);
      } catch {
        // Then it is one value.
      }
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) addValue(one, found, isSecret || SECRET_NAME.test(name));
  }
}

/** What URLs in any text hold: passwords, signatures, and the path of an ingest address. */
function addOfText(text: string, found: Set<string>): void {
  for (const [url, scheme = '', userInfo = '', rest = ''] of text.matchAll(/\b([a-z][a-z0-9+.-]*):\/\/(?:([^\s"'<>/@]*)@)?[^\s"'<>/]+(\/[^\s"'<>\\]*)?/gi)) {
    const password = userInfo.split(':').slice(1).join(':');
    if (password !== '') found.add(password);
    if (/^rtmps?$/i.test(scheme)) for (const segment of rest.split(/[/?&]/).slice(2)) if (segment.length >= 6) found.add(segment);
    for (const [, value = ''] of url.matchAll(/[?&](?:sig|code|token|key|access_token)=([^&]+)/gi)) found.add(value);
  }
}

async function smallFiles(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  for (const entry of entries) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory() && depth < MAX_DEPTH && entry.name !== 'assets' && entry.name !== 'spool') files.push(...await smallFiles(at, depth + 1));
    else if (entry.isFile() && /\.(json|jsonl|txt)$/.test(entry.name) && ((await stat(at).catch(() => undefined))?.size ?? Infinity) <= MAX_FILE_BYTES) files.push(at);
    if (files.length >= MAX_FILES) return files.slice(0, MAX_FILES);
  }
  return files;
}
