import { describe, expect, it } from 'vitest';
import { judgeUpgrade } from '../../../src/main/api/loopbackGuard.ts';

const settings = { token: 'secret', allowedOrigins: ['app://fieldcast'], port: 4000 };
const good = { host: '127.0.0.1:4000', 'sec-websocket-protocol': 'fieldcast.v1, secret' };

describe('judgeUpgrade', () => {
  it('lets a client with the token in, with no origin or an allowed one', () => {
    expect(judgeUpgrade({ headers: good }, settings)).toEqual({ allowed: true });
    expect(judgeUpgrade({ headers: { ...good, origin: 'app://fieldcast' } }, settings)).toEqual({ allowed: true });
  });

  it.each([
    ['a wrong token', { ...good, 'sec-websocket-protocol': 'fieldcast.v1, wrong' }, 401],
    ['no token', { ...good, 'sec-websocket-protocol': 'fieldcast.v1' }, 401],
    ['no subprotocol at all', { host: good.host }, 401],
    ['another page', { ...good, origin: 'https://example.org' }, 403],
    ['a page of no origin', { ...good, origin: 'null' }, 403],
    ['a rebound host name', { ...good, host: 'example.org:4000' }, 403],
    ['another port', { ...good, host: '127.0.0.1:4001' }, 403],
    ['no host', { 'sec-websocket-protocol': good['sec-websocket-protocol'] }, 403],
  ])('refuses %s', (_name, headers, status) => {
    expect(judgeUpgrade({ headers }, settings)).toMatchObject({ allowed: false, status });
  });
});
