// Starting the embedded service as a process of its own that outlives the engine, with its output in a log file of the home.
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EXIT_ALREADY_RUNNING, SERVICE_DIR, SERVICE_LOG_FILE } from '../../contract/embeddedService.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { ForkHosted } from '../../contract/hosting.ts';

/** A log of this size is put aside before the next start. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 4096;
const failedSchema = z.object({ type: z.literal('failed'), code: z.string(), message: z.string(), action: z.string() });

export type SpawnSettings = {
  readonly home: string;
  /** A Node that can run the entry. */
  readonly execPath: string;
  /** Script of the service's entry. */
  readonly entry: string;
  readonly args: readonly string[];
  /** Starts it through the desktop instead, where this process cannot make Node processes. */
  readonly fork?: ForkHosted | undefined;
};

/** The process, however it runs. */
type Running = { readonly exit: { readonly code: number | null; readonly how: string } | undefined };

/** A service process that was started and has perhaps ended. */
export class SpawnedService {
  readonly #running: Running;
  readonly #logPath: string;
  readonly #logOffset: number;

  constructor(settings: SpawnSettings) {
    const dir = join(settings.home, SERVICE_DIR);
    this.#logPath = join(dir, SERVICE_LOG_FILE);
    const log = openLog(dir, this.#logPath);
    try {
      this.#logOffset = fstatSync(log).size;
      this.#running = settings.fork === undefined ? spawned(settings, log) : hosted(settings, settings.fork, this.#logPath);
    } finally {
      closeSync(log);
    }
  }

  /** True once it has ended or could not be started. */
  get hasEnded(): boolean {
    return this.#running.exit !== undefined;
  }

  /** True where it found another service in the home (or has ended cleanly), which may be attached to. */
  get leftToAnother(): boolean {
    const code = this.#running.exit?.code;
    return code === EXIT_ALREADY_RUNNING || code === 0;
  }

  /** Why it ended, in its own words where it said any. */
  failure(): OperatorError {
    const tail = this.logTail();
    const said = lastFailure(tail);
    if (said !== undefined) return new OperatorError(said.code, said.message, said.action);
    const how = this.#running.exit?.how ?? 'has not ended';
    return new OperatorError('EMBEDDED_SERVICE_FAILED', `The embedded service ${how}.${tail === '' ? '' : `\n${tail}`}`, `Look into ${this.#logPath}.`);
  }

  /** What this start has written last. */
  logTail(): string {
    const log = openSync(this.#logPath, 'r');
    try {
      const { size } = fstatSync(log);
      const from = Math.max(Math.min(this.#logOffset, size), size - TAIL_BYTES);
      const buffer = Buffer.alloc(size - from);
      readSync(log, buffer, 0, buffer.length, from);
      return buffer.toString('utf8').trim();
    } finally {
      closeSync(log);
    }
  }
}

function optionsOf({ home, args }: SpawnSettings): readonly string[] {
  return ['--home', home, '--on-demand', ...args];
}

function spawned(settings: SpawnSettings, log: number): Running {
  let spawnError: Error | undefined;
  const child = spawn(settings.execPath, ['--disable-warning=ExperimentalWarning', settings.entry, ...optionsOf(settings)], {
    // A session of its own: a Ctrl-C for the engine is not one for the service.
    detached: true,
    stdio: ['ignore', log, log],
    windowsHide: true,
  });
  child.on('error', (error) => {
    spawnError = error;
  });
  child.unref();
  return {
    get exit() {
      if (spawnError !== undefined) return { code: null, how: `could not be started (${messageOf(spawnError)})` };
      if (child.exitCode === null && child.signalCode === null) return undefined;
      return { code: child.exitCode, how: `ended at once (${child.signalCode ?? `exit code ${String(child.exitCode)}`})` };
    },
  };
}

function hosted(settings: SpawnSettings, fork: ForkHosted, logPath: string): Running {
  const child = fork('service', optionsOf(settings), logPath);
  return {
    get exit() {
      if (child.exit === undefined) return undefined;
      const { code } = child.exit;
      return { code, how: code === null ? 'could not be started' : `ended at once (exit code ${String(code)})` };
    },
  };
}

/** @throws OperatorError `EMBEDDED_SERVICE_HOME` where the home cannot be written. */
function openLog(dir: string, path: string): number {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const log = openSync(path, 'a', 0o600);
    if (fstatSync(log).size < MAX_LOG_BYTES) return log;
    closeSync(log);
    renameSync(path, `${path}.1`);
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new OperatorError(
      'EMBEDDED_SERVICE_HOME', `The embedded service's folder ${dir} cannot be written: ${messageOf(error)}.`,
      'Make it writable, free disk space, or choose another home with FIELDCAST_HOME.', { cause: error },
    );
  }
}

function lastFailure(text: string): z.infer<typeof failedSchema> | undefined {
  for (const line of text.split('\n').toReversed()) {
    if (!line.includes('"failed"')) continue;
    try {
      const parsed = failedSchema.safeParse(JSON.parse(line));
      if (parsed.success) return parsed.data;
    } catch {
      // A line cut in the middle.
    }
  }
  return undefined;
}
