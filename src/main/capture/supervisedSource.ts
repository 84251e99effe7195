// A source that never ends a show. Its feeds stay the same objects while the worker behind them stalls, dies and is started again:
// the last picture holds, then the slate shows, sound is silence, and the first new frame brings it back. It gives up only when stopped.
import { messageOf } from '../../contract/errors.ts';
import type { SourceHealth } from '../../contract/report.ts';
import type { AudioFeed, RawFrame, Source, VideoFeed } from './feed.ts';
import { restartPauseMs, SLATE_AFTER_MS, STEADY_MS, type WatchTimes } from './sourceWatch.ts';

export type SupervisorClock = {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Calls back once after about `ms`; the result cancels it. */
  after(ms: number, callback: () => void): () => void;
};

/** `isDue`: a source that is bound to the timeline is shown from its own frame on, not before. */
export type Attempt = { readonly source: Source; readonly isDue?: () => boolean };

/** Time without new media, by what went out instead. */
export type SourceFigures = { readonly restarts: number; readonly heldMs: number; readonly slateMs: number; readonly silentMs: number };

export type SupervisedOptions = {
  /** One attempt. The first one's failure is the caller's; later ones are repeated for ever. */
  readonly open: (attempt: 'first' | 'again') => Promise<Attempt>;
  readonly times: (source: Source) => WatchTimes;
  /** One yuv420p frame of the program's size; undefined shows the last picture for ever. */
  readonly slate: readonly Uint8Array[] | undefined;
  /** `restarting` tells of an attempt; what is shown stays as it was. `silent` of a source with a picture is its sound alone. */
  readonly onChange: (health: SourceHealth, sentence: string) => void;
  readonly clock?: SupervisorClock;
  readonly random?: () => number;
};

export interface SupervisedSource {
  readonly label: string;
  readonly video: VideoFeed | undefined;
  readonly audio: AudioFeed | undefined;
  readonly health: Exclude<SourceHealth, 'restarting'>;
  readonly figures: SourceFigures;
  /** Bounded in time; leaves no process. */
  stop(): Promise<void>;
}

const CHECK_MS = 100;
/** Sound may come in pieces, and a film may have a hole in it; without it for so long it is lost. */
const SOUND_STALL_MS = 1_000;
/** A check that comes so late was held up with the whole process (a machine that slept): the source is not to blame. */
const HELD_UP_MS = 400;

