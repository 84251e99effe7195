// A set of renditions made on this computer of a finished file: the planner's sizes and bitrates, MP4 files and their manifest. Takes no more
// disk than it said it would.
import { readdir, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import { fpsOf, programRate } from '../encode/frameRates.ts';
import { AUDIO_KBPS, GOP_SECONDS } from '../encode/ladders.ts';
import { renditionsWithin, sizesFor } from '../encode/rungs.ts';
import type { EncodingPlan, SourceFacts } from '../transcode/encodingPresets.ts';
import { serverManifest, type SetTrack } from '../transcode/serverManifest.ts';
import { factsOf, lookIntoFile, transcode } from '../transcode/transcode.ts';
import type { LocalEncoder } from '../upload/localSets.ts';

/** On demand a picture may be larger than what is sent live. */
const BOX = { longSide: 3840, shortSide: 2160 } as const;
const MAX_FPS = 60;
/** transcodeArgs.ts lets a rendition have a fifth more than its bitrate; the container and a wrong length are in the rest. */
const SIZE_MARGIN = 1.4;
/** What other programs, and a recording, need meanwhile. */
const RESERVE_BYTES = 1024 ** 3;
const LOOK_EVERY_MS = 1000;

export type LocalEncodingParts = {
  readonly findFfmpeg: () => Promise<string>;
  /** Free bytes of the disk of a folder; the system's by default. */
  readonly freeBytes?: (folder: string) => Promise<number>;
};

/** @returns an encoder that throws `SOURCE_NOT_MEDIA`, `NOTHING_TO_ENCODE`, `NO_ROOM_TO_ENCODE`, `ENCODING_FAILED` and `DISK_FULL` */
export function createLocalEncoder({ findFfmpeg, freeBytes = systemFreeBytes }: LocalEncodingParts): LocalEncoder {
  return async ({ source, folder, streamName, signal, onShare }) => {
    const binary = await findFfmpeg();
    const info = await lookIntoFile(binary, source);
    const plan = planSet(factsOf(info));
    const room = Math.max(0, await freeBytes(folder) - RESERVE_BYTES);
    const needed = info.durationSeconds === undefined ? 0 : bytesOf(plan, info.durationSeconds);
    if (needed > room || room === 0) throw noRoom(needed, room);
    const guard = limitSize(folder, info.durationSeconds === undefined ? room : needed, () => noRoom(needed, room));
    try {
      const set = await transcode({ binary, input: source, info, plan, folder, signal: AbortSignal.any([signal, guard.signal]), onProgress: onShare });
      await writeFile(path.join(folder, `${streamName}.ism`), serverManifest(tracksOf(plan, set)));
    } finally {
      guard.stop();
    }
  };
}

/** The live planner's sizes and usual bitrates, without the bounds of an uplink or an event. @throws OperatorError `NOTHING_TO_ENCODE` */
export function planSet({ picture, hasAudio }: SourceFacts): EncodingPlan {
  if (picture === undefined && !hasAudio) throw new OperatorError('NOTHING_TO_ENCODE', 'The file has neither picture nor sound.', 'Choose another file.');
  const frameRate = picture === undefined ? undefined : programRate(picture.frameRate, MAX_FPS);
  const renditions = picture === undefined || frameRate === undefined ? [] : renditionsWithin(sizesFor(picture, BOX), fpsOf(frameRate), {
    totalKbps: Number.POSITIVE_INFINITY, renditionKbps: Number.POSITIVE_INFINITY, factor: 1,
  }) ?? [];
  return {
    kind: 'encode', control: 'bitrate', gopSeconds: GOP_SECONDS, frameRate, audioKbps: hasAudio ? AUDIO_KBPS : undefined,
    rungs: renditions.map(({ width, height, declaredKbps }) => ({ width, height, kbps: declaredKbps })),
  };
}

function bytesOf({ rungs, audioKbps = 0 }: EncodingPlan, seconds: number): number {
  const kbps = rungs.reduce((sum, one) => sum + one.kbps, audioKbps);
  // A rate of a short file says little: its first frames are large.
  return Math.ceil((kbps * 1000 * SIZE_MARGIN * (seconds + GOP_SECONDS)) / 8);
}

function tracksOf(plan: EncodingPlan, set: { readonly videos: readonly string[]; readonly audio: string | undefined }): SetTrack[] {
  const videos = set.videos.map((file, index): SetTrack => ({ kind: 'video', fileName: path.basename(file), bitrate: (plan.rungs[index]?.kbps ?? 0) * 1000 }));
  return set.audio === undefined ? videos : [...videos, { kind: 'audio', fileName: path.basename(set.audio), bitrate: (plan.audioKbps ?? 0) * 1000 }];
}

/** Aborts when the folder has grown beyond what was planned with. */
function limitSize(folder: string, maxBytes: number, failure: () => OperatorError): { readonly signal: AbortSignal; stop(): void } {
  const tooLarge = new AbortController();
  const timer = setInterval(() => {
    // A folder that cannot be looked at is the encoder's to complain about.
    void sizeOf(folder).then((bytes) => (bytes > maxBytes ? tooLarge.abort(failure()) : undefined), () => undefined);
  }, LOOK_EVERY_MS);
  return { signal: tooLarge.signal, stop: () => clearInterval(timer) };
}

async function sizeOf(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (entry) => stat(path.join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, one) => sum + one, 0);
}

async function systemFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function noRoom(needed: number, room: number): OperatorError {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const wanted = needed === 0 ? 'The set of renditions does not fit on the disk: ' : `The set of renditions needs up to ${gigabytes(needed)} of the disk for a while: `;
  return new OperatorError('NO_ROOM_TO_ENCODE', `${wanted}${gigabytes(room)} of it may be used.`, 'Free space on the disk of Fieldcast’s folder, or let the service encode (`--encode adaptive`).');
}
