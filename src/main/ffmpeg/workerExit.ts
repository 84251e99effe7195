// Why an FFmpeg process ended, read from its exit code, its signal and its last lines. Pure; knows no process.
// Codes are of little help (1, or 146–251 by version), so the reason comes from the text of the errors.
import { OperatorError } from '../../contract/errors.ts';

/** How far `stop` had to go. */
export type StopStep = 'quit' | 'terminate' | 'kill';

export type WorkerFailure =
  | 'not-started'
  | 'no-output'
  | 'device-busy'
  | 'device-missing'
  | 'permission'
  | 'no-such-file'
  | 'not-media'
  | 'unreachable'
  | 'disk-full'
  | 'encoder-failed'
  | 'out-of-memory'
  | 'broken-pipe'
  | 'failed-config'
  | 'failed';

/** `line` is the (redacted) line of stderr that gave the reason, or an empty string. */
export type WorkerExit =
  | { readonly reason: 'asked'; readonly step: StopStep; readonly code: number | null; readonly line: string }
  | { readonly reason: 'ended'; readonly code: 0; readonly line: string }
  | { readonly reason: 'crashed' | 'killed'; readonly signal: string; readonly line: string }
  | { readonly reason: WorkerFailure; readonly code: number | null; readonly line: string };

export type RawExit = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last step that `stop` took, when it was called before the end. */
  readonly askedStep: StopStep | undefined;
  /** Set when the worker itself ended the process because no output came in time. */
  readonly hadNoOutput: boolean;
  /** The error of the spawn, when there never was a process. */
  readonly spawnError: string | undefined;
  readonly stderrTail: readonly string[];
};

/** Signals that a fault in the process itself raises. */
const CRASH_SIGNALS = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']);
/** Windows reports a crash as an exit code: NTSTATUS errors, 0xC0000005 and up. */
const WINDOWS_CRASH_CODE = 0xc0000000;

/** Ordered: the more specific cause first, because FFmpeg follows it with general ones. */
const CAUSES: readonly (readonly [WorkerFailure, RegExp])[] = [
  ['disk-full', /No space left on device|Disk quota exceeded|There is not enough space on the disk/i],
  ['out-of-memory', /Cannot allocate memory|Out of memory|OutOfMemory|out of memory/],
  // EncodeAPI/QSV/VideoToolbox messages come before "Device or resource busy" of a capture device.
  ['encoder-failed', /OpenEncodeSessionEx failed|No capable devices found|Cannot load (lib)?(nvcuda|cuda|nvEncodeAPI|amfrt)|Error (initializing|creating) (an )?(internal )?MFX session|CreateComponent.*failed|Error while opening encoder|cannot create compression session|Failed to initialise VAAPI|No VA display found|Error encoding (a )?frame|Video encoding failed|Error submitting (a )?(video |audio )?frame to (the )?encoder/i],
  ['device-busy', /Device or resource busy|Could not run graph|resource busy|already in use|VIDIOC_STREAMON.*busy/i],
  ['device-missing', /No such device|No such process|Cannot open video device .*No such|Could not find (video|audio) device|Could not enumerate (video|audio) devices|Cannot open display|Can't open display|Could not open X display|Video device not found|Audio device not found|No such entity|cannot open audio device|Unknown PCM|Inappropriate ioctl|Failed to open display|Not a video capture device|Invalid device index/i],
  ['permission', /Permission denied|Operation not permitted|Access is denied|not authorized|Authorization denied|Access denied|Failed to create AV capture input device/i],
  ['no-such-file', /No such file or directory/i],
  ['not-media', /Invalid data found when processing input|moov atom not found|Is a directory|could not find codec parameters|Unable to find a suitable output format|matches no streams|does not contain any stream/i],
  ['unreachable', /Connection refused|Connection timed out|Connection reset|Network is unreachable|No route to host|Failed to resolve hostname|Name or service not known|Server returned|HTTP error|Protocol not found|Input\/output error/i],
  ['failed-config', /Unrecognized option|Option .* not found|Unknown (encoder|decoder|input format|format)|Requested output format .* is not|Error (parsing|splitting|initializing|reinitializing|opening) |No such filter|Invalid argument|Trailing option|Missing argument|Undefined constant|Unable to parse|option not found|Cannot find a (valid|matching)|Encoder not found|Encoder .* not found|Could not set (video|audio) options|Selected (framerate|video size|pixel format) .* is not supported/i],
  ['broken-pipe', /Broken pipe/i],
];

/** The typed reason of an end. */
export function classifyExit(raw: RawExit): WorkerExit {
  const { code, signal } = raw;
  if (raw.spawnError !== undefined) return { reason: 'not-started', code: null, line: raw.spawnError };
  const errors = raw.stderrTail.filter((line) => !/\[(warning|info|verbose|debug)\]/.test(line));
  const cause = causeOf(errors) ?? causeOf(raw.stderrTail);
  const line = cause?.[1] ?? errors.at(-1) ?? raw.stderrTail.at(-1) ?? '';
  if (raw.hadNoOutput) return { reason: 'no-output', code, line };
  if (raw.askedStep !== undefined) return { reason: 'asked', step: raw.askedStep, code, line };
  if (signal !== null) return { reason: CRASH_SIGNALS.has(signal) ? 'crashed' : 'killed', signal, line };
  if (code === 0) return { reason: 'ended', code: 0, line };
  if (code !== null && code >= WINDOWS_CRASH_CODE) return { reason: 'crashed', signal: `0x${code.toString(16)}`, line };
  return { reason: cause?.[0] ?? 'failed', code, line };
}

function causeOf(lines: readonly string[]): readonly [WorkerFailure, string] | undefined {
  for (const [reason, pattern] of CAUSES) {
    const line = lines.find((one) => pattern.test(one));
    if (line !== undefined) return [reason, line];
  }
  return undefined;
}

/** A line of FFmpeg without its component's address and its level: `[tcp @ 0x55] [error] refused` becomes `tcp: refused`. */
export function plainLine(line: string): string {
  return line.replace(/^\[([^\]@]+) @ [^\]]*\] */, '$1: ').replace(/\[(error|fatal|panic|warning)\] */, '');
}

