// The events of the show that runs, or ran last: kept in a bounded form for clients that come later, and handed to those that listen.
import type { ShowEvent } from '../../contract/report.ts';

/** Events that a slow client may have waiting; beyond that its oldest figures are dropped, never a state or the report. */
const MAX_WAITING = 512;
/** Cues that a client finds that comes later. */
const MAX_CUES = 50;

export class EventLog {
  /** What a new client must know: the last of each kind (of alarms: of each code; of side outputs: of each name), all warnings, the latest cues. */
  readonly #kept: ShowEvent[] = [];
  readonly #listeners = new Set<(event: ShowEvent) => void>();

  /** Another show begins: what was kept of the last one is forgotten. */
  reset(): void {
    this.#kept.length = 0;
  }

  publish(event: ShowEvent): void {
    const last = this.#kept.findIndex((one) => one.type === event.type && event.type !== 'warning'
      && (one.type !== 'alarm' || event.type !== 'alarm' || one.code === event.code)
      && (one.type !== 'source' || event.type !== 'source' || one.source === event.source)
      && (one.type !== 'sideOutput' || event.type !== 'sideOutput' || one.name === event.name)
      && (one.type !== 'cue' || event.type !== 'cue' || (one.id === event.id && one.kind === event.kind)));
    if (last !== -1) this.#kept.splice(last, 1);
    if (event.type === 'cue' && this.#kept.filter((one) => one.type === 'cue').length >= MAX_CUES) this.#kept.splice(this.#kept.findIndex((one) => one.type === 'cue'), 1);
    this.#kept.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** A snapshot, then each event as it comes, show after show, until `signal` says stop. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<ShowEvent> {
    const waiting: ShowEvent[] = [...this.#kept];
    let wake: () => void = () => undefined;
    const listener = (event: ShowEvent): void => {
      waiting.push(event);
      if (waiting.length > MAX_WAITING) {
        const stale = waiting.findIndex((one) => one.type === 'stats' || one.type === 'progress');
        if (stale !== -1) waiting.splice(stale, 1);
      }
      wake();
    };
    const onAbort = (): void => wake();
    this.#listeners.add(listener);
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        if (signal?.aborted === true) return;
        const event = waiting.shift();
        if (event !== undefined) {
          yield event;
        } else {
          await new Promise<void>((resolve) => { wake = resolve; });
        }
      }
    } finally {
      this.#listeners.delete(listener);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
