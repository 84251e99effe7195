// Keeps one rendition on air at one ingest endpoint: `run` is the loop and its policy, `runOnce` one connection that cleans up after itself.
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { retryDelayMs } from './backoff.ts';
import { PacketQueue } from './packetQueue.ts';
import { PublishFailure } from './publishFailure.ts';
import type { PublisherEvent, PublisherState, PublisherStats } from './publisherState.ts';
import { defaultPublishTimeouts, RtmpConnection, type PublishTimeouts } from './rtmpConnection.ts';
import { audioHeader, metadataOf, payloadOf, timed, videoHeader, type TimedPacket } from './rtmpPackets.ts';
import { describeTarget, parseRtmpUrl, type RtmpTarget } from './rtmpUrl.ts';
import { SentPackets } from './sentPackets.ts';

export type PublisherOptions = {
  /** Holds the key: never in a log or an error. */
  readonly url: string;
  /** Where it is not the last segment of the URL. */
  readonly streamName?: string;
  /** A certificate authority to trust besides the usual ones, PEM. */
  readonly ca?: string | undefined;
  readonly video: VideoTrackConfig;
  readonly audio: AudioTrackConfig;
  /** `encoder` of the metadata. */
  readonly encoderName: string;
  readonly timeouts?: Partial<PublishTimeouts>;
  readonly policy: {
    /** True where a backlog may be sent faster than real time after a reconnect. */
    readonly burstWelcome: boolean;
    /** Most media time that may wait. */
    readonly maxQueuedMs: number;
  };
};

/** How far audio and video wait for each other so that time on the wire never runs backwards; more than an encoder's look-ahead. */
const INTERLEAVE_MS = 2000;
/** The server is asked to acknowledge about four times a second of the declared bitrate, within these bounds. */
const ACK_WINDOWS_PER_SECOND = 4;
const MIN_ACK_WINDOW_BYTES = 16 << 10;
const MAX_ACK_WINDOW_BYTES = 256 << 10;
/** A server that has taken so many windows, for so long, without a word does not acknowledge. */
const SILENT_WINDOWS = 3;
const SILENT_MS = 4000;

export class RtmpPublisher {
  /** Resolves when a server has accepted the stream for the first time; rejects with a PublishFailure when that will not happen. */
  readonly published: Promise<void>;
  /** Resolves with the first `mediaTaken` event; rejects like `published`. */
  readonly mediaTaken: Promise<void>;
  readonly #options: PublisherOptions;
  readonly #target: RtmpTarget;
  readonly #timeouts: PublishTimeouts;
  readonly #ackWindowBytes: number;
  readonly #queue: PacketQueue;
  readonly #unacknowledged: SentPackets;
  readonly #listeners = new Set<(event: PublisherEvent) => void>();
  readonly #firstPublished = Promise.withResolvers<void>();
  readonly #firstMediaTaken = Promise.withResolvers<void>();
  readonly #stopAsked = Promise.withResolvers<void>();
  #state: PublisherState = { state: 'idle' };
  #running: Promise<void> | undefined;
  #isStopping = false;
  #wake: (() => void) | undefined;
  #connection: RtmpConnection | undefined;
  /** False until the headers were sent on the connection. */
  #hasBegun = false;
  /** The first video frame of the connection, until it was taken: bytes sent when it had been, and when that was. */
  #firstMedia: { readonly endsAtByte: number; readonly sentAtMs: number } | 'taken' | undefined;
  #onNothingToSend: (() => void) | undefined;
  #failures = 0;
  #accepted = 0;
  #endedSentBytes = 0;
  #endedAcknowledgedBytes = 0;
  #sentVideoFrames = 0;
  #sentAudioFrames = 0;
  /** What was dropped before the stream began is not missing from it. */
  #dropsBeforeFirst = 0;
  #lastFailure: PublishFailure | undefined;

