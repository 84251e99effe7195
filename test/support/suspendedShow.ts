// A whole show of which every process is stopped for a while, as those of a machine that is suspended, and goes on.
import type { ShowReport, ShowStats } from '../../src/contract/report.ts';
import { startCli } from './fieldcastCli.ts';
import { processesWith } from './processTree.ts';
import { until } from './until.ts';

/** What may wait in an encoder or a connection of a show that is in time. */
const IN_TIME_MS = 1_500;
/** Media after the recovery, so that there is something behind the hole. */
const AFTERWARDS_SECONDS = 4;

export type SuspendedShow = {
  readonly report: ShowReport;
  /** From the moment at which everything went on until encoder and connections were in time again. */
  readonly recoveredMs: number;
  /** How many processes were stopped. */
  readonly processes: number;
};

/** To the embedded service of this home. */
export async function suspendedShow(home: string, sleepSeconds: number): Promise<SuspendedShow> {
  const show = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--json'], { home, timeoutMs: 110_000 + sleepSeconds * 1000 });
  const stats = (): ShowStats[] => show.events.filter((event) => event.type === 'stats');
  try {
    await show.event('state', (event) => event.state === 'live');
    const all = processesWith(home).map(({ pid }) => pid);
    const signal = (name: NodeJS.Signals): void => {
      for (const pid of all) {
        try {
          process.kill(pid, name);
        } catch {
          // It ended by itself in between.
        }
      }
    };
    signal('SIGSTOP');
    try {
      await new Promise((resolve) => { setTimeout(resolve, sleepSeconds * 1000); });
    } finally {
      signal('SIGCONT');
    }
    const wokenAtMs = performance.now();
    const seen = stats().length;
    const isInTime = ({ encoder, connections }: ShowStats): boolean => (encoder?.lagMs ?? Infinity) < IN_TIME_MS
      && connections.every(({ state, queuedMs }) => state === 'publishing' && queuedMs < IN_TIME_MS);
    // The first figures after the sleep may be those of before it.
    await until(() => stats().slice(seen + 1).some(isInTime), 'the show to be in time again', 60_000);
    const recoveredMs = performance.now() - wokenAtMs;
    const recoveredAt = stats().at(-1)?.programSeconds ?? 0;
    await until(() => (stats().at(-1)?.programSeconds ?? 0) > recoveredAt + AFTERWARDS_SECONDS, 'some seconds more', 30_000);
    show.child.kill('SIGINT');
    const { report, stderr } = await show.finished;
    if (report === undefined) throw new Error(`The show gave no report: ${stderr.slice(-2000)}`);
    return { report, recoveredMs, processes: all.length };
  } finally {
    show.child.kill('SIGKILL');
    await show.finished;
  }
}
