// Proxies for tests: HTTP CONNECT and SOCKS5 with and without a password, as far as a publisher uses them; and ones that misbehave.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

export type ProxyServer = { readonly port: number; /** `host:port` that were asked for. */ readonly asked: readonly string[]; close(): Promise<void> };

export type Credentials = { readonly username: string; readonly password: string };

/** @param answer a status instead of a tunnel; `hang` answers nothing */
export async function startHttpProxy(options: { readonly credentials?: Credentials; readonly answer?: number | 'hang' } = {}): Promise<ProxyServer> {
  const asked: string[] = [];
  const server = http.createServer();
  server.on('connect', (request, client: net.Socket) => {
    client.on('error', () => undefined);
    const expected = options.credentials === undefined ? undefined : `Basic ${Buffer.from(`${options.credentials.username}:${options.credentials.password}`).toString('base64')}`;
    if (options.answer === 'hang') return;
    if (options.answer !== undefined) return void client.end(`HTTP/1.1 ${options.answer} No\r\ncontent-length: 0\r\n\r\n`);
    if (expected !== undefined && request.headers['proxy-authorization'] !== expected) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    asked.push(request.url ?? '');
    const at = (request.url ?? '').lastIndexOf(':');
    relay(client, (request.url ?? '').slice(0, at).replace(/^\[(.*)\]$/, '$1'), Number((request.url ?? '').slice(at + 1)), () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
  });
  return listening(server, asked);
}

/** RFC 1928 and 1929, `CONNECT` only. @param reply a refusal (2: not allowed by the rules) instead of a tunnel; `hang` answers nothing */
export async function startSocksProxy(options: { readonly credentials?: Credentials; readonly reply?: number | 'hang' } = {}): Promise<ProxyServer> {
  const asked: string[] = [];
  const { credentials } = options;
  const server = net.createServer((client) => {
    let step: 'hello' | 'password' | 'request' = 'hello';
    client.on('error', () => undefined);
    const onData = (bytes: Buffer): void => {
      if (options.reply === 'hang') return;
      if (step === 'hello') {
        const method = credentials === undefined ? 0 : 2;
        const isOffered = bytes.subarray(2).includes(method);
        step = method === 2 ? 'password' : 'request';
        client.write(Buffer.of(5, isOffered ? method : 0xff));
        if (!isOffered) client.end();
      } else if (step === 'password') {
        const username = bytes.subarray(2, 2 + (bytes[1] ?? 0)).toString();
        const isRight = username === credentials?.username && bytes.subarray(3 + (bytes[1] ?? 0)).toString() === credentials.password;
        step = 'request';
        client.write(Buffer.of(1, isRight ? 0 : 1));
        if (!isRight) client.end();
      } else {
        const port = bytes.readUInt16BE(bytes.length - 2);
        const host = bytes[3] === 1 ? bytes.subarray(4, 8).join('.') : bytes.subarray(5, -2).toString();
        client.off('data', onData);
        if (options.reply !== undefined) return void client.end(Buffer.of(5, options.reply, 0, 1, 0, 0, 0, 0, 0, 0));
        asked.push(`${host}:${port}`);
        relay(client, host, port, () => client.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)));
      }
    };
    client.on('data', onData);
  });
  return listening(server, asked);
}

function relay(client: net.Socket, host: string, port: number, onOpen: () => void): void {
  const upstream = net.connect({ host, port }, () => {
    onOpen();
    client.pipe(upstream).pipe(client);
  });
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
}

async function listening(server: net.Server, asked: string[]): Promise<ProxyServer> {
  const clients = new Set<net.Socket>();
  server.on('connection', (client: net.Socket) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    asked,
    async close() {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
