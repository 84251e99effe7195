// Runs a capture plan: one FFmpeg worker whose raw video and PCM fill two bounded queues. It does not start again by itself.
import type { Readable } from 'node:stream';
import type { OperatorError } from '../../contract/errors.ts';
import { AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { openDirectPipe, readInto } from '../ffmpeg/directPipe.ts';
import { outputFd, startWorker } from '../ffmpeg/worker.ts';
import type { WorkerExit } from '../ffmpeg/workerExit.ts';
import type { CapturePlan } from './capturePlan.ts';
import type { AudioFeed, Source, SourceState, VideoFeed } from './feed.ts';
import { createFrameQueue, frameBytes } from './frameQueue.ts';
import { createPcmQueue } from './pcmQueue.ts';
import type { ProgramFormat } from './pictureFilter.ts';

/** Frames that wait in a source that keeps its own time: enough for the clock's jitter, little delay. */
const PUSH_FRAMES = 4;
const PUSH_SAMPLES = AUDIO_SAMPLE_RATE;
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

/** @param explain makes the sentence about an end that nobody asked for. */
export async function runCapture(
  plan: CapturePlan, format: ProgramFormat, binary: string, explain: (exit: WorkerExit) => OperatorError,
): Promise<Source> {
  const outputs = [
    ...(plan.hasVideo ? [['-map', '[v]', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', `pipe:${outputFd(0)}`]] : []),
    ...(plan.hasAudio ? [['-map', '[a]', '-f', 'f32le', '-c:a', 'pcm_f32le', `pipe:${outputFd(plan.hasVideo ? 1 : 0)}`]] : []),
  ];
  const first = Promise.withResolvers<void>();
  const bytes = frameBytes(format.width, format.height);
  const frames = createFrameQueue(bytes, () => {
    // What a worker still writes while it is being stopped is of no use to anybody.
    if (plan.pacing === 'push' || isStopped) frames.dropOldest(isStopped ? 0 : PUSH_FRAMES);
    first.resolve();
    balance();
  });
  const direct = plan.hasVideo ? await openDirectPipe(frames) : undefined;
  const worker = startWorker({
    name: plan.label, binary, args: [...plan.args, ...outputs.flat()], stdin: 'control', outputs: outputs.length, direct,
    upTimeoutMs: plan.readyTimeoutMs, secrets: plan.secrets, ...(plan.env === undefined ? {} : { env: plan.env }),
  });
  const videoPipe = plan.hasVideo ? worker.pipes[0] : undefined;
  const audioPipe = plan.hasAudio ? worker.pipes[plan.hasVideo ? 1 : 0] : undefined;
  const pcm = createPcmQueue();
  const maxFrames = Math.max(PULL_FRAMES, Math.floor(MAX_VIDEO_BYTES / bytes));

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
    pcm.write(chunk);
    if (plan.pacing === 'push') pcm.dropOldest(PUSH_SAMPLES);
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
    const error = explain(isLate ? { reason: 'no-output', code: null, line: exit.line } : exit);
    change(failed(error));
    throw error;
  })();
  ready.catch(() => {});
  void (async () => {
    const exit = await worker.exit;
    if (!isReady || isStopped) return;
    const error = explain(exit);
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
  };
  return {
    label: plan.label,
    video: plan.hasVideo ? videoFeed : undefined,
    audio: plan.hasAudio ? audioFeed : undefined,
    get state() { return state; },
    onState: (listener) => { listeners.push(listener); },
    ready,
    async stop() {
      isStopped = true;
      clearTimeout(lateTimer);
      listeners.length = 0;
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
