// The state of the show as the lamp says it: word, colour and shape together.
import type { IconName } from './parts/Icon.tsx';
import type { ShowView } from './showView.ts';

export type LampState = 'off' | 'preparing' | 'rehearsal' | 'on-air' | 'reconnecting' | 'ending' | 'failed';

/** Shapes differ as much as colours do (design, "Colour"). */
export const LAMP_ICONS: Readonly<Record<LampState, IconName>> = {
  off: 'off',
  preparing: 'preparing',
  rehearsal: 'rehearsal',
  'on-air': 'on-air',
  reconnecting: 'degraded',
  ending: 'waiting',
  failed: 'failed',
};

export function lampOf(view: Pick<ShowView, 'link' | 'state' | 'stats'>): LampState {
  if (view.link === 'lost') return 'reconnecting';
  switch (view.state) {
    case 'idle':
    case 'ended': return 'off';
    case 'preparing': return 'preparing';
    case 'ending': return 'ending';
    case 'failed': return 'failed';
    case 'rehearsing':
    case 'live': {
      // What is held for want of uplink is not cut off.
      const connections = (view.stats?.connections ?? []).filter((one) => one.state !== 'held');
      const isCutOff = connections.length > 0 && connections.every((one) => one.state !== 'publishing');
      if (isCutOff) return 'reconnecting';
      return view.state === 'live' ? 'on-air' : 'rehearsal';
    }
  }
}

/** Of a show that is cut off: seconds until the next attempt, and how many have failed in a row; undefined where no connection waits. */
export function nextAttempt(view: Pick<ShowView, 'link' | 'state' | 'stats' | 'samples'>, nowMs: number): { readonly inSeconds: number; readonly failures: number } | undefined {
  if (view.link === 'lost' || lampOf(view) !== 'reconnecting') return undefined;
  const waiting = (view.stats?.connections ?? []).flatMap(({ retry }) => (retry === undefined ? [] : [retry]));
  const [first] = waiting.toSorted((one, other) => one.inMs - other.inMs);
  if (first === undefined) return undefined;
  const sinceMs = nowMs - (view.samples.at(-1)?.atMs ?? nowMs);
  return { inSeconds: Math.max(0, (first.inMs - sinceMs) / 1000), failures: Math.max(...waiting.map(({ failures }) => failures)) };
}

/** Seconds for the clock beside the lamp: on air as the engine measured it, else since the state was entered; undefined when off. */
export function shownSeconds(view: Pick<ShowView, 'state' | 'stats' | 'stateSinceMs'>, nowMs: number): number | undefined {
  if (view.state === 'live') return view.stats?.onAirSeconds ?? 0;
  if (view.state !== 'rehearsing' && view.state !== 'preparing' && view.state !== 'ending') return undefined;
  return view.stateSinceMs === undefined ? 0 : (nowMs - view.stateSinceMs) / 1000;
}
