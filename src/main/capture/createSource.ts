// Opens a source: decides how it is captured and starts its worker. The returned source belongs to the caller, who stops it.
import { OperatorError } from '../../contract/errors.ts';
import type { AudioSpec, SourceSpec } from '../../contract/source.ts';
import { filterThreadArgs } from '../ffmpeg/filterThreads.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { exactMsOfFrame, utcMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { createBurnIn } from './burnIn.ts';
import { FLASH_SECONDS } from './burnInLayout.ts';
import type { CapturePlan } from './capturePlan.ts';
import { runCapture } from './captureWorker.ts';
import { cameraModes } from './devices.ts';
import { deviceInputArgs, type DeviceSpec } from './deviceInput.ts';
import type { RawFrame, Source } from './feed.ts';
import { planFile, type Wants } from './fileInput.ts';
import { chooseMode } from './modeChoice.ts';
import { COUNTED_SOUND_FILTER, pictureFilter, type ProgramFormat } from './pictureFilter.ts';
import { sourceFailure } from './sourceFailure.ts';
import { labelOf } from './sourceSpec.ts';
import { testPatternArgs } from './testPattern.ts';

export type SourceOptions = {
  /** Which feeds are wanted; `both` gives what the source has. */
  readonly wants?: Wants;
  /** Where the test source stands on the timeline: its first frame is `startFrame`. */
  readonly test?: { readonly timeline: Timeline; readonly startFrame: FrameIndex };
  /** What a camera is asked for; `format` by default. */
  readonly modeFor?: { readonly width: number; readonly height: number; readonly fps: number };
  /** For devices; this process's own by default. */
  readonly env?: Readonly<Record<string, string>>;
};

type Capturable = Exclude<SourceSpec | AudioSpec, { kind: 'none' | 'source' }>;

/** A device that is there delivers within a second or two; some cameras take longer to wake. */
const DEVICE_READY_MS = 10_000;
const TEST_READY_MS = 20_000;
/**
 * From capture to the program, the same for cameras and microphones, so that they stay together: a tick of 25 fps, a fragment of a
 * sound server, and some lateness. The program adds to it for everything that is live when a device needs more.
 */
const DEVICE_HOLD_MS = 70;

/**
 * A started source; its `ready` resolves with the first frame and is bounded in time.
 * @param format size and rate of the program; every frame comes out so. Width and height must be even.
 * @throws {OperatorError} with a code `SOURCE_…` for what can be known before it runs: no such file, no media, no video, not supported here.
 */
export async function createSource(
  spec: SourceSpec | AudioSpec, format: ProgramFormat, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>, options: SourceOptions = {},
): Promise<Source> {
  if (spec.kind === 'none' || spec.kind === 'source') {
    throw new OperatorError('SOURCE_UNKNOWN', `"${spec.kind}" is no source of its own.`, 'Open the source of the picture and use its sound.');
  }
  if (format.width % 2 !== 0 || format.height % 2 !== 0) throw new RangeError('Width and height of a program are even.');
  const plan = await planOf(spec, format, ffmpeg, options);
  return runCapture(plan, format, ffmpeg.path, (exit, hasRun) => sourceFailure(spec, exit, hasRun));
}

async function planOf(
  spec: Capturable, format: ProgramFormat, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>, options: SourceOptions,
): Promise<CapturePlan> {
  const wants = options.wants ?? 'both';
  switch (spec.kind) {
    case 'test': return planTest(format, wants, options);
    case 'file': return await planFile(spec, format, ffmpeg, wants);
    default: return await planDevice(spec, format, ffmpeg, wants, options);
  }
}

function planTest(format: ProgramFormat, wants: Wants, options: SourceOptions): CapturePlan {
  const startFrame: number = options.test?.startFrame ?? 0;
  const timeline = options.test?.timeline ?? { zeroUtcSeconds: Math.floor(Date.now() / 1000), frameRate: format.frameRate, framesPerGop: 1 };
  const burnIn = createBurnIn(format.width, format.height);
  return {
    label: labelOf({ kind: 'test' }),
    args: [...filterThreadArgs({ ...format, fps: format.frameRate.num / format.frameRate.den }), ...testPatternArgs(format, startFrame, wants)],
    hasVideo: wants !== 'audio',
    hasAudio: wants !== 'video',
    pacing: 'pull',
    readyTimeoutMs: TEST_READY_MS,
    secrets: [],
    finishFrame: (taken: RawFrame) => {
      const frame = startFrame + taken.sourceFrame;
      // Half a millisecond: a frame of 29.97 fps that rounds to the whole second is in it.
      const intoSecondMs = (exactMsOfFrame(frame, format.frameRate) + 0.5) % 1000;
      burnIn(taken.pieces, { frame, utcMs: utcMsOfFrame(timeline, frame), isFlash: intoSecondMs < FLASH_SECONDS * 1000 });
    },
  };
}

async function planDevice(
  spec: DeviceSpec, format: ProgramFormat, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>, wants: Wants, options: SourceOptions,
): Promise<CapturePlan> {
  const isSound = spec.kind === 'microphone';
  if (isSound && wants === 'video') {
    throw new OperatorError('SOURCE_NO_VIDEO', `The ${labelOf(spec)} has no picture.`, 'Choose another --source and give the microphone to --audio.');
  }
  if (!isSound && wants === 'audio') {
    throw new OperatorError('SOURCE_NO_AUDIO', `The ${labelOf(spec)} has no sound.`, 'Give a microphone to --audio.');
  }
  const host = { platform: process.platform, env: { ...process.env, ...options.env }, ...ffmpeg.capabilities };
  const needed = options.modeFor ?? { width: format.width, height: format.height, fps: format.frameRate.num / format.frameRate.den };
  const choice = spec.kind === 'camera' ? chooseMode(await cameraModes(spec, ffmpeg), needed) : undefined;
  const graph = isSound ? `[0:a:0]${COUNTED_SOUND_FILTER}[a]` : `[0:v:0]${pictureFilter(format, 'device')}[v]`;
  // Of a screen nobody knows the size before it comes.
  const filtered = isSound ? [] : [needed, choice === undefined ? undefined : { ...choice.mode, fps: choice.fps ?? needed.fps }];
  return {
    label: labelOf(spec),
    args: [...filterThreadArgs(...filtered), ...deviceInputArgs(spec, format, host, choice), '-filter_complex', graph],
    hasVideo: !isSound,
    hasAudio: isSound,
    ...(choice === undefined ? {} : { note: `The ${labelOf(spec)} gives ${choice.reason}` }),
    pacing: 'push',
    holdMs: DEVICE_HOLD_MS,
    readyTimeoutMs: DEVICE_READY_MS,
    secrets: [],
    ...(options.env === undefined ? {} : { env: options.env }),
  };
}
