// Puts the end of a capture worker into a sentence about the source, with what to do. Pure.
import { OperatorError } from '../../contract/errors.ts';
import type { AudioSpec, SourceSpec } from '../../contract/source.ts';
import { plainLine, type WorkerExit } from '../ffmpeg/workerExit.ts';
import { permissionHint } from './devicePermission.ts';
import { isUrl, labelOf } from './sourceSpec.ts';

type Capturable = Exclude<SourceSpec | AudioSpec, { kind: 'none' | 'source' }>;
type Sentence = readonly [happened: string, action: string];

const DEVICES = '"fieldcast devices" lists what is there.';

/**
 * Codes are `SOURCE_` and the reason, so that a camera in use is `SOURCE_DEVICE_BUSY` on every system.
 * @param hasRun media had come before: a device that is gone then was unplugged.
 * @param platform whose settings the action names.
 */
export function sourceFailure(spec: Capturable, exit: WorkerExit, hasRun = false, platform: NodeJS.Platform = process.platform): OperatorError {
  // PulseAudio's answer to an unknown source; without a server it is "Connection refused".
  const isUnknownName = spec.kind === 'microphone' && exit.reason === 'unreachable' && exit.line.includes('Input/output error');
  const isDevice = spec.kind === 'camera' || spec.kind === 'microphone';
  const isGone = exit.reason === 'device-missing' || exit.reason === 'no-such-file' || exit.reason === 'ended' || exit.reason === 'unreachable';
  const reason = isDevice && hasRun && isGone && !exit.line.includes('Connection refused') ? 'unplugged' : isUnknownName ? 'device-missing' : exit.reason;
  const [happened, usual] = reason === 'unplugged' ? UNPLUGGED : sentenceOf(spec, reason);
  const hint = isDevice || spec.kind === 'screen' ? permissionHint(platform, spec.kind) : undefined;
  const isRefusal = reason === 'permission' || reason === 'no-output' || (reason === 'device-busy' && platform === 'win32');
  const action = isRefusal && hint !== undefined ? `${reason === 'permission' ? '' : `${usual} `}${hint}` : usual;
  const said = exit.line === '' ? '' : ` FFmpeg said: ${plainLine(exit.line)}`;
  return new OperatorError(`SOURCE_${reason.toUpperCase().replaceAll('-', '_')}`, `The ${labelOf(spec)} ${happened}.${said}`, action);
}

function sentenceOf(spec: Capturable, reason: WorkerExit['reason']): Sentence {
  const ofKind = spec.kind === 'file' ? (isUrl(spec.path) ? OF_URL : OF_FILE) : OF_DEVICE[spec.kind];
  return ofKind[reason] ?? OF_ANY[reason] ?? [`failed (${reason})`, 'Start it again; "fieldcast doctor" shows what is missing.'];
}

const UNPLUGGED: Sentence = ['was unplugged, or its driver gave up', 'Connect it again; it comes back by itself.'];

type Sentences = { readonly [Reason in WorkerExit['reason']]?: Sentence };

const OF_ANY: Sentences = {
  ended: ['has ended', 'Start it again, or choose another source.'],
  crashed: ['ended because FFmpeg crashed', 'Start it again; if it crashes again, use another FFmpeg (set FIELDCAST_FFMPEG).'],
  killed: ['was ended from outside', 'Look whether the system ran out of memory, then start it again.'],
  'not-started': ['could not be started', 'Run "fieldcast doctor" to see which FFmpeg is used.'],
  'no-output': ['delivered nothing in time', 'Check that it works in another application, then start it again.'],
  permission: ['may not be used by this user', 'Give this user access, then try again.'],
  'out-of-memory': ['ran out of memory', 'Close other applications, then try again.'],
  'failed-config': ['was refused by this FFmpeg', 'Use FFmpeg 5.1 or newer; "fieldcast doctor" shows what is missing.'],
};
const OF_FILE: Sentences = {
  'no-such-file': ['does not exist', 'Check the path.'],
  'not-media': ['is no video or sound that FFmpeg can read', 'Choose another file, or convert it.'],
  'no-output': ['could not be decoded in time', 'Check the file with a player, or convert it to MP4 (H.264, AAC).'],
  permission: ['may not be read by this user', 'Give this user read access to the file.'],
  unreachable: ['could not be read', 'Check the disk it lies on.'],
  failed: ['could not be decoded', 'Check the file with a player, or convert it to MP4 (H.264, AAC).'],
};
const OF_URL: Sentences = {
  'no-such-file': ['is not there', 'Check the address.'],
  'not-media': ['answers with something that is no video or sound', 'Check the address.'],
  'no-output': ['delivered nothing in time', 'Check that its sender is on air and reachable from here.'],
  unreachable: ['could not be reached', 'Check the address, the network and that its sender is on air.'],
  permission: ['refused access', 'Check user, password and token in the address.'],
  failed: ['could not be read', 'Check that its sender is on air, then try again.'],
};
const OF_DEVICE: { readonly [Kind in 'test' | 'screen' | 'microphone' | 'camera']: Sentences } = {
  test: {},
  screen: {
    'device-missing': ['could not be opened', `Check that the display runs and that this user may see it (DISPLAY, XAUTHORITY); ${DEVICES}`],
    'no-output': ['gave no picture', 'Allow screen recording for this application in the system settings, or choose another display.'],
    unreachable: ['could not be opened', `Check that the display runs and that this user may see it (DISPLAY, XAUTHORITY); ${DEVICES}`],
  },
  microphone: {
    'device-missing': ['was not found', `Connect it and check that the sound server runs; ${DEVICES}`],
    'no-such-file': ['was not found', `Connect it and check that the sound server runs; ${DEVICES}`],
    'device-busy': ['is used by another application', 'Close that application, then try again.'],
    unreachable: ['could not be opened, because the sound server does not answer', `Start PulseAudio or PipeWire; ${DEVICES}`],
    'no-output': ['gave no sound', 'Check that it is connected, not muted in hardware, and allowed for this application.'],
    permission: ['may not be used: the system refuses it', 'Allow the microphone in the system settings.'],
    failed: ['could not be opened', `Check that the sound server runs; ${DEVICES}`],
  },
  camera: {
    'device-missing': ['was not found', `Connect it, or choose another one; ${DEVICES}`],
    'no-such-file': ['was not found', `Connect it, or choose another one; ${DEVICES}`],
    'device-busy': ['is used by another application', 'Close that application, then try again.'],
    'failed-config': ['refused the mode that was asked for', 'Unplug it and connect it again; "fieldcast devices" shows its modes.'],
    'no-output': ['gave no picture', 'It may be used by another application, not allowed for this one, or unplugged.'],
    permission: ['may not be used: the system refuses it', 'Allow the camera in the system settings.'],
    unreachable: ['stopped answering', 'Unplug it and connect it again.'],
  },
};
