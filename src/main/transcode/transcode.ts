// Makes a set of MP4 files of one file with FFmpeg, at low priority, with progress. Bounded in silence, stoppable; leaves no half file.
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import type { MediaInfo, VideoInfo } from '../ffmpeg/mediaInfo.ts';
import { probeMedia } from '../ffmpeg/probeMedia.ts';
import { startWorker } from '../ffmpeg/worker.ts';
import type { WorkerExit } from '../ffmpeg/workerExit.ts';
import { frameRateOf } from '../media/frameRate.ts';
import type { EncodingPlan, SourceFacts } from './encodingPresets.ts';
import { namesOf, transcodeArgs } from './transcodeArgs.ts';

/** Absolute paths, in the order of the plan's rungs. */
export type TranscodedSet = { readonly videos: readonly string[]; readonly audio: string | undefined };

export type TranscodeOptions = {
  readonly binary: string;
  readonly input: string;
  readonly info: MediaInfo;
  readonly plan: EncodingPlan;
  /** Where the files come to lie; made if it is not there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** 0 to 1; only where the length of the file is known. */
  readonly onProgress: (share: number) => void;
  /** An FFmpeg that reports no progress for this long is ended, ms. */
  readonly silenceMs?: number;
};

const PROBE_MS = 30_000;
const SILENCE_MS = 120_000;

/** @throws OperatorError `SOURCE_NOT_MEDIA` for what FFmpeg cannot read. */
export async function lookIntoFile(binary: string, input: string): Promise<MediaInfo> {
  const probe = await probeMedia(binary, [], input, PROBE_MS);
  if (probe.kind === 'found' && (probe.info.video !== undefined || probe.info.audio !== undefined)) return probe.info;
  throw new OperatorError('SOURCE_NOT_MEDIA', `FFmpeg finds no picture and no sound in "${path.basename(input)}".`, 'Choose a video or sound file.');
}

/** What presets ask of a file. */
export function factsOf(info: MediaInfo): SourceFacts {
  return { picture: info.video === undefined ? undefined : pictureOf(info.video), hasAudio: info.audio !== undefined };
}

/**
 * Encodes the set. The files appear together at the end, each whole.
 * @throws OperatorError `ENCODING_FAILED`, `DISK_FULL`; the reason of `signal` when it stops.
 */
export async function transcode(options: TranscodeOptions): Promise<TranscodedSet> {
  const { binary, input, info, plan, folder, signal } = options;
  signal.throwIfAborted();
  const scratch = path.join(folder, `.encoding-${randomUUID()}`);
  await mkdir(scratch, { recursive: true });
  try {
    const names = namesOf(plan);
    const inScratch = { videos: names.videos.map((name) => path.join(scratch, name)), audio: names.audio === undefined ? undefined : path.join(scratch, names.audio) };
    await run(options, transcodeArgs(input, info, plan, inScratch), binary);
    const move = async (name: string): Promise<string> => {
      const target = path.join(folder, name);
      await rename(path.join(scratch, name), target);
      return target;
    };
    const videos: string[] = [];
    for (const name of names.videos) videos.push(await move(name));
    return { videos, audio: names.audio === undefined ? undefined : await move(names.audio) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run({ info, signal, onProgress, silenceMs = SILENCE_MS }: TranscodeOptions, args: readonly string[], binary: string): Promise<void> {
  const worker = startWorker({ name: 'file encoder', binary, args, stdin: 'control', outputs: 0, upTimeoutMs: silenceMs });
  if (worker.pid !== undefined) lowerPriority(worker.pid);
  let isSilent = false;
  const giveUp = (): void => {
    isSilent = true;
    worker.kill();
  };
  let timer = setTimeout(giveUp, silenceMs);
  let position = -1;
  worker.onProgress(({ outTimeMs, isLast }) => {
    // An FFmpeg that hangs still reports, but goes nowhere.
    if (outTimeMs === undefined || outTimeMs <= position) return;
    position = outTimeMs;
    clearTimeout(timer);
    timer = setTimeout(giveUp, silenceMs);
    if (info.durationSeconds !== undefined && info.durationSeconds > 0) onProgress(isLast ? 1 : Math.min(1, outTimeMs / 1000 / info.durationSeconds));
  });
  const onAbort = (): void => { void worker.stop({ quitMs: 0, terminateMs: 500 }); };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const exit = await worker.exit;
    signal.throwIfAborted();
    if (isSilent) throw new OperatorError('ENCODING_FAILED', `FFmpeg made no progress for ${silenceMs / 1000} s and was ended.`, 'Try again when the computer has less to do, or convert the file with another program first.');
    if (exit.reason !== 'ended') throw failureOf(exit);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function failureOf(exit: WorkerExit): OperatorError {
  if (exit.reason === 'disk-full') return new OperatorError('DISK_FULL', 'The disk became full while the file was encoded.', 'Free space on it, then try again.');
  const said = exit.line === '' ? '' : `: ${exit.line}`;
  return new OperatorError('ENCODING_FAILED', `The file could not be encoded (${exit.reason})${said}.`, 'See whether it plays in a player; convert it with another program if it does not.');
}

/** A show beside it comes first. A system that refuses leaves it as it is. */
function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, os.constants.priority.PRIORITY_LOW);
  } catch {
    // The process may have ended already; the encoder then only competes.
  }
}

function pictureOf(video: VideoInfo): NonNullable<SourceFacts['picture']> {
  const isTurned = Math.abs(video.rotation % 180) === 90;
  const [width, height] = isTurned ? [video.height, video.width] : [video.width, video.height];
  return { width, height, frameRate: frameRateOf(video.fps ?? video.baseRate ?? 30) };
}
