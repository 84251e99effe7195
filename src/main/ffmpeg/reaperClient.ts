// The engine's end of the reaper: starts it with the first watched process and tells it of every one after.
// On Windows there is none: libuv puts every child that is not detached into a job object that ends with its parent.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ForkHosted } from '../../contract/hosting.ts';

export type ReaperSettings = {
  /** A Node that can run the entry; this process's own by default. Electron's binary cannot (its RunAsNode fuse is off). */
  readonly execPath?: string;
  /** `src/main/reaper.ts` or its bundled form; found beside this file by default. */
  readonly entryPath?: string;
  /** Starts it through the desktop instead, where this process cannot make Node processes. */
  readonly fork?: ForkHosted;
};

/** A reaper, however it runs. */
type RunningReaper = { readonly pid: number | undefined; readonly tell: (line: string) => void };

const RESTART_MS = 500;
/** A reaper that dies again and again is not worth a fork storm. */
const MAX_RESTARTS = 10;

const watched = new Set<number>();
let settings: ReaperSettings = {};
let reaper: RunningReaper | undefined;
let restarts = 0;

/** Says how the reaper is started; to be called before the first worker. */
export function configureReaper(chosen: ReaperSettings): void {
  settings = chosen;
}

/** The reaper's process id while it runs: for the doctor and for tests. */
export function reaperPid(): number | undefined {
  return reaper?.pid;
}

/** Registers a process to be ended if this one dies. Call the returned function when it has ended by itself. */
export function watchProcess(pid: number): () => void {
  if (process.platform === 'win32') return () => {};
  watched.add(pid);
  if (reaper === undefined) startReaper();
  else tell(`+${pid}\n`);
  return () => {
    watched.delete(pid);
    tell(`-${pid}\n`);
  };
}

function tell(line: string): void {
  reaper?.tell(line);
}

function startReaper(): void {
  const started = settings.fork === undefined ? spawnReaper(() => gone()) : forkReaper(settings.fork, () => gone());
  if (started === undefined) return;
  reaper = started;
  const gone = (): void => {
    if (reaper !== started) return;
    reaper = undefined;
    restarts += 1;
    if (watched.size > 0 && restarts <= MAX_RESTARTS) {
      setTimeout(() => { if (reaper === undefined && watched.size > 0) startReaper(); }, RESTART_MS).unref();
    }
  };
  tell([...watched].map((pid) => `+${pid}\n`).join(''));
}

function forkReaper(fork: ForkHosted, onGone: () => void): RunningReaper {
  const hosted = fork('reaper', []);
  hosted.onExit(onGone);
  return { pid: undefined, tell: (line) => hosted.say(line) };
}

function spawnReaper(onGone: () => void): RunningReaper | undefined {
  const entry = settings.entryPath ?? entryBesideThisFile();
  if (entry === undefined) return undefined;
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child: ChildProcess = spawn(settings.execPath ?? process.execPath, [entry, String(process.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
    cwd: '/',
    detached: true,
  });
  child.once('error', onGone);
  child.once('exit', onGone);
  child.stdin?.on('error', () => {});
  // Neither the process nor its pipe keeps the engine alive.
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  // libuv writes to a pipe at once as long as it has room, so the line is out before the engine can die.
  return { pid: child.pid, tell: (line) => void child.stdin?.write(line) };
}

/** The source tree has `src/main/reaper.ts`; a bundle has `out/main/reaper.js`, with this file there or in `chunks/`. */
function entryBesideThisFile(): string | undefined {
  const names = import.meta.url.endsWith('.ts') ? ['../reaper.ts'] : ['./reaper.js', '../reaper.js'];
  return names.map((name) => fileURLToPath(new URL(name, import.meta.url))).find((path) => existsSync(path));
}
