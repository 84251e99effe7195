// FFmpeg's arguments for screen, microphone and camera on each system. Pure; whether the device is there shows when it runs.
// macOS and Windows follow FFmpeg's documentation (ffmpeg-devices: avfoundation, dshow, gdigrab; ffmpeg-filters: ddagrab).
import { OperatorError } from '../../contract/errors.ts';
import type { SourceSpec } from '../../contract/source.ts';
import type { FfmpegCapabilities } from '../ffmpeg/capabilities.ts';
import type { ModeChoice } from './modeChoice.ts';
import { labelOf } from './sourceSpec.ts';
import type { ProgramFormat } from './pictureFilter.ts';

export type DeviceSpec = Extract<SourceSpec, { kind: 'screen' | 'microphone' | 'camera' }>;
export type DeviceHost = {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly demuxers: FfmpegCapabilities['demuxers'];
  readonly filters: FfmpegCapabilities['filters'];
};

/** FFmpeg drops what it cannot queue; a device's frames are raw, so few are enough. */
const QUEUE = ['-thread_queue_size', '64'];
/** DirectShow's own default is up to half a second; every fragment is a delay. */
const DSHOW_AUDIO_MS = 40;
/** 20 ms of 48 kHz stereo in 16 bits: PulseAudio's own default delivers only every few hundred milliseconds. */
const PULSE_FRAGMENT_BYTES = 3_840;

/**
 * Arguments up to and with `-i`.
 * @param choice the mode of a camera; without one the device's own default is taken.
 * @throws {OperatorError} `SOURCE_NOT_SUPPORTED` where this system or this FFmpeg has no such device, `SOURCE_DEVICE_MISSING` where no display is named.
 */
export function deviceInputArgs(spec: DeviceSpec, format: ProgramFormat, host: DeviceHost, choice?: ModeChoice): string[] {
  const rate = `${format.frameRate.num}/${format.frameRate.den}`;
  switch (host.platform) {
    case 'linux': return linuxArgs(spec, rate, host, choice);
    case 'darwin': return macArgs(spec, rate, host, choice);
    case 'win32': return windowsArgs(spec, rate, host, choice);
    default:
      throw new OperatorError('SOURCE_NOT_SUPPORTED', `A ${spec.kind} cannot be captured on ${host.platform}.`, 'Use test or file:PATH as the source.');
  }
}

/** Arguments that make FFmpeg print the modes of a camera and end. @throws {OperatorError} as {@link deviceInputArgs} */
export function modeQuestion(spec: Extract<DeviceSpec, { kind: 'camera' }>, host: DeviceHost): string[] {
  switch (host.platform) {
    case 'linux':
      needs(host, spec, 'v4l2');
      return ['-f', 'v4l2', '-list_formats', 'all', '-i', v4l2Path(spec.name)];
    case 'darwin':
      needs(host, spec, 'avfoundation');
      // It tells its modes when it refuses one.
      return ['-f', 'avfoundation', '-framerate', '1000', '-i', `${spec.name ?? 'default'}:none`];
    default:
      needs(host, spec, 'dshow');
      return ['-f', 'dshow', '-list_options', 'true', '-i', `video=${named(spec)}`];
  }
}

/** The size and rate of a mode, as the inputs of all systems take them. */
function sizeAndRate({ mode, fps }: ModeChoice, rate: string): string[] {
  return ['-video_size', `${mode.width}x${mode.height}`, '-framerate', fps === undefined ? rate : fractionOf(fps, rate)];
}

/** The exact fraction where the mode's rate is the program's, else the decimal that the device has told. */
function fractionOf(fps: number, rate: string): string {
  const [num = 0, den = 1] = rate.split('/').map(Number);
  return Math.abs(num / den - fps) < 0.001 ? rate : String(fps);
}

function macArgs(spec: DeviceSpec, rate: string, host: DeviceHost, choice: ModeChoice | undefined): string[] {
  needs(host, spec, 'avfoundation');
  const base = ['-f', 'avfoundation', ...QUEUE];
  switch (spec.kind) {
    case 'microphone': return [...base, '-i', `:${spec.name ?? 'default'}`];
    case 'screen': return [...base, '-framerate', rate, '-capture_cursor', '1', '-i', `Capture screen ${spec.display ?? '0'}:none`];
    case 'camera': return [
      ...base, ...(choice === undefined ? ['-framerate', rate] : [...sizeAndRate(choice, rate), '-pixel_format', choice.mode.format]), '-i', `${spec.name ?? 'default'}:none`,
    ];
  }
}

function windowsArgs(spec: DeviceSpec, rate: string, host: DeviceHost, choice: ModeChoice | undefined): string[] {
  if (spec.kind === 'screen') {
    // Desktop Duplication takes one output and little time; GDI takes all of them, or one window (`title=…`).
    if (host.filters.has('ddagrab') && /^\d+$/.test(spec.display ?? '0')) {
      return ['-f', 'lavfi', ...QUEUE, '-i', `ddagrab=output_idx=${spec.display ?? '0'}:framerate=${rate}:draw_mouse=1,hwdownload,format=bgra`];
    }
    needs(host, spec, 'gdigrab');
    return ['-f', 'gdigrab', ...QUEUE, '-framerate', rate, '-draw_mouse', '1', '-i', spec.display === undefined || /^\d+$/.test(spec.display) ? 'desktop' : spec.display];
  }
  needs(host, spec, 'dshow');
  const base = ['-f', 'dshow', ...QUEUE, '-rtbufsize', '100M'];
  if (spec.kind === 'microphone') return [...base, '-audio_buffer_size', String(DSHOW_AUDIO_MS), '-i', `audio=${named(spec)}`];
  const mode = choice === undefined ? [] : [
    ...sizeAndRate(choice, rate), ...(choice.mode.isRaw ? ['-pixel_format', choice.mode.format] : ['-vcodec', choice.mode.format]),
  ];
  return [...base, ...mode, '-i', `video=${named(spec)}`];
}

function named(spec: Extract<DeviceSpec, { kind: 'camera' | 'microphone' }>): string {
  if (spec.name !== undefined) return spec.name;
  throw new OperatorError('SOURCE_DEVICE_MISSING', `No ${spec.kind} was named.`, `Give its name: ${spec.kind}:NAME. "fieldcast devices" lists what is there.`);
}

function v4l2Path(name: string | undefined): string {
  return name === undefined ? '/dev/video0' : /^\d+$/.test(name) ? `/dev/video${name}` : name;
}

function linuxArgs(spec: DeviceSpec, rate: string, host: DeviceHost, choice: ModeChoice | undefined): string[] {
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
    const mode = choice === undefined ? ['-framerate', rate] : [...sizeAndRate(choice, rate), '-input_format', choice.mode.format];
    return ['-f', 'v4l2', ...QUEUE, ...mode, '-i', v4l2Path(spec.name)];
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
