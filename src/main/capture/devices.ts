// Lists what can be captured on this machine. Opens no device; bounded in time; a part that cannot be asked is left out.
import { readdir, readFile } from 'node:fs/promises';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { runBriefly } from '../ffmpeg/runBriefly.ts';
import { alsaDevices, avfoundationDevices, displayDevices, dshowDevices, pulseDevices, type Device } from './deviceLists.ts';

const QUESTION_MS = 5_000;

/**
 * Screens, cameras and microphones; `id` is what stands after the colon in `screen:`, `camera:`, `microphone:`.
 * @param env added to this process's environment (`DISPLAY`, `PULSE_SERVER`).
 */
export async function listDevices(
  ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>, signal?: AbortSignal, env: Readonly<Record<string, string>> = {},
): Promise<readonly Device[]> {
  const has = (device: string): boolean => ffmpeg.capabilities.demuxers.has(device);
  const ask = async (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    runBriefly(ffmpeg.path, ['-hide_banner', '-nostdin', ...args], { timeoutMs: QUESTION_MS, signal, env });
  if (process.platform === 'win32') {
    const found = has('dshow') ? dshowDevices((await ask('-f', 'dshow', '-list_devices', 'true', '-i', 'dummy')).stderr) : [];
    return has('gdigrab') ? [{ kind: 'screen', id: 'desktop', name: 'Whole desktop' }, ...found] : found;
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
  const found = await Promise.all(nodes.map(async (node): Promise<Device[]> => {
    const [name, index] = await Promise.all(['name', 'index'].map((file) => readFile(`${root}/${node}/${file}`, 'utf8').catch(() => '')));
    return index?.trim() === '0' || index === '' ? [{ kind: 'camera', id: `/dev/${node}`, name: name?.trim() ?? '' }] : [];
  }));
  return found.flat().toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
}
