// Keeps one rendition on air at one of its ingest endpoints, whatever protocol they speak: `run` is the loop and its policy, `runOnce` one
// connection that cleans up after itself.
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { messageOf } from '../../contract/errors.ts';
import type { TimedCue } from '../media/timedCue.ts';
import { Arrivals, type PacketName } from './arrivals.ts';
import { Backlog } from './backlog.ts';
import { retryDelayMs } from './backoff.ts';
import type { Connection, Endpoint, Feed, Line } from './carrier.ts';
import { PendingCues } from './pendingCues.ts';
import { PublishFailure } from './publishFailure.ts';
import { resendsAfterBreak, type PublishPolicy } from './publishPolicy.ts';
import type { PublisherEvent, PublisherState, PublisherStats } from './publisherState.ts';
import { PublisherTotals } from './publisherTotals.ts';
import type { PublishTimeouts } from './publishTimeouts.ts';
import type { ResumeMember } from './resumePoint.ts';
import { timed } from './rtmpPackets.ts';
import { VideoHeaders } from './videoHeaders.ts';

export type CarriedStream = {
  readonly video: VideoTrackConfig;
  readonly audio: AudioTrackConfig;
  readonly policy: PublishPolicy;
  /** Where a burst is not welcome: lets the connections of one show begin with the same GOP. */
  readonly resume?: ResumeMember | undefined;
  /** A packet was given to a connection; after a reconnect possibly for the second time. */
  readonly onSent?: ((packet: PacketName) => void) | undefined;
  /** A packet is at the server; after a reconnect possibly for the second time. */
  readonly onArrived?: (packet: PacketName) => void;
};

/** What an encoder gives out in one go leaves in one write, as long as it is not more media time than this. */
const GO_MS = 250;
/** More than this waits only where the uplink is too slow: audio and video wait for each other for less. */
const FILL_BELOW_MS = 1000;
/** After the end of the show a backlog that is to be replayed has so long, as long as it moves. */
const REPLAY_AT_STOP_MS = 60_000;

type Outcome = 'over' | 'held' | PublishFailure;

export class Publisher {
  /** Resolves when a server has accepted the stream for the first time; rejects with a PublishFailure when that will not happen. */
  readonly published: Promise<void>;
  /** Resolves with the first `mediaTaken` event; rejects like `published`. */
  readonly mediaTaken: Promise<void>;
  readonly #options: CarriedStream;
  readonly #endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly #timeouts: PublishTimeouts;
  readonly #bytesPerSecond: number;
  readonly #backlog: Backlog;
  readonly #resume: ResumeMember | undefined;
  readonly #resends: boolean;
  readonly #arrivals: Arrivals;
  readonly #cues = new PendingCues();
  readonly #headers: VideoHeaders;
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
  #endpoint: Endpoint;
  #isToHold = false;
  #wake: (() => void) | undefined;
  #connection: Connection | undefined;
  /** While a connection is accepted. */
  #feed: Feed | undefined;
  #isPumpDue = false;
  readonly #totals = new PublisherTotals();
  #failures = 0;
  #refusals = 0;
  #lastFailure: PublishFailure | undefined;

