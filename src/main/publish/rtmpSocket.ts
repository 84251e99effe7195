// Opens the TCP or TLS socket of a publisher, through a proxy where there is one. TLS peers are always verified.
import net from 'node:net';
import tls from 'node:tls';

/**
 * Happy eyeballs (RFC 8305) as Node does it: the addresses of a name in turn, IPv6 and IPv4 alternating, the next one once the last has not
 * answered for this long; the RFC's own figure.
 */
export const dialOptions = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 250 } as const;

export type DialTarget = { readonly host: string; readonly port: number; readonly secure: boolean };

export type DialOptions = {
  /** More certificate authorities to trust (PEM), beside those that Node and the system's settings trust. */
  readonly ca: string | undefined;
  /** Ends the attempt and whatever it has opened. */
  readonly signal: AbortSignal;
  /** The way to the target's host and port that stands already, through a proxy. */
  readonly tunnel: net.Socket | undefined;
  /** How a name becomes addresses; the system's way where it is not given. */
  readonly lookup?: net.LookupFunction;
  /** The way stands, and TLS begins on it. */
  readonly onTlsBegins?: () => void;
};

/** Resolves when the socket may carry data. Rejects with what the socket says, or without a code when it closes silently. */
export async function dial(target: DialTarget, { ca, signal, tunnel, lookup, onTlsBegins }: DialOptions): Promise<net.Socket> {
  const { host, port, secure } = target;
  if (tunnel !== undefined && !secure) return tunnel.setNoDelay(true);
  const direct = { ...dialOptions, host, port, ...(lookup === undefined ? {} : { lookup }) };
  const socket = secure
    ? tls.connect({
        ...(tunnel === undefined ? direct : { socket: tunnel, host }),
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        // Server Name Indication carries names, never addresses (RFC 6066 §3).
        servername: net.isIP(host) === 0 ? host : '',
        ...(ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }),
      })
    : net.connect(direct);
  if (onTlsBegins !== undefined && secure) {
    if (tunnel === undefined) socket.once('connect', onTlsBegins);
    else onTlsBegins();
  }
  // Packets are whole when they are written: waiting for more only adds delay.
  socket.setNoDelay(true);
  const onAbort = (): void => { socket.destroy(); };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
    return socket;
  } catch (error) {
    tunnel?.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
