// A way through a proxy to a host: HTTP CONNECT (RFC 9110 §9.3.6) or SOCKS5 (RFC 1928, 1929). Bounded in time; says why it did not come about,
// and never the password.
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Socket } from 'node:net';
import { SocksClient } from 'socks';
import { PublishFailure } from './publishFailure.ts';
import { describeProxy, type Proxy } from './proxyChoice.ts';
import { dialOptions } from './rtmpSocket.ts';

/** The longest head of an answer that is read. */
const MAX_HEAD_BYTES = 16 << 10;

export type Tunnel = { readonly host: string; readonly port: number; readonly signal: AbortSignal; readonly limitMs: number };

/** Rejects with a PublishFailure: `PROXY_UNREACHABLE`, `PROXY_PASSWORD`, `PROXY_REFUSED`, `PROXY_NO_ANSWER`. The proxy looks the name up. */
export async function openTunnel(proxy: Proxy, tunnel: Tunnel): Promise<Socket> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), tunnel.limitMs);
  const signal = AbortSignal.any([tunnel.signal, stop.signal]);
  try {
    return await (proxy.kind === 'socks5' ? throughSocks(proxy, tunnel, signal) : throughHttp(proxy, tunnel, signal));
  } catch (error) {
    if (error instanceof PublishFailure) throw error;
    const name = describeProxy(proxy);
    if (stop.signal.aborted) throw new PublishFailure('PROXY_NO_ANSWER', `The proxy ${name} gave no answer within ${tunnel.limitMs / 1000} s.`, 'Check the proxy, or go without one: --proxy none.', 'always', { cause: error });
    throw new PublishFailure('PROXY_UNREACHABLE', `The proxy ${name} cannot be reached.`, 'Check its address and the network connection, or go without one: --proxy none.', 'always', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function throughHttp(proxy: Proxy, { host, port }: Tunnel, signal: AbortSignal): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { username, password } = proxy;
  const request = (proxy.kind === 'https' ? https : http).request({
    ...dialOptions, host: proxy.host, port: proxy.port, method: 'CONNECT', path: authority, agent: false, signal, maxHeaderSize: MAX_HEAD_BYTES,
    headers: { host: authority, ...(username === undefined ? {} : { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` }) },
  });
  const answer = Promise.withResolvers<Socket>();
  request.on('error', (error) => answer.reject(error));
  request.on('connect', ({ statusCode }, socket, head) => {
    if (statusCode === undefined || statusCode < 200 || statusCode > 299) {
      socket.destroy();
      answer.reject(refusal(proxy, wantsPassword(statusCode), `it answered ${statusCode ?? 'nothing'}`));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    answer.resolve(socket);
  });
  // A proxy that answers with a page instead of a tunnel.
  request.on('response', (response) => {
    response.destroy();
    answer.reject(refusal(proxy, wantsPassword(response.statusCode), `it answered ${response.statusCode ?? 'nothing'}`));
  });
  request.end();
  return answer.promise;
}

/** 407 is for proxies; tinyproxy says 401 to a wrong password. */
function wantsPassword(statusCode: number | undefined): boolean {
  return statusCode === 407 || statusCode === 401;
}

async function throughSocks(proxy: Proxy, { host, port, limitMs }: Tunnel, signal: AbortSignal): Promise<Socket> {
  const socket = net.connect({ ...dialOptions, host: proxy.host, port: proxy.port, signal });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  try {
    const { username, password } = proxy;
    await SocksClient.createConnection({
      proxy: { host: proxy.host, port: proxy.port, type: 5, ...(username === undefined ? {} : { userId: username, password: password ?? '' }) },
      command: 'connect', destination: { host, port }, existing_socket: socket, timeout: limitMs,
    });
    socket.resume();
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw error;
    const words = error instanceof Error ? error.message : '';
    // The library has no codes; these are its words for a refused sign-in and for methods that do not fit.
    throw refusal(proxy, /authentication/i.test(words), words.replaceAll(/[^\w .,-]/g, '').slice(0, 120) || 'it gave no reason', error);
  }
}

function refusal(proxy: Proxy, isForPassword: boolean, why: string, cause?: unknown): PublishFailure {
  const name = describeProxy(proxy);
  if (!isForPassword) return new PublishFailure('PROXY_REFUSED', `The proxy ${name} refuses the way to the ingest: ${why}.`, 'Ask its owner to allow the ingest’s host and port, or go without a proxy: --proxy none.', 'always', { cause });
  return new PublishFailure(
    'PROXY_PASSWORD', `The proxy ${name} ${proxy.username === undefined ? 'wants a user name and a password' : 'does not accept the user name and the password'}.`,
    'Put them into FIELDCAST_PROXY: http://USER:PASSWORD@HOST:PORT.', 'ifItWorkedBefore', { cause },
  );
}
