// What the page knows of the engine: filled by its subscription, never by a click. And the one connection through which it asks.
import { create } from 'zustand';
import type { Role } from '../contract/controlRoom.ts';
import { messageOf } from '../contract/errors.ts';
import { connectEngine, type EngineClient } from '../main/api/client.ts';
import type { ShowEvent } from '../contract/report.ts';
import type { EngineDoor } from './engineDoor.ts';
import { afterEvent, nothingYet, type ShowView } from './showView.ts';

export const useShow = create<ShowView>(() => nothingYet);
type Connected = {
  readonly api: EngineClient | undefined;
  readonly where: { readonly address: string; readonly token: string } | undefined;
  /** What this page may do; the engine refuses the rest. */
  readonly role: Role;
  /** Its key for the streams of the show. */
  readonly relayKey: string;
  /** Its key for the files of the machine; only there. */
  readonly filesKey: string | undefined;
};
const notConnected: Connected = { api: undefined, where: undefined, role: 'owner', relayKey: '', filesKey: undefined };
/** The engine's API and where it listens, while it is connected. */
export const useApi = create<Connected>(() => notConnected);

/** The engine's HTTP address as this page reaches it. */
export function httpBaseOf({ address }: { readonly address: string }): string {
  const { protocol, host } = new URL(address);
  return `${protocol === 'wss:' ? 'https:' : 'http:'}//${host}`;
}

/** How long to wait before the engine is looked for again, ms. */
const RETRY_MS = 1000;
/** The longest that something told waits to be taken, ms. */
const HIDDEN_MS = 200;
/** What arrives this soon after subscribing was kept for newcomers. */
const PAST_MS = 500;

/** Follows the engine behind `door` for as long as the page lives: each loss of it is said, then it is looked for again. */
export async function followEngine(door: EngineDoor): Promise<never> {
  for (;;) {
    const sentence = await followOnce(door).catch(messageOf);
    useApi.setState(notConnected);
    useShow.setState({ ...nothingYet, link: 'lost', sentence });
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * One connection, until it is lost. The engine's address is asked for each time: one that was restarted has another port and token,
 * so the socket's own retries would go to the wrong door. Resolves to '' where it simply does not answer.
 */
async function followOnce(door: EngineDoor): Promise<string> {
  const where = await door.engine();
  const over = new AbortController();
  const lost = Promise.withResolvers<string>();
  const connection = connectEngine({ ...where, onClose: () => lost.resolve('') });
  try {
    return await Promise.race([lost.promise, followShows(connection.api, where, over.signal)]);
  } finally {
    over.abort();
    await connection.close();
  }
}

/** What is known, then everything that happens, show after show; ends with an error only. */
async function followShows(api: EngineClient, where: { readonly address: string; readonly token: string }, over: AbortSignal): Promise<never> {
  const [engine, me] = await Promise.all([api.engine.info.query(undefined, { signal: over }), api.me.query(undefined, { signal: over })]);
  useShow.setState({ ...nothingYet, link: 'connected', engine, pastUntilMs: Date.now() + PAST_MS });
  useApi.setState({ api, where, ...me, filesKey: me.filesKey });
  return new Promise<never>((_resolve, reject) => {
    const watching = api.show.watch.subscribe(undefined, {
      onData: takeTogether((events) => useShow.setState((view) => events.reduce((before, { event, atMs }) => afterEvent(before, event, atMs), view)), over),
      onError: reject,
    });
    over.addEventListener('abort', () => {
      watching.unsubscribe();
      reject(over.reason);
    }, { once: true });
  });
}

type Told = { readonly event: ShowEvent; readonly atMs: number };

/** What arrives between two pictures of the screen is drawn once, however much it is. A hidden page has no pictures, so it has a clock. */
function takeTogether(take: (events: readonly Told[]) => void, over: AbortSignal): (event: ShowEvent) => void {
  let waiting: Told[] = [];
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
    [frame, timer] = [undefined, undefined];
    const events = waiting;
    waiting = [];
    if (!over.aborted) take(events);
  };
  return (event) => {
    waiting.push({ event, atMs: Date.now() });
    if (waiting.length > 1) return;
    frame = requestAnimationFrame(flush);
    timer = setTimeout(flush, HIDDEN_MS);
  };
}