  /** @param endpoints tried in turn after a failure */
  protected constructor(options: CarriedStream, endpoints: readonly [Endpoint, ...Endpoint[]], timeouts: PublishTimeouts) {
    this.#options = options;
    const { video, audio, policy } = options;
    this.#endpoints = endpoints;
    this.#endpoint = endpoints[0];
    this.#timeouts = timeouts;
    this.#bytesPerSecond = (video.declaredKbps + audio.declaredKbps) * 125;
    this.#resends = resendsAfterBreak(policy);
    this.#resume = this.#resends ? undefined : options.resume;
    this.#backlog = new Backlog(policy, video, {
      mayBeginAt: (idrFrame) => this.#resume?.beginsAt(idrFrame, performance.now()) ?? true,
      onRefilled: () => this.#feed?.pump(), onSpoolFailed: (error) => this.#spoolFailed(error),
    });
    this.#headers = new VideoHeaders(video);
    this.#arrivals = new Arrivals(options.onArrived ?? (() => undefined));
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
    const entry = timed(packet, this.#options.video.frameRate);
    this.#headers.passed(entry);
    if (this.#state.state === 'held' && !this.#options.policy.burstWelcome) {
      this.#totals.droppedWhileHeld(packet);
      return;
    }
    this.#backlog.push(entry);
    if (this.#backlog.queuedMs > GO_MS) {
      this.#feed?.pump();
      return;
    }
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    queueMicrotask(() => {
      this.#isPumpDue = false;
      this.#feed?.pump();
    });
  }

  /** Parameter sets of another encoder, which hold from the next IDR on that is given to {@link send}; returns at once. */
  configureVideo(config: VideoTrackConfig): void {
    this.#headers.change(config);
  }

  /** Sends the cue with the next packet, on this connection or on one that comes before its time; returns at once. Ignored after the end. */
  sendCue(cue: TimedCue): void {
    if (!this.#isStopping && this.#state.state !== 'failed') this.#cues.add(cue);
  }

  /**
   * Sends up to so many bytes that mean nothing besides the media, to see what the uplink carries; returns how many were taken. None are
   * while media waits, or before the server has taken any.
   */
  fill(bytes: number): number {
    return this.#backlog.queuedMs > FILL_BELOW_MS ? 0 : (this.#feed?.fill(bytes) ?? 0);
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
    if (this.#feed === undefined) this.#wake?.();
    else this.#feed.hold();
  }

  /** Connects again after {@link hold}; does nothing else. */
  resume(): void {
    if (!this.#isToHold) return;
    this.#isToHold = false;
    this.#feed?.release();
    if (this.#state.state === 'held') this.#wake?.();
  }

  /**
   * Sends what is queued, takes leave, closes; never rejects. Bounded by twice `drainMs`, and by another minute where a backlog is to be
   * replayed, unless `atOnce`. A second call may hurry the first.
   */
  async stop(atOnce = false): Promise<void> {
    this.#isStopping = true;
    let timer: NodeJS.Timeout | undefined;
    if (atOnce || this.#options.policy.spool === undefined || this.#totals.accepted === 0) this.#giveUpBacklog();
    else timer = setTimeout(() => this.#giveUpBacklog(), REPLAY_AT_STOP_MS);
    this.resume();
    this.#stopAsked.resolve();
    this.#running ??= this.#run();
    await this.#running;
    clearTimeout(timer);
    await this.#backlog.close();
  }

  stats(): PublisherStats {
    const { video } = this.#options;
    const totals = this.#totals;
    const connection = this.#connection;
    const droppedFrames = totals.droppedFrames(this.#backlog.droppedFrames);
    const socketMs = ((connection?.bufferedBytes ?? 0) * 1000) / this.#bytesPerSecond;
    return {
      rendition: video.rendition,
      endpoint: this.#endpoint.label,
      isMediaTaken: this.#feed?.isTaken === true,
      sentBytes: totals.sentBytes(connection),
      acknowledgedBytes: totals.acknowledgedBytes(connection),
      reconnects: Math.max(0, totals.accepted - 1),
      disconnectedMs: totals.disconnectedMs(performance.now()),
      droppedFrames,
      lostFrames: totals.lostFrames,
      droppedMs: Math.round((droppedFrames * 1000 * video.frameRate.den) / video.frameRate.num),
      queuedMs: this.#backlog.queuedMs + socketMs,
      arrivingKbps: connection?.arrivingKbps,
      sendBufferMs: connection?.sendBufferMs,
      roundTripMs: connection?.roundTripMs,
      sentVideoFrames: totals.sentVideoFrames,
      sentAudioFrames: totals.sentAudioFrames,
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
      if (this.#refusals >= this.#endpoints.length && this.#totals.accepted === 0) {
        this.#giveUp(outcome);
        return;
      }
      if (this.#isStopping && this.#hasGivenUp) break;
      const retryInMs = retryDelayMs(this.#failures, Math.random());
      this.#setState({ state: 'waiting', retryInMs, sinceMs: performance.now(), failures: this.#failures, failure: outcome });
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
    this.#endpoint = this.#endpoints[(this.#endpoints.indexOf(this.#endpoint) + 1) % this.#endpoints.length] ?? this.#endpoint;
  }

  /** One connection, and how it ended. */
  async #runOnce(): Promise<Outcome> {
    const line = this.#endpoint.open(() => this.#feed?.pump());
    const { connection } = line;
    try {
      const opened = connection.opened.then(() => true, () => false);
      if (!(await Promise.race([opened, this.#givenUp.promise.then(() => false)]))) {
        return this.#hasGivenUp ? 'over' : ((await connection.ended) ?? 'over');
      }
      const feed = this.#beginOn(line);
      const event = await Promise.race([connection.ended, this.#stopAsked.promise, feed.holdPoint]);
      if (this.#isStopping) {
        const failure = await Promise.race([connection.ended, this.#drained(feed), feed.holdPoint]);
        if (failure !== undefined && failure !== 'hold' && !this.#hasGivenUp) return failure;
        this.#arrivals.over(await connection.finish());
        return failure === 'hold' ? 'held' : 'over';
      }
      if (event !== 'hold') return event ?? 'over';
      this.#arrivals.over(await connection.finish());
      return 'held';
    } finally {
      const onTheWay = this.#arrivals.over(false);
      // What is replayed is not lost.
      if (!this.#resends) this.#totals.lostOnTheWay(onTheWay);
      connection.destroy();
      this.#feed?.close();
      this.#feed = undefined;
      this.#connection = undefined;
      this.#totals.ended(connection);
    }
  }

  #beginOn({ connection, carry }: Line): Feed {
    this.#totals.accepted += 1;
    this.#connection = connection;
    this.#resume?.ready(performance.now());
    this.#backlog.restart();
    const feed = carry({ backlog: this.#backlog, cues: this.#cues, headers: this.#headers }, {
      onSent: (packet, endsAtByte) => {
        this.#totals.sent(packet, this.#backlog.droppedFrames);
        this.#arrivals.sent(packet, endsAtByte);
        this.#options.onSent?.(packet);
      },
      onTaken: (byte) => this.#arrivals.taken(byte),
      onMediaTaken: (acknowledged) => this.#mediaTaken(acknowledged),
    });
    this.#feed = feed;
    this.#cues.restart();
    this.#setState({ state: 'publishing' });
    this.#firstPublished.resolve();
    if (this.#isToHold) feed.hold();
    else feed.pump();
    return feed;
  }

  #mediaTaken(acknowledged: boolean): void {
    this.#failures = 0;
    this.#refusals = 0;
    this.#emit({ type: 'mediaTaken', acknowledged });
    this.#firstMediaTaken.resolve();
  }

  /** Resolves with undefined when nothing is left to send, or when nothing has been sent for `drainMs`, or when the rest is given up. */
  async #drained(feed: Feed): Promise<undefined> {
    const totals = this.#totals;
    let sent = totals.sentVideoFrames + totals.sentAudioFrames;
    const timer = setInterval(() => {
      const sentNow = totals.sentVideoFrames + totals.sentAudioFrames;
      if (sent === sentNow || this.#hasGivenUp) feed.giveUp();
      sent = sentNow;
    }, this.#timeouts.drainMs);
    await feed.flush();
    clearInterval(timer);
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
      'SPOOL_FAILED', `What waited on disk for ${this.#endpoint.label} is lost: ${messageOf(error)}`,
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

  #setState(state: PublisherState): void {
    if (this.#state.state === 'failed' || this.#state.state === 'stopped') return;
    this.#state = state;
    this.#totals.entered(state.state, performance.now());
    if (state.state === 'connecting' || state.state === 'waiting') this.#resume?.away();
    else if (state.state !== 'publishing') this.#resume?.absent();
    this.#emit({ type: 'state', state });
  }

  #emit(event: PublisherEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
