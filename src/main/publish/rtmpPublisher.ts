// Keeps one rendition on air at one of its ingest endpoints: `run` is the loop and its policy, `runOnce` one connection that cleans up after
// itself.
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { messageOf } from '../../contract/errors.ts';
import { Backlog } from './backlog.ts';
import { retryDelayMs } from './backoff.ts';
import { PublishFailure } from './publishFailure.ts';
import type { PublishPolicy } from './publishPolicy.ts';
import type { PublisherEvent, PublisherState, PublisherStats } from './publisherState.ts';
import { defaultPublishTimeouts, RtmpConnection, type PublishTimeouts } from './rtmpConnection.ts';
import { audioHeader, metadataOf, payloadOf, timed, videoHeader, type TimedPacket } from './rtmpPackets.ts';
import { describeTarget, parseRtmpUrl, type RtmpTarget } from './rtmpUrl.ts';

export type PublisherOptions = {
  /** Holds the key: never in a log or an error. */
  readonly url: string;
  /** Other endpoints that take the same stream, tried in turn after a failure. */
  readonly alternateUrls?: readonly string[];
  /** Where it is not the last segment of the URLs. */
  readonly streamName?: string;
  /** A certificate authority to trust besides the usual ones, PEM. */
  readonly ca?: string | undefined;
  readonly video: VideoTrackConfig;
  readonly audio: AudioTrackConfig;
  /** `encoder` of the metadata. */
  readonly encoderName: string;
  readonly timeouts?: Partial<PublishTimeouts>;
  readonly policy: PublishPolicy;
};

/** The server is asked to acknowledge about four times a second of the declared bitrate, within these bounds. */
const ACK_WINDOWS_PER_SECOND = 4;
const MIN_ACK_WINDOW_BYTES = 16 << 10;
const MAX_ACK_WINDOW_BYTES = 256 << 10;
/** A server that has taken so many windows, for so long, without a word does not acknowledge. */
const SILENT_WINDOWS = 3;
const SILENT_MS = 4000;
/** What is sent in one go goes to the socket in writes of about this size. */
const WRITE_BYTES = 64 << 10;
/** The rest of a GOP may take so long before a connection that is to give way is closed in the middle of it. */
const HOLD_WITHIN_MS = 4000;
/** After the end of the show a backlog that is to be replayed has so long, as long as it moves. */
const REPLAY_AT_STOP_MS = 60_000;

type Outcome = 'over' | 'held' | PublishFailure;

export class RtmpPublisher {
  /** Resolves when a server has accepted the stream for the first time; rejects with a PublishFailure when that will not happen. */
  readonly published: Promise<void>;
  /** Resolves with the first `mediaTaken` event; rejects like `published`. */
  readonly mediaTaken: Promise<void>;
  readonly #options: PublisherOptions;
  readonly #targets: readonly RtmpTarget[];
  readonly #timeouts: PublishTimeouts;
  readonly #ackWindowBytes: number;
  readonly #bytesPerSecond: number;
  readonly #backlog: Backlog;
  readonly #listeners = new Set<(event: PublisherEvent) => void>();
  readonly #firstPublished = Promise.withResolvers<void>();
  readonly #firstMediaTaken = Promise.withResolvers<void>();
  readonly #stopAsked = Promise.withResolvers<void>();
  readonly #givenUp = Promise.withResolvers<void>();
  #state: PublisherState = { state: 'idle' };
  #running: Promise<void> | undefined;
  #isStopping = false;
  /** True from the moment at which what has not been sent is given up. */
  #hasGivenUp = false;
  #target: RtmpTarget;
  #isToHold = false;
  /** Resolved when the connection stands where it may give way; a new one for each connection. */
  #holdPoint = Promise.withResolvers<'hold'>();
  #holdTimer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #connection: RtmpConnection | undefined;
  /** False until the headers were sent on the connection. */
  #hasBegun = false;
  /** The first video frame of the connection, until it was taken: bytes sent when it had been, and when that was. */
  #firstMedia: { readonly endsAtByte: number; readonly sentAtMs: number } | 'taken' | undefined;
  #onNothingToSend: (() => void) | undefined;
  #failures = 0;
  #refusals = 0;
  #accepted = 0;
  #endedSentBytes = 0;
  #endedAcknowledgedBytes = 0;
  #sentVideoFrames = 0;
  #sentAudioFrames = 0;
  #droppedWhileHeld = 0;
  /** What was dropped before the stream began is not missing from it. */
  #dropsBeforeFirst = 0;
  #lastFailure: PublishFailure | undefined;

