// The support bundle: what helps somebody else to understand a failure, in one zip, without a secret. Bounded in time and size; a part that
// cannot be had is named in it and stops nothing.
import { mkdir, open, readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { zip } from 'fflate';
import type { Finding } from '../../../contract/engine.ts';
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import type { FfmpegInstall } from '../../ffmpeg/locate.ts';
import type { SecretStore } from '../../secrets/secretStore.ts';
import { knownSecrets } from './knownSecrets.ts';
import { createTextRedactor } from './redaction.ts';
import { recordsFolder } from './showRecord.ts';

/** Before compression; the end of a file is what matters. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;
const MAX_TOTAL_BYTES = 24 * 1024 * 1024;
const MAX_FILES_OF_A_KIND = 12;
const PART_MS = 10_000;

export type BundleParts = {
  readonly home: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: SecretStore;
  readonly doctor: (signal: AbortSignal) => Promise<readonly Finding[]>;
  readonly ffmpeg: () => Promise<FfmpegInstall>;
  /** Of the show that runs, or ran last in this engine. */
  readonly current: () => object;
};

export type Bundle = { readonly path: string; readonly sizeBytes: number; readonly files: readonly string[] };

/** @param out where it is wanted; default a new file in the home. @throws OperatorError REPORT_NOT_WRITABLE, REPORT_EXISTS */
export async function writeSupportBundle(parts: BundleParts, out: string | undefined): Promise<Bundle> {
  const redact = createTextRedactor(await knownSecrets(parts.home, parts.env, parts.secrets));
  const userHome = os.homedir();
  const entries = new Map<string, string>();
  let totalBytes = 0;
  const add = (name: string, text: string): void => {
    const clean = redact(userHome.length > 1 ? text.replaceAll(userHome, '~') : text);
    totalBytes += Buffer.byteLength(clean);
    if (totalBytes <= MAX_TOTAL_BYTES) entries.set(name, clean);
  };
  const collect = async (name: string, content: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    const signal = AbortSignal.timeout(PART_MS);
    const late = new Promise<never>((_resolve, reject) => { signal.addEventListener('abort', () => reject(new Error(`it took longer than ${PART_MS / 1000} s`))); });
    try {
      const value = await Promise.race([content(signal), late]);
      add(name, typeof value === 'string' ? value : `${JSON.stringify(value, plain, 2)}\n`);
    } catch (error) {
      add(`${name}.missing.txt`, `This part could not be had: ${messageOf(error)}\n`);
    }
  };
  const { home } = parts;
  await collect('system.json', () => systemFacts(parts));
  await collect('doctor.json', parts.doctor);
  await collect('ffmpeg.json', parts.ffmpeg);
  await collect('current-show.json', async () => parts.current());
  for (const [folder, kind] of [[path.join(home, 'logs'), 'logs'], [path.join(home, 'service'), 'service'], [recordsFolder(home), 'records'], [path.join(home, 'shows'), 'shows'], [path.join(home, 'uploads'), 'uploads']] as const) {
    const extension = kind === 'logs' || kind === 'service' ? /\.log$/ : /\.json$/;
    for (const file of await newest(folder, extension)) await collect(`${kind}/${path.basename(file)}`, async () => endOf(file));
  }
  const bytes = await zipped(entries);
  const target = path.resolve(out ?? path.join(home, 'reports', `fieldcast-report-${new Date().toISOString().replaceAll(/[-:]|\..*/g, '')}.zip`));
  await write(target, bytes, out === undefined);
  return { path: target, sizeBytes: bytes.length, files: [...entries.keys()] };
}

function plain(_name: string, value: unknown): unknown {
  if (value instanceof Set) return [...value] as unknown[];
  return value instanceof Map ? Object.fromEntries(value) as unknown : value;
}

async function systemFacts({ home, version, env }: BundleParts): Promise<object> {
  const disk = await statfs(home).catch(() => undefined);
  return {
    fieldcast: version, node: process.version, electron: process.versions['electron'], atUtc: new Date().toISOString(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    platform: process.platform, arch: process.arch, release: os.release(), kernel: os.version(),
    cpus: os.cpus().length, cpuModel: os.cpus()[0]?.model, loadAverage: os.loadavg(),
    memoryMb: Math.round(os.totalmem() / 1e6), freeMemoryMb: Math.round(os.freemem() / 1e6), uptimeSeconds: os.uptime(),
    freeDiskGb: disk === undefined ? undefined : Number(((disk.bavail * disk.bsize) / 1e9).toFixed(1)),
    networks: Object.entries(os.networkInterfaces()).map(([name, addresses]) => `${name}: ${(addresses ?? []).map(({ family }) => family).join(', ')}`),
    // Names alone: a value may be a secret.
    environment: Object.keys(env).filter((name) => /^(FIELDCAST_|.*_PROXY$|NODE_|DISPLAY$|WAYLAND_DISPLAY$|XDG_SESSION_TYPE$)/i.test(name)).sort((one, other) => one.localeCompare(other)),
  };
}

async function newest(folder: string, extension: RegExp): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => extension.test(name) && name !== 'secrets.json');
  const aged = await Promise.all(names.map(async (name) => ({ file: path.join(folder, name), atMs: (await stat(path.join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0 })));
  return aged.sort((one, other) => other.atMs - one.atMs).slice(0, MAX_FILES_OF_A_KIND).map(({ file }) => file);
}

async function endOf(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size <= MAX_FILE_BYTES) return readFile(file, 'utf8');
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES, size - MAX_FILE_BYTES);
    const text = buffer.toString('utf8', 0, bytesRead);
    // A line cut in two could be half of a secret, which nobody would recognise.
    return `(the first ${size - MAX_FILE_BYTES} bytes are left out)\n${text.slice(text.indexOf('\n') + 1)}`;
  } finally {
    await handle.close();
  }
}

async function zipped(entries: ReadonlyMap<string, string>): Promise<Uint8Array> {
  const files = Object.fromEntries([...entries].map(([name, text]) => [name, Buffer.from(text)]));
  return new Promise((resolve, reject) => {
    zip(files, { level: 6 }, (error, bytes) => { if (error) reject(error); else resolve(bytes); });
  });
}

async function write(target: string, bytes: Uint8Array, isOwnFolder: boolean): Promise<void> {
  let created = false;
  try {
    if (isOwnFolder) await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    const handle = await open(target, 'wx', 0o600);
    created = true;
    try {
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Half a zip helps nobody.
    if (created) await rm(target, { force: true });
    if (error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'EISDIR')) {
      throw new OperatorError('REPORT_EXISTS', `There is something of the name ${target} already.`, 'Choose another name with --out.', { cause: error });
    }
    throw new OperatorError('REPORT_NOT_WRITABLE', `The report cannot be written to ${target}: ${messageOf(error)}.`, 'Choose another place with --out.', { cause: error });
  }
}
