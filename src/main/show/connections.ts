// The connections of a show: one publisher for each rendition and endpoint, opened as soon as its headers are known. Packets that come
// before are kept in order, so that the first GOP is whole.
import { createHash } from 'node:crypto';
import type { ConnectionReport, Failure, Uplink } from '../../contract/report.ts';
import type { TimedCue } from '../media/timedCue.ts';
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { proxyFor } from '../publish/proxyChoice.ts';
import { cloudPolicy, replayPolicy } from '../publish/publishPolicy.ts';
import type { PublisherState } from '../publish/publisherState.ts';
import type { Publisher } from '../publish/publisher.ts';
import { ResumePoint, type ResumeMember } from '../publish/resumePoint.ts';
import { RtmpPublisher } from '../publish/rtmpPublisher.ts';
import { parseRtmpUrl } from '../publish/rtmpUrl.ts';
import { Shedding } from '../publish/shedding.ts';
import { SmoothPublisher } from '../publish/smoothPublisher.ts';
import { parseSmoothUrl } from '../publish/smoothUrl.ts';
import { UplinkEstimate } from '../publish/uplinkEstimate.ts';
import { UplinkProbe } from '../publish/uplinkProbe.ts';
import type { PublishTarget } from './chain.ts';

const WATCH_EVERY_MS = 500;
const PROBE_EVERY_MS = 100;
/** A connection that comes back ends the pauses of the others, this often at most: a server that accepts and hangs up is not to be pelted. */
const WAKE_EVERY_MS = 5000;

type Line = {
  readonly target: PublishTarget;
  /** The first, and the latest where another encoder has taken over. */
  first: VideoTrackConfig | undefined;
  video: VideoTrackConfig | undefined;
  publisher: Publisher | undefined;
  readonly resume: ResumeMember | undefined;
  readonly early: (MediaPacket | VideoTrackConfig)[];
  readonly earlyCues: TimedCue[];
};

export type ConnectionEvents = {
  readonly onWarning: (failure: Failure) => void;
  /** A connection was refused for good. */
  readonly onFailed: (rendition: string, error: Error) => void;
  /** It was given to a connection. */
  readonly onSent: (rendition: string, packet: Pick<MediaPacket, 'kind' | 'frame'>) => void;
  /** The server has it. */
  readonly onArrived: (rendition: string, packet: Pick<MediaPacket, 'kind' | 'frame'>) => void;
};

export type ConnectionSettings = {
  readonly encoderName: string;
  /** Where a backlog waits that is to be replayed. */
  readonly spoolFolder: string;
  /** The operator's choice of a proxy; see `proxyFor`. */
  readonly proxy: string | undefined;
};

export class Connections {
  readonly #lines: readonly Line[];
  /** Highest first. */
  readonly #renditions: readonly string[];
  readonly #settings: ConnectionSettings;
  readonly #events: ConnectionEvents;
  readonly #shedding: Shedding;
  readonly #uplink = new UplinkEstimate();
  readonly #resumePoint = new ResumePoint();
  #wokeAtMs = -Infinity;
  #probe: UplinkProbe | undefined;
  #probing: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  readonly #opened: PromiseWithResolvers<void>[];
  #audio: AudioTrackConfig | undefined;
  /** Resolves when the service has taken the first media of every rendition. */
  readonly accepted: Promise<void>;

