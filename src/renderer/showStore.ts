// What the page knows of the engine: filled by its subscription, never by a click.
import { create } from 'zustand';
import { messageOf } from '../contract/errors.ts';
import type { DesktopBridge } from '../contract/desktop.ts';
import type { Playback, ShowEvent, ShowReport, ShowState, ShowStats } from '../contract/report.ts';
import { connectEngine, type EngineClient } from '../main/api/client.ts';

declare global {
  interface Window {
    /** Present in the desktop's window only. */
    readonly fieldcast?: DesktopBridge;
  }
}

type ShowView = {
  readonly link: 'connecting' | 'connected' | 'lost';
  readonly state: ShowState;
  readonly sentence: string;
  readonly stats: ShowStats | undefined;
  readonly playback: Playback;
  readonly report: ShowReport | undefined;
  readonly engine: { readonly version: string; readonly pid: number } | undefined;
};

const nothingYet: ShowView = {
  link: 'connecting',
  state: 'idle',
  sentence: 'Waiting for the engine.',
  stats: undefined,
  playback: {},
  report: undefined,
  engine: undefined,
};

export const useShow = create<ShowView>(() => nothingYet);

/** How long to wait before the engine is looked for again, ms. */
const RETRY_MS = 1000;

/** The next view after one event of the show. */
export function afterEvent(view: ShowView, event: ShowEvent): ShowView {
  switch (event.type) {
    case 'state':
      return { ...view, state: event.state, sentence: event.sentence, ...(event.state === 'preparing' ? { report: undefined, playback: {} } : {}) };
    case 'progress':
      return { ...view, sentence: event.sentence };
    case 'warning':
      return { ...view, sentence: `${event.failure.message} ${event.failure.action}` };
    case 'playback':
      return { ...view, playback: event.playback };
    case 'stats':
      return { ...view, stats: event, state: event.state };
    case 'report':
      return { ...view, report: event, playback: event.playback, sentence: event.failure === undefined ? view.sentence : `${event.failure.message} ${event.failure.action}` };
  }
}

/** Follows the desktop's engine for as long as the page lives: each loss of it is said, then it is looked for again. */
export async function followEngine(bridge: DesktopBridge): Promise<never> {
  for (;;) {
    const sentence = await followOnce(bridge).catch(messageOf);
    useShow.setState({ ...nothingYet, link: 'lost', sentence });
    await pause(RETRY_MS);
  }
}

/**
 * One connection, until it is lost. The engine's address is asked for each time: one that was restarted has another port and token,
 * so the socket's own retries would go to the wrong door.
 */
async function followOnce(bridge: DesktopBridge): Promise<string> {
  const where = await bridge.engine();
  const over = new AbortController();
  const lost = Promise.withResolvers<string>();
  const connection = connectEngine({ ...where, onClose: () => lost.resolve('The engine does not answer. Looking for it again.') });
  try {
    return await Promise.race([lost.promise, followShows(connection.api, over.signal)]);
  } finally {
    over.abort();
    await connection.close();
  }
}

/** What is known, then everything that happens, show after show; ends with an error only. */
async function followShows(api: EngineClient, over: AbortSignal): Promise<never> {
  const engine = await api.engine.info.query(undefined, { signal: over });
  useShow.setState((view) => ({
    link: 'connected',
    engine,
    ...(view.report === undefined && !engine.showRunning ? { sentence: 'No show is running.' } : {}),
  }));
  return new Promise<never>((_resolve, reject) => {
    const watching = api.show.watch.subscribe(undefined, {
      onData: (event) => useShow.setState((view) => afterEvent(view, event)),
      onError: reject,
    });
    over.addEventListener('abort', () => {
      watching.unsubscribe();
      reject(over.reason);
    }, { once: true });
  });
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