  /** @throws OperatorError for a URL that cannot be used (see parseRtmpUrl) */
  constructor(options: PublisherOptions) {
    this.#options = options;
    const { url, alternateUrls = [], streamName, video, audio, policy } = options;
    this.#target = parseRtmpUrl(url, streamName);
    this.#targets = [this.#target, ...alternateUrls.map((alternate) => parseRtmpUrl(alternate, streamName))];
    this.#timeouts = { ...defaultPublishTimeouts, ...options.timeouts };
    this.#bytesPerSecond = (video.declaredKbps + audio.declaredKbps) * 125;
    this.#ackWindowBytes = Math.round(Math.min(MAX_ACK_WINDOW_BYTES, Math.max(MIN_ACK_WINDOW_BYTES, this.#bytesPerSecond / ACK_WINDOWS_PER_SECOND)));
    this.#backlog = new Backlog(policy, video, { onRefilled: () => this.#pump(), onSpoolFailed: (error) => this.#spoolFailed(error) });
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
    if (this.#state.state === 'held' && !this.#options.policy.burstWelcome) {
      if (packet.kind === 'video') this.#droppedWhileHeld += 1;
      return;
    }
    this.#backlog.push(timed(packet, this.#options.video.frameRate));
    this.#pump();
  }

  /** Ends a pause between two attempts now. */
  reconnectNow(): void {
    this.#wake?.();
  }

