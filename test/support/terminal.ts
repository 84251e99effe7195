// A command on a real terminal (a pseudo-terminal of `script`, util-linux): what is typed goes in as from a keyboard, and what comes back is
// all that the terminal shows, its own echo included.
import { spawn, spawnSync } from 'node:child_process';
import { until } from './until.ts';

/** False where a test has to be skipped: another `script`, or none. */
export const hasTerminals = process.platform === 'linux' && /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');

export type Terminal = {
  /** Everything that has stood on the screen. */
  shown(): string;
  type(keys: string): void;
  /** Waits until the screen shows it. */
  saw(text: string, deadlineMs?: number): Promise<void>;
  readonly ended: Promise<void>;
};

/** @param command for a shell on the terminal; it is killed after a minute */
export function openTerminal(command: string, env: NodeJS.ProcessEnv): Terminal {
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env, timeout: 60_000, killSignal: 'SIGKILL' });
  let shown = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { shown += text; });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => { child.once('close', () => resolve()); });
  return {
    shown: () => shown,
    type: (keys) => { child.stdin.write(keys); },
    saw: async (text, deadlineMs = 30_000) => until(() => shown.includes(text), `the terminal to show “${text}”; it shows “${shown}”`, deadlineMs),
    ended,
  };
}
