import { expect, test } from 'vitest';
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
