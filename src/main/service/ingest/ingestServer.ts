// The four doors of the ingest: RTMP and RTMPS, primary and secondary. Accepts and counts connections; knows nothing of what they say.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { OperatorError } from '../../../contract/errors.ts';
import type { ServiceLog } from '../serviceLog.ts';
import { defaultDeadlines, IngestConnection, type IngestDeadlines, type IngestGate } from './ingestConnection.ts';

/** Publishers and strangers together, over all doors. */
const MAX_SOCKETS = 512;

export type IngestOptions = {
  readonly host: string;
  /** Primary and secondary; 0 takes any free port. */
  readonly rtmpPorts: readonly [number, number];
  readonly rtmpsPorts: readonly [number, number];
  readonly tls: { readonly key: string; readonly cert: string };
  readonly gate: IngestGate;
  readonly log: ServiceLog;
  readonly deadlines?: IngestDeadlines;
};

export type IngestServer = {
  readonly ports: { readonly rtmp: readonly [number, number]; readonly rtmps: readonly [number, number] };
  close(): Promise<void>;
};

/** Opens all four. @throws OperatorError `INGEST_PORT_TAKEN` when one cannot be opened; then none stays open */
export async function openIngest(options: IngestOptions): Promise<IngestServer> {
  const { host, rtmpPorts, rtmpsPorts, tls, gate, log } = options;
  const deadlines = options.deadlines ?? defaultDeadlines;
  const sockets = new Set<Socket>();
  const accept = (endpoint: string) => (socket: Socket): void => {
    if (sockets.size > MAX_SOCKETS) {
      socket.destroy();
      return;
    }
    void new IngestConnection(socket, { gate, log, deadlines, endpoint });
  };
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => { sockets.delete(socket); });
  };
  const plain = (endpoint: string): Server => createServer(accept(endpoint)).on('connection', track);
  // 'connection' is the raw socket, also of peers that never finish the TLS handshake; 'secureConnection' calls the listener.
  const secure = (endpoint: string): Server => createTlsServer(
    { key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2', handshakeTimeout: deadlines.publishMs }, accept(endpoint),
  ).on('connection', track).on('tlsClientError', (_error, socket) => { socket.destroy(); });
  const doors: readonly (readonly [Server, number])[] = [
    [plain('rtmp:primary'), rtmpPorts[0]], [plain('rtmp:secondary'), rtmpPorts[1]],
    [secure('rtmps:primary'), rtmpsPorts[0]], [secure('rtmps:secondary'), rtmpsPorts[1]],
  ];
  const close = async (): Promise<void> => {
    const closed = doors.map(([server]) => new Promise<void>((resolve) => { server.close(() => { resolve(); }); }));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  };
  const ports: number[] = [];
  for (const [server, port] of doors) {
    try {
      ports.push(await listen(server, host, port));
    } catch (error) {
      await close();
      throw new OperatorError('INGEST_PORT_TAKEN', `The RTMP port ${port} of ${host} cannot be opened.`, 'Stop the program that uses it, or choose other ports.', { cause: error });
    }
  }
  const [rtmpPrimary = 0, rtmpSecondary = 0, rtmpsPrimary = 0, rtmpsSecondary = 0] = ports;
  return { ports: { rtmp: [rtmpPrimary, rtmpSecondary], rtmps: [rtmpsPrimary, rtmpsSecondary] }, close };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // A failing accept (too many open files) costs one connection, not the process.
      server.on('error', () => {});
      resolve((server.address() as AddressInfo).port);
    });
  });
}
