// The watch that ends FFmpeg processes when the engine has died without doing so (`kill -9`, a crash).
// Runs in a small process of its own and knows only process ids; it never ends a process that it was not told of.
import type { Readable } from 'node:stream';
import { processStart } from './processIdentity.ts';

export type ReaperPorts = {
  readonly startOf: (pid: number) => string | undefined;
  readonly kill: (pid: number) => void;
};

/** Told by lines `+PID` and `-PID`. */
export interface Reaper {
  write(text: string): void;
  /** Ends every registered process that is still the same one. Returns how many were still there. */
  reap(): number;
}

const MAX_LINE_CHARS = 32;
const MAX_PROCESSES = 1_000;
const PARENT_CHECK_MS = 1_000;
const REAP_EVERY_MS = 100;
/** A process in uninterruptible sleep (a hung driver) does not even end on SIGKILL before its call returns. */
const GIVE_UP_MS = 60_000;

/** The reaper's memory, without its clock and its input. */
export function createReaper(ports: ReaperPorts): Reaper {
  const watched = new Map<number, string>();
  let pending = '';
  const obey = (line: string): void => {
    const match = /^([+-])(\d{1,10})$/.exec(line);
    const pid = Number(match?.[2]);
    // Signals to 0 and 1 would reach this process's own group and everything.
    if (match === null || pid < 2) return;
    if (match[1] === '-') {
      watched.delete(pid);
      return;
    }
    const start = ports.startOf(pid);
    if (start !== undefined && watched.size < MAX_PROCESSES) watched.set(pid, start);
  };
  return {
    write(text) {
      const lines = (pending + text).split('\n');
      pending = (lines.pop() ?? '').slice(-MAX_LINE_CHARS);
      for (const line of lines) obey(line);
    },
    reap() {
      for (const [pid, start] of watched) {
        if (ports.startOf(pid) === start) ports.kill(pid);
        else watched.delete(pid);
      }
      return watched.size;
    },
  };
}

/**
 * The whole life of the reaper process: watches `input` until it ends or the parent is another one, reaps, exits.
 * @param parentPid the engine's process id, where it is the parent: a reaper that was adopted by another process has lost its engine.
 */
export function runReaper(input: Readable, parentPid: number | undefined): void {
  // Only the engine's end ends the reaper; a terminal's or a session's signal reaches the engine as well.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
  const reaper = createReaper({ startOf: processStart, kill: killGroup });
  let isReaping = false;
  const reapAll = (): void => {
    if (isReaping) return;
    isReaping = true;
    const giveUpAt = Date.now() + GIVE_UP_MS;
    const round = (): void => {
      if (reaper.reap() === 0 || Date.now() > giveUpAt) process.exit(0);
      setTimeout(round, REAP_EVERY_MS);
    };
    round();
  };
  input.setEncoding('utf8');
  input.on('data', (text: string) => reaper.write(text));
  input.on('end', reapAll);
  input.on('error', reapAll);
  input.on('close', reapAll);
  setInterval(() => { if (parentPid !== undefined && process.ppid !== parentPid) reapAll(); }, PARENT_CHECK_MS);
}

/** Workers lead a group of their own, so that a script around FFmpeg ends with its child. */
function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Gone between the look and the signal.
    }
  }
}
