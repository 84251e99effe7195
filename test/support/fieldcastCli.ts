// Runs the real command line in a process of its own and collects what it prints.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import readline from 'node:readline';
import type { ShowEvent, ShowReport } from '../../src/contract/report.ts';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));

export type CliRun = {
  readonly child: ChildProcess;
  readonly events: readonly ShowEvent[];
  /** The first event that fulfils the condition, past or to come; rejects when the process ends without it. */
  event<T extends ShowEvent['type']>(type: T, condition?: (event: Extract<ShowEvent, { type: T }>) => boolean): Promise<Extract<ShowEvent, { type: T }>>;
  readonly finished: Promise<{ readonly code: number | null; readonly stderr: string; readonly stdout: string; readonly report: ShowReport | undefined }>;
};

/** Starts `fieldcast ARGS`; it is killed after `timeoutMs`, so that no test can hang. */
export function startCli(args: readonly string[], settings: { readonly home: string; readonly timeoutMs: number; readonly env?: Readonly<Record<string, string>> }): CliRun {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FIELDCAST_HOME: settings.home, FIELDCAST_SERVICE_LINGER_MS: '500', ...settings.env },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), settings.timeoutMs);
  const events: ShowEvent[] = [];
  const waiting = new Set<() => void>();
  let stderr = '';
  let stdout = '';
  let ended = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    if (!line.startsWith('{')) return;
    events.push(JSON.parse(line) as ShowEvent);
    for (const wake of waiting) wake();
  });
  const finished: CliRun['finished'] = new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      ended = true;
      for (const wake of waiting) wake();
      resolve({ code, stderr, stdout, report: events.find((event) => event.type === 'report') });
    });
  });
  return {
    child,
    events,
    finished,
    event: async (type, condition = () => true) => new Promise((resolve, reject) => {
      const look = (): void => {
        const found = events.find((event): event is Extract<ShowEvent, { type: typeof type }> => event.type === type && condition(event as Extract<ShowEvent, { type: typeof type }>));
        if (found !== undefined) {
          waiting.delete(look);
          resolve(found);
        } else if (ended) {
          waiting.delete(look);
          reject(new Error(`fieldcast ended without the event “${type}”. stderr: ${stderr.slice(-2000)}; last events: ${JSON.stringify(events.slice(-3))}`));
        }
      };
      waiting.add(look);
      look();
    }),
  };
}