/** An end of a worker that its owner did not ask for. */
export class WorkerFailedError extends OperatorError {
  readonly exit: WorkerExit;

  constructor(name: string, exit: WorkerExit) {
    const [happened, action] = SENTENCES[exit.reason];
    const quoted = exit.line === '' ? '' : ` FFmpeg said: ${plainLine(exit.line)}`;
    super(`FFMPEG_${exit.reason.toUpperCase().replaceAll('-', '_')}`, `The FFmpeg process "${name}" ${happened}.${quoted}`, action);
    this.name = 'WorkerFailedError';
    this.exit = exit;
  }
}

const SENTENCES: Record<WorkerExit['reason'], readonly [string, string]> = {
  asked: ['was stopped', 'Start it again if that was not meant.'],
  ended: ['ended although more was expected of it', 'Start it again.'],
  crashed: ['crashed', 'Start it again; if it crashes again, use another FFmpeg (set FIELDCAST_FFMPEG).'],
  killed: ['was ended from outside', 'Look whether the system ran out of memory, then start it again.'],
  'not-started': ['could not be started', 'Run "fieldcast doctor" to see which FFmpeg is used.'],
  'no-output': ['gave no output in time and was ended', 'Check that its source or device delivers, then start it again.'],
  'device-busy': ['found its device in use', 'Close the application that uses the device, then try again.'],
  'device-missing': ['did not find its device', 'Connect the device; "fieldcast devices" lists what is there.'],
  permission: ['was refused access', 'Give this user access to the file or device, then try again.'],
  'no-such-file': ['did not find its input', 'Check the path.'],
  'not-media': ['found nothing that it can play in its input', 'Check the file with another player, or choose another one.'],
  unreachable: ['could not read from the network', 'Check the address and the network.'],
  'disk-full': ['found the disk full', 'Free space on the disk.'],
  'encoder-failed': ['could not use its encoder', 'Choose another encoder; "fieldcast doctor" shows which ones work.'],
  'out-of-memory': ['ran out of memory', 'Close other applications or choose a smaller ladder.'],
  'broken-pipe': ['lost the reader of its output', 'Start it again.'],
  'failed-config': ['refused its arguments', 'Use FFmpeg 5.1 or newer; "fieldcast doctor" shows what is missing.'],
  failed: ['failed', 'Start it again; "fieldcast doctor" shows what is missing.'],
};
