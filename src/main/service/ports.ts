// Which ports the service listens on: the ones asked for, else those of last time, else the well-known ones, else any free one.
import { createServer } from 'node:net';
import { OperatorError } from '../../contract/errors.ts';
import type { Store } from './store.ts';

/** The service listens on loopback only; viewers on other machines are a matter of its own. */
export const LISTEN_HOST = '127.0.0.1';

export const PORT_NAMES = ['https', 'http', 'rtmp', 'rtmpSecondary', 'rtmps', 'rtmpsSecondary'] as const;
export type PortName = (typeof PORT_NAMES)[number];

/** RTMP(S): the ports of Media Services (media-services.md §4.3). */
const PREFERRED: Record<PortName, number> = { https: 8443, http: 8080, rtmp: 1935, rtmpSecondary: 1936, rtmps: 2935, rtmpsSecondary: 2936 };
const OPTION: Record<PortName, string> = {
  https: '--port', http: '--http-port', rtmp: '--rtmp-port', rtmpSecondary: '--rtmp-secondary-port', rtmps: '--rtmps-port', rtmpsSecondary: '--rtmps-secondary-port',
};

/** 0 asks for any free port, the same one at every start as long as it is free. */
export type AskedPorts = { readonly [name in PortName]?: number };
export type ChosenPorts = Readonly<Record<PortName, number>>;

/**
 * Chooses all ports and remembers them in the store, so that URLs are the same after a restart.
 *
 * @throws OperatorError `SERVICE_PORT_TAKEN` where a port that was asked for by number is in use.
 */
export async function choosePorts(store: Store, asked: AskedPorts): Promise<ChosenPorts> {
  const chosen = new Map<PortName, number>();
  for (const name of PORT_NAMES) chosen.set(name, await choosePort(store, name, asked[name], new Set(chosen.values())));
  const all = Object.fromEntries(chosen) as ChosenPorts;
  rememberPorts(store, all);
  return all;
}

/** Keeps ports for the next start. */
function rememberPorts(store: Store, ports: ChosenPorts): void {
  store.transaction(() => {
    for (const name of PORT_NAMES) store.setSetting(`port.${name}`, String(ports[name]));
  });
}

/** The sentence for a port that was asked for and is taken. */
export function portTaken(name: PortName, port: number, cause?: unknown): OperatorError {
  return new OperatorError(
    'SERVICE_PORT_TAKEN', `Port ${String(port)} on ${LISTEN_HOST} is in use by another program.`,
    `Stop that program, or choose another port with ${OPTION[name]}.`, { cause },
  );
}

async function choosePort(store: Store, name: PortName, asked: number | undefined, used: ReadonlySet<number>): Promise<number> {
  if (asked !== undefined && asked !== 0) {
    if (used.has(asked) || !(await isFree(asked))) throw portTaken(name, asked);
    return asked;
  }
  const remembered = Number(store.setting(`port.${name}`) ?? 0);
  const candidates = asked === 0 ? [remembered] : [remembered, PREFERRED[name]];
  for (const port of candidates) {
    if (port > 0 && !used.has(port) && (await isFree(port))) return port;
  }
  return freePort(used);
}

async function isFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== undefined;
}

async function freePort(used: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await tryListen(0);
    if (port !== undefined && !used.has(port)) return port;
  }
  throw new OperatorError('SERVICE_NO_PORT', `No free port was found on ${LISTEN_HOST}.`, 'Close programs that hold many connections and start again.');
}

/** Listens for a moment: the port that was got, or undefined where it is taken or forbidden. */
function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: LISTEN_HOST, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
