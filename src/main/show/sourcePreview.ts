// The sources of a plan before there is a show: captured small while one client looks at them, and never beside a show. It encodes nothing.
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { AUDIO_CHANNELS } from '../../contract/ladder.ts';
import type { Failure } from '../../contract/report.ts';
import type { PreviewEvent, PreviewRequest } from '../../contract/sourcePreview.ts';
import type { ProgramFormat } from '../capture/pictureFilter.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { createTimeline, firstGopFrameAt, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { expectationOf } from '../monitor/alarmBoard.ts';
import type { MonitorHub } from '../monitor/monitorHub.ts';
import { ProgramMonitor } from '../monitor/programMonitor.ts';
import { smallSizeOf } from '../monitor/smallPicture.ts';
import { SourceMonitor } from '../monitor/sourceMonitor.ts';
import { Program } from '../program/program.ts';
import { SourceDesk } from './sourceDesk.ts';

/** What the monitor shows of a program. */
const FRAME_RATE = { num: 15, den: 1 };
/** What a camera is asked for: the usual show. */
const SHOW_FPS = 30;
/** Until the first frame; the test picture comes up in it. */
const LEAD_MS = 1_500;
/** Between two attempts to open what could not be opened. */
const AGAIN_MS = 2_000;
/** Events that a client which does not listen may have waiting; older ones are dropped. */
const MAX_WAITING = 64;

type Parts = { readonly hub: MonitorHub; readonly locate: () => Promise<FfmpegInstall> };

/** One preview at a time: whoever asks last has it, because a camera can be opened once. */
export class SourcePreviews {
  readonly #parts: Parts;
  /** Those that hold devices, or may: at most one that is not ending. */
  readonly #previews = new Set<Preview>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Shows the sources until `signal` says stop, a show begins, or somebody else asks.
   * @throws {OperatorError} where there is no FFmpeg. A source that cannot be opened is an event.
   */
  async *watch(request: PreviewRequest, signal: AbortSignal = new AbortController().signal): AsyncGenerator<PreviewEvent> {
    const others = this.end();
    const preview = new Preview(request, this.#parts);
    this.#previews.add(preview);
    const end = (): void => { void preview.end(); };
    signal.addEventListener('abort', end);
    try {
      await others;
      preview.begin();
      yield* preview.events();
    } finally {
      signal.removeEventListener('abort', end);
      await preview.end();
      this.#previews.delete(preview);
    }
  }

  /** Resolves when no device is held any more. */
  async end(): Promise<void> {
    await Promise.all([...this.#previews].map(async (preview) => preview.end()));
  }

  /** Lets go of every device for as long as `work` takes. */
  async giveWayTo<T>(work: () => Promise<T>): Promise<T> {
    const held = [...this.#previews];
    await Promise.all(held.map(async (preview) => preview.letGo()));
    try {
      return await work();
    } finally {
      for (const preview of held) preview.goOn();
    }
  }
}

class Preview {
  readonly #request: PreviewRequest;
  readonly #parts: Parts;
  readonly #waiting: PreviewEvent[] = [];
  /** Why each source could not be opened, as it was told last. */
  readonly #told = new Map<string, string>();
  #wake: () => void = () => undefined;
  #isOver = false;
  #error: Error | undefined;
  /** How many want its devices for themselves at the moment. */
  #holds = 0;
  #captures: Captures | undefined;

  constructor(request: PreviewRequest, parts: Parts) {
    this.#request = request;
    this.#parts = parts;
  }

  begin(): void {
    if (this.#isOver || this.#holds > 0 || this.#captures !== undefined) return;
    this.#captures = new Captures(this.#request, this.#parts, (event) => this.#tell(event), (error) => {
      this.#error = error instanceof Error ? error : new Error(messageOf(error));
      void this.end();
    });
  }

  async *events(): AsyncGenerator<PreviewEvent> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event !== undefined) yield event;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }

  async letGo(): Promise<void> {
    this.#holds += 1;
    await this.#captures?.stop();
    this.#captures = undefined;
  }

  goOn(): void {
    this.#holds -= 1;
    this.begin();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#wake();
    // The second who waits waits for the same end.
    await this.#captures?.stop();
  }

  #tell(event: PreviewEvent): void {
    if (event.type === 'unopened') {
      if (this.#told.get(event.source) === event.failure.message) return;
      this.#told.set(event.source, event.failure.message);
    }
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#wake();
  }
}

/** The captures, the clock that paces them, and what looks at them. */
class Captures {
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  #desk: SourceDesk | undefined;
  #program: Program | undefined;
  #monitor: ProgramMonitor | undefined;

