// Finished media files in, an asset on demand out: their coded frames are cut into CMAF fragments, GOP by GOP, and nothing is encoded.
import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, type InputAudioTrack, type InputVideoTrack } from 'mediabunny';
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import { AppendLog } from '../archive/appendLog.ts';
import { readAssetDescription, trackFilesOf, writeAssetDescription, writeTrackDescription } from '../archive/assetFiles.ts';
import { packageRun } from '../packager/cmafPackager.ts';
import { runUntil } from '../packager/gopTiming.ts';
import type { Sample, SampleRun, TrackFormat, TrackIdentity } from '../packager/fragment.ts';

export type PackagedFile = {
  readonly file: string;
  /** bit/s of its one track, where that was agreed before. */
  readonly bitrate?: number;
  /** Only its tracks of this kind. */
  readonly kind?: 'video' | 'audio';
};

/** The same bounds as at the ingest: what is longer is an encoder without keyframes. */
const MAX_GOP_SECONDS = 21;
const MAX_GOP_BYTES = 96 * 1024 * 1024;
const CUT_SECONDS = 2;
const SUPPORTED = 'H.264 pictures and AAC sound';

type Cuts = readonly number[];
type Coded = { readonly identity: TrackIdentity; readonly format: TrackFormat; readonly track: InputVideoTrack | InputAudioTrack };

/**
 * Writes every track of the files into the asset's folder, whose archive is complete from then on. Tracks get a bitrate each of their
 * own, as players tell them apart by it.
 * @param staging A new folder on the asset's disk, where the tracks grow; what is in it moves when all is whole.
 * @param manifestName What playback URLs are to be called.
 * @throws OperatorError `ASSET_IN_USE` where the folder holds an archive, `NOT_STREAMABLE` for what players of HLS and DASH cannot be given.
 */
export async function packageFiles(files: readonly PackagedFile[], assetDir: string, staging: string, manifestName: string, signal: AbortSignal): Promise<void> {
  await refuseStream(assetDir);
  const inputs = files.map(({ file }) => new Input({ formats: ALL_FORMATS, source: new FilePathSource(file) }));
  try {
    await mkdir(staging, { recursive: true, mode: 0o700 });
    const coded: Coded[] = [];
    for (const [index, input] of inputs.entries()) await addTracks(coded, input, files[index]);
    if (coded.length === 0) throw notStreamable('The file has no track that can be streamed.');
    const firstSeconds = await earliest(coded);
    let cuts: Cuts | undefined;
    // Pictures first: sound is cut where they are.
    for (const one of coded.toSorted((a, b) => Number(a.identity.kind === 'audio') - Number(b.identity.kind === 'audio'))) {
      const runs = one.identity.kind === 'video' ? gopsOf(one, firstSeconds) : soundRuns(one, firstSeconds, cuts);
      const begun = await writeTrack(staging, one, runs, signal);
      cuts ??= begun;
    }
    for (const name of await readdir(staging)) await rename(path.join(staging, name), path.join(assetDir, name));
    // The last, because it makes a stream of the folder; it syncs the folder, too.
    await writeAssetDescription(assetDir, {
      version: 1, eventName: '', outputName: '', manifestName, archiveWindowSeconds: 1, zeroUtcMs: null,
      tracks: coded.map(({ identity }) => identity.name), hasEnded: true,
    });
  } catch (error) {
    if (error instanceof OperatorError || signal.aborted) throw error;
    throw notStreamable(`The file cannot be read as media: ${messageOf(error)}.`, error);
  } finally {
    for (const input of inputs) input.dispose();
  }
}

/** Asked before an encoding, too, which would be in vain. @throws OperatorError `ASSET_IN_USE` where the folder holds an archive. */
export async function refuseStream(assetDir: string): Promise<void> {
  if (await readAssetDescription(assetDir) === undefined) return;
  throw new OperatorError('ASSET_IN_USE', 'The output asset holds a stream already.', 'Give the job a new asset for its output.');
}

async function addTracks(coded: Coded[], input: Input, file: PackagedFile | undefined): Promise<void> {
  if (!await input.canRead()) throw notStreamable(`"${path.basename(file?.file ?? '')}" is no file that can be cut without encoding it.`);
  for (const track of await input.getTracks()) {
    if (!track.isVideoTrack() && !track.isAudioTrack()) continue;
    if (file?.kind !== undefined && track.type !== file.kind) continue;
    const declared = file?.bitrate ?? Math.round((await track.computePacketStats()).averageBitrate / 1000) * 1000;
    const kind = track.isVideoTrack() ? 'video' : 'audio';
    const timescale = track.isAudioTrack() ? track.sampleRate : Math.round(track.timeResolution);
    let bitrate = Math.max(1000, declared);
    while (coded.some(({ identity }) => identity.kind === kind && identity.declaredBitrate === bitrate)) bitrate += 1000;
    coded.push({ identity: { name: `${kind}_${bitrate}`, kind, declaredBitrate: bitrate, timescale }, format: await formatOf(track), track });
  }
}

async function formatOf(track: InputVideoTrack | InputAudioTrack): Promise<TrackFormat> {
  const config = await track.getDecoderConfig();
  const codec = track.codec;
  if (config?.description === undefined || (codec !== 'avc' && codec !== 'aac')) {
    throw notStreamable(`Its ${track.type} is ${codec ?? 'of an unknown kind'}; without encoding only ${SUPPORTED} in an MP4, MOV or MKV file can be streamed.`);
  }
  const description = ArrayBuffer.isView(config.description)
    ? new Uint8Array(config.description.buffer, config.description.byteOffset, config.description.byteLength) : new Uint8Array(config.description);
  const common = { codec: config.codec, decoderConfig: Uint8Array.from(description) };
  return track.isVideoTrack()
    ? { ...common, video: { width: track.codedWidth, height: track.codedHeight, frameRate: undefined } }
    : { ...common, audio: { sampleRate: track.sampleRate, channels: track.numberOfChannels } };
}

