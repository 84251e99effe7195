// What the speed of encoders depends on: processor, graphics cards and their drivers, system, FFmpeg. A change of any makes measurements stale.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { arch, cpus, platform, release } from 'node:os';
import path from 'node:path';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { runBriefly } from '../ffmpeg/runBriefly.ts';

const REG_QUERY_MS = 3_000;
/** Setup class of display adapters (Windows driver documentation, “System-Defined Device Setup Classes”). */
const DISPLAY_CLASS = String.raw`HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}`;
/** Where drivers of VAAPI are installed. */
const VA_DRIVER_FOLDERS = ['/usr/lib/x86_64-linux-gnu/dri', '/usr/lib/aarch64-linux-gnu/dri', '/usr/lib64/dri', '/usr/lib/dri'];

/** A short text that is equal as long as nothing has changed; bounded in time, and never rejects. */
export async function machineFingerprint(ffmpeg: Pick<FfmpegInstall, 'path' | 'version'>): Promise<string> {
  const facts = {
    system: [platform(), arch(), release()],
    cpus: cpus().map((one) => one.model),
    ffmpeg: [ffmpeg.path, ffmpeg.version.text, await fileFacts(ffmpeg.path)],
    graphics: await graphicsFacts(),
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

/** Device files of the graphics cards of Linux, in order; empty elsewhere. */
export async function renderNodes(): Promise<string[]> {
  const names = await readdir('/dev/dri').catch((): string[] => []);
  return names.filter((name) => /^renderD\d{1,3}$/.test(name)).toSorted().map((name) => `/dev/dri/${name}`);
}

/** macOS brings its drivers with its release, which is among the facts already. */
async function graphicsFacts(): Promise<string[]> {
  if (platform() === 'win32') {
    const run = await runBriefly('reg', ['query', DISPLAY_CLASS, '/s', '/v', 'DriverVersion'], { timeoutMs: REG_QUERY_MS });
    return [run.stdout];
  }
  if (platform() !== 'linux') return [];
  const text = async (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const nodes = await renderNodes();
  const ids = nodes.flatMap((node) => ['vendor', 'device'].map((what) => `/sys/class/drm/${path.basename(node)}/device/${what}`));
  const drivers = await Promise.all(VA_DRIVER_FOLDERS.map(async (folder) => {
    const names = (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith('_drv_video.so'));
    return Promise.all(names.toSorted().map(async (name) => `${name} ${await fileFacts(path.join(folder, name))}`));
  }));
  return [...nodes, ...await Promise.all([...ids, '/proc/driver/nvidia/version'].map(text)), ...drivers.flat()];
}

async function fileFacts(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? '' : `${found.size} ${found.mtimeMs}`;
}
