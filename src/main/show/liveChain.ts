// The media of one show: sources → program clock → encoders → connections and recording. It knows no service and makes no plans.
import { AUDIO_CHANNELS, AUDIO_SAMPLE_RATE, type Ladder } from '../../contract/ladder.ts';
import { DEFAULT_ENCODER, encoderText, type EncoderChoice } from '../../contract/encoder.ts';
import type { CueReceipt, CueRequest } from '../../contract/cue.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { ReceivedTrack } from '../../contract/report.ts';
import type { Undelivered } from '../../contract/undelivered.ts';
import { AudioEncoder } from '../encode/audioEncoder.ts';
import { VideoEncoder } from '../encode/videoEncoder.ts';
import type { EncoderHandover } from '../encode/videoEncoderOptions.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import type { MediaPacket } from '../media/packets.ts';
import { firstAudioFrameAt, firstGopFrameAt, utcMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { expectationOf } from '../monitor/alarmBoard.ts';
import type { MonitorHub } from '../monitor/monitorHub.ts';
import { SourceMonitor } from '../monitor/sourceMonitor.ts';
import { ProgramMonitor, type ProgramFigures } from '../monitor/programMonitor.ts';
import { Program } from '../program/program.ts';
import type { RecordingBook } from '../record/recordingBook.ts';
import type { ChainEvents, ChainFigures, MediaChain, PublishTarget } from './chain.ts';
import { Connections } from './connections.ts';
import { cuesNeedRtmp } from './eventRules.ts';
import { encoderReportOf, handoverWords } from './encoderWords.ts';
import { DeliveryLedger } from './deliveryLedger.ts';
import { CueDesk } from './cueDesk.ts';
import { RecordingDesk } from './recordingDesk.ts';
import { SentTracks } from './sentTracks.ts';
import { SideOutputs, type KeyedSideOutput } from './sideOutputs.ts';
import { SourceDesk } from './sourceDesk.ts';

/** Between the decision to begin and the first frame: encoders and the test source come up in it. */
const LEAD_MS = 1_500;
/** How long a server may take to accept every connection. */
const ACCEPT_MS = 20_000;

type Running = {
  readonly timeline: Timeline;
  readonly startFrame: FrameIndex;
  readonly program: Program;
  readonly video: VideoEncoder;
  readonly audio: AudioEncoder;
  readonly connections: Connections;
  readonly sides: SideOutputs;
  readonly sent: SentTracks;
  readonly ledger: DeliveryLedger;
  readonly cues: CueDesk;
  readonly monitor: ProgramMonitor;
};

export class LiveChain implements MediaChain {
  readonly reachedEnd: Promise<void>;
  readonly #plan: ShowPlan;
  readonly #ffmpeg: FfmpegInstall;
  readonly #events: ChainEvents;
  readonly #spoolFolder: string;
  readonly #also: readonly KeyedSideOutput[];
  /** By which the service tells the connections of one instance from those of another. */
  readonly #instance: string;
  readonly #hub: MonitorHub;
  readonly #reachedEnd = Promise.withResolvers<void>();
  readonly desk: SourceDesk;
  readonly recording: RecordingDesk;
  #running: Running | undefined;
  #isFinishing = false;
  #down: Promise<void> | undefined;

  constructor(plan: ShowPlan, ffmpeg: FfmpegInstall, events: ChainEvents, eventName: string, hub: MonitorHub, spoolFolder: string, instance: string, recordings: RecordingBook, also: readonly KeyedSideOutput[]) {
    this.#plan = plan;
    this.#ffmpeg = ffmpeg;
    this.#events = events;
    this.#spoolFolder = spoolFolder;
    this.#also = also;
    this.#hub = hub;
    this.#instance = instance;
    const { width, height } = topOf(plan.ladder);
    this.desk = new SourceDesk({
      plan, ffmpeg, format: { width, height, frameRate: plan.ladder.frameRate },
      onChange: (event) => events.onSource(event),
      onFeeds: (feeds) => this.#running?.program.setFeeds(feeds),
      onNewest: ({ pieces, intervalMs }) => this.#running?.monitor.arrived(pieces, intervalMs),
      onPictureDelay: (frames) => { if (this.#running !== undefined) this.#running.program.pictureDelayFrames = frames; },
    });
    this.recording = new RecordingDesk({
      plan, top: topOf(plan.ladder), binary: ffmpeg.path, eventName, book: recordings,
      onWarning: events.onWarning, undelivered: () => this.undelivered([]),
    });
    this.reachedEnd = this.#reachedEnd.promise;
  }

  get elapsedSeconds(): number {
    const running = this.#running;
    if (running === undefined) return 0;
    const { num, den } = running.timeline.frameRate;
    return Math.max(0, ((running.program.nextFrame - running.startFrame) * den) / num);
  }

  async openSources(): Promise<void> {
    await this.desk.open();
  }

  async begin(timeline: Timeline, targets: readonly PublishTarget[], signal: AbortSignal): Promise<void> {
    const { ladder } = this.#plan;
    const startFrame = firstGopFrameAt(timeline, Date.now() + LEAD_MS);
    await this.desk.openTimed({ timeline, startFrame, nextFrame: () => this.#running?.program.nextFrame ?? startFrame });
    await this.recording.begin(timeline, startFrame);
    const sent = new SentTracks(ladder, timeline.framesPerGop);
    const ledger = new DeliveryLedger(timeline, ladder, startFrame);
    const top = topOf(ladder);
    const connections = new Connections(targets, { encoderName: `Fieldcast/${this.#instance}`, spoolFolder: this.#spoolFolder, proxy: this.#plan.proxy }, {
      onWarning: this.#events.onWarning,
      onFailed: (rendition, error) => this.#events.onFatal(new OperatorError(
        error instanceof OperatorError ? error.code : 'PUBLISH_REFUSED',
        `The connection of ${rendition} was refused for good: ${error.message}`,
        error instanceof OperatorError ? error.action : 'Check the destination, and start again.',
        { cause: error },
      )),
      onSent: (rendition, packet) => ledger.sent(rendition, packet),
      onArrived: (rendition, packet) => ledger.arrived(rendition, packet),
    });
    const sides = new SideOutputs(this.#also, ladder, {
      encoderName: `Fieldcast/${this.#instance}`, proxy: this.#plan.proxy, onWarning: this.#events.onWarning,
      onChange: (event) => this.#events.onSideOutput({ type: 'sideOutput', ...event, atUtc: new Date().toISOString() }),
      mainQueuedMs: () => connections.worstQueuedMs,
    });
    const deliver = (packet: MediaPacket): void => {
      sent.add(packet);
      ledger.encoded(packet);
      connections.send(packet);
      sides.send(packet);
      this.recording.add(packet);
    };
    const video = new VideoEncoder({
      binary: this.#ffmpeg.path, ladder, timeline, startFrame, encoder: this.#plan.encoder,
      onConfig: (config) => {
        connections.configureVideo(config);
        sides.configureVideo(config);
        this.recording.configure(config);
      },
      onPacket: deliver,
      onFailure: (failure) => {
        this.#encoderFailed(failure.error, failure.resumesAt);
        if (failure.replacedBy !== undefined) this.#encoderReplaced(failure.replacedBy);
      },
      onHandover: (handover) => this.#handedOver(handover),
      onRefused: ({ code, message, action }) => this.#events.onWarning({ code, message, action }),
      onExtraIdr: (frame) => sent.expectIdr(frame),
    });
    const audio = new AudioEncoder({
      binary: this.#ffmpeg.path, kbps: ladder.audioKbps, startFrame: firstAudioFrameAt(startFrame, ladder.frameRate),
      onConfig: (config) => {
        connections.configureAudio(config);
        sides.configureAudio(config);
        this.recording.configure(config);
      },
      onPacket: deliver,
      onFailure: (failure) => this.#encoderFailed(failure.error, failure.resumesAt),
    });
    const monitor = this.#createMonitor(timeline);
    const sources = new SourceMonitor(timeline, top, this.#hub);
    const program = new Program({
      timeline, startFrame, width: top.width, height: top.height, feeds: this.desk.feeds(),
      onFrame: (frame, pieces, lease) => {
        video.push(frame, pieces, lease);
        this.recording.frame(frame, pieces, lease);
        monitor.frame(frame, pieces, this.desk.isAhead);
        this.desk.passFrame(frame, pieces, sources);
      },
      onAudio: (firstSample, samples, feed) => {
        audio.push(firstSample, samples);
        monitor.sound(samples);
        this.desk.passSound(samples.length / AUDIO_CHANNELS, feed);
      },
    });
    const cues = new CueDesk({
      timeline, nextFrame: () => program.nextFrame, send: (cue) => { connections.sendCue(cue); }, nowMs: () => performance.now(),
    });
    this.#running = { timeline, startFrame, program, video, audio, connections, sides, sent, ledger, cues, monitor };
    void program.ended.then(() => (this.#isFinishing ? undefined : this.#reachedEnd.resolve()));
    program.pictureDelayFrames = this.desk.pictureDelayFrames;
    program.start();
    this.desk.announce();
    await acceptedInTime(connections, signal);
  }

  endAfter(seconds: number): void {
    const running = this.#running;
    if (running === undefined) return;
    const { frameRate, framesPerGop } = running.timeline;
    const gops = Math.ceil(((seconds * frameRate.num) / frameRate.den) / framesPerGop - 1e-9);
    running.program.endBefore(running.startFrame + gops * framesPerGop);
  }

  requestIdr(atFrame?: number): number {
    return this.#encoder().requestIdr(atFrame);
  }

  setBitrate(rendition: string, kbps: number): number {
    return this.#encoder().setBitrate(rendition, kbps);
  }

  cue(request: CueRequest): CueReceipt {
    if (this.#running === undefined || this.#isFinishing) throw new OperatorError('NOT_ON_AIR', 'No media flows, so there is no time at which a cue could stand.', 'Give it while the show is in rehearsal or live.');
    if (!this.#running.connections.carriesCues) throw cuesNeedRtmp();
    return this.#running.cues.give(request);
  }

  reconnectNow(): void {
    this.#running?.connections.reconnectNow();
    this.#running?.sides.reconnectNow();
  }

  setSideOutput(name: string, on: boolean): void {
    if (this.#running === undefined) throw new OperatorError('NOT_ON_AIR', 'No media flows yet.', 'Try again while the show is in rehearsal or live.');
    this.#running.sides.setOn(name, on);
  }

  probeUplink(isWanted: boolean): void {
    if (isWanted) this.#running?.connections.probeUplink();
    else this.#running?.connections.endProbe();
  }

  undelivered(received: readonly ReceivedTrack[], archiveFailed = false): Undelivered[] {
    const running = this.#running;
    return running === undefined ? [] : running.ledger.undelivered(this.#isFinishing ? running.program.nextFrame : undefined, received, archiveFailed);
  }

  async finish(): Promise<void> {
    this.#isFinishing = true;
    const running = this.#running;
    if (running === undefined) return;
    const { program, video, audio, connections, sides, timeline } = running;
    // The last GOP is sent whole: services and recordings keep whole fragments only.
    program.endBefore(Math.ceil(program.nextFrame / timeline.framesPerGop) * timeline.framesPerGop);
    await program.ended;
    await Promise.all([video.finish(), audio.finish(), this.desk.stop()]);
    await Promise.all([connections.stop(), sides.stop(), this.recording.finish()]);
  }

  async abort(): Promise<void> {
    this.#isFinishing = true;
    this.#down ??= this.#tearDown();
    await this.#down;
  }

  figures(): ChainFigures {
    const running = this.#running;
    const program = running?.program.stats;
    const encoder = running?.video.stats;
    const { ladder } = this.#plan;
    const fps = ladder.frameRate.num / ladder.frameRate.den;
    return {
      renditions: ladder.renditions.map((rendition) => {
        const stats = encoder?.renditions.find((one) => one.rendition === rendition.name);
        return {
          name: rendition.name, width: rendition.width, height: rendition.height, fps,
          declaredKbps: rendition.declaredKbps,
          actualKbps: stats?.actualKbps ?? 0,
          encodedBytes: stats?.bytes ?? 0,
          frames: stats?.frames ?? 0,
          keyframes: stats?.keyframes ?? 0,
          repeatedFrames: program?.repeatedFrames ?? 0,
          droppedFrames: stats?.droppedFrames ?? 0,
        };
      }),
      connections: running?.connections.reports() ?? [],
      sideOutputs: running?.sides.reports() ?? [],
      uplink: running?.connections.uplink,
      sent: running?.sent.tracks ?? [],
      keyframesAligned: running?.sent.keyframesAligned ?? false,
      audio: {
        frames: running?.audio.stats.frames ?? 0,
        silenceMs: Math.round(((program?.silentSamples ?? 0) * 1000) / AUDIO_SAMPLE_RATE),
      },
      clock: { lateTicks: program?.lateTicks ?? 0, maxLateMs: program?.maxLateMs ?? 0 },
      encoderLagFrames: encoder?.lagFrames ?? 0,
      parameterSets: running?.connections.parameterSets ?? '',
      nextFrameUtcMs: running === undefined ? undefined : utcMsOfFrame(running.timeline, running.program.nextFrame),
      encoder: encoder === undefined ? undefined : encoderReportOf(encoder, running?.audio.stats.missing ?? [], ladder),
      sources: this.desk.reports(),
      recording: this.recording.status,
    };
  }

  #encoder(): VideoEncoder {
    if (this.#running === undefined) throw new OperatorError('NOT_ENCODING', 'Nothing is being encoded yet.', 'Try again in a moment.');
    return this.#running.video;
  }

  #handedOver(handover: EncoderHandover): void {
    const words = handoverWords(handover, this.#plan.ladder);
    if ('warning' in words) this.#events.onWarning(words.warning);
    else this.#events.onEncoder({ type: 'encoder', ...words, atUtc: new Date().toISOString() });
  }

  #encoderFailed(error: OperatorError, resumesAt: number | undefined): void {
    if (resumesAt === undefined) this.#events.onFatal(error);
    else this.#events.onWarning({ code: error.code, message: error.message, action: error.action });
  }

  #encoderReplaced(by: EncoderChoice): void {
    this.#events.onWarning({
      code: 'ENCODER_REPLACED',
      message: `From the next GOP on ${encoderText(by)} encodes in place of ${encoderText(this.#plan.encoder ?? DEFAULT_ENCODER)}.`,
      action: 'The show goes on. Update the driver of the graphics card, and run `fieldcast encoders --probe-again` before the next one.',
    });
  }

  #createMonitor(timeline: Timeline): ProgramMonitor {
    return new ProgramMonitor({
      timeline,
      size: topOf(this.#plan.ladder),
      hub: this.#hub,
      normal: expectationOf(this.#plan),
      figures: () => this.#monitorFigures(),
      onAlarm: (change) => { if (!this.#isFinishing) this.#events.onAlarm(change); },
      onFailure: (error) => this.#events.onWarning({
        code: 'MONITOR_FAILED',
        message: `The monitor has stopped: ${error.message}`,
        action: 'The show goes on without pictures, meters and alarms. Report it with the log.',
      }),
    });
  }

  #monitorFigures(): ProgramFigures {
    const program = this.#running?.program.stats;
    const { num, den } = this.#plan.ladder.frameRate;
    const audioLagFrames = Math.floor(((this.#running?.audio.stats.lagMs ?? 0) * num) / (1000 * den));
    return {
      ticksWithoutPicture: (program?.repeatedFrames ?? 0) + (program?.blackFrames ?? 0),
      undeliveredSamples: program?.silentSamples ?? 0,
      lateTicks: program?.lateTicks ?? 0,
      encoderLagFrames: Math.max(this.#running?.video.stats.lagFrames ?? 0, audioLagFrames),
      diskSecondsLeft: this.recording.status?.diskSecondsLeft,
      recordingStalledMs: this.recording.stalledMs,
    };
  }

  async #tearDown(): Promise<void> {
    const running = this.#running;
    running?.program.stop();
    await Promise.allSettled([
      this.desk.stop(),
      running?.video.finish(0),
      running?.audio.finish(0),
      running?.connections.stop(true),
      running?.sides.stop(true),
      this.recording.abort(),
    ]);
  }
}

function topOf(ladder: Ladder): Ladder['renditions'][number] {
  const [top] = ladder.renditions;
  if (top === undefined) throw new OperatorError('EMPTY_LADDER', 'The ladder has no rendition.', 'Choose a ladder with at least one.');
  return top;
}

async function acceptedInTime(connections: Connections, signal: AbortSignal): Promise<void> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new OperatorError(
    'INGEST_NOT_ACCEPTED',
    `The ingest did not accept the stream within ${ACCEPT_MS / 1000} s.`,
    'Check the network, a firewall on the RTMP ports, and whether the event is running; then start again.',
  )), ACCEPT_MS);
  const onAbort = (): void => limit.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([connections.accepted, limit.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
