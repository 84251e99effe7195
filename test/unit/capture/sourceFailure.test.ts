import { expect, test } from 'vitest';
import { classifyExit } from '../../../src/main/ffmpeg/workerExit.ts';
import { FAILED_CAPTURES } from '../../support/deviceOutputs.ts';
import type { WorkerExit } from '../../../src/main/ffmpeg/workerExit.ts';
import { sourceFailure } from '../../../src/main/capture/sourceFailure.ts';
import { parseSourceSpec } from '../../../src/main/capture/sourceSpec.ts';

const REASONS = [
  'no-output', 'device-busy', 'device-missing', 'permission', 'no-such-file', 'not-media', 'unreachable', 'disk-full',
  'encoder-failed', 'out-of-memory', 'broken-pipe', 'failed-config', 'failed', 'not-started',
] as const;

test.each(['test', 'file:/a.mp4', 'file:srt://h:1', 'screen', 'microphone:x', 'camera'])('%s has a sentence and an action for every end', (text) => {
  const spec = parseSourceSpec(text);
  if (spec.kind !== 'file' && spec.kind !== 'test' && spec.kind !== 'screen' && spec.kind !== 'microphone' && spec.kind !== 'camera') throw new Error('unknown');
  const exits: WorkerExit[] = [
    ...REASONS.map((reason) => ({ reason, code: 1, line: '' })),
    { reason: 'crashed', signal: 'SIGSEGV', line: '' }, { reason: 'ended', code: 0, line: '' }, { reason: 'asked', step: 'quit', code: 0, line: '' },
  ];
  for (const exit of exits) {
    const error = sourceFailure(spec, exit);
    expect(error.code).toBe(`SOURCE_${exit.reason.toUpperCase().replaceAll('-', '_')}`);
    expect(error.message).toMatch(/^The .+\.$/);
    expect(error.action).toMatch(/\.$/);
  }
});

test('what FFmpeg said stands without addresses', () => {
  const error = sourceFailure({ kind: 'camera' }, { reason: 'device-busy', code: 1, line: '[video4linux2,v4l2 @ 0x55] [error] ioctl(VIDIOC_STREAMON): Device or resource busy' });
  expect(error.message).toBe('The camera is used by another application. FFmpeg said: video4linux2,v4l2: ioctl(VIDIOC_STREAMON): Device or resource busy');
});

type Case = readonly [sample: keyof typeof FAILED_CAPTURES, platform: NodeJS.Platform, code: string, says: RegExp, action: RegExp];
test.each<Case>([
  ['dshowBusy', 'win32', 'SOURCE_DEVICE_BUSY', /used by another application/, /Close that application.*Privacy & security → Camera/],
  ['dshowMissing', 'win32', 'SOURCE_DEVICE_MISSING', /was not found/, /Connect it/],
  ['avfoundationRefused', 'darwin', 'SOURCE_PERMISSION', /the system refuses it/, /System Settings → Privacy & Security → Camera/],
  ['avfoundationMissing', 'darwin', 'SOURCE_DEVICE_MISSING', /was not found/, /Connect it/],
  ['v4l2Busy', 'linux', 'SOURCE_DEVICE_BUSY', /used by another application/, /^Close that application, then try again.$/],
  ['v4l2Missing', 'linux', 'SOURCE_DEVICE_MISSING', /was not found/, /Connect it/],
])('a camera: %s on %s is %s', (sample, platform, code, says, action) => {
  const exit = classifyExit({ code: 1, signal: null, askedStep: undefined, hadNoOutput: false, spawnError: undefined, stderrTail: FAILED_CAPTURES[sample] });
  const error = sourceFailure({ kind: 'camera', name: 'Cam' }, exit, false, platform);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(says);
  expect(error.action).toMatch(action);
});

test('a camera that is gone after it had run was unplugged, by whatever words', () => {
  const end = (stderrTail: readonly string[], code = 1) => classifyExit({ code, signal: null, askedStep: undefined, hadNoOutput: false, spawnError: undefined, stderrTail });
  for (const exit of [end(FAILED_CAPTURES.v4l2Unplugged), end([], 0), end(['[error] video=Cam: I/O error', '[error] Input/output error'])]) {
    const error = sourceFailure({ kind: 'camera', name: 'Cam' }, exit, true, 'win32');
    expect(error).toMatchObject({ code: 'SOURCE_UNPLUGGED' });
    expect(error.message).toMatch(/unplugged/);
  }
  expect(sourceFailure({ kind: 'file', path: '/a.mp4' }, end([], 0), true)).toMatchObject({ code: 'SOURCE_ENDED' });
});

test('a microphone of ALSA that is busy, and one that is not there', () => {
  const end = (stderrTail: readonly string[]) => classifyExit({ code: 1, signal: null, askedStep: undefined, hadNoOutput: false, spawnError: undefined, stderrTail });
  expect(sourceFailure({ kind: 'microphone', name: 'hw:1' }, end(FAILED_CAPTURES.alsaBusy), false, 'linux')).toMatchObject({ code: 'SOURCE_DEVICE_BUSY' });
  expect(sourceFailure({ kind: 'microphone', name: 'hw:1' }, end(FAILED_CAPTURES.alsaMissing), false, 'linux')).toMatchObject({ code: 'SOURCE_DEVICE_MISSING' });
});

test('a device that delivers nothing names the settings that may withhold it', () => {
  const error = sourceFailure({ kind: 'screen' }, { reason: 'no-output', code: null, line: '' }, false, 'darwin');
  expect(error).toMatchObject({ code: 'SOURCE_NO_OUTPUT' });
  expect(error.action).toMatch(/Screen & System Audio Recording/);
});