  /**
   * Gives way to others: ends the connection in good order after the GOP that is being sent, until {@link resume}. What comes meanwhile is
   * dropped, or kept for a replay, as the policy says.
   */
  hold(): void {
    if (this.#isToHold || this.#isStopping) return;
    this.#isToHold = true;
    this.#holdTimer = setTimeout(() => this.#holdPoint.resolve('hold'), HOLD_WITHIN_MS);
    if (this.#connection === undefined) this.#wake?.();
    this.#pump();
  }

  /** Connects again after {@link hold}; does nothing else. */
  resume(): void {
    if (!this.#isToHold) return;
    this.#isToHold = false;
    clearTimeout(this.#holdTimer);
    if (this.#state.state === 'held') this.#wake?.();
  }

  /**
   * Sends what is queued, takes leave, closes; never rejects. Bounded by twice `drainMs`, and by another minute where a backlog is to be
   * replayed, unless `atOnce`. A second call may hurry the first.
   */
  async stop(atOnce = false): Promise<void> {
    this.#isStopping = true;
    let timer: NodeJS.Timeout | undefined;
    if (atOnce || this.#options.policy.spool === undefined || this.#accepted === 0) this.#giveUpBacklog();
    else timer = setTimeout(() => this.#giveUpBacklog(), REPLAY_AT_STOP_MS);
    this.resume();
    this.#stopAsked.resolve();
    this.#pump();
    this.#running ??= this.#run();
    await this.#running;
    clearTimeout(timer);
    await this.#backlog.close();
  }

  stats(): PublisherStats {
    const { video } = this.#options;
    const droppedFrames = this.#sentVideoFrames === 0 ? 0 : this.#drops() - this.#dropsBeforeFirst;
    const socketMs = ((this.#connection?.bufferedBytes ?? 0) * 1000) / this.#bytesPerSecond;
    return {
      rendition: video.rendition,
      endpoint: describeTarget(this.#target),
      sentBytes: this.#endedSentBytes + (this.#connection?.flushedBytes ?? 0),
      acknowledgedBytes: this.#endedAcknowledgedBytes + (this.#connection?.session.acknowledgedBytes ?? 0),
      reconnects: Math.max(0, this.#accepted - 1),
      droppedFrames,
      droppedMs: Math.round((droppedFrames * 1000 * video.frameRate.den) / video.frameRate.num),
      queuedMs: this.#backlog.queuedMs + socketMs,
      arrivingKbps: this.#connection?.arrivingKbps,
      roundTripMs: this.#connection?.roundTripMs,
      sentVideoFrames: this.#sentVideoFrames,
      sentAudioFrames: this.#sentAudioFrames,
      lastError: this.#lastFailure === undefined ? undefined : { code: this.#lastFailure.code, message: this.#lastFailure.message },
    };
  }

  async #run(): Promise<void> {
    for (let attempt = 1; !this.#isStopping || !this.#hasGivenUp; attempt += 1) {
      if (this.#isToHold) {
        this.#setState({ state: 'held' });
        await this.#pause(undefined);
        continue;
      }
      this.#setState({ state: 'connecting', attempt });
      const outcome = await this.#runOnce();
      if (outcome === 'over') break;
      if (outcome === 'held') continue;
      this.#noteFailure(outcome);
      if (this.#refusals >= this.#targets.length && this.#accepted === 0) {
        this.#giveUp(outcome);
        return;
      }
      if (this.#isStopping && this.#hasGivenUp) break;
      const retryInMs = retryDelayMs(this.#failures, Math.random());
      this.#setState({ state: 'waiting', retryInMs, failure: outcome });
      await this.#pause(retryInMs);
    }
    this.#setState({ state: 'stopped' });
    this.#rejectFirsts(this.#lastFailure ?? new PublishFailure('PUBLISH_STOPPED', 'The connection was ended before the stream was accepted.', 'Nothing needs to be done.'));
  }

  /** The next attempt goes to the next endpoint: one of them may be in maintenance (MPI_SYSTEM_MAINTENANCE). */
  #noteFailure(failure: PublishFailure): void {
    this.#failures += 1;
    this.#refusals = failure.retry === 'ifItWorkedBefore' ? this.#refusals + 1 : 0;
    this.#lastFailure = failure;
    this.#target = this.#targets[(this.#targets.indexOf(this.#target) + 1) % this.#targets.length] ?? this.#target;
  }

  /** One connection, and how it ended. */
  async #runOnce(): Promise<Outcome> {
    this.#holdPoint = Promise.withResolvers();
    const connection = new RtmpConnection({
      target: this.#target,
      ca: this.#options.ca,
      ackWindowBytes: this.#ackWindowBytes,
      bytesPerSecond: this.#bytesPerSecond,
      timeouts: this.#timeouts,
      onProgress: () => this.#pump(),
    });
    try {
      const opened = connection.opened.then(() => true, () => false);
      if (!(await Promise.race([opened, this.#givenUp.promise.then(() => false)]))) {
        return this.#hasGivenUp ? 'over' : ((await connection.ended) ?? 'over');
      }
      this.#beginOn(connection);
      const event = await Promise.race([connection.ended, this.#stopAsked.promise, this.#holdPoint.promise]);
      if (this.#isStopping) {
        const failure = await Promise.race([connection.ended, this.#drained()]);
        if (failure !== undefined && !this.#hasGivenUp) return failure;
        await connection.finish();
        return 'over';
      }
      if (event !== 'hold') return event ?? 'over';
      await connection.finish();
      return 'held';
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
    this.#backlog.restart();
    this.#setState({ state: 'publishing' });
    this.#firstPublished.resolve();
    this.#pump();
  }

  /** Moves packets from the backlog to the socket while it takes them; what it does not take stays droppable. */
  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { session } = connection;
    let writtenBytes = session.sentBytes;
    while (connection.takesMore && session.stage === 'publishing') {
      if (this.#isToHold && (!this.#hasBegun || this.#backlog.isAtGopBoundary)) {
        this.#holdPoint.resolve('hold');
        break;
      }
      const next = this.#backlog.take(this.#isStopping);
      if (next === undefined) {
        if (!this.#backlog.isSpooling) this.#onNothingToSend?.();
        break;
      }
      this.#sendOn(connection, next);
      if (session.sentBytes - writtenBytes < WRITE_BYTES) continue;
      connection.flush();
      writtenBytes = session.sentBytes;
    }
    connection.flush();
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
    if (next.packet.kind === 'video') this.#firstMedia ??= { endsAtByte: session.sentBytes, sentAtMs: performance.now() };
    this.#backlog.sent(next, session.sentBytes);
  }

  #progress(): void {
    const connection = this.#connection;
    const first = this.#firstMedia;
    if (connection === undefined || first === undefined) return;
    const { acknowledgedBytes } = connection.session;
    this.#backlog.acknowledge(acknowledgedBytes);
    if (first === 'taken') return;
    const isSilent = acknowledgedBytes === 0 && performance.now() - first.sentAtMs >= SILENT_MS
      && connection.flushedBytes >= first.endsAtByte + SILENT_WINDOWS * this.#ackWindowBytes;
    if (acknowledgedBytes < first.endsAtByte && !isSilent) return;
    this.#firstMedia = 'taken';
    this.#failures = 0;
    this.#refusals = 0;
    this.#emit({ type: 'mediaTaken', acknowledged: !isSilent });
    this.#firstMediaTaken.resolve();
  }

  /** Resolves with undefined when nothing is left to send, or when nothing has been sent for `drainMs`, or when the rest is given up. */
  async #drained(): Promise<undefined> {
    await new Promise<void>((resolve) => {
      let sent = -1;
      const look = (): void => {
        const sentNow = this.#sentVideoFrames + this.#sentAudioFrames;
        if (sent === sentNow || (sent >= 0 && this.#hasGivenUp)) this.#onNothingToSend?.();
        sent = sentNow;
      };
      const timer = setInterval(look, this.#timeouts.drainMs);
      look();
      this.#onNothingToSend = () => {
        clearInterval(timer);
        resolve();
      };
      this.#pump();
    });
    this.#onNothingToSend = undefined;
    return undefined;
  }

  async #pause(ms: number | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#isStopping && (this.#hasGivenUp || ms === undefined)) this.#wake();
    });
    this.#wake = undefined;
  }

  #giveUpBacklog(): void {
    this.#hasGivenUp = true;
    this.#givenUp.resolve();
    this.#wake?.();
  }

  #spoolFailed(error: unknown): void {
    this.#emit({ type: 'spoolFailed', failure: new PublishFailure(
      'SPOOL_FAILED', `What waited on disk for ${describeTarget(this.#target)} is lost: ${messageOf(error)}`,
      'Free some disk space. Media that has to wait is kept in memory now, and dropped when that is full.', 'always', { cause: error },
    ) });
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
    return this.#backlog.droppedFrames + this.#droppedWhileHeld;
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
