// FFmpeg's arguments for screen, microphone and camera on each system. Pure; whether the device is there shows when it runs.
// macOS and Windows follow FFmpeg's documentation (ffmpeg-devices: avfoundation, dshow, gdigrab).
import { OperatorError } from '../../contract/errors.ts';
import type { SourceSpec } from '../../contract/source.ts';
import type { FfmpegCapabilities } from '../ffmpeg/capabilities.ts';
import { labelOf } from './sourceSpec.ts';
import type { ProgramFormat } from './pictureFilter.ts';

export type DeviceSpec = Extract<SourceSpec, { kind: 'screen' | 'microphone' | 'camera' }>;
export type DeviceHost = {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly demuxers: FfmpegCapabilities['demuxers'];
};

/** FFmpeg drops what it cannot queue; a device's frames are raw, so few are enough. */
const QUEUE = ['-thread_queue_size', '64'];
/** 20 ms of 48 kHz stereo in 16 bits: PulseAudio's own default delivers only every few hundred milliseconds. */
const PULSE_FRAGMENT_BYTES = 3_840;

/**
 * Arguments up to and with `-i`.
 * @throws {OperatorError} `SOURCE_NOT_SUPPORTED` where this system or this FFmpeg has no such device, `SOURCE_DEVICE_MISSING` where no display is named.
 */
export function deviceInputArgs(spec: DeviceSpec, format: ProgramFormat, host: DeviceHost): string[] {
  const rate = `${format.frameRate.num}/${format.frameRate.den}`;
  switch (host.platform) {
    case 'linux': return linuxArgs(spec, rate, host);
    case 'darwin': {
      needs(host, spec, 'avfoundation');
      const sound = ['-f', 'avfoundation', ...QUEUE, '-i', `:${spec.kind === 'microphone' ? spec.name ?? 'default' : ''}`];
      if (spec.kind === 'microphone') return sound;
      const name = spec.kind === 'screen' ? `Capture screen ${spec.display ?? '0'}` : spec.name ?? 'default';
      return ['-f', 'avfoundation', ...QUEUE, '-framerate', rate, ...(spec.kind === 'screen' ? ['-capture_cursor', '1'] : []), '-i', `${name}:none`];
    }
    case 'win32': {
      if (spec.kind === 'screen') {
        needs(host, spec, 'gdigrab');
        return ['-f', 'gdigrab', ...QUEUE, '-framerate', rate, '-i', spec.display ?? 'desktop'];
      }
      needs(host, spec, 'dshow');
      if (spec.name === undefined) {
        throw new OperatorError('SOURCE_DEVICE_MISSING', `No ${spec.kind} was named.`, `Give its name: ${spec.kind}:NAME. "fieldcast devices" lists what is there.`);
      }
      return ['-f', 'dshow', ...QUEUE, '-rtbufsize', '100M', '-i', `${spec.kind === 'camera' ? 'video' : 'audio'}=${spec.name}`];
    }
    default:
      throw new OperatorError('SOURCE_NOT_SUPPORTED', `A ${spec.kind} cannot be captured on ${host.platform}.`, 'Use test or file:PATH as the source.');
  }
}

function linuxArgs(spec: DeviceSpec, rate: string, host: DeviceHost): string[] {
  if (spec.kind === 'screen') {
    needs(host, spec, 'x11grab');
    const display = spec.display ?? host.env['DISPLAY'];
    if (display === undefined || display === '') {
      throw new OperatorError('SOURCE_DEVICE_MISSING', 'There is no X display to capture: DISPLAY is not set.', 'Run inside a graphical session, or name the display: screen:DISPLAY (for example screen::0).');
    }
    // Without a size FFmpeg 5 and up takes the whole screen.
    return ['-f', 'x11grab', ...QUEUE, '-framerate', rate, '-draw_mouse', '1', '-i', display.includes(':') ? display : `:${display}`];
  }
  if (spec.kind === 'camera') {
    needs(host, spec, 'v4l2');
    const device = spec.name ?? '/dev/video0';
    return ['-f', 'v4l2', ...QUEUE, '-framerate', rate, '-i', /^\d+$/.test(device) ? `/dev/video${device}` : device];
  }
  // ALSA names are `default`, `hw:1,0`, `plughw:…`, `sysdefault:CARD=…`; PulseAudio's hold no colon.
  const isAlsa = spec.name?.startsWith('alsa:') === true || /^(plug|sys)?(hw|default):/.test(spec.name ?? '');
  if (isAlsa) {
    needs(host, spec, 'alsa');
    return ['-f', 'alsa', ...QUEUE, '-sample_rate', '48000', '-i', spec.name?.replace(/^alsa:/, '') ?? 'default'];
  }
  needs(host, spec, 'pulse');
  return ['-f', 'pulse', ...QUEUE, '-fragment_size', String(PULSE_FRAGMENT_BYTES), '-sample_rate', '48000', '-channels', '2', '-i', spec.name ?? 'default'];
}

function needs(host: DeviceHost, spec: DeviceSpec, device: string): void {
  if (host.demuxers.has(device)) return;
  throw new OperatorError(
    'SOURCE_NOT_SUPPORTED', `The ${labelOf(spec)} cannot be captured: this FFmpeg was built without ${device}.`,
    'Set FIELDCAST_FFMPEG to an FFmpeg that has it (the one of the system usually does).',
  );
}
