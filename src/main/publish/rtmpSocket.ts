// Opens the TCP or TLS socket of a publisher. TLS peers are always verified.
import net from 'node:net';
import tls from 'node:tls';
import type { RtmpTarget } from './rtmpUrl.ts';

/** @param ca more certificate authorities to trust (PEM), beside those that Node and the system's settings trust */
export function openSocket(target: RtmpTarget, ca: string | undefined): net.Socket {
  const { host, port } = target;
  const socket = target.secure
    ? tls.connect({
        host,
        port,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        // Server Name Indication carries names, never addresses (RFC 6066 §3).
        servername: net.isIP(host) === 0 ? host : '',
        ...(ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }),
      })
    : net.connect({ host, port });
  // Packets are whole when they are written: waiting for more only adds delay.
  socket.setNoDelay(true);
  return socket;
}

/** The event that says that the socket may carry data. */
export function readyEventOf(target: RtmpTarget): 'secureConnect' | 'connect' {
  return target.secure ? 'secureConnect' : 'connect';
}
