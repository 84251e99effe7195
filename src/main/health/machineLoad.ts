// How busy the processors of this computer are, between two looks. It reads the system's own counters and measures nothing by itself.
import { cpus } from 'node:os';

type Times = { readonly busyMs: number; readonly allMs: number };

export class MachineLoad {
  readonly #read: () => Times;
  #before: Times;

  constructor(read: () => Times = timesOfAll) {
    this.#read = read;
    this.#before = read();
  }

  /** Share of all processors that was used since the last look, percent; undefined where no time has passed for the counters. */
  percent(): number | undefined {
    const now = this.#read();
    const all = now.allMs - this.#before.allMs;
    if (all <= 0) return undefined;
    const busy = now.busyMs - this.#before.busyMs;
    this.#before = now;
    return Math.round(Math.max(0, Math.min(1, busy / all)) * 100);
  }
}

function timesOfAll(): Times {
  const times = cpus().map((one) => one.times);
  const idle = times.reduce((sum, one) => sum + one.idle, 0);
  const all = times.reduce((sum, { user, nice, sys, idle: rest, irq }) => sum + user + nice + sys + rest + irq, 0);
  return { busyMs: all - idle, allMs: all };
}
