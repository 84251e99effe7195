// The monitor stream's side of the API server: one WebSocket for each client, binary messages out, grants of credit in. It queues nothing.
import type { RawData, WebSocket } from 'ws';
import { monitorGrantSchema } from '../../contract/monitorStream.ts';
import type { Stage } from '../show/stage.ts';

/** A grant is a few dozen bytes. */
export const MAX_GRANT_BYTES = 1024;
/** What a client has not read yet, at most three pictures; then it is passed over until it has read. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** RFC 6455 §7.4.1: data of a type that was not expected. */
const NOT_UNDERSTOOD = 1003;

/** Seats an admitted client; it has left when its socket closes. */
export function serveMonitor(socket: WebSocket, monitor: Stage['monitor']): void {
  const seat = monitor.join({
    isFull: () => socket.readyState !== socket.OPEN || socket.bufferedAmount > MAX_UNREAD_BYTES,
    // An error of sending closes the socket, which is heard below.
    send: (message, onSent) => socket.send(message, { binary: true }, onSent),
  });
  socket.on('message', (data, isBinary) => {
    const grant = isBinary ? undefined : readGrant(data);
    if (grant === undefined) socket.close(NOT_UNDERSTOOD, 'A client sends grants only, as JSON.');
    else seat.grant(grant);
  });
  // `close` follows every error.
  socket.on('error', () => undefined);
  socket.on('close', () => seat.leave());
}

function readGrant(data: RawData) {
  try {
    return monitorGrantSchema.safeParse(JSON.parse((data as Buffer).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
