// Follows the state of the show for what the desktop does with it (tray, power, updates, quitting), and has a show that was on when
// its engine died taken up by the next engine. It is a client like any other and never touches media.
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../contract/errors.ts';
import type { ShowState } from '../../contract/report.ts';
import { connectEngine, type EngineClient } from '../api/client.ts';
import type { EngineHost } from './engineHost.ts';

const RETRY_MS = 500;
/** A show that kills its engine again and again is left to its operator. */
const MAX_RESUMES = 3;
/** One that ran for this long since it was taken up has earned all attempts again. */
const STEADY_MS = 5 * 60_000;

export type ShowFollower = {
  /** The last state that an engine told; a show whose engine has died is still under way until the next one says otherwise. */
  readonly state: ShowState;
  stop(): void;
};

/** Whether ending now would take something from somebody: viewers, or a rehearsal. */
export function isUnderWay(state: ShowState): boolean {
  return state === 'preparing' || state === 'rehearsing' || state === 'live' || state === 'ending';
}

export function followShow(engine: Pick<EngineHost, 'ready'>, onState: (state: ShowState) => void): ShowFollower {
  let state: ShowState = 'idle';
  const over = new AbortController();
  let lastToken: string | undefined;
  let resumes = 0;
  let resumedAtMs = 0;
  let closeCurrent: (() => void) | undefined;

  const hear = (next: ShowState): void => {
    if (next === state) return;
    state = next;
    onState(next);
  };

  /** The newest of the shows that the dead engine left on, at most so many times. */
  const takeUp = async (api: EngineClient): Promise<void> => {
    const { showRunning, unfinished } = await api.engine.info.query();
    const left = unfinished.toSorted((a, b) => b.startedAtUtc.localeCompare(a.startedAtUtc))[0];
    if (performance.now() - resumedAtMs > STEADY_MS) resumes = 0;
    if (showRunning || left === undefined || resumes >= MAX_RESUMES) return;
    resumes += 1;
    resumedAtMs = performance.now();
    // What was being ended goes on ending.
    await api.show.resume.mutate({ showId: left.showId, end: left.state === 'ending' });
  };

  const followOnce = async (): Promise<void> => {
    const where = await engine.ready();
    const lost = Promise.withResolvers<void>();
    const connection = connectEngine({ ...where, onClose: () => lost.resolve() });
    closeCurrent = () => lost.resolve();
    // An engine that has died just now may still be told as the current one: then nobody answers, and the socket's end is all there is.
    const follow = async (): Promise<void> => {
      const diedOnAir = lastToken !== undefined && lastToken !== where.token && isUnderWay(state);
      lastToken = where.token;
      if (diedOnAir) await takeUp(connection.api).catch((error: unknown) => console.error(`resume: ${messageOf(error)}`));
      if (!(await connection.api.engine.info.query()).showRunning) hear('idle');
      const watching = connection.api.show.watch.subscribe(undefined, {
        onData: (event) => { if (event.type === 'state' || event.type === 'stats') hear(event.state); },
        onError: () => lost.resolve(),
      });
      void lost.promise.then(() => watching.unsubscribe());
      await lost.promise;
    };
    try {
      await Promise.race([lost.promise, follow()]);
    } finally {
      await connection.close();
    }
  };

  void (async () => {
    while (!over.signal.aborted) {
      await followOnce().catch(() => undefined);
      await pause(RETRY_MS, undefined, { ref: false });
    }
  })();
  return {
    get state() { return state; },
    stop: () => {
      over.abort();
      closeCurrent?.();
    },
  };
}
