// Who speaks through a connection, and what a listener needs of the sockets behind it.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Role } from '../../contract/controlRoom.ts';

export type Caller = {
  readonly role: Role;
  /** Of a paired browser. */
  readonly sessionId?: string;
};

export type CallerSockets = {
  /** Takes over an upgrade that was admitted. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): void;
  /** Sessions that have a connection now. */
  readonly presentSessions: ReadonlySet<string>;
  /** Cuts the connections of one session, or of all of them. */
  cut(sessionId?: string): void;
};

/** Answers an upgrade with a plain refusal. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${reason}\n`);
}
