// Lists what can be captured on this machine, and asks cameras for their modes. Bounded in time; a part that cannot be asked is left out.
import { access, constants, readdir, readFile, realpath } from 'node:fs/promises';
import type { Device, DeviceMode } from '../../contract/device.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { runBriefly } from '../ffmpeg/runBriefly.ts';
import { modeQuestion, type DeviceHost, type DeviceSpec } from './deviceInput.ts';
import { alsaDevices, avfoundationDevices, displayDevices, dshowDevices, pulseDevices } from './deviceLists.ts';
import { avfoundationModes, dshowModes, v4l2Modes } from './deviceModes.ts';
import { permissionHint } from './devicePermission.ts';
import { chooseMode } from './modeChoice.ts';

const QUESTION_MS = 5_000;
/** Outputs of a graphics card that are looked for on Windows. */
const MAX_SCREENS = 4;
/** What `choice` is given for. */
const USUAL_SHOW = { width: 1280, height: 720, fps: 30 };

type Asked = Pick<FfmpegInstall, 'path' | 'capabilities'>;

/**
 * Screens, cameras with their modes, and microphones; `id` is what stands after the colon in `screen:`, `camera:`, `microphone:`.
 * @param env added to this process's environment (`DISPLAY`, `PULSE_SERVER`).
 */
export async function listDevices(ffmpeg: Asked, signal?: AbortSignal, env: Readonly<Record<string, string>> = {}): Promise<readonly Device[]> {
  const found = await foundDevices(ffmpeg, signal, env);
  return Promise.all(found.map(async (device): Promise<Device> => {
    const hint = await hintOf(device);
    const modes = device.kind === 'camera' ? await cameraModes({ kind: 'camera', name: device.id }, ffmpeg, signal) : [];
    const choice = chooseMode(modes, USUAL_SHOW);
    return { ...device, ...(modes.length === 0 ? {} : { modes }), ...(choice === undefined ? {} : { choice: choice.reason }), ...(hint === undefined ? {} : { hint }) };
  }));
}

/** The modes of a camera; none where it does not tell them, for whatever reason: to open it says why. */
export async function cameraModes(spec: Extract<DeviceSpec, { kind: 'camera' }>, ffmpeg: Asked, signal?: AbortSignal): Promise<readonly DeviceMode[]> {
  const host: DeviceHost = { platform: process.platform, env: process.env, ...ffmpeg.capabilities };
  let question: string[];
  try {
    question = modeQuestion(spec, host);
  } catch {
    return [];
  }
  const { stderr } = await runBriefly(ffmpeg.path, ['-hide_banner', '-nostdin', ...question], { timeoutMs: QUESTION_MS, signal });
  return process.platform === 'win32' ? dshowModes(stderr) : process.platform === 'darwin' ? avfoundationModes(stderr) : v4l2Modes(stderr);
}

async function hintOf({ kind, id }: Device): Promise<string | undefined> {
  if (process.platform !== 'linux') return permissionHint(process.platform, kind);
  if (kind !== 'camera' || await access(id, constants.R_OK | constants.W_OK).then(() => true, () => false)) return undefined;
  return permissionHint('linux', kind);
}

async function foundDevices(ffmpeg: Asked, signal: AbortSignal | undefined, env: Readonly<Record<string, string>>): Promise<readonly Device[]> {
  const has = (device: string): boolean => ffmpeg.capabilities.demuxers.has(device);
  const ask = async (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    runBriefly(ffmpeg.path, ['-hide_banner', '-nostdin', ...args], { timeoutMs: QUESTION_MS, signal, env });
  if (process.platform === 'win32') {
    const found = has('dshow') ? dshowDevices((await ask('-f', 'dshow', '-list_devices', 'true', '-i', 'dummy')).stderr) : [];
    const outputs = ffmpeg.capabilities.filters.has('ddagrab') ? await Promise.all(Array.from({ length: MAX_SCREENS }, async (_, index) => {
      const { code } = await ask('-f', 'lavfi', '-i', `ddagrab=output_idx=${index}:framerate=1,hwdownload,format=bgra`, '-frames:v', '1', '-f', 'null', '-');
      return code === 0 ? [{ kind: 'screen' as const, id: String(index), name: `Screen ${index + 1}` }] : [];
    })) : [];
    return [...outputs.flat(), ...(has('gdigrab') ? [{ kind: 'screen' as const, id: 'desktop', name: 'All screens' }] : []), ...found];
  }
  if (process.platform === 'darwin') {
    return has('avfoundation') ? avfoundationDevices((await ask('-f', 'avfoundation', '-list_devices', 'true', '-i', '')).stderr) : [];
  }
  const [screens, cameras, pulse, alsa] = await Promise.all([
    has('x11grab') ? readdir('/tmp/.X11-unix').catch(() => []) : [],
    has('v4l2') ? v4l2Devices() : [],
    has('pulse') ? ask('-sources', 'pulse') : undefined,
    has('alsa') ? ask('-sources', 'alsa') : undefined,
  ]);
  return [
    ...displayDevices(screens, has('x11grab') ? env['DISPLAY'] ?? process.env['DISPLAY'] : undefined),
    ...cameras,
    ...pulseDevices(pulse?.stdout ?? ''),
    ...alsaDevices(alsa?.stdout ?? ''),
  ];
}

/** A camera has several nodes; the picture comes from the one with index 0, the others carry metadata. */
async function v4l2Devices(): Promise<Device[]> {
  const root = '/sys/class/video4linux';
  const nodes = (await readdir(root).catch(() => [])).filter((name) => /^video\d+$/.test(name));
  const links = await stableLinks();
  const found = await Promise.all(nodes.map(async (node): Promise<Device[]> => {
    const [name, index] = await Promise.all(['name', 'index'].map((file) => readFile(`${root}/${node}/${file}`, 'utf8').catch(() => '')));
    return index?.trim() === '0' || index === '' ? [{ kind: 'camera', id: links.get(`/dev/${node}`) ?? `/dev/${node}`, name: name?.trim() ?? '', detail: `/dev/${node}` }] : [];
  }));
  return found.flat().toSorted((a, b) => (a.detail ?? '').localeCompare(b.detail ?? '', 'en', { numeric: true }));
}

/** udev's names for video nodes, which tell maker and serial number and survive a restart, where `/dev/video0` does not. */
async function stableLinks(): Promise<ReadonlyMap<string, string>> {
  const dir = '/dev/v4l/by-id';
  const names = (await readdir(dir).catch(() => [])).toSorted((a, b) => a.localeCompare(b, 'en'));
  return new Map(await Promise.all(names.map(async (name) => [await realpath(`${dir}/${name}`).catch(() => ''), `${dir}/${name}`] as const)));
}
