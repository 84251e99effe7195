// One running live event: its tracks, its timeline, its preview window and the outputs that record it. Knows no sockets.
import type { FrameRate } from '../../../contract/ladder.ts';
import type { AllowedRanges } from '../addressRules.ts';
import type { AssetArchive } from '../archive/assetArchive.ts';
import type { ChannelSpec, TrackTelemetry } from '../mediaPlane.ts';
import { CueBoard, type Cue, type CueChange } from '../packager/cue.ts';
import type { Fragment, SampleRun, TrackFormat, TrackIdentity } from '../packager/fragment.ts';
import { LiveWindow } from '../packager/liveWindow.ts';
import { SourceChoice } from '../packager/sourceChoice.ts';
import { SequenceClock } from '../packager/sequenceClock.ts';
import type { ServiceLog } from '../serviceLog.ts';
import type { IngestJournal } from '../telemetry/ingestJournal.ts';
import { AudioTrack } from './audioTrack.ts';
import type { CueMessage } from './cueMessage.ts';
import { trackNameOf } from './declaredTracks.ts';
import { IngestRefusal } from './ingestRefusal.ts';
import { EncoderClocks } from './timestampMapper.ts';
import { VideoTrack, type GopPlacement } from './videoTrack.ts';

/** Renditions and audio tracks of one event. */
const MAX_TRACKS = 24;
/** Connections of one event: every rendition to both endpoints from two instances, and some that are being replaced. */
const MAX_CONNECTIONS = 96;
/** A timestamp this far ahead of the present is a broken encoder, and would silence all that comes after it. */
const FARTHEST_AHEAD_MS = 3_600_000;
/** Waiting GOPs and audio are looked at this often. */
const TICK_MS = 250;
/** Losses and heartbeats are looked for this often. */
const OBSERVE_MS = 1000;
/** An output begins with the first GOP that begins after it; half of the shortest GOP. */
const BEGINS_AFTER_SECONDS = 0.1;
/** Of the preview; archives keep their own. */
const CUE_LIMITS = { maxCues: 1024, maxBytes: 16 * 1024 * 1024 };
/** What comes later than this before its time is taken, but a cloud would not take it. */
const CUE_WARNING_SECONDS = 4;

export type ChannelConnection = { /** Tells the publisher why and closes. */ disconnect(refusal: IngestRefusal): void };

type Output = { readonly archive: AssetArchive; readonly afterSeconds: number };

export class Channel {
  spec: ChannelSpec;
  readonly journal: IngestJournal;
  readonly #log: ServiceLog;
  readonly #connections = new Set<ChannelConnection>();
  readonly #outputs = new Map<string, Output>();
  readonly #timescales = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #video = new Map<string, VideoTrack>();
  #audio = new Map<string, AudioTrack>();
  /** Shared by all tracks, so that they show the same instance. */
  #choice = new SourceChoice();
  #sequence = new SequenceClock();
  #board = new CueBoard(CUE_LIMITS);
  #clocks = new EncoderClocks();
  #window: LiveWindow;
  #zeroUtcMs: number | undefined;
  #lastBoundarySeconds: number | undefined;
  #newestIdrSeconds: number | undefined;
  #newest: { readonly ms: number; readonly atMs: number } | undefined;
  #nextSource = 1;
  #observedAtMs = 0;

  constructor(spec: ChannelSpec, log: ServiceLog, journal: IngestJournal) {
    this.spec = spec;
    this.journal = journal;
    this.#log = log;
    this.#zeroUtcMs = spec.timelineZeroUtcSeconds === undefined ? undefined : spec.timelineZeroUtcSeconds * 1000;
    this.#window = new LiveWindow(this);
    this.#timer = setInterval(() => { this.#tick(); }, TICK_MS);
    this.#timer.unref();
  }

  allowIngest(allowed: AllowedRanges): void {
    this.spec = { ...this.spec, ingestAllow: allowed };
  }

  get window(): LiveWindow {
    return this.#window;
  }

