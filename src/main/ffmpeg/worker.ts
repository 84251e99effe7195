// Runs one FFmpeg process: its pipes, its progress, its last words, its end. It never decides to start again; its owner does.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../../contract/errors.ts';
import type { DirectPipe } from './directPipe.ts';
import { createProgressParser, type FfmpegProgress } from './progress.ts';
import { createRedactedTail, createRedactor } from './redactedTail.ts';
import { watchProcess } from './reaperClient.ts';
import { classifyExit, WorkerFailedError, type StopStep, type WorkerExit } from './workerExit.ts';

export type WorkerSpec = {
  /** For logs and sentences: `video encoder`, `camera front`. */
  readonly name: string;
  readonly binary: string;
  /** Without the flags that the worker adds: banner, log level, statistics, progress. Outputs are written as `pipe:${outputFd(i)}`. */
  readonly args: readonly string[];
  /** `media`: the caller writes data to stdin (`pipe:0`). `control`: stdin is kept for the `q` that ends FFmpeg in order. */
  readonly stdin: 'media' | 'control';
  /** Count of output pipes. */
  readonly outputs: number;
  /** The process is ended when no output has come by then. */
  readonly upTimeoutMs: number;
  /** Values that never appear in `stderrTail`, `command` or an error. */
  readonly secrets?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Output 0 goes through this instead of a pipe of its own; `pipes[0]` is its end. */
  readonly direct?: DirectPipe | undefined;
};

export type StopOptions = {
  /** Time for an orderly end (`q`, or the end of stdin) before SIGTERM. */
  readonly quitMs?: number;
  /** Time for SIGTERM before SIGKILL. */
  readonly terminateMs?: number;
  /** Throw away what is still read, so that a process that waits for its reader can end. */
  readonly discardOutput?: boolean;
};

/** A running FFmpeg. Exactly one owner calls `stop`. */
export interface FfmpegWorker {
  readonly name: string;
  /** Undefined when the process could not be started. */
  readonly pid: number | undefined;
  /** Only with `stdin: 'media'`. Its errors (EPIPE after an end) are already handled; `exit` tells the cause. */
  readonly stdin: Writable | undefined;
  /** One for each output, in order. Not read until the owner reads them. */
  readonly pipes: readonly Readable[];
  /** Resolves with the first byte on any output (first progress where there is no output); rejects with a {@link WorkerFailedError}. */
  readonly up: Promise<void>;
  /** Always resolves, also when the process could not be started. */
  readonly exit: Promise<WorkerExit>;
  /** The latest report. */
  readonly progress: FfmpegProgress | undefined;
  onProgress(listener: (progress: FfmpegProgress) => void): void;
  /** The last 200 lines of stderr, redacted. */
  stderrTail(): readonly string[];
  /** The whole command for the operator to read and copy, redacted. */
  readonly command: string;
  /** `q` (or the end of stdin) → SIGTERM → SIGKILL, each timed. Resolves with the exit; may be called again. */
  stop(options?: StopOptions): Promise<WorkerExit>;
  /** SIGKILL at once. */
  kill(): void;
}

const PROGRESS_FD = 3;
const QUIT_MS = 2_000;
const TERMINATE_MS = 2_000;
/** After the process has gone, its last lines are at most this late. */
const STDERR_DRAIN_MS = 500;

/** The file descriptor of output `index` in the process; 0, 2 and 3 are stdin, stderr and progress. */
export function outputFd(index: number): number {
  return index === 0 ? 1 : PROGRESS_FD + index;
}

/**
 * Starts FFmpeg. Never throws: a binary that cannot be started is an `exit` with reason `not-started`.
 * The process is registered with the reaper, so it does not outlive this one, however this one ends.
 */