const systemClock: SupervisorClock = {
  nowMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Opens the source and waits for its first media. @throws {OperatorError} of the first attempt: a wrong source never goes live. */
export async function openSupervised(options: SupervisedOptions): Promise<SupervisedSource> {
  const first = await options.open('first');
  await first.source.ready.catch(async (error: unknown) => {
    await first.source.stop();
    throw error;
  });
  return supervise(first, options);
}

function supervise(first: Attempt, options: SupervisedOptions): SupervisedSource {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const times = options.times(first.source);
  const { label } = first.source;
  const hasVideo = first.source.video !== undefined;
  const slateFrame: RawFrame | undefined = options.slate === undefined ? undefined : { pieces: options.slate, arrivedAtMs: 0, sourceFrame: 0 };
  const lost = hasVideo ? 'held' : 'silent';

  let inner = first;
  let openedMs = Number.NEGATIVE_INFINITY;
  let opening: Source | undefined;
  let health: Exclude<SourceHealth, 'restarting'> = 'live';
  /** No new attempt is wanted. */
  let isWorking = true;
  /** What it had queued may still be taken, but nothing more will come of it. */
  let isDead = false;
  let isStopped = false;
  let isRestarting = false;
  let failures = 0;
  let reason = '';
  let mark = '';
  let lastCheckMs = clock.nowMs();
  let lastMediaMs = lastCheckMs;
  let enteredMs = lastCheckMs;
  const figures = { restarts: 0, heldMs: 0, slateMs: 0, silentMs: 0 };
  const base = { frames: 0, samples: 0 };
  let takenFrame = -1;
  let takenSamples = 0;
  /** Of the sound of a source with both: whether it comes, when it came last, and by what it is told that more has come. */
  const sound = { isLost: false, lastMs: lastCheckMs, lostAtMs: 0, mark: '' };
  let cancelTimer: () => void = () => undefined;
  const wakes = new Set<() => void>();

  const isDue = (): boolean => inner.isDue?.() ?? true;
  const innerVideo = (): VideoFeed | undefined => (isDue() ? inner.source.video : undefined);
  const innerAudio = (): AudioFeed | undefined => (isDue() ? inner.source.audio : undefined);

  /** Time in each state up to now. */
  const spent = (): SourceFigures => {
    const ms = clock.nowMs() - enteredMs;
    return {
      restarts: figures.restarts,
      heldMs: Math.round(figures.heldMs + (health === 'held' ? ms : 0)),
      slateMs: Math.round(figures.slateMs + (health === 'slate' ? ms : 0)),
      silentMs: Math.round(figures.silentMs + (health === 'silent' ? ms : 0) + (sound.isLost ? clock.nowMs() - sound.lostAtMs : 0)),
    };
  };
  const enter = (next: typeof health, sinceMs: number, sentence: string): void => {
    const { heldMs, slateMs, silentMs } = spent();
    Object.assign(figures, { heldMs, slateMs, silentMs: sound.isLost ? figures.silentMs : silentMs });
    health = next;
    enteredMs = sinceMs;
    options.onChange(next, sentence);
  };
  const lose = (nowMs: number, why: string): void => {
    reason = why;
    if (health !== 'live') return;
    if (nowMs - enteredMs >= STEADY_MS) failures = 0;
    enter(lost, lastMediaMs, hasVideo ? `${why} The last picture is held.` : `${why} Silence goes out.`);
  };

  const recover = (nowMs: number): void => {
    const lostMs = nowMs - lastMediaMs;
    lastMediaMs = nowMs;
    // It came back by itself while the next attempt was waiting for its turn.
    isWorking = true;
    for (const wake of wakes) wake();
    enter('live', nowMs, `The ${label} is back after ${(lostMs / 1000).toFixed(1)} s.`);
  };

  /** Changes whenever anything has come from the worker. */
  const progress = (): string => {
    const { video, audio } = inner.source;
    if (video !== undefined) return `${figures.restarts}/${video.queued.at(-1)?.sourceFrame ?? takenFrame}`;
    return `${figures.restarts}/${takenSamples + (audio?.queuedSamples ?? 0) + (audio?.droppedSamples ?? 0)}`;
  };
  const soundProgress = (): string => {
    const { audio } = inner.source;
    return `${figures.restarts}/${takenSamples + (audio?.queuedSamples ?? 0) + (audio?.droppedSamples ?? 0)}`;
  };
  /** The sound alone of a source whose picture goes on; it is not started again for that, which would take the picture too. */
  const checkSound = (nowMs: number, isExcused: boolean): void => {
    const { audio } = inner.source;
    if (!hasVideo || first.source.audio === undefined) return;
    const seen = soundProgress();
    const comes = !isDead && (audio === undefined ? false : !isDue() || seen !== sound.mark || (audio.pacing === 'pull' && audio.queuedSamples > 0));
    // What is wrong with the whole source is said of the whole.
    if (comes || isExcused || (health !== 'live' && !sound.isLost)) sound.lastMs = nowMs;
    sound.mark = seen;
    if (!sound.isLost && nowMs - sound.lastMs >= Math.max(times.stallMs, SOUND_STALL_MS)) {
      Object.assign(sound, { isLost: true, lostAtMs: sound.lastMs });
      options.onChange('silent', `The sound of the ${label} has stopped; its picture goes on.`);
    } else if (sound.isLost && comes) {
      sound.isLost = false;
      figures.silentMs += nowMs - sound.lostAtMs;
      options.onChange('live', `The sound of the ${label} is back after ${((nowMs - sound.lostAtMs) / 1000).toFixed(1)} s.`);
    }
  };
  /** Something lies ready that nobody has asked for: a worker that fills its queue and waits is well. */
  const isPullFull = (): boolean => {
    const { video, audio } = inner.source;
    return video === undefined ? audio?.pacing === 'pull' && audio.queuedSamples > 0 : video.pacing === 'pull' && video.queued.length > 0;
  };

  const check = (): void => {
    const nowMs = clock.nowMs();
    const elapsedMs = nowMs - lastCheckMs;
    lastCheckMs = nowMs;
    if (elapsedMs > CHECK_MS + HELD_UP_MS && health === 'live') lastMediaMs = nowMs;
    const seen = progress();
    const isMoving = seen !== mark;
    const hasMedia = !isDead && isDue() && (isMoving || isPullFull());
    if (hasMedia) {
      if (health !== 'live') recover(nowMs);
      lastMediaMs = nowMs;
      mark = seen;
    }
    const lostMs = nowMs - lastMediaMs;
    if (health === 'live' && lostMs >= times.stallMs) lose(nowMs, `The ${label} delivers nothing.`);
    if (health === 'held' && lostMs >= SLATE_AFTER_MS && slateFrame !== undefined) enter('slate', nowMs, `The ${label} has given no picture for ${SLATE_AFTER_MS / 1000} s: the slate is shown.`);
    if (isWorking && isDue() && nowMs - Math.max(lastMediaMs, openedMs) >= times.restartMs) restart();
    // A file that is not on air stands still.
    checkSound(nowMs, !isMoving || elapsedMs > CHECK_MS + HELD_UP_MS);
    cancelTimer = clock.after(CHECK_MS, check);
  };

  const arrivalListeners: (() => void)[] = [];
  const watch = (source: Source): void => {
    source.video?.onArrival?.(() => {
      if (source === inner.source) for (const listener of arrivalListeners) listener();
    });
    source.onState((state) => {
      if (isStopped || source !== inner.source || (state.state !== 'failed' && state.state !== 'ended')) return;
      isDead = true;
      lose(clock.nowMs(), state.state === 'failed' ? state.message : state.reason);
      restart();
    });
  };
  const restart = (): void => {
    isWorking = false;
    if (isRestarting) return;
    isRestarting = true;
    void (async () => {
      let isOver = false;
      while (!isOver) isOver = await restartOnce();
      isRestarting = false;
    })();
  };
  /** One attempt, which cleans up after itself. False when there must be another. */
  const restartOnce = async (): Promise<boolean> => {
    const pauseMs = restartPauseMs(failures, random());
    if (pauseMs > 0) await pause(pauseMs);
    if (isStopped || isWorking) return true;
    failures += 1;
    isDead = true;
    options.onChange('restarting', `The ${label} is started again${failures === 1 ? '' : ` (attempt ${failures})`}. ${reason}`);
    // A device is opened by one process at a time.
    await inner.source.stop();
    if (isStopped) return true;
    try {
      const next = await options.open('again');
      opening = next.source;
      if (isStopped) throw new Error('Stopped meanwhile.');
      await opening.ready;
      base.frames += inner.source.video?.droppedFrames ?? 0;
      base.samples += inner.source.audio?.droppedSamples ?? 0;
      inner = next;
      figures.restarts += 1;
      takenFrame = -1;
      takenSamples = 0;
      // To have been opened is no sign of life; media is.
      mark = `${figures.restarts}/${opening.video === undefined ? 0 : -1}`;
      isWorking = true;
      isDead = false;
      openedMs = clock.nowMs();
      watch(opening);
      const { state } = opening;
      if (state.state === 'failed' || state.state === 'ended') throw new Error(state.state === 'failed' ? state.message : state.reason);
    } catch (error) {
      isWorking = false;
      isDead = true;
      reason = messageOf(error);
      await opening?.stop();
    } finally {
      opening = undefined;
    }
    return isStopped || isWorking;
  };
  const pause = async (ms: number): Promise<void> => new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      wakes.delete(wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    wakes.add(wake);
  });

  const innerFrames = (): readonly RawFrame[] => innerVideo()?.queued ?? [];
  const isSlateUp = (): boolean => health === 'slate' && innerFrames().length === 0;
  const video: VideoFeed | undefined = first.source.video === undefined ? undefined : {
    width: first.source.video.width,
    height: first.source.video.height,
    // Nobody waits for a source that is in trouble, except for what it has left.
    get pacing() { return inner.source.video?.pacing === 'pull' && (health === 'live' || innerFrames().length > 0) ? 'pull' : 'push'; },
    get queued() { return slateFrame !== undefined && isSlateUp() ? [slateFrame] : innerFrames(); },
    take() {
      if (isSlateUp()) return slateFrame;
      const isNew = health !== 'live' && !isDead && progress() !== mark;
      const frame = innerVideo()?.take();
      if (frame === undefined) return undefined;
      takenFrame = frame.sourceFrame;
      // The first new picture is the moment of the return; a check would see it up to 0.1 s later.
      if (isNew) recover(clock.nowMs());
      return frame;
    },
    get droppedFrames() { return base.frames + (inner.source.video?.droppedFrames ?? 0); },
    get timing() { return isSlateUp() ? undefined : innerVideo()?.timing; },
    onArrival: (listener) => { arrivalListeners.push(listener); },
  };
  const audio: AudioFeed | undefined = first.source.audio === undefined ? undefined : {
    get pacing() { return inner.source.audio?.pacing === 'pull' && (health === 'live' || (innerAudio()?.queuedSamples ?? 0) > 0) ? 'pull' : 'push'; },
    get queuedSamples() { return innerAudio()?.queuedSamples ?? 0; },
    take(samples) {
      const taken = innerAudio()?.take(samples);
      if (taken !== undefined) takenSamples += samples;
      return taken;
    },
    get droppedSamples() { return base.samples + (inner.source.audio?.droppedSamples ?? 0); },
    get timing() { return innerAudio()?.timing; },
  };

  watch(first.source);
  cancelTimer = clock.after(CHECK_MS, check);
  return {
    label,
    video,
    audio,
    get health() { return health; },
    get figures() { return spent(); },
    async stop() {
      isStopped = true;
      cancelTimer();
      for (const wake of wakes) wake();
      await Promise.all([inner.source.stop(), opening?.stop()]);
    },
  };
}
