// `fieldcast doctor`: what a show needs, what of it this machine has, and what to do about the rest. Changes nothing.
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Finding } from '../../contract/engine.ts';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { locateFfmpeg, type FfmpegInstall } from '../ffmpeg/locate.ts';
import type { Device } from '../../contract/device.ts';

/** A 1080p ladder archives about 4 GB an hour; below the first an operator should know, below the second a show will not last. */
const LOW_DISK_BYTES = 10e9;
const NO_DISK_BYTES = 1e9;
const OLDEST_NODE = 24;
/** Ports that the embedded service prefers; it takes others where these are taken. */
const PREFERRED_PORTS = [1935, 1936, 2935, 2936] as const;
/** Capture devices of FFmpeg by system, with what cannot be done without them. */
const CAPTURE_DEVICES: Readonly<Partial<Record<NodeJS.Platform, readonly (readonly [device: string, use: string])[]>>> = {
  linux: [['v4l2', 'cameras'], ['pulse', 'microphones'], ['x11grab', 'screens']],
  darwin: [['avfoundation', 'cameras, microphones and screens']],
  win32: [['dshow', 'cameras and microphones'], ['gdigrab', 'screens']],
};

export type DoctorSettings = {
  readonly home: string;
  readonly devices: (signal: AbortSignal) => Promise<readonly Device[]>;
};

/** Every check is bounded in time; one that fails is a finding, never an error. */
export async function examine(settings: DoctorSettings, signal: AbortSignal): Promise<readonly Finding[]> {
  const ffmpeg = await locateFfmpeg().catch((error: unknown) => error);
  return [
    nodeFinding(process.versions.node),
    ...ffmpegFindings(ffmpeg),
    ...await Promise.all([
      diskFinding(settings.home),
      portsFinding(),
      ...(isInstall(ffmpeg) ? [deviceFinding(settings, signal)] : []),
    ]),
  ];
}

function isInstall(found: unknown): found is FfmpegInstall {
  return typeof found === 'object' && found !== null && 'capabilities' in found;
}

function nodeFinding(version: string): Finding {
  const title = 'Node.js';
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return { id: 'node', title, verdict: 'ok', sentence: `version ${version}.` };
  return {
    id: 'node', title, verdict: 'missing', sentence: `version ${version} is too old.`,
    action: 'Run Fieldcast through its npm scripts, which bring their own Node.js 24.',
  };
}

function ffmpegFindings(found: unknown): Finding[] {
  const title = 'FFmpeg';
  if (!isInstall(found)) {
    const action = found instanceof OperatorError ? found.action : 'Install FFmpeg 5 or later.';
    return [{ id: 'ffmpeg', title, verdict: 'missing', sentence: messageOf(found), action }];
  }
  const devices = CAPTURE_DEVICES[process.platform] ?? [];
  return [
    { id: 'ffmpeg', title, verdict: 'ok', sentence: `version ${found.version.text} at ${found.path} (${found.origin}).` },
    ...found.passedOver.map((sentence): Finding => ({
      id: 'ffmpeg-passed-over', title: 'Another FFmpeg', verdict: 'attention', sentence, action: 'Nothing needs to be done; it is not used.',
    })),
    ...devices.filter(([device]) => !found.capabilities.demuxers.has(device)).map(([device, use]): Finding => ({
      id: `ffmpeg-${device}`, title: `FFmpeg device ${device}`, verdict: 'attention',
      sentence: `this FFmpeg cannot capture ${use}.`, action: 'Use an FFmpeg that has it (FIELDCAST_FFMPEG), or go live from a file.',
    })),
  ];
}

async function diskFinding(home: string): Promise<Finding> {
  const title = 'Disk';
  try {
    const { bavail, bsize } = await statfs(home);
    const freeBytes = bavail * bsize;
    const sentence = `${(freeBytes / 1e9).toFixed(1)} GB are free for archives and recordings in ${home}.`;
    if (freeBytes >= LOW_DISK_BYTES) return { id: 'disk', title, verdict: 'ok', sentence };
    return {
      id: 'disk', title, verdict: freeBytes < NO_DISK_BYTES ? 'missing' : 'attention', sentence,
      action: 'Free some space, or name a folder on another disk in FIELDCAST_HOME. An hour at 1080p takes about 4 GB.',
    };
  } catch (error) {
    return { id: 'disk', title, verdict: 'missing', sentence: messageOf(error), action: 'Name a folder that can be used in FIELDCAST_HOME.' };
  }
}

async function portsFinding(): Promise<Finding> {
  const title = 'Ingest ports';
  const free = await Promise.all(PREFERRED_PORTS.map(isFree));
  const taken = PREFERRED_PORTS.filter((_, index) => free[index] !== true);
  if (taken.length === 0) return { id: 'ports', title, verdict: 'ok', sentence: `${PREFERRED_PORTS.join(', ')} are free for the embedded service.` };
  return {
    id: 'ports', title, verdict: 'attention',
    sentence: `${taken.join(', ')} ${taken.length === 1 ? 'is' : 'are'} in use, perhaps by the embedded service itself; it takes other ports by itself.`,
    action: 'Only if other encoders are to find the usual ports: end the program that holds them.',
  };
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function deviceFinding(settings: DoctorSettings, signal: AbortSignal): Promise<Finding> {
  const title = 'Devices';
  try {
    const devices = await settings.devices(signal);
    const count = (kind: string): number => devices.filter((device) => device.kind === kind).length;
    const sentence = `${count('camera')} camera(s), ${count('microphone')} microphone(s), ${count('screen')} screen(s).`;
    if (devices.length > 0) return { id: 'devices', title, verdict: 'ok', sentence };
    return { id: 'devices', title, verdict: 'attention', sentence, action: 'Connect a camera or a microphone, or go live from `test` or `file:PATH`.' };
  } catch (error) {
    return { id: 'devices', title, verdict: 'attention', sentence: messageOf(error), action: 'Check that the devices are connected.' };
  }
}
