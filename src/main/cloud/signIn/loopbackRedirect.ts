// Waits on this computer for the browser to come back from the sign-in page (RFC 8252 §7.3), once, for one sign-in.
// Takes an answer only with the right state; everything else that knocks gets nothing and changes nothing.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import { orAborted } from '../abortableWait.ts';

/** What the sign-in page sent back by form_post. */
export type RedirectAnswer = {
  readonly parameters: URLSearchParams;
  /** Shows the person in the browser how it ended. */
  readonly show: (signedIn: boolean) => void;
};

export type LoopbackRedirect = {
  /** `http://localhost:PORT`, the form that Entra accepts with any port. */
  readonly redirectUri: string;
  readonly answer: (signal: AbortSignal) => Promise<RedirectAnswer>;
  readonly close: () => void;
};

const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 15_000;
const PORT_ATTEMPTS = 5;

/** @throws OperatorError SIGN_IN_NO_PORT when no port of this computer can be listened on. */
export async function listenForRedirect(expectedState: string): Promise<LoopbackRedirect> {
  let deliver: (answer: RedirectAnswer) => void = () => undefined;
  const answered = new Promise<RedirectAnswer>((resolve) => { deliver = resolve; });
  let taken = false;
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parameters = await receive(request, response, expectedState);
    if (parameters === undefined) return;
    // A repeated delivery (a reload of the page) must not answer for the first one.
    if (taken) page(response, 410, 'This sign-in is over.', 'Go back to Fieldcast.');
    else deliver({ parameters, show: (signedIn) => showOutcome(response, signedIn) });
    taken = true;
  };
  const { servers, port } = await listenTwice((request, response) => void onRequest(request, response));
  return {
    redirectUri: `http://localhost:${port}`,
    answer: async (signal) => await orAborted(answered, signal),
    close: () => {
      for (const server of servers) {
        server.close();
        // An answer that was shown needs a moment to leave; the connection closes after it (Connection: close).
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1000).unref();
      }
    },
  };
}

/** `localhost` is 127.0.0.1 or ::1, as the browser likes: both are taken, so that no other program can listen on the second. */
async function listenTwice(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ servers: Server[]; port: number }> {
  let reason = '';
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const v4 = boundedServer(onRequest);
    const v6 = boundedServer(onRequest);
    try {
      const port = await listening(v4, '127.0.0.1', 0);
      try {
        await listening(v6, '::1', port);
        return { servers: [v4, v6], port };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return { servers: [v4], port };
        v4.close();
        reason = messageOf(error);
      }
    } catch (error) {
      reason = messageOf(error);
    }
  }
  throw new OperatorError('SIGN_IN_NO_PORT', `No port of this computer is free to receive the sign-in (${reason}).`, 'Sign in with a code instead: fieldcast sign-in --device-code.');
}

function boundedServer(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, onRequest);
  server.maxConnections = 16;
  return server;
}

async function listening(server: Server, host: string, port: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true, ...(host === '::1' ? { ipv6Only: true } : {}) }, () => {
      server.off('error', reject);
      // Later errors concern one connection; the wait for the browser goes on.
      server.on('error', () => undefined);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** The parameters of a valid answer, or undefined after anything else has been turned away. */
async function receive(request: IncomingMessage, response: ServerResponse, expectedState: string): Promise<URLSearchParams | undefined> {
  const host = request.headers.host ?? '';
  // Another name that resolves to this computer is a rebinding attack.
  if (!/^(localhost|127\.0\.0\.1|\[::1\]):\d{1,5}$/.test(host)) return turnAway(response, 403);
  if (request.url !== '/') return turnAway(response, 404);
  if (request.method !== 'POST') return turnAway(response, 405);
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return turnAway(response, 415);
  const body = await bodyOf(request);
  if (body === undefined) return turnAway(response, 413);
  const parameters = new URLSearchParams(body);
  const states = parameters.getAll('state');
  if (states.length !== 1 || states[0] !== expectedState || (!parameters.has('code') && !parameters.has('error'))) return turnAway(response, 400);
  return parameters;
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request) {
      const bytes = Buffer.from(chunk as Uint8Array);
      sizeBytes += bytes.length;
      if (sizeBytes > MAX_BODY_BYTES) return undefined;
      chunks.push(bytes);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function turnAway(response: ServerResponse, status: number): undefined {
  response.writeHead(status, { connection: 'close', 'content-length': '0' }).end();
  return undefined;
}

function showOutcome(response: ServerResponse, signedIn: boolean): void {
  if (signedIn) page(response, 200, 'You are signed in.', 'You can close this window and go back to Fieldcast.');
  else page(response, 200, 'The sign-in did not succeed.', 'Fieldcast says why. You can close this window.');
}

function page(response: ServerResponse, status: number, title: string, text: string): void {
  if (response.headersSent || response.destroyed) return;
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Fieldcast: ${title}</title><h1>${title}</h1><p>${text}</p></html>`;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8', 'content-length': String(Buffer.byteLength(html)), connection: 'close', 'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff',
  }).end(html);
}
