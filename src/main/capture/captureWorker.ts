// Runs a capture plan: one FFmpeg worker whose raw video and PCM fill two bounded queues. It does not start again by itself.
import type { Readable } from 'node:stream';
import type { OperatorError } from '../../contract/errors.ts';
import { AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { openDirectPipe, readInto } from '../ffmpeg/directPipe.ts';
import { outputFd, startWorker } from '../ffmpeg/worker.ts';
import type { WorkerExit } from '../ffmpeg/workerExit.ts';
import { FrameClock, SampleClock } from './arrivalClock.ts';
import type { CapturePlan } from './capturePlan.ts';
import type { AudioFeed, Source, SourceState, VideoFeed } from './feed.ts';
import { createFrameQueue, frameBytes } from './frameQueue.ts';
import { createPcmQueue } from './pcmQueue.ts';
import type { ProgramFormat } from './pictureFilter.ts';

/** What waits in a source that keeps its own time, beyond what it is held for: late ticks, and a delay that has grown. */
const PUSH_RESERVE_MS = 400;
/** Sound may be held for longer than the picture, by choice. */
const PUSH_SAMPLES = AUDIO_SAMPLE_RATE * 2;
/** What a pull source holds ready: enough for a busy moment of its FFmpeg. */
const PULL_FRAMES = 6;
const PULL_SAMPLES = AUDIO_SAMPLE_RATE / 2;
/**
 * In a file, picture and sound are not interleaved evenly, and FFmpeg writes to both pipes in turn. While one queue runs dry,
 * the other may grow up to these limits; stopping to read it would stop both.
 */
const HUNGRY_FRAMES = 2;
const HUNGRY_SAMPLES = AUDIO_SAMPLE_RATE / 10;
const MAX_VIDEO_BYTES = 200_000_000;
const MAX_PULL_SAMPLES = AUDIO_SAMPLE_RATE * 30;

/** Nothing that a capture worker has left is of use, so it is not waited for long. */
const STOP_STEP_MS = 1_000;

/** @param explain makes the sentence about an end that nobody asked for; `hasRun` where media had come before. */
export async function runCapture(
  plan: CapturePlan, format: ProgramFormat, binary: string, explain: (exit: WorkerExit, hasRun: boolean) => OperatorError,
): Promise<Source> {
  const outputs = [
    // A device's frames come as they were captured; the program's clock chooses among them. Written directly: each frame in one
    // write instead of a hundred of 32 KiB that are copied together first.
    ...(plan.hasVideo ? [['-map', '[v]', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-avioflags', 'direct', `pipe:${outputFd(0)}`]] : []),
    ...(plan.hasAudio ? [['-map', '[a]', '-f', 'f32le', '-c:a', 'pcm_f32le', `pipe:${outputFd(plan.hasVideo ? 1 : 0)}`]] : []),
  ];
  const first = Promise.withResolvers<void>();
  const bytes = frameBytes(format.width, format.height);
  const isPush = plan.pacing === 'push';
  const holdMs = plan.holdMs ?? 0;
  const maxFrames = Math.max(PULL_FRAMES, Math.floor(MAX_VIDEO_BYTES / bytes));
  const arrivalListeners: (() => void)[] = [];
  const frameClock = new FrameClock((1000 * format.frameRate.den) / format.frameRate.num);
  const frames = createFrameQueue(bytes, () => {
    // What a worker still writes while it is being stopped is of no use to anybody.
    if (isPush || isStopped) frames.dropOldest(isStopped ? 0 : Math.min(maxFrames, Math.ceil((holdMs + PUSH_RESERVE_MS) / frameClock.intervalMs)));
    first.resolve();
    balance();
    for (const listener of arrivalListeners) listener();
  }, isPush ? frameClock : undefined);
  const direct = plan.hasVideo ? await openDirectPipe(frames) : undefined;
  const worker = startWorker({
    name: plan.label, binary, args: [...plan.args, ...outputs.flat()], stdin: 'control', outputs: outputs.length, direct,
    upTimeoutMs: plan.readyTimeoutMs, secrets: plan.secrets, ...(plan.env === undefined ? {} : { env: plan.env }),
  });
  const videoPipe = plan.hasVideo ? worker.pipes[0] : undefined;
  const audioPipe = plan.hasAudio ? worker.pipes[plan.hasVideo ? 1 : 0] : undefined;
  const pcm = createPcmQueue();
  const sampleClock = new SampleClock(AUDIO_SAMPLE_RATE);
  let arrivedSamples = 0;
  /**
   * When sample `index` was captured. The sound that comes with a picture in one stream belongs to its frames by number,
   * whatever the network did to both.
   */
  const capturedAtMs = (index: number): number | undefined => (plan.hasVideo
    ? frameClock.msAfter((index * format.frameRate.num) / (AUDIO_SAMPLE_RATE * format.frameRate.den) - (frames.arrivedFrames - 1))
    : sampleClock.msOf(index));

  let state: SourceState = { state: 'starting' };
  const listeners: ((state: SourceState) => void)[] = [];
  let isStopped = false;
  const change = (next: SourceState): void => {
    if (isStopped) return;
    state = next;
    for (const listener of listeners) listener(next);
  };

  const isOpen = (pipe: Readable | undefined): boolean => pipe !== undefined && !pipe.readableEnded && !pipe.destroyed;
  const balance = (): void => {
    if (plan.pacing === 'push' || isStopped) return;
    const wantsVideo = isOpen(videoPipe) && frames.frames.length < HUNGRY_FRAMES;
    const wantsAudio = isOpen(audioPipe) && pcm.queuedSamples < HUNGRY_SAMPLES;
    flow(videoPipe, frames.frames.length < (wantsAudio ? maxFrames : PULL_FRAMES));
    flow(audioPipe, pcm.queuedSamples < (wantsVideo ? MAX_PULL_SAMPLES : PULL_SAMPLES));
  };

  if (videoPipe !== undefined && direct === undefined) readInto(videoPipe, frames);
  videoPipe?.resume();
  audioPipe?.on('data', (chunk: Buffer) => {
    const before = pcm.queuedSamples;
    pcm.write(chunk);
    arrivedSamples += pcm.queuedSamples - before;
    sampleClock.add(pcm.queuedSamples - before, performance.now());
    if (isPush) pcm.dropOldest(PUSH_SAMPLES);
    if (!plan.hasVideo && pcm.queuedSamples > 0) first.resolve();
    balance();
  });
  for (const pipe of [videoPipe, audioPipe]) pipe?.once('end', balance);

  // `up` is the first byte of any output; a picture that stays unfinished is bounded here.
  let isReady = false;
  let isLate = false;
  const lateTimer = setTimeout(() => {
    isLate = true;
    worker.kill();
  }, plan.readyTimeoutMs);
  const ready = (async () => {
    const exit = await Promise.race([first.promise, worker.exit]);
    clearTimeout(lateTimer);
    if (exit === undefined) {
      isReady = true;
      change({ state: 'running' });
      return;
    }
    const error = explain(isLate ? { reason: 'no-output', code: null, line: exit.line } : exit, false);
    change(failed(error));
    throw error;
  })();
  ready.catch(() => {});
  void (async () => {
    const exit = await worker.exit;
    if (!isReady || isStopped) return;
    const error = explain(exit, true);
    change(exit.reason === 'ended' ? { state: 'ended', reason: error.message } : failed(error));
  })();

  const videoFeed: VideoFeed = {
    pacing: plan.pacing,
    width: format.width,
    height: format.height,
    get queued() { return frames.frames; },
    take() {
      const frame = frames.take();
      if (frame !== undefined) plan.finishFrame?.(frame);
      balance();
      return frame;
    },
    get droppedFrames() { return frames.droppedFrames; },
    get timing() { return isPush ? { intervalMs: frameClock.intervalMs, holdMs } : undefined; },
    onArrival: (listener) => { arrivalListeners.push(listener); },
  };
  const audioFeed: AudioFeed = {
    pacing: plan.pacing,
    get queuedSamples() { return pcm.queuedSamples; },
    take(samples) {
      const taken = pcm.take(samples);
      balance();
      return taken;
    },
    get droppedSamples() { return pcm.droppedSamples; },
    get timing() {
      const oldestAtMs = isPush ? capturedAtMs(arrivedSamples - pcm.queuedSamples) : undefined;
      return oldestAtMs === undefined ? undefined : { oldestAtMs, holdMs, driftPpm: plan.hasVideo ? undefined : sampleClock.driftPpm };
    },
  };
  return {
    label: plan.label,
    note: plan.note,
    video: plan.hasVideo ? videoFeed : undefined,
    audio: plan.hasAudio ? audioFeed : undefined,
    get state() { return state; },
    onState: (listener) => { listeners.push(listener); },
    ready,
    async stop() {
      isStopped = true;
      clearTimeout(lateTimer);
      listeners.length = 0;
      arrivalListeners.length = 0;
      await worker.stop({ discardOutput: true, quitMs: STOP_STEP_MS, terminateMs: STOP_STEP_MS });
      frames.clear();
      pcm.clear();
    },
  };
}

function failed({ code, message, action }: OperatorError): SourceState {
  return { state: 'failed', code, message, action };
}

function flow(pipe: Readable | undefined, isWanted: boolean): void {
  if (pipe === undefined || pipe.isPaused() !== isWanted) return;
  if (isWanted) pipe.resume();
  else pipe.pause();
}