  /**
   * @param targets highest rendition first
   * @throws OperatorError `PROXY_INVALID`
   */
  constructor(targets: readonly PublishTarget[], settings: ConnectionSettings, events: ConnectionEvents) {
    this.#lines = targets.map((target) => ({
      target, first: undefined, video: undefined, publisher: undefined, resume: target.burstWelcome ? undefined : this.#resumePoint.member(), early: [], earlyCues: [],
    }));
    this.#settings = settings;
    // An address that cannot be used is said before anything is opened.
    for (const { protocol, url, alternateUrls } of targets) {
      for (const one of [url, ...alternateUrls]) proxyFor(protocol === 'smooth' ? parseSmoothUrl(one) : parseRtmpUrl(one), settings.proxy, process.env);
    }
    this.#renditions = [...new Set(targets.map((target) => target.rendition))];
    this.#shedding = new Shedding(this.#renditions);
    this.#events = events;
    this.#opened = targets.map(() => Promise.withResolvers<void>());
    this.accepted = Promise.all(this.#renditions.map(async (rendition) => (
      // One endpoint of two is enough.
      Promise.any(this.#opened.filter((_one, index) => targets[index]?.rendition === rendition).map(async (one) => one.promise))
    ))).then(() => undefined);
    this.accepted.catch(() => undefined);
  }

  /** Before the first packet that needs it, and again before the IDR with which another encoder's parameter sets begin. */
  configureVideo(config: VideoTrackConfig): void {
    for (const line of this.#lines) {
      if (line.target.rendition !== config.rendition) continue;
      line.video = config;
      line.first ??= config;
      if (line.publisher !== undefined) line.publisher.configureVideo(config);
      else if (line.first !== config) line.early.push(config);
    }
    this.#openWhereComplete();
  }

  configureAudio(config: AudioTrackConfig): void {
    this.#audio = config;
    this.#openWhereComplete();
  }

  send(packet: MediaPacket): void {
    for (const line of this.#lines) {
      if (packet.kind === 'video' && packet.rendition !== line.target.rendition) continue;
      if (line.publisher === undefined) line.early.push(packet);
      else line.publisher.send(packet);
    }
  }

  /** Of SPS, PPS and AudioSpecificConfig of all tracks; '' before all are known. */
  get parameterSets(): string {
    const audio = this.#audio;
    if (audio === undefined || this.#lines.some(({ video }) => video === undefined)) return '';
    const hash = createHash('sha256').update(audio.audioSpecificConfig);
    for (const { video } of this.#lines) hash.update(video?.avcDecoderConfig ?? '');
    return hash.digest('hex').slice(0, 12);
  }

  /** False where a protocol is spoken that has no place for cues here. */
  get carriesCues(): boolean {
    return this.#lines.every(({ target }) => target.protocol === 'rtmp');
  }

  /** On every connection: whichever reaches the service, it has it. */
  sendCue(cue: TimedCue): void {
    for (const { publisher, earlyCues } of this.#lines) {
      if (publisher === undefined) earlyCues.push(cue);
      else publisher.sendCue(cue);
    }
  }

  reports(): ConnectionReport[] {
    return this.#lines.flatMap(({ target, publisher }) => {
      if (publisher === undefined) return [];
      const stats = publisher.stats();
      const { state } = publisher;
      return [{
        rendition: target.rendition,
        endpoint: stats.endpoint,
        state: publisher.state.state === 'publishing' && !stats.isMediaTaken ? 'connecting' : publisher.state.state,
        sentBytes: stats.sentBytes,
        acknowledgedBytes: stats.acknowledgedBytes,
        reconnects: stats.reconnects,
        sentFrames: stats.sentVideoFrames,
        disconnectedMs: Math.round(stats.disconnectedMs),
        queuedMs: Math.round(stats.queuedMs),
        droppedMs: Math.round(stats.droppedMs),
        lostFrames: stats.lostFrames,
        ...(stats.arrivingKbps === undefined ? {} : { estimatedKbps: Math.round(stats.arrivingKbps) }),
        ...(stats.sendBufferMs === undefined ? {} : { sendBufferMs: Math.round(stats.sendBufferMs) }),
        ...(stats.roundTripMs === undefined ? {} : { roundTripMs: Math.round(stats.roundTripMs) }),
        ...(state.state === 'waiting' ? { retry: { inMs: Math.round(Math.max(0, state.sinceMs + state.retryInMs - performance.now())), failures: state.failures } } : {}),
        ...(stats.lastError === undefined ? {} : { lastError: stats.lastError.message }),
      }];
    });
  }

  /** Undefined before the first acknowledgements. */
  get uplink(): Uplink | undefined {
    return this.#uplink.figures;
  }

  /** Media that waits at the worst connection that is publishing; undefined where none is. */
  get worstQueuedMs(): number | undefined {
    const queued = this.#lines.flatMap(({ publisher }) => (publisher?.state.state === 'publishing' ? [publisher.stats().queuedMs] : []));
    return queued.length === 0 ? undefined : Math.max(...queued);
  }

  /**
   * Finds out how much more than the ladder the uplink carries, over the connections as they are, for some fifteen seconds; `uplink` has what
   * was found. For rehearsals: what is sent besides must not disturb a stream that somebody watches.
   */
  probeUplink(): void {
    let atMs = performance.now();
    let takenPart: number | undefined;
    this.#probing ??= setInterval(() => {
      const nowMs = performance.now();
      // A server that does not acknowledge tells nothing of the uplink.
      if (this.uplink === undefined) return;
      this.#probe ??= new UplinkProbe(nowMs);
      const probe = this.#probe;
      const part = probe.part(takenPart, nowMs);
      const seconds = (nowMs - atMs) / 1000;
      atMs = nowMs;
      const offers = this.#lines.map(({ publisher, video }) => ({ publisher, bytes: Math.round(part * seconds * 125 * ((video?.declaredKbps ?? 0) + (this.#audio?.declaredKbps ?? 0))) }));
      const isWhole = offers.every(({ publisher }) => publisher?.state.state === 'publishing');
      if (!isWhole && part > 0) probe.breakOff();
      if (probe.state !== 'running') {
        this.endProbe();
        return;
      }
      const offered = offers.reduce((sum, { bytes }) => sum + bytes, 0);
      const taken = offers.reduce((sum, { publisher, bytes }) => sum + Math.min(bytes, bytes === 0 ? 0 : (publisher?.fill(bytes) ?? 0)), 0);
      takenPart = offered === 0 ? undefined : taken / offered;
    }, PROBE_EVERY_MS);
  }

  /** Ends {@link probeUplink} early, or does nothing. */
  endProbe(): void {
    clearInterval(this.#probing);
    this.#probe?.breakOff();
  }

  /** Ends every pause between two attempts now. */
  reconnectNow(): void {
    for (const { publisher } of this.#lines) publisher?.reconnectNow();
  }

  /** Drains every connection and takes leave of the server; bounded by the publisher. */
  async stop(atOnce = false): Promise<void> {
    clearInterval(this.#watch);
    this.endProbe();
    await Promise.all(this.#lines.map(async ({ publisher }) => publisher?.stop(atOnce)));
  }

  #openWhereComplete(): void {
    this.#lines.forEach((line, index) => {
      if (line.publisher !== undefined || line.first === undefined || this.#audio === undefined) return;
      const { target } = line;
      const options = {
        url: target.url,
        alternateUrls: target.alternateUrls,
        ca: target.ca,
        proxyFor: (to: Parameters<typeof proxyFor>[0]) => proxyFor(to, this.#settings.proxy, process.env),
        video: line.first,
        audio: this.#audio,
        encoderName: this.#settings.encoderName,
        resume: line.resume,
        onSent: (packet: Pick<MediaPacket, 'kind' | 'frame'>) => this.#events.onSent(target.rendition, packet),
        onArrived: (packet: Pick<MediaPacket, 'kind' | 'frame'>) => this.#events.onArrived(target.rendition, packet),
        policy: target.burstWelcome ? replayPolicy(this.#settings.spoolFolder) : cloudPolicy(target.rendition === this.#renditions[0] && this.#renditions.length > 1),
      };
      const publisher = target.protocol === 'smooth' ? new SmoothPublisher(options) : new RtmpPublisher(options);
      line.publisher = publisher;
      const opened = this.#opened[index];
      publisher.onEvent((event) => {
        if (event.type === 'mediaTaken') opened?.resolve();
        else if (event.type === 'spoolFailed') this.#warn(target.rendition, event.failure);
        else this.#stateChanged(target.rendition, event.state);
      });
      for (const item of line.early.splice(0)) {
        if ('data' in item) publisher.send(item);
        else publisher.configureVideo(item);
      }
      for (const cue of line.earlyCues.splice(0)) publisher.sendCue(cue);
      publisher.start();
    });
    this.#watch ??= setInterval(() => this.#balance(), WATCH_EVERY_MS);
  }

  #stateChanged(rendition: string, state: PublisherState): void {
    const lines = this.#lines.filter(({ target }) => target.rendition === rendition);
    const hasFailed = lines.every(({ publisher }) => publisher?.state.state === 'failed');
    if (state.state === 'failed' && hasFailed) this.#events.onFailed(rendition, state.failure);
    else if (state.state === 'failed') this.#warn(rendition, state.failure);
    else if (state.state === 'waiting') this.#warn(rendition, state.failure);
    else if (state.state === 'publishing') this.#wakeOthers();
  }

  /** What struck several connections is over for all of them: they come back together, and begin with the same GOP. */
  #wakeOthers(): void {
    const nowMs = performance.now();
    if (nowMs - this.#wokeAtMs < WAKE_EVERY_MS || this.#lines.every(({ publisher }) => publisher?.state.state !== 'waiting')) return;
    this.#wokeAtMs = nowMs;
    this.reconnectNow();
  }

  #warn(rendition: string, { code, message, action }: Failure): void {
    this.#events.onWarning({ code, message: `${rendition}: ${message}`, action });
  }

  /** Lets the top rendition give way while the uplink does not carry all of them, so that the others stay whole. */
  #balance(): void {
    const open = this.#lines.flatMap(({ target, publisher, video }) => (publisher === undefined ? [] : [{
      rendition: target.rendition, publisher, stats: publisher.stats(), neededKbps: (video?.declaredKbps ?? 0) + (this.#audio?.declaredKbps ?? 0),
    }]));
    this.#uplink.observe(open.map(({ rendition, neededKbps, stats: { arrivingKbps, queuedMs, roundTripMs, isMediaTaken } }) => (
      { rendition, neededKbps, arrivingKbps, queuedMs, roundTripMs, isCarried: isMediaTaken }
    )), performance.now(), this.#probe);
    // A rendition that goes to both endpoints is as well as the worse of its connections.
    const loads = this.#renditions.map((rendition) => {
      const publishing = open.filter((one) => one.rendition === rendition && one.publisher.state.state === 'publishing');
      return { rendition, queuedMs: Math.max(0, ...publishing.map(({ stats }) => stats.queuedMs)), isPublishing: publishing.length > 0 };
    });
    const step = this.#shedding.decide(loads, performance.now());
    if (step === undefined) return;
    const publishers = open.filter((one) => one.rendition === step.rendition).map(({ publisher }) => publisher);
    if (step.type === 'resume') {
      for (const publisher of publishers) publisher.resume();
      this.#events.onWarning({ code: 'RENDITION_RESTORED', message: `${step.rendition} is sent again: the uplink has been well for a while.`, action: 'Nothing needs to be done.' });
      return;
    }
    const carriedKbps = Math.round(open.reduce((sum, one) => sum + (one.stats.arrivingKbps ?? 0), 0));
    const neededKbps = open.reduce((sum, one) => sum + one.neededKbps, 0);
    for (const publisher of publishers) publisher.hold();
    this.#events.onWarning({
      code: 'RENDITION_SHED',
      message: `The uplink carries about ${carriedKbps} kbit/s of the ${neededKbps} that the ladder needs: ${step.rendition} gives way, the other renditions go on.`,
      action: 'It comes back by itself. For good, use a faster uplink or a smaller ladder.',
    });
  }
}