export function startWorker(spec: WorkerSpec): FfmpegWorker {
  const args = [
    '-hide_banner', '-nostats', '-loglevel', 'level+warning', '-progress', `pipe:${PROGRESS_FD}`,
    ...(spec.stdin === 'media' ? ['-nostdin'] : []),
    ...spec.args,
  ];
  const redact = createRedactor(spec.secrets ?? []);
  const tail = createRedactedTail(redact);
  const { child, spawnError: thrown } = spawnFfmpeg(spec, args);
  const stdin = child?.stdin ?? undefined;
  // The child has its own copy now; ours would keep the pipe open after its end.
  spec.direct?.childEnd.destroy();
  if (child?.pid === undefined) spec.direct?.pipe.destroy();
  const pipes = Array.from({ length: spec.outputs }, (_, index) => (index === 0 && spec.direct !== undefined ? spec.direct.pipe : child?.stdio[outputFd(index)]))
    .filter((one): one is Readable => one !== null && one !== undefined && 'read' in one);
  const unwatch = child?.pid === undefined ? undefined : watchProcess(child.pid);

  let progress: FfmpegProgress | undefined;
  let askedStep: StopStep | undefined;
  let hadNoOutput = false;
  let isGone = child === undefined;
  const progressListeners: ((one: FfmpegProgress) => void)[] = [];

  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    if (isGone || child?.pid === undefined) return;
    try {
      // The whole group: FIELDCAST_FFMPEG may be a script that runs FFmpeg as its child.
      if (process.platform === 'win32') child.kill(name);
      else process.kill(-child.pid, name);
    } catch {
      child.kill(name);
    }
  };

  stdin?.on('error', () => {});
  for (const pipe of pipes) pipe.on('error', () => {});
  readText(child?.stderr ?? undefined, (text) => tail.write(text));
  const parse = createProgressParser();
  const progressPipe = child?.stdio[PROGRESS_FD];
  readText(progressPipe !== null && progressPipe !== undefined && 'read' in progressPipe ? progressPipe : undefined, (text) => {
    for (const report of parse(text)) {
      progress = report;
      for (const listener of progressListeners) listener(report);
    }
  });

  const end: Promise<ChildEnd> = child === undefined ? Promise.resolve({ code: null, signal: null, spawnError: thrown }) : ended(child);
  const exit = end.then(({ code, signal: name, spawnError }): WorkerExit => {
    isGone = true;
    unwatch?.();
    tail.end();
    return classifyExit({
      code, signal: name, askedStep, hadNoOutput,
      spawnError: spawnError === undefined ? undefined : redact(spawnError),
      stderrTail: tail.lines,
    });
  });

  const firstOutput = new Promise<void>((resolve) => {
    // 'readable' tells of data without taking it; a 'data' listener of the owner flows again once this one is gone.
    void spec.direct?.firstByte.then(resolve);
    for (const pipe of pipes) if (pipe !== spec.direct?.pipe) pipe.once('readable', () => { if (pipe.readableLength > 0) resolve(); });
    if (spec.outputs === 0) progressListeners.push(() => resolve());
  });
  const upTimer = setTimeout(() => {
    hadNoOutput = true;
    signal('SIGKILL');
  }, spec.upTimeoutMs);
  const up = Promise.race([firstOutput, exit.then((one) => { throw new WorkerFailedError(spec.name, one); })])
    .finally(() => clearTimeout(upTimer));
  up.catch(() => {});

  const stopInSteps = async (options: StopOptions): Promise<WorkerExit> => {
    clearTimeout(upTimer);
    // Also after its end: a pipe with unread bytes stays open until they are taken.
    if (options.discardOutput === true) for (const pipe of pipes) discard(pipe);
    if (isGone) return exit;
    askedStep = 'quit';
    if (spec.stdin === 'control') stdin?.write('q');
    stdin?.end();
    if (await within(exit, options.quitMs ?? QUIT_MS)) return exit;
    askedStep = 'terminate';
    signal('SIGTERM');
    if (await within(exit, options.terminateMs ?? TERMINATE_MS)) return exit;
    askedStep = 'kill';
    signal('SIGKILL');
    return exit;
  };
  let stopping: Promise<WorkerExit> | undefined;

  return {
    name: spec.name,
    pid: child?.pid,
    stdin: spec.stdin === 'media' ? stdin : undefined,
    pipes,
    up,
    exit,
    get progress() { return progress; },
    onProgress: (listener) => { progressListeners.push(listener); },
    stderrTail: () => [...tail.lines],
    command: redact([spec.binary, ...args].map(quoted).join(' ')),
    stop: (options = {}) => (stopping ??= stopInSteps(options)),
    kill: () => {
      if (!isGone) askedStep = 'kill';
      signal('SIGKILL');
    },
  };
}

function spawnFfmpeg(spec: WorkerSpec, args: readonly string[]): { child?: ChildProcess; spawnError?: string } {
  const stdio: ('pipe' | 'ignore' | Socket)[] = ['pipe', spec.outputs > 0 ? (spec.direct?.childEnd ?? 'pipe') : 'ignore', 'pipe', 'pipe'];
  for (let index = 1; index < spec.outputs; index += 1) stdio.push('pipe');
  const options: SpawnOptions = {
    stdio,
    windowsHide: true,
    env: { ...process.env, ...spec.env },
    // A group of its own: Ctrl-C on the terminal is for the engine, which ends the show in order. On Windows a
    // detached process would leave libuv's job object, which is what ends it with the engine there.
    detached: process.platform !== 'win32',
  };
  try {
    return { child: spawn(spec.binary, args, options) };
  } catch (error) {
    // Most failures are an 'error' event; a null byte in an argument or a full process table is thrown.
    return { spawnError: messageOf(error) };
  }
}

function readText(pipe: Readable | undefined, onText: (text: string) => void): void {
  pipe?.setEncoding('utf8');
  pipe?.on('data', onText);
  pipe?.on('error', () => {});
}

/** Takes what nobody will read any more. */
function discard(pipe: Readable): void {
  pipe.removeAllListeners('data');
  pipe.removeAllListeners('readable');
  pipe.resume();
}

type ChildEnd = { readonly code: number | null; readonly signal: string | null; readonly spawnError: string | undefined };

/** Waits for 'exit', not for 'close': 'close' never comes while an output waits for its reader. */
function ended(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      // Also emitted when a signal could not be sent; then there is a process and 'exit' will come.
      if (child.pid === undefined) resolve({ code: null, signal: null, spawnError: error.message });
    });
    child.once('exit', (code, signal) => {
      const finish = (): void => {
        clearTimeout(timer);
        resolve({ code, signal, spawnError: undefined });
      };
      const timer = setTimeout(finish, STDERR_DRAIN_MS);
      if (child.stderr === null || child.stderr.readableEnded || child.stderr.destroyed) finish();
      else child.stderr.once('close', finish);
    });
  });
}

async function within(exit: Promise<WorkerExit>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => { timer = setTimeout(() => resolve(false), ms); });
  try {
    return await Promise.race([exit.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Readable and pasteable in a POSIX shell; only ever shown, never run. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
