// Ravnur Media Services as its public documentation and demo describe it, over the scripted Media Services API: an API key is exchanged for a
// JWT that ends, ingest addresses carry no key, RTMP first and RTMPS second, a single default streaming endpoint.
import { createHmac, randomUUID } from 'node:crypto';
import { ArmServer, armNames, type ArmAnswer, type ArmRequest } from './armServer.ts';

export type RavnurServer = {
  readonly arm: ArmServer;
  /** As an operator writes it, with the slash at its end that the demo has. */
  readonly endpoint: string;
  readonly tokensGiven: number;
  /** Requests that came with no token, an ended one or a withdrawn one. */
  readonly refused: number;
  /** Of the tokens that are given from now on. */
  lifeSeconds: number;
  /** Every token that was given so far is worth nothing any more. */
  withdrawTokens(): void;
  close(): Promise<void>;
};

export const RAVNUR_KEY = 'rms-api-key-0123456789';

export async function startRavnurServer(): Promise<RavnurServer> {
  const arm = await ArmServer.listen();
  let secret = randomUUID();
  const figures = { given: 0, refused: 0, lifeSeconds: 3600 };
  const sign = (payload: object): string => {
    const body = [{ alg: 'HS256', typ: 'JWT' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
  };
  const isValid = (header: string | undefined): boolean => {
    const [, body, payload = '', signature] = /^Bearer (([\w-]+\.([\w-]+))\.([\w-]+))$/.exec(header ?? '')?.slice(1) ?? [];
    if (body === undefined || createHmac('sha256', secret).update(body).digest('base64url') !== signature) return false;
    return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number }).exp > Date.now() / 1000;
  };
  arm.script = (request: ArmRequest): ArmAnswer | undefined => {
    if (request.url === '/auth/token') {
      const { subscriptionId, apiKey } = request.body as { subscriptionId?: string; apiKey?: string };
      if (request.method !== 'POST' || subscriptionId !== armNames.subscriptionId || apiKey !== RAVNUR_KEY) return { status: 401, raw: 'Unauthorized' };
      figures.given += 1;
      return { status: 200, raw: sign({ sub: subscriptionId, jti: figures.given, exp: Date.now() / 1000 + figures.lifeSeconds }), headers: { 'content-type': 'text/plain' } };
    }
    if (!isValid(request.headers.authorization)) {
      figures.refused += 1;
      return { status: 401, body: { error: { code: 'Unauthorized', message: 'The token is not valid.' } } };
    }
    const answer = arm.honest(request);
    for (const event of arm.state.events.values()) keyless(event.properties);
    return answer;
  };
  return {
    arm, endpoint: `${arm.endpoint}/`,
    get tokensGiven() { return figures.given; },
    get refused() { return figures.refused; },
    get lifeSeconds() { return figures.lifeSeconds; },
    set lifeSeconds(seconds) { figures.lifeSeconds = seconds; },
    withdrawTokens: () => { secret = randomUUID(); },
    close: () => arm.close(),
  };
}

/** Running events have two addresses, neither with the key (rms demo: `{url}/{accessToken}`). */
function keyless(properties: Record<string, unknown>): void {
  const input = properties['input'] as { endpoints?: unknown[] | null };
  if (Array.isArray(input.endpoints) && input.endpoints.length > 0) {
    input.endpoints = [{ protocol: 'RTMP', url: 'rtmp://live.rms.example.net:1935/live' }, { protocol: 'RTMP', url: 'rtmps://live.rms.example.net:2935/live' }];
  }
}