  constructor(request: PreviewRequest, parts: Parts, tell: (event: PreviewEvent) => void, onFailure: (error: unknown) => void) {
    this.#running = this.#run(request, parts, tell).catch((error: unknown) => {
      if (!this.#ended.signal.aborted) onFailure(error);
    });
  }

  /** Bounded, as every source bounds its opening and its end; leaves no process. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#program?.stop();
    await this.#desk?.stop();
    // What was being opened meanwhile stops itself.
    await this.#running;
  }

  async #run(request: PreviewRequest, { hub, locate }: Parts, tell: (event: PreviewEvent) => void): Promise<void> {
    const ffmpeg = await locate();
    if (this.#ended.signal.aborted) return;
    const size = smallSizeOf(request.size);
    const format: ProgramFormat = { ...size, frameRate: FRAME_RATE };
    const timeline: Timeline = createTimeline(Math.floor(Date.now() / 1000), FRAME_RATE, 1);
    const startFrame = firstGopFrameAt(timeline, Date.now() + LEAD_MS);
    const desk = new SourceDesk({
      plan: request, ffmpeg, format, modeFor: { ...request.size, fps: SHOW_FPS },
      onChange: (event) => { if (!this.#ended.signal.aborted) tell(event); },
      onFeeds: (feeds) => this.#program?.setFeeds(feeds),
      onNewest: ({ pieces, intervalMs }) => this.#monitor?.arrived(pieces, intervalMs),
      onPictureDelay: () => undefined,
    });
    this.#desk = desk;
    await desk.makeSlate();
    await desk.openTimed({ timeline, startFrame, nextFrame: () => this.#program?.nextFrame ?? startFrame });
    if (this.#ended.signal.aborted) return;
    this.#look(desk, hub, request, timeline, startFrame, size, tell);
    for (;;) {
      await desk.open((source, error) => {
        if (error === undefined) desk.announce();
        else if (!this.#ended.signal.aborted) tell({ type: 'unopened', source, failure: failureOf(error), atUtc: new Date().toISOString() });
      });
      await pause(AGAIN_MS, undefined, { signal: this.#ended.signal });
    }
  }

  #look(desk: SourceDesk, hub: MonitorHub, request: PreviewRequest, timeline: Timeline, startFrame: FrameIndex, size: { readonly width: number; readonly height: number }, tell: (event: PreviewEvent) => void): void {
    const sources = new SourceMonitor(timeline, size, hub);
    const program = new Program({
      timeline, startFrame, ...size, feeds: desk.feeds(),
      onFrame: (frame, pieces) => {
        monitor.frame(frame, pieces, desk.isAhead);
        desk.passFrame(frame, pieces, sources);
      },
      onAudio: (_firstSample, samples, feed) => {
        monitor.sound(samples);
        desk.passSound(samples.length / AUDIO_CHANNELS, feed);
      },
    });
    const monitor = new ProgramMonitor({
      timeline, size, hub, normal: expectationOf(request),
      figures: () => {
        const { repeatedFrames, blackFrames, silentSamples, lateTicks } = program.stats;
        return { ticksWithoutPicture: repeatedFrames + blackFrames, undeliveredSamples: silentSamples, lateTicks, encoderLagFrames: 0, diskSecondsLeft: undefined, recordingStalledMs: undefined };
      },
      onAlarm: (change) => { if (!this.#ended.signal.aborted) tell({ type: 'alarm', ...change, atUtc: new Date().toISOString() }); },
      onFailure: () => undefined,
    });
    this.#monitor = monitor;
    this.#program = program;
    program.start();
    desk.announce();
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof OperatorError) return { code: error.code, message: error.message, action: error.action };
  return { code: 'SOURCE_FAILED', message: messageOf(error), action: 'Choose another source, or see the engine’s log.' };
}
