import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyExit, WorkerFailedError, type RawExit, type WorkerExit } from '../../../src/main/ffmpeg/workerExit.ts';

const raw = (over: Partial<RawExit>): RawExit => ({
  code: 1, signal: null, askedStep: undefined, hadNoOutput: false, spawnError: undefined, stderrTail: [], ...over,
});

describe('reasons from real last lines', () => {
  // Captured from FFmpeg 5.1.9 with `-loglevel level+warning`, unless a source is named.
  const cases: [WorkerExit['reason'], string[]][] = [
    ['no-such-file', ['[error] /nonexistent.mp4: No such file or directory']],
    ['not-media', ['[error] /tmp: Is a directory']],
    ['not-media', ['[error] /etc/passwd: Invalid data found when processing input']],
    ['not-media', ["[fatal] Stream map '0:v' matches no streams.", "To ignore this, add a trailing '?' to the map."]],
    ['device-missing', ['[x11grab @ 0x562fb38f68c0] [error] Cannot open display :77, error 1.', '[error] :77: Input/output error']],
    ['device-missing', ['[error] default: No such process']],
    ['device-missing', [
      'ALSA lib confmisc.c:165:(snd_config_get_card) Cannot get card index for 9',
      '[alsa @ 0x55c7bb2c58c0] [error] cannot open audio device hw:9 (No such file or directory)',
      '[error] hw:9: Input/output error',
    ]],
    ['device-missing', [
      '[video4linux2,v4l2 @ 0x5559b1bf68c0] [error] Cannot open video device /dev/video0: No such file or directory',
      '[error] /dev/video0: No such file or directory',
    ]],
    ['device-missing', [
      '[video4linux2,v4l2 @ 0x55f80dab68c0] [error] ioctl(VIDIOC_QUERYCAP): Inappropriate ioctl for device',
      '[error] /dev/null: Inappropriate ioctl for device',
    ]],
    // libavdevice/v4l2.c
    ['device-busy', ['[video4linux2,v4l2 @ 0x1] [error] ioctl(VIDIOC_STREAMON): Device or resource busy', '[error] /dev/video0: Device or resource busy']],
    ['permission', ['[video4linux2,v4l2 @ 0x1] [error] Cannot open video device /dev/video0: Permission denied', '[error] /dev/video0: Permission denied']],
    // libavdevice/dshow.c: the message when another program holds the camera.
    ['device-busy', ['[dshow @ 0x1] [error] Could not run graph (sometimes caused by a device already in use by other application)', '[error] video=Cam: I/O error']],
    ['device-missing', ['[dshow @ 0x1] [error] Could not find video device with name [Cam] among source devices of type video.', '[error] video=Cam: I/O error']],
    ['unreachable', ['[tcp @ 0x55de81f00e80] [error] Connection to tcp://127.0.0.1:1 failed: Connection refused', '[error] http://127.0.0.1:1/x.mp4: Connection refused']],
    ['unreachable', ['[tcp @ 0x1] [error] Failed to resolve hostname nohost.invalid: Name or service not known', '[error] http://nohost.invalid/x: Input/output error']],
    ['unreachable', ['[error] foo://x: Protocol not found', '[error] Did you mean file:foo://x?']],
    ['encoder-failed', ['[h264_nvenc @ 0x563d657f1280] [error] Cannot load libcuda.so.1', '[error] Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height']],
    ['encoder-failed', ['[h264_qsv @ 0x5592] [error] Error initializing an internal MFX session: unsupported (-3)']],
    ['failed-config', ["[fatal] Unknown encoder 'nosuch'"]],
    ['failed-config', ["[lavfi @ 0x5592ff2d88c0] [error] No such filter: 'nosuch'", '[error] nosuch: Invalid argument']],
    ['failed-config', ["[error] Unrecognized option 'nosuch'.", '[fatal] Error splitting the argument list: Option not found']],
    ['failed-config', ["[fatal] Unknown input format: 'dshow'"]],
    ['failed-config', ["[NULL @ 0x557aae4fd400] [error] Requested output format 'nosuchfmt' is not a suitable output format", '[error] pipe:: Invalid argument']],
    ['disk-full', ['[error] av_interleaved_write_frame(): No space left on device', '[error] Error writing trailer of /x: No space left on device']],
    ['broken-pipe', ['[error] av_interleaved_write_frame(): Broken pipe', '[error] Error writing trailer of pipe:1: Broken pipe']],
    ['failed', ['[error] something nobody has seen before']],
    ['failed', []],
  ];
  test.each(cases)('%s', (reason, stderrTail) => {
    expect(classifyExit(raw({ stderrTail })).reason).toBe(reason);
  });

  test('a warning does not hide the error after it', () => {
    const exit = classifyExit(raw({ stderrTail: ['[mov @ 0x1] [warning] Invalid argument in a side table', '[error] av_interleaved_write_frame(): No space left on device'] }));
    expect(exit).toMatchObject({ reason: 'disk-full', line: '[error] av_interleaved_write_frame(): No space left on device' });
  });
});

test('signals, codes and what was asked', () => {
  expect(classifyExit(raw({ code: null, signal: 'SIGSEGV' }))).toEqual({ reason: 'crashed', signal: 'SIGSEGV', line: '' });
  expect(classifyExit(raw({ code: 0xc0000005 }))).toMatchObject({ reason: 'crashed', signal: '0xc0000005' });
  expect(classifyExit(raw({ code: null, signal: 'SIGKILL' }))).toMatchObject({ reason: 'killed' });
  expect(classifyExit(raw({ code: 0 }))).toMatchObject({ reason: 'ended' });
  expect(classifyExit(raw({ code: 255, askedStep: 'terminate' }))).toMatchObject({ reason: 'asked', step: 'terminate' });
  expect(classifyExit(raw({ code: null, spawnError: 'spawn x ENOENT' }))).toMatchObject({ reason: 'not-started', line: 'spawn x ENOENT' });
  expect(classifyExit(raw({ code: null, signal: 'SIGKILL', hadNoOutput: true }))).toMatchObject({ reason: 'no-output' });
});

test('every exit has a sentence and a next action', () => {
  fc.assert(fc.property(fc.array(fc.string()), fc.option(fc.integer()), (stderrTail, code) => {
    const error = new WorkerFailedError('camera', classifyExit(raw({ code, stderrTail })));
    expect(error.message).toContain('"camera"');
    expect(error.action.length).toBeGreaterThan(5);
    expect(error.code).toMatch(/^FFMPEG_/);
  }));
});