/** The file's zero: the first picture, or the first sound where there is none. Samples before it (a codec's lead-in) are not shown. */
async function earliest(coded: readonly Coded[]): Promise<number> {
  const leading = coded.filter(({ identity }) => identity.kind === 'video');
  const times = await Promise.all((leading.length > 0 ? leading : coded).map(({ track }) => track.getFirstTimestamp()));
  return leading.length > 0 ? Math.min(...times) : Math.max(0, Math.min(...times));
}

/** Frames in decode order from one key frame to the next. */
async function* gopsOf({ track, identity }: Coded, firstSeconds: number): AsyncGenerator<SampleRun> {
  const { timescale } = identity;
  let gop: Omit<Sample, 'durationTicks'>[] = [];
  let lastDuration = 0;
  let bytes = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const ptsTicks = Math.round((packet.timestamp - firstSeconds) * timescale);
    const [first] = gop;
    if (packet.type === 'key' && first !== undefined) {
      yield runUntil(gop, Math.max(ptsTicks, lastOf(gop) + 1));
      gop = [];
      bytes = 0;
    }
    const start = gop[0]?.ptsTicks ?? ptsTicks;
    // Leading pictures refer to the GOP before; a player that begins here could not show them.
    if (packet.type !== 'key' && (gop.length === 0 || ptsTicks <= start)) continue;
    gop.push({ ptsTicks, isSync: packet.type === 'key', data: packet.data });
    lastDuration = Math.round(packet.duration * timescale);
    bytes += packet.data.length;
    if (bytes > MAX_GOP_BYTES || ptsTicks - start > MAX_GOP_SECONDS * timescale) {
      throw notStreamable(`It has no key frame for more than ${MAX_GOP_SECONDS} s, which players cannot seek in.`);
    }
  }
  if (gop.length > 0) yield runUntil(gop, lastOf(gop) + Math.max(1, lastDuration));
}

/** Presentation time of the last picture that is shown. */
function lastOf(gop: readonly Pick<Sample, 'ptsTicks'>[]): number {
  return Math.max(...gop.map(({ ptsTicks }) => ptsTicks));
}

/** AAC frames, cut at the frame nearest to each beginning of a GOP, or every {@link CUT_SECONDS}. */
async function* soundRuns({ track, identity }: Coded, firstSeconds: number, cuts: Cuts | undefined): AsyncGenerator<SampleRun> {
  const { timescale } = identity;
  let samples: Sample[] = [];
  let endTicks = 0;
  let cut = 1;
  const cutSeconds = (index: number): number => (cuts === undefined ? index * CUT_SECONDS : cuts[index] ?? Number.POSITIVE_INFINITY);
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const asked = Math.round((packet.timestamp - firstSeconds) * timescale);
    const durationTicks = Math.max(1, Math.round(packet.duration * timescale));
    // Less than half a frame before zero is rounding; more is the encoder's lead-in.
    if (asked < -durationTicks / 2) continue;
    // Times that a container rounded are put end to end again; a real pause stays.
    const ptsTicks = Math.abs(asked - endTicks) < durationTicks / 2 ? endTicks : asked;
    const isDue = samples.length > 0 && ptsTicks / timescale >= cutSeconds(cut) - durationTicks / timescale / 2;
    if (isDue || (samples.length > 0 && ptsTicks > endTicks)) {
      yield { startTicks: samples[0]?.ptsTicks ?? 0, endTicks, samples };
      samples = [];
      while (ptsTicks / timescale >= cutSeconds(cut) - durationTicks / timescale / 2) cut += 1;
    }
    samples.push({ ptsTicks, durationTicks, isSync: true, data: packet.data });
    endTicks = ptsTicks + durationTicks;
  }
  if (samples.length > 0) yield { startTicks: samples[0]?.ptsTicks ?? 0, endTicks, samples };
}

/** @returns where each fragment begins, s. */
async function writeTrack(folder: string, { identity, format }: Coded, runs: AsyncIterable<SampleRun>, signal: AbortSignal): Promise<Cuts> {
  const starts: number[] = [];
  let log: AppendLog | undefined;
  try {
    for await (const run of runs) {
      signal.throwIfAborted();
      const sequence = starts.length;
      const { init, bytes } = await packageRun(run, format, identity.timescale, sequence);
      if (log === undefined) {
        await writeTrackDescription(folder, { identity, formats: [format], inits: [init] });
        log = await AppendLog.open(trackFilesOf(folder, identity.name), []);
      }
      await log.append(bytes, { sequence, startTicks: run.startTicks, durationTicks: run.endTicks - run.startTicks, formatId: 0, frames: run.samples.length });
      starts.push(run.startTicks / identity.timescale);
    }
    await log?.sync();
  } finally {
    await log?.close();
  }
  if (starts.length === 0) throw notStreamable(`Its ${identity.kind} has no frame that a player could begin with.`);
  return starts;
}

function notStreamable(message: string, cause?: unknown): OperatorError {
  return new OperatorError('NOT_STREAMABLE', message, 'Encode it: choose the preset AdaptiveStreaming.', cause === undefined ? undefined : { cause });
}