  /** @throws OperatorError for a URL that cannot be used (see parseRtmpUrl) */
  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#target = parseRtmpUrl(options.url, options.streamName);
    this.#timeouts = { ...defaultPublishTimeouts, ...options.timeouts };
    const bytesPerSecond = (options.video.declaredKbps + options.audio.declaredKbps) * 125;
    this.#ackWindowBytes = Math.round(Math.min(MAX_ACK_WINDOW_BYTES, Math.max(MIN_ACK_WINDOW_BYTES, bytesPerSecond / ACK_WINDOWS_PER_SECOND)));
    const { maxQueuedMs } = options.policy;
    this.#queue = new PacketQueue({ maxQueuedMs, interleaveMs: Math.min(INTERLEAVE_MS, maxQueuedMs / 2) });
    this.#unacknowledged = new SentPackets(maxQueuedMs);
    this.published = this.#firstPublished.promise;
    this.mediaTaken = this.#firstMediaTaken.promise;
    // Whoever does not ask for them learns of a failure from the state.
    this.published.catch(() => undefined);
    this.mediaTaken.catch(() => undefined);
  }

  get state(): PublisherState {
    return this.#state;
  }

  /** Returns the function that ends the subscription. */
  onEvent(listener: (event: PublisherEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins to connect. Once only. */
  start(): void {
    if (this.#running !== undefined || this.#isStopping) throw new Error('A publisher is started once.');
    this.#running = this.#run();
  }

  /** Takes a packet of the rendition or of the audio, in decode order of its track; returns at once. Ignored after the end. */
  send(packet: MediaPacket): void {
    if (this.#isStopping || this.#state.state === 'failed') return;
    this.#queue.push(timed(packet, this.#options.video.frameRate));
    this.#pump();
  }

  /** Ends a pause between two attempts now. */
  reconnectNow(): void {
    this.#wake?.();
  }

  /** Sends what is queued, takes leave, closes. Bounded by twice `drainMs`; never rejects. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopAsked.resolve();
    this.#wake?.();
    this.#pump();
    this.#running ??= this.#run();
    await this.#running;
  }

  stats(): PublisherStats {
    const { video } = this.#options;
    const droppedFrames = this.#sentVideoFrames === 0 ? 0 : this.#drops() - this.#dropsBeforeFirst;
    return {
      rendition: video.rendition,
      endpoint: describeTarget(this.#target),
      sentBytes: this.#endedSentBytes + (this.#connection?.flushedBytes ?? 0),
      acknowledgedBytes: this.#endedAcknowledgedBytes + (this.#connection?.session.acknowledgedBytes ?? 0),
      reconnects: Math.max(0, this.#accepted - 1),
      droppedFrames,
      droppedMs: Math.round((droppedFrames * 1000 * video.frameRate.den) / video.frameRate.num),
      queuedMs: this.#queue.queuedMs,
      roundTripMs: this.#connection?.roundTripMs,
      sentVideoFrames: this.#sentVideoFrames,
      sentAudioFrames: this.#sentAudioFrames,
      lastError: this.#lastFailure === undefined ? undefined : { code: this.#lastFailure.code, message: this.#lastFailure.message },
    };
  }

  async #run(): Promise<void> {
    for (let attempt = 1; !this.#isStopping; attempt += 1) {
      this.#setState({ state: 'connecting', attempt });
      const failure = await this.#runOnce();
      if (failure === undefined) break;
      this.#failures += 1;
      this.#lastFailure = failure;
      if (failure.retry === 'ifItWorkedBefore' && this.#accepted === 0) {
        this.#giveUp(failure);
        return;
      }
      const retryInMs = retryDelayMs(this.#failures, Math.random());
      if (this.#isStopping) break;
      this.#setState({ state: 'waiting', retryInMs, failure });
      await this.#pause(retryInMs);
    }
    this.#setState({ state: 'stopped' });
    this.#rejectFirsts(this.#lastFailure ?? new PublishFailure('publish-stopped', 'The connection was ended before the stream was accepted.', 'Nothing needs to be done.'));
  }

  /** One connection. Returns why it ended, or undefined after a stop. */
  async #runOnce(): Promise<PublishFailure | undefined> {
    const connection = new RtmpConnection({
      target: this.#target,
      ca: this.#options.ca,
      ackWindowBytes: this.#ackWindowBytes,
      timeouts: this.#timeouts,
      onDrain: () => this.#pump(),
      onProgress: () => this.#progress(),
    });
    try {
      const opened = connection.opened.then(() => true, () => false);
      if (!(await Promise.race([opened, this.#stopAsked.promise.then(() => false)]))) {
        if (this.#isStopping) return undefined;
        return await connection.ended;
      }
      this.#beginOn(connection);
      await Promise.race([connection.ended, this.#stopAsked.promise]);
      if (this.#isStopping) {
        await Promise.race([connection.ended, this.#drained()]);
        await connection.finish();
        return undefined;
      }
      return await connection.ended;
    } finally {
      connection.destroy();
      this.#connection = undefined;
      this.#endedSentBytes += connection.flushedBytes;
      this.#endedAcknowledgedBytes += connection.session.acknowledgedBytes;
    }
  }

  #beginOn(connection: RtmpConnection): void {
    this.#accepted += 1;
    this.#connection = connection;
    this.#hasBegun = false;
    this.#firstMedia = undefined;
    const unacknowledged = this.#unacknowledged.takeAll();
    if (this.#options.policy.burstWelcome) this.#queue.restartWithBacklog(unacknowledged);
    else this.#queue.restartAtNextIdr();
    this.#setState({ state: 'publishing' });
    this.#firstPublished.resolve();
    this.#pump();
  }

  /** Moves packets from the queue to the socket while it takes them; what it does not take stays droppable. */
  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    while (connection.takesMore && connection.session.stage === 'publishing') {
      const next = this.#queue.take(this.#isStopping);
      if (next === undefined) {
        this.#onNothingToSend?.();
        break;
      }
      this.#sendOn(connection, next);
    }
    this.#progress();
  }

  #sendOn(connection: RtmpConnection, next: TimedPacket): void {
    const { session } = connection;
    const { video, audio, encoderName } = this.#options;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      session.sendMetadata(next.timestampMs, metadataOf(video, audio, encoderName));
      session.sendVideo(next.timestampMs, videoHeader(video));
      session.sendAudio(next.timestampMs, audioHeader(audio));
    }
    const payload = payloadOf(next, video.frameRate);
    if (next.packet.kind === 'audio') {
      session.sendAudio(next.timestampMs, payload);
      this.#sentAudioFrames += 1;
    } else {
      session.sendVideo(next.timestampMs, payload);
      if (this.#sentVideoFrames === 0) this.#dropsBeforeFirst = this.#drops();
      this.#sentVideoFrames += 1;
    }
    connection.flush();
    if (next.packet.kind === 'video') this.#firstMedia ??= { endsAtByte: session.sentBytes, sentAtMs: performance.now() };
    if (this.#options.policy.burstWelcome) this.#unacknowledged.push(next, session.sentBytes);
  }

  #progress(): void {
    const connection = this.#connection;
    const first = this.#firstMedia;
    if (connection === undefined || first === undefined) return;
    const { acknowledgedBytes } = connection.session;
    this.#unacknowledged.acknowledge(acknowledgedBytes);
    if (first === 'taken') return;
    const isSilent = acknowledgedBytes === 0 && performance.now() - first.sentAtMs >= SILENT_MS
      && connection.flushedBytes >= first.endsAtByte + SILENT_WINDOWS * this.#ackWindowBytes;
    if (acknowledgedBytes < first.endsAtByte && !isSilent) return;
    this.#firstMedia = 'taken';
    this.#failures = 0;
    this.#emit({ type: 'mediaTaken', acknowledged: !isSilent });
    this.#firstMediaTaken.resolve();
  }

  /** Resolves when nothing is left to send, after `drainMs` at the latest. */
  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#timeouts.drainMs);
      this.#onNothingToSend = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#pump();
    });
    this.#onNothingToSend = undefined;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#isStopping) this.#wake();
    });
    this.#wake = undefined;
  }

  #giveUp(failure: PublishFailure): void {
    this.#setState({ state: 'failed', failure });
    this.#rejectFirsts(failure);
  }

  #rejectFirsts(failure: PublishFailure): void {
    this.#firstPublished.reject(failure);
    this.#firstMediaTaken.reject(failure);
  }

  #drops(): number {
    return this.#queue.drops.overflow + this.#queue.drops.beforeIdr;
  }

  #setState(state: PublisherState): void {
    if (this.#state.state === 'failed' || this.#state.state === 'stopped') return;
    this.#state = state;
    this.#emit({ type: 'state', state });
  }

  #emit(event: PublisherEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
