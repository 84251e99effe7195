import { describe, expect, it } from 'vitest';
import { describeProxy, parseProxy, proxyFor } from '../../../src/main/publish/proxyChoice.ts';

const ingest = { secure: true, host: 'ingest.example.com' };
const plain = { secure: false, host: 'ingest.example.com' };
const portOf = (...question: Parameters<typeof proxyFor>): number | undefined => proxyFor(...question)?.port;

describe('parseProxy', () => {
  it('takes HTTP, HTTPS and SOCKS5 with their ports, IPv6 and credentials with special characters', () => {
    expect(parseProxy('http://proxy')).toEqual({ kind: 'http', host: 'proxy', port: 80 });
    expect(parseProxy('https://proxy:8443')).toEqual({ kind: 'https', host: 'proxy', port: 8443 });
    expect(parseProxy('socks5h://us%40er:p%3Ass@[2001:db8::1]')).toEqual({ kind: 'socks5', host: '2001:db8::1', port: 1080, username: 'us@er', password: 'p:ss' });
  });

  it.each(['', 'proxy:8080', 'ftp://proxy', 'socks4://proxy', 'http://', 'http://secret-password@'])('refuses %j without quoting it', (url) => {
    expect(() => parseProxy(url)).toThrow('The address of the proxy cannot be used.');
  });

  it('is shown without its credentials', () => {
    expect(describeProxy(parseProxy('socks5://user:hunter2@[::2]:99'))).toBe('socks5://[::2]:99');
  });
});

describe('proxyFor', () => {
  it('asks the operator first, then FIELDCAST_PROXY, HTTPS_PROXY for RTMPS, ALL_PROXY', () => {
    const env = { ALL_PROXY: 'socks5://all:1', HTTPS_PROXY: 'http://secure:2', FIELDCAST_PROXY: 'http://own:3' };
    expect(portOf(ingest, 'http://chosen:4', env)).toBe(4);
    expect(portOf(ingest, undefined, env)).toBe(3);
    expect(portOf(ingest, undefined, { ...env, FIELDCAST_PROXY: undefined })).toBe(2);
    expect(portOf(plain, undefined, { ...env, FIELDCAST_PROXY: '' })).toBe(1);
    expect(portOf(ingest, 'none', env)).toBeUndefined();
    expect(portOf(ingest, undefined, {})).toBeUndefined();
  });

  it('takes the lower case before the upper, and an empty one for none', () => {
    expect(portOf(ingest, undefined, { https_proxy: 'http://low:5', HTTPS_PROXY: 'http://up:6' })).toBe(5);
    expect(portOf(ingest, undefined, { https_proxy: '', HTTPS_PROXY: 'http://up:6' })).toBe(6);
  });

  it('lets NO_PROXY stand against the environment, not against the operator', () => {
    const env = (list: string) => ({ HTTPS_PROXY: 'http://secure:2', NO_PROXY: list });
    for (const list of ['*', 'example.com', '.example.com', '*.example.com', 'other, INGEST.example.com:443']) expect(portOf(ingest, undefined, env(list))).toBeUndefined();
    for (const list of ['', 'ample.com', 'deep.ingest.example.com', 'example.com.evil']) expect(portOf(ingest, undefined, env(list))).toBe(2);
    expect(portOf(ingest, 'http://chosen:4', env('*'))).toBe(4);
  });

  it('never sends the way to this computer through another one', () => {
    for (const host of ['localhost', '127.0.0.1', '::1']) expect(portOf({ secure: true, host }, 'http://chosen:4', { ALL_PROXY: 'http://x' })).toBeUndefined();
  });
});
