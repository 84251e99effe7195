// Whether a request of the local network may reach the control room: it names this machine (DNS rebinding), and comes from its own page.
import type { IncomingMessage } from 'node:http';
import { API_SUBPROTOCOL } from '../subprotocol.ts';

export type LanNames = { readonly hosts: readonly string[]; readonly port: number };
type Headers = Pick<IncomingMessage, 'headers'>;

/** The host of a request, where it is one of this machine's names and addresses with the listener's port. */
export function ownHost({ headers }: Headers, { hosts, port }: LanNames): string | undefined {
  const host = headers.host?.toLowerCase();
  return hosts.some((one) => host === `${one.toLowerCase()}:${port}`) ? host : undefined;
}

/** Whether it comes from a page of this control room; a browser states its Origin and cannot lie about it. */
export function isFromOwnPage(request: Headers, names: LanNames): boolean {
  const host = ownHost(request, names);
  return host !== undefined && request.headers.origin?.toLowerCase() === `https://${host}`;
}

/** The token that an upgrade offers, or undefined. */
export function offeredToken({ headers }: Headers): string | undefined {
  const [name, token] = (headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  return name === API_SUBPROTOCOL && token !== '' ? token : undefined;
}