  get zeroUtcMs(): number | undefined {
    return this.#zeroUtcMs;
  }

  get expectedTracks(): readonly string[] {
    return [...this.#video.keys(), ...this.#audio.keys()];
  }

  get outputs(): ReadonlyMap<string, { readonly archive: AssetArchive }> {
    return this.#outputs;
  }

  /** @throws IngestRefusal when too many are connected */
  attach(connection: ChannelConnection): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      throw new IngestRefusal('MPE_CAPACITY_LIMIT_REACHED', 'The live event has too many connections.');
    }
    this.#connections.add(connection);
  }

  detach(connection: ChannelConnection): void {
    this.#connections.delete(connection);
  }

  /** Number under which a new publication is known to the tracks. */
  nextSource(): number {
    this.#nextSource += 1;
    return this.#nextSource;
  }

  /** Where on an encoder's clock its next packet is expected, to undo the wrap of 32 bits. */
  get expectedEncoderMs(): number {
    return this.spec.timelineZeroUtcSeconds === undefined ? 0 : Date.now() - this.spec.timelineZeroUtcSeconds * 1000;
  }

  /** Whole seconds from an encoder's clock to the timeline. @param firstMs time of the connection's first packet on the encoder's clock */
  offsetSecondsFor(firstMs: number): number {
    if (this.spec.timelineZeroUtcSeconds !== undefined) return 0;
    if (this.#zeroUtcMs === undefined) {
      this.#zeroUtcMs = Date.now() - firstMs;
      return this.#clocks.offsetSecondsFor(firstMs, firstMs);
    }
    const expectedMs = this.#newest ? this.#newest.ms + (performance.now() - this.#newest.atMs) : Date.now() - this.#zeroUtcMs;
    return this.#clocks.offsetSecondsFor(firstMs, expectedMs);
  }

  /** A packet at `ms` of the timeline is taken. @throws IngestRefusal when that is far in the future */
  reached(ms: number): void {
    const presentMs = Math.max(Date.now() - (this.#zeroUtcMs ?? Date.now()), this.#newest?.ms ?? 0);
    if (ms > presentMs + FARTHEST_AHEAD_MS) {
      throw new IngestRefusal('MPE_RTMP_FLV_TAG_TIMESTAMP_INVALID', 'A timestamp lies more than an hour in the future of the event.');
    }
    if (!this.#newest || ms > this.#newest.ms) this.#newest = { ms, atMs: performance.now() };
  }

  /** An IDR has arrived: a GOP is under way that an output which starts later leaves out. */
  idrArrived(ms: number): void {
    this.#newestIdrSeconds = Math.max(ms / 1000, this.#newestIdrSeconds ?? 0);
  }

  get cues(): readonly Cue[] {
    return this.#board.cues;
  }

  /** Media time that the newest packet has reached, s. */
  get reachedSeconds(): number | undefined {
    return this.#newest && this.#newest.ms / 1000;
  }

  /** A publisher or the `eventdata` call has brought a cue; of copies from several connections the first counts. */
  cueArrived(message: CueMessage): void {
    const nowSeconds = this.reachedSeconds ?? 0;
    if (message.type === 'invalid') {
      this.#log.warn({ eventName: this.spec.eventName }, message.sentence);
      return;
    }
    const hasChanged = message.type === 'cue' ? this.#board.take(message.cue, nowSeconds) : this.#board.cancel(message.id, nowSeconds);
    if (!hasChanged) return;
    const change: CueChange = message.type === 'cue' ? { cue: message.cue } : { cancelled: message.id };
    for (const { archive } of this.#outputs.values()) archive.cueChanged(change);
    if (message.type === 'cue' && message.cue.meaning !== 'data' && message.cue.seconds - nowSeconds < CUE_WARNING_SECONDS) {
      this.#log.warn({ eventName: this.spec.eventName, cue: message.cue.id }, 'A splice was announced less than 4 s before its time; cloud services ignore it.');
    }
  }

  /** @throws IngestRefusal when the event has too many tracks */
  videoTrack(declaredBitrate: number, rate: FrameRate | undefined): VideoTrack {
    const name = trackNameOf('video', declaredBitrate);
    const known = this.#video.get(name);
    if (known) return known;
    this.#makeRoom();
    const track = new VideoTrack({ name, declaredBitrate, rate, timescale: this.#timescales.get(name) }, this.#videoPlacement, this.#outcome, this.#choice);
    this.#video.set(name, track);
    return track;
  }

  /** @throws IngestRefusal when the event has too many tracks, or the track runs at another sampling rate */
  audioTrack(declaredBitrate: number, sampleRate: number, format: TrackFormat): AudioTrack {
    const name = trackNameOf('audio', declaredBitrate);
    const known = this.#audio.get(name);
    if (known) {
      if (known.identity.timescale !== sampleRate) {
        throw new IngestRefusal('MPE_INGEST_CODEC_NOT_SUPPORTED', 'The sampling rate of the audio has changed; reset the live event first.');
      }
      known.useFormat(format);
      return known;
    }
    this.#makeRoom();
    const track = new AudioTrack({ name, declaredBitrate, sampleRate, format }, this.#audioPlacement, this.#outcome, this.#choice);
    this.#audio.set(name, track);
    if (this.#lastBoundarySeconds !== undefined) track.cutAt(this.#lastBoundarySeconds, performance.now());
    return track;
  }

  /** Undefined while the packager keeps up; otherwise resolves when it has caught up, and publishers may go on. */
  get catchingUp(): Promise<void> | undefined {
    const isBehind = [...this.#video.values(), ...this.#audio.values()].some((track) => track.pipeline.isBehind);
    return isBehind ? this.#idle() : undefined;
  }

  telemetry(): readonly TrackTelemetry[] {
    const nowUtcMs = Date.now();
    return [...this.#video.values(), ...this.#audio.values()].map((track) => track.meter.snapshot(nowUtcMs));
  }

  addOutput(archive: AssetArchive): void {
    const archivedZero = archive.zeroUtcMs;
    if (this.spec.timelineZeroUtcSeconds === undefined && archivedZero !== undefined && archivedZero !== this.#zeroUtcMs) this.#moveTimeline(archivedZero);
    for (const { identity, segments } of archive.tracks) {
      this.#timescales.set(identity.name, identity.timescale);
      const last = segments.at(-1);
      if (!last) continue;
      const start = last.startTicks / identity.timescale;
      this.#sequence.resume(start, start + last.durationTicks / identity.timescale, last.sequence);
    }
    const afterSeconds = this.#newestIdrSeconds === undefined ? Number.NEGATIVE_INFINITY : this.#newestIdrSeconds + BEGINS_AFTER_SECONDS;
    this.#outputs.set(archive.spec.outputName, { archive, afterSeconds });
    const nowSeconds = this.reachedSeconds ?? 0;
    for (const cue of this.#board.cues) if (cue.seconds >= nowSeconds) archive.cueChanged({ cue });
  }

  /** Gives the output everything that is whole by now and takes it from the channel; its files are still open. */
  async removeOutput(outputName: string): Promise<AssetArchive | undefined> {
    const output = this.#outputs.get(outputName);
    if (!output) return undefined;
    this.#flushEndedTracks();
    await this.#idle();
    this.#outputs.delete(outputName);
    return output.archive;
  }

  /** Disconnects all publishers. The channel is of no use afterwards. */
  close(): void {
    clearInterval(this.#timer);
    this.#disconnectAll(new IngestRefusal('MPI_REST_API_CHANNEL_STOP', 'The live event was stopped.'));
  }

  readonly #videoPlacement: GopPlacement = {
    place: (startSeconds, endSeconds, isWhole) => {
      const sequence = this.#sequence.sequenceOf(startSeconds, endSeconds, isWhole ? endSeconds - startSeconds : undefined);
      this.#lastBoundarySeconds = Math.max(endSeconds, this.#lastBoundarySeconds ?? endSeconds);
      const nowMs = performance.now();
      for (const track of this.#audio.values()) {
        track.cutAt(startSeconds, nowMs);
        track.cutAt(endSeconds, nowMs);
      }
      return sequence;
    },
  };

  readonly #audioPlacement: GopPlacement = {
    place: (startSeconds, endSeconds) => this.#sequence.sequenceOf(startSeconds, endSeconds, undefined),
  };

  readonly #outcome = {
    cuesIn: ({ kind, timescale }: TrackIdentity, { startTicks, endTicks }: SampleRun): readonly Cue[] => {
      if (this.#board.cues.length === 0 || (kind === 'audio' && this.#video.size > 0)) return [];
      return this.#board.cues.filter(({ seconds }) => {
        const ticks = Math.round(seconds * timescale);
        return ticks >= startTicks && ticks < endTicks;
      });
    },
    onFragment: (fragment: Fragment): void => {
      this.#window.append(fragment);
      const { track, startTicks, durationTicks, format } = fragment;
      const startSeconds = startTicks / track.timescale;
      this.journal.chunk(
        { track: { trackName: track.name, kind: track.kind, declaredBitrate: track.declaredBitrate }, atMs: startSeconds * 1000, durationMs: (durationTicks * 1000) / track.timescale },
        format.video && `${format.video.width}x${format.video.height}`,
      );
      for (const { archive, afterSeconds } of this.#outputs.values()) {
        if (startSeconds >= afterSeconds) archive.append(fragment);
      }
    },
    onFailure: (error: unknown): void => {
      this.#log.error({ eventName: this.spec.eventName, err: error }, 'A fragment could not be packaged.');
    },
  };

  #tick(): void {
    const nowMs = performance.now();
    let isVideoExpected = false;
    for (const track of this.#video.values()) {
      track.drain(nowMs);
      isVideoExpected ||= track.isReceiving;
    }
    for (const track of this.#audio.values()) track.drain(nowMs, isVideoExpected);
    if (nowMs - this.#observedAtMs < OBSERVE_MS) return;
    this.#observedAtMs = nowMs;
    this.journal.observe(this.telemetry());
  }

  /** The last pieces of tracks that nobody sends any more. */
  #flushEndedTracks(): void {
    for (const track of this.#video.values()) if (!track.isReceiving) track.flush();
    for (const track of this.#audio.values()) if (!track.isReceiving) track.flush();
  }

  async #idle(): Promise<void> {
    await Promise.all([...this.#video.values(), ...this.#audio.values()].map((track) => track.pipeline.idle()));
  }

  #makeRoom(): void {
    if (this.#video.size + this.#audio.size >= MAX_TRACKS) {
      throw new IngestRefusal('MPE_INGEST_MEDIA_QUALITIES_EXCEEDED', 'The live event has too many tracks.');
    }
  }

  #disconnectAll(refusal: IngestRefusal): void {
    for (const connection of this.#connections) connection.disconnect(refusal);
  }

  /**
   * An archive that goes on after a restart keeps its zero. A publisher that was faster than the archive has put its packets
   * on another timeline; it is asked to connect again.
   */
  #moveTimeline(zeroUtcMs: number): void {
    if (this.#zeroUtcMs !== undefined) this.#disconnectAll(new IngestRefusal('MPI_SYSTEM_MAINTENANCE', 'The live event is being resumed; connect again.'));
    this.#zeroUtcMs = zeroUtcMs;
    this.#video = new Map();
    this.#audio = new Map();
    this.#choice = new SourceChoice();
    this.#sequence = new SequenceClock();
    this.#board = new CueBoard(CUE_LIMITS);
    this.#clocks = new EncoderClocks();
    this.#window = new LiveWindow(this);
    this.#lastBoundarySeconds = undefined;
    this.#newestIdrSeconds = undefined;
    this.#newest = undefined;
  }
}
