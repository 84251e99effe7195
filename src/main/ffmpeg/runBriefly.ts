// Runs a program for its text output, bounded in time and size. For questions (`-version`, `-i FILE`), never for media.
import { spawn } from 'node:child_process';
import { messageOf } from '../../contract/errors.ts';
import { watchProcess } from './reaperClient.ts';

export type BriefRun = {
  /** `ended`: it came to its end. `timed-out`: it was killed, in time or by the caller's signal. `not-started`: there was no process. */
  readonly outcome: 'ended' | 'timed-out' | 'not-started';
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was not started. */
  readonly error: string;
};

/** Lists of everything that an FFmpeg can do are 100 kB. */
const MAX_HEAD_CHARS = 500_000;
const MAX_TAIL_CHARS = 500_000;

/** Never rejects. Of each output the first and the last 500 000 characters are kept. */
export function runBriefly(
  binary: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly env?: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal | undefined },
): Promise<BriefRun> {
  return new Promise((resolve) => {
    const output = { stdout: createKeeper(), stderr: createKeeper() };
    const isPosix = process.platform !== 'win32';
    const finish = (outcome: BriefRun['outcome'], code: number | null, error = ''): void => 
      resolve({ outcome, code, error, stdout: output.stdout.text(), stderr: output.stderr.text() });
    let child;
    try {
      child = spawn(binary, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
        detached: isPosix,
        env: { ...process.env, ...options.env },
      });
    } catch (error) {
      finish('not-started', null, messageOf(error));
      return;
    }
    const { pid, stdout, stderr } = child;
    const unwatch = pid === undefined ? undefined : watchProcess(pid);
    for (const [name, pipe] of [['stdout', stdout], ['stderr', stderr]] as const) {
      pipe.setEncoding('utf8');
      pipe.on('error', () => {});
      pipe.on('data', (text: string) => output[name].write(text));
    }
    const killAll = (): void => {
      try {
        // A script that started another program is one group with it.
        if (isPosix && pid !== undefined) process.kill(-pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // Gone already.
      }
    };
    let isLate = false;
    const cutShort = (): void => {
      isLate = true;
      killAll();
    };
    const timer = setTimeout(cutShort, options.timeoutMs);
    options.signal?.addEventListener('abort', cutShort, { once: true });
    if (options.signal?.aborted === true) cutShort();
    child.once('error', (error) => {
      clearTimeout(timer);
      if (pid === undefined) finish('not-started', null, error.message);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', cutShort);
      unwatch?.();
      const end = (): void => {
        clearTimeout(drain);
        finish(isLate ? 'timed-out' : 'ended', code);
      };
      // A grandchild may hold the pipes open; what was said until now is enough.
      const drain = setTimeout(() => {
        killAll();
        end();
      }, 500);
      child.once('close', end);
    });
  });
}

/** Keeps the beginning and the end of a text of any length. */
function createKeeper(): { write: (text: string) => void; text: () => string } {
  let head = '';
  let tail = '';
  return {
    write(text) {
      const room = MAX_HEAD_CHARS - head.length;
      head += text.slice(0, room);
      if (text.length <= room) return;
      tail += text.slice(room);
      // Cut seldom: each cut copies.
      if (tail.length > MAX_TAIL_CHARS * 2) tail = tail.slice(-MAX_TAIL_CHARS);
    },
    text: () => head + tail.slice(-MAX_TAIL_CHARS),
  };
}
