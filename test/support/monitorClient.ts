// A client of the monitor stream: grants credit as the test says and keeps when each message came.
import { MONITOR_PATH, readMonitorMessage, type MonitorGrant, type MonitorMessage } from '../../src/contract/monitorStream.ts';
import type { EngineReady } from '../../src/contract/engine.ts';
import { API_SUBPROTOCOL } from '../../src/main/api/subprotocol.ts';

const METERS_AT_ONCE = 4;

export type Arrival = { readonly message: MonitorMessage; readonly atUtcMs: number };

export type MonitorClient = {
  readonly arrivals: Arrival[];
  grant(grant: MonitorGrant): void;
  /** From now on one credit of the kind comes back with each message; of readings four with each fourth, as the window gives them. */
  keepGranting(grant: MonitorGrant): void;
  readonly closed: Promise<{ readonly code: number }>;
  send(text: string): void;
  close(): void;
};

/** Connects; rejects when it is refused. */
export async function openMonitor(ready: Pick<EngineReady, 'address' | 'token'>): Promise<MonitorClient> {
  const address = ready.address.replace(/\/api$/, MONITOR_PATH);
  const socket = new WebSocket(address, [API_SUBPROTOCOL, ready.token]);
  socket.binaryType = 'arraybuffer';
  const arrivals: Arrival[] = [];
  let renewed = false;
  let readings = 0;
  const grant = (credit: MonitorGrant): void => socket.send(JSON.stringify(credit));
  socket.addEventListener('message', ({ data }) => {
    const message = readMonitorMessage(new Uint8Array(data as ArrayBuffer));
    if (message === undefined) throw new Error('The engine sent something that is no message.');
    arrivals.push({ message, atUtcMs: Date.now() });
    if (!renewed) return;
    if (message.type === 'sourcePicture') grant({ sources: { [message.source]: 1 } });
    else if (message.type === 'picture') grant({ pictures: 1 });
    else {
      readings += 1;
      if (readings % METERS_AT_ONCE === 0) grant({ meters: METERS_AT_ONCE });
    }
  });
  const closed = new Promise<{ code: number }>((resolve) => { socket.addEventListener('close', ({ code }) => resolve({ code })); });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('The monitor stream refused the connection.')));
  });
  return {
    arrivals, grant, closed,
    keepGranting: (credit) => {
      renewed = true;
      grant(credit);
    },
    send: (text) => socket.send(text),
    close: () => socket.close(),
  };
}
