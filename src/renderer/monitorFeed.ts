// The engine's monitor stream for this page: opened while something shows it, closed while the page is hidden. Keeps only the newest.
import { create } from 'zustand';
import { readMonitorMessage, type MonitorGrant, type MonitorMeters, type MonitorPicture, type SourcePicture } from '../contract/monitorStream.ts';
import { openMonitorSocket } from '../main/api/client.ts';
import { useApi } from './showStore.ts';

type Seen = { readonly hasPicture: boolean; readonly hasSound: boolean };
/** Whether pictures and readings arrive: a region whose data does not is not there. */
export const useMonitor = create<Seen>(() => ({ hasPicture: false, hasSound: false }));

/** Messages on the way at once: enough for one round trip, few enough that nothing grows old. */
const PICTURES_AHEAD = 2;
const METERS_AHEAD = 8;
/** Readings are small and come many times a second: credit for them goes back a few at a time. */
const METERS_AT_ONCE = 4;
const RETRY_MS = 1000;
/** Readings come many times a second while a show runs. */
const SILENT_MS = 2000;

const pictures = new Set<(picture: MonitorPicture) => void>();
const meters = new Set<(reading: MonitorMeters) => void>();
const sources = new Map<string, Set<(picture: SourcePicture) => void>>();
/** Gives credit to the engine while it is connected. */
let grantNow = (_credit: MonitorGrant): void => undefined;

export function onPicture(take: (picture: MonitorPicture) => void): () => void {
  pictures.add(take);
  return () => pictures.delete(take);
}

export function onMeters(take: (reading: MonitorMeters) => void): () => void {
  meters.add(take);
  return () => meters.delete(take);
}

/** Small pictures of one prepared source, for as long as somebody takes them. */
export function onSourcePicture(source: string, take: (picture: SourcePicture) => void): () => void {
  const takers = sources.get(source) ?? new Set();
  sources.set(source, takers.add(take));
  if (takers.size === 1) grantNow({ sources: { [source]: 1 } });
  return () => {
    takers.delete(take);
    if (takers.size === 0 && sources.get(source) === takers) sources.delete(source);
  };
}

/** Follows the stream of whichever engine is connected; to be called once. */
export function followMonitor(): void {
  let socket: WebSocket | undefined;
  let lastAtMs = 0;
  let metersTaken = 0;
  const forget = (): void => {
    if (useMonitor.getState().hasPicture || useMonitor.getState().hasSound) useMonitor.setState({ hasPicture: false, hasSound: false });
  };
  const open = (): void => {
    const { where } = useApi.getState();
    if (where === undefined || document.hidden || socket !== undefined) return;
    const opened = openMonitorSocket(where);
    socket = opened;
    const grant = (credit: MonitorGrant): void => {
      if (opened.readyState === WebSocket.OPEN) opened.send(JSON.stringify(credit));
    };
    grantNow = grant;
    opened.addEventListener('open', () => {
      metersTaken = 0;
      grant({ pictures: PICTURES_AHEAD, meters: METERS_AHEAD, sources: Object.fromEntries([...sources.keys()].map((one) => [one, 1])) });
    });
    opened.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
      const message = readMonitorMessage(new Uint8Array(event.data));
      if (message === undefined) return;
      lastAtMs = performance.now();
      if (message.type === 'picture') {
        grant({ pictures: 1 });
        if (!useMonitor.getState().hasPicture) useMonitor.setState({ hasPicture: true });
        for (const take of pictures) take(message);
      } else if (message.type === 'meters') {
        metersTaken += 1;
        if (metersTaken % METERS_AT_ONCE === 0) grant({ meters: METERS_AT_ONCE });
        if (!useMonitor.getState().hasSound) useMonitor.setState({ hasSound: true });
        for (const take of meters) take(message);
      } else {
        const takers = sources.get(message.source);
        if (takers === undefined) return;
        grant({ sources: { [message.source]: 1 } });
        for (const take of takers) take(message);
      }
    });
    opened.addEventListener('close', () => {
      if (socket === opened) socket = undefined;
      forget();
      setTimeout(open, RETRY_MS);
    });
  };
  useApi.subscribe(open);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) socket?.close();
    else open();
  });
  setInterval(() => {
    if (performance.now() - lastAtMs > SILENT_MS) forget();
  }, 1000);
  open();
}
