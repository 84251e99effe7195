// What a Media Services API, or something that poses as one, does wrong: each ends typed, bounded and without a secret in its words.
import { spawn } from 'node:child_process';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/contract/errors.ts';
import { createBearerCredential } from '../../src/main/cloud/bearerCredential.ts';
import { ServiceFault } from '../../src/main/cloud/serviceFault.ts';
import { armNames, ArmServer, type ArmAnswer } from '../support/armServer.ts';
import { armToken, ingestToken, liveServiceOf, newEvent, newOutput, watchedOptions } from '../support/armServerClient.ts';
import { ARM_CAPABILITIES } from '../../src/main/cloud/providers.ts';

const never = new AbortController().signal;
let server: ArmServer;
beforeEach(async () => {
  server = await ArmServer.listen();
});
afterEach(async () => await server.close());

async function failureOf(work: Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(OperatorError);
  const failure = error as OperatorError;
  expect(failure.message).toMatch(/^[“A-Z].*[.!?…]$/s);
  expect(failure.action).toMatch(/^[A-Z].*\.$/s);
  return failure;
}

async function madeEvent(): Promise<void> {
  await liveServiceOf(server).ensureEvent(newEvent, watchedOptions());
}

describe('refusals', () => {
  const body = { error: { code: 'SomeCode', message: 'The reason in words.' } };
  it.each<[number, string, number]>([
    [400, 'CLOUD_REFUSED', 1], [401, 'CLOUD_NOT_SIGNED_IN', 1], [403, 'CLOUD_FORBIDDEN', 1], [404, 'CLOUD_NOT_FOUND', 1], [409, 'CLOUD_CONFLICT', 1],
    [412, 'CLOUD_CONFLICT', 1], [429, 'CLOUD_THROTTLED', 2], [500, 'CLOUD_SERVICE_FAILED', 2], [501, 'CLOUD_REFUSED', 1], [503, 'CLOUD_SERVICE_FAILED', 2],
    [307, 'CLOUD_UNEXPECTED_ANSWER', 1],
  ])('%i becomes %s after %i request(s)', async (status, code, requests) => {
    server.script = () => ({ status, body });
    const failure = await failureOf(liveServiceOf(server).checkAccount(never));
    expect(failure).toMatchObject({ code, cause: { status, serviceCode: 'SomeCode' } });
    expect(failure.cause).toBeInstanceOf(ServiceFault);
    expect(failure.message).toContain('The reason in words.');
    expect(server.requests).toHaveLength(requests);
  });

  it('does not wait as long as a hostile Retry-After asks, and says it', async () => {
    server.script = () => ({ status: 429, body, headers: { 'retry-after': '86400' } });
    const failure = await failureOf(liveServiceOf(server).checkAccount(never));
    expect(failure).toMatchObject({ code: 'CLOUD_THROTTLED', action: 'Try again in 86400 s.' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('answers that are none', () => {
  it.each<[string, ArmAnswer]>([
    ['an HTML page with status 200', { status: 200, raw: '<html>Sign in to the hotel network</html>', headers: { 'content-type': 'text/html' } }],
    ['an HTML page that claims to be JSON', { status: 200, raw: '<html>', headers: { 'content-type': 'application/json' } }],
    ['half an object', { status: 200, raw: '{"name":"ev1","prop' }],
    ['an empty object', { status: 200, body: {} }],
    ['an array', { status: 200, body: [1, 2] }],
    ['a string', { status: 200, body: 'hello' }],
    ['null', { status: 200, raw: 'null' }],
    ['an empty body', { status: 200 }],
    ['wrong types', { status: 200, body: { name: 7, location: {}, properties: 'x' } }],
    ['an unknown state', { status: 200, body: { name: 'ev1', location: 'x', properties: { resourceState: 'Melting' } } }],
    ['bytes', { status: 200, raw: Buffer.from([0xff, 0xfe, 0, 1, 2]) }],
  ])('%s', async (_name, answer) => {
    server.script = () => answer;
    const service = liveServiceOf(server);
    expect((await failureOf(service.getEvent('ev1', never))).code).toBe('CLOUD_UNEXPECTED_ANSWER');
    expect((await failureOf(service.startEvent('ev1', watchedOptions()))).code).toBe('CLOUD_UNEXPECTED_ANSWER');
    const failure = await service.checkAccount(never).then(() => undefined, (error: unknown) => error);
    if (failure !== undefined) expect(failure).toMatchObject({ code: 'CLOUD_UNEXPECTED_ANSWER' });
    expect(inspect(failure)).not.toContain('<html>');
  });

  it('an error page of a gateway is not quoted', async () => {
    server.script = () => ({ status: 502, raw: `<html>${'x'.repeat(5000)}</html>`, headers: { 'content-type': 'text/html' } });
    const failure = await failureOf(liveServiceOf(server).checkAccount(never));
    expect(failure.code).toBe('CLOUD_SERVICE_FAILED');
    expect(failure.message.length).toBeLessThan(300);
  });

  it('an answer without end is cut off', async () => {
    server.script = () => 'endless';
    expect((await failureOf(liveServiceOf(server).checkAccount(never))).code).toBe('CLOUD_ANSWER_TOO_LARGE');
  });

  it('a list without end is cut off', async () => {
    server.script = (request) => ({ status: 200, body: { value: [{ name: 'x', location: 'y', properties: { resourceState: 'Stopped' } }], '@odata.nextLink': `${server.endpoint}${request.url}` } });
    expect((await failureOf(liveServiceOf(server).listEvents(never))).code).toBe('CLOUD_UNEXPECTED_ANSWER');
    expect(server.requests.length).toBeLessThan(1100);
  });

  it('nulls where lists and objects belong are taken as nothing', async () => {
    server.script = () => ({
      status: 200,
      body: { name: 'ev1', location: 'x', tags: null, properties: { resourceState: 'Running', created: 'no date', input: { streamingProtocol: 'RTMP', accessToken: null, endpoints: null }, preview: { endpoints: null }, crossSiteAccessPolicies: null } },
    });
    expect(await liveServiceOf(server).getEvent('ev1', never)).toEqual({ name: 'ev1', state: 'Running', tags: {}, ingest: [], previewHlsUrl: undefined, createdAt: undefined });
    server.script = () => ({ status: 200, body: { name: 'ev1', location: 'x', properties: { resourceState: 'Running', input: null, preview: null } } });
    expect(await liveServiceOf(server).getEvent('ev1', never)).toMatchObject({ ingest: [], previewHlsUrl: undefined });
  });
});

describe('servers that do not answer', () => {
  it.each<[ArmAnswer, string]>([['hang', 'CLOUD_NO_ANSWER'], ['stall', 'CLOUD_NO_ANSWER'], ['drop', 'SERVICE_UNREACHABLE']])('%s → %s', async (answer, code) => {
    server.script = () => answer;
    expect((await failureOf(liveServiceOf(server, { requestTimeoutMs: 150 }).checkAccount(never))).code).toBe(code);
  });

  it('a request that hangs is cancelled at once', async () => {
    server.script = () => 'hang';
    expect((await failureOf(liveServiceOf(server).checkAccount(AbortSignal.timeout(50)))).code).toBe('CLOUD_CANCELLED');
  });

  it('a credential that hangs is cancelled too', async () => {
    const stuck = liveServiceOf(server, { credential: { getToken: async () => await new Promise(() => undefined) } });
    expect((await failureOf(stuck.checkAccount(AbortSignal.timeout(50)))).code).toBe('CLOUD_CANCELLED');
    expect(server.requests).toEqual([]);
  });

  it('nothing listens', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const failure = await failureOf(liveServiceOf({ endpoint: `https://127.0.0.1:${port}` }).checkAccount(never));
    expect(failure).toMatchObject({ code: 'SERVICE_UNREACHABLE', message: `Nothing accepts connections at “Scripted” (127.0.0.1:${port}).` });
  });

  it('a name that does not exist', async () => {
    const failure = await failureOf(liveServiceOf({ endpoint: 'https://no-such-host.invalid' }).checkAccount(never));
    expect(failure.message).toBe('The name of “Scripted” (no-such-host.invalid) could not be resolved.');
  });

  it('speaks no HTTP, or no TLS', async () => {
    const greeter = createServer((socket) => socket.on('error', () => undefined).resume().end('220 mail.example.net ESMTP\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => greeter.once('listening', resolve));
    const { port } = greeter.address() as AddressInfo;
    try {
      expect((await failureOf(liveServiceOf({ endpoint: `http://127.0.0.1:${port}` }).checkAccount(never))).code).toBe('SERVICE_UNREACHABLE');
      expect((await failureOf(liveServiceOf({ endpoint: `https://127.0.0.1:${port}` }).checkAccount(never))).code).toBe('SERVICE_UNREACHABLE');
    } finally {
      await new Promise((resolve) => greeter.close(resolve));
    }
  });
});

describe('certificates', () => {
  it('are verified: a private authority is trusted only when it is given, and only for its names', async () => {
    const altNames = [{ type: 7, ip: '127.0.0.1' }] as never;
    const pem = await generate([{ name: 'commonName', value: 'test' }], { keyType: 'ec', algorithm: 'sha256', extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames }] });
    const tls = await ArmServer.listen({ key: pem.private, cert: pem.cert });
    try {
      const untrusted = await failureOf(liveServiceOf(tls).checkAccount(never));
      expect(untrusted).toMatchObject({ code: 'CERTIFICATE_NOT_TRUSTED' });
      expect(tls.requests).toEqual([]);
      await liveServiceOf(tls, { ca: pem.cert }).checkAccount(never);
      expect(tls.requests[0]?.headers.authorization).toBe(`Bearer ${armToken}`);
      const wrongName = await failureOf(liveServiceOf({ endpoint: tls.endpoint.replace('127.0.0.1', 'localhost') }, { ca: pem.cert }).checkAccount(never));
      expect(wrongName.code).toBe('CERTIFICATE_NOT_TRUSTED');
    } finally {
      await tls.close();
    }
  });
});

describe('credentials', () => {
  it('go to the endpoint only: an operation URL on another host is not asked, the event is watched instead', async () => {
    await madeEvent();
    let asked = 0;
    const thief = createHttp((_request, response) => {
      asked += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => thief.once('listening', resolve));
    try {
      server.operationBase = `http://127.0.0.1:${(thief.address() as AddressInfo).port}`;
      const running = liveServiceOf(server).startEvent('ev1', watchedOptions());
      let looks = 0;
      server.script = (request) => {
        if (request.path === 'liveevents/ev1' && ++looks === 5) server.state.run(server.state.events.get('ev1')!);
        return undefined;
      };
      expect((await running).state).toBe('Running');
      expect(asked).toBe(0);
    } finally {
      thief.closeAllConnections();
      await new Promise((resolve) => thief.close(resolve));
    }
  });

  it('do not follow a redirect or a next page to another host', async () => {
    server.script = () => ({ status: 307, headers: { location: 'http://127.0.0.1:1/' } });
    expect((await failureOf(liveServiceOf(server).checkAccount(never))).code).toBe('CLOUD_UNEXPECTED_ANSWER');
    server.script = () => ({ status: 200, body: { value: [], '@odata.nextLink': 'http://127.0.0.1:1/more' } });
    expect((await failureOf(liveServiceOf(server).listEvents(never))).code).toBe('CLOUD_FOREIGN_HOST');
  });

  it('do not travel in the clear beyond this machine', () => {
    expect(() => liveServiceOf({ endpoint: 'http://api.example.net' })).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT' }) as Error);
    expect(() => liveServiceOf({ endpoint: 'https://user:secret@api.example.net' })).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT' }) as Error);
    expect(() => liveServiceOf({ endpoint: 'nonsense' })).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT' }) as Error);
  });

  it('are in no error, nor is an ingest URL, even where the service quotes them', async () => {
    await madeEvent();
    const dashed = '0abf3568-84d7-4b4a-acbd-7b1ebd3da0f7';
    const quoting = `Token ${armToken} of Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig at rtmps://h:2935/live/${ingestToken} (${dashed}, ${ingestToken.toUpperCase()}).`;
    const answers: ArmAnswer[] = [
      { status: 400, body: { error: { code: armToken, message: quoting } } },
      { status: 403, body: { error: { code: 'x', message: quoting, details: [{ message: quoting }] } } },
      { status: 500, raw: quoting },
      { status: 200, raw: quoting },
    ];
    const service = liveServiceOf(server);
    await service.getEvent('ev1', never);
    const texts: string[] = [];
    for (const answer of answers) {
      server.script = (request) => (request.method === 'POST' ? answer : undefined);
      texts.push(inspect(await failureOf(service.startEvent('ev1', watchedOptions())), { depth: 10, showHidden: true }));
    }
    server.script = (request) => (request.path.startsWith('liveeventoperations') ? { status: 200, body: { status: 'Failed', error: { code: 'Bad', message: quoting } } } : undefined);
    texts.push(inspect(await failureOf(service.startEvent('ev1', watchedOptions())), { depth: 10, showHidden: true }));
    for (const text of texts) {
      for (const secret of [armToken, ingestToken, dashed, 'eyJhbGci', ingestToken.toUpperCase()]) expect(text).not.toContain(secret);
    }
  });
});

describe('the environment\'s proxy', () => {
  it('is never used for loopback', async () => {
    const seen: string[] = [];
    const proxy = createHttp((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(502).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => proxy.once('listening', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const program = `
      import { createMediaServices } from ${JSON.stringify(new URL('../../src/main/cloud/mediaServices.ts', import.meta.url).href)};
      import { createBearerCredential } from ${JSON.stringify(new URL('../../src/main/cloud/bearerCredential.ts', import.meta.url).href)};
      const service = createMediaServices({ label: 'Local', endpoint: ${JSON.stringify(server.endpoint)}, ...${JSON.stringify(armNames)}, allowProxy: true,
        credential: createBearerCredential('token'), capabilities: { startTimeoutMs: 1000 } });
      await service.checkAccount(AbortSignal.timeout(5000));
      console.log('reached');`;
    try {
      const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
        env: { ...process.env, HTTP_PROXY: address, http_proxy: address, HTTPS_PROXY: address, ALL_PROXY: address, all_proxy: address, NO_PROXY: '', no_proxy: '' },
        timeout: 30_000,
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await new Promise((resolve) => child.once('close', resolve));
      expect(output).toContain('reached');
      expect(seen).toEqual([]);
    } finally {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});

describe('long operations that go wrong', () => {
  it.each<[string, unknown, string | undefined, string]>([
    ['a code and words', { code: 'InsufficientCapacity', message: 'No capacity in this region' }, 'InsufficientCapacity', 'No capacity in this region'],
    ['no error at all', undefined, undefined, 'It gave no reason'],
    ['an empty error', {}, undefined, 'It gave no reason'],
  ])('Failed with %s', async (_name, error, serviceCode, words) => {
    await madeEvent();
    server.script = (request) => (request.path.startsWith('liveeventoperations') ? { status: 200, body: { status: 'Failed', error } } : undefined);
    const failure = await failureOf(liveServiceOf(server).startEvent('ev1', watchedOptions()));
    expect(failure).toMatchObject({ code: 'CLOUD_OPERATION_FAILED', cause: { serviceCode } });
    expect(failure.message).toContain(words);
    expect(failure.message).toContain('start the live event “ev1”');
  });

  it('Canceled by the service', async () => {
    await madeEvent();
    server.script = (request) => (request.path.startsWith('liveeventoperations') ? { status: 200, body: { status: 'Canceled' } } : undefined);
    expect((await failureOf(liveServiceOf(server).startEvent('ev1', watchedOptions()))).code).toBe('CLOUD_OPERATION_CANCELLED');
  });

  it('Succeeded without any effect', async () => {
    await madeEvent();
    server.script = (request) => (request.method === 'POST' ? { status: 200 } : undefined);
    const failure = await failureOf(liveServiceOf(server).startEvent('ev1', watchedOptions()));
    expect(failure).toMatchObject({ code: 'CLOUD_OPERATION_FAILED', message: expect.stringContaining('it is Stopped') as string });
  });

  it('an answer without operation headers: the event itself is watched', async () => {
    await madeEvent();
    const event = server.state.events.get('ev1')!;
    let looks = 0;
    server.script = (request) => {
      if (request.method === 'POST') return { status: 200 };
      if (request.path === 'liveevents/ev1') {
        looks += 1;
        if (looks === 4) server.state.setState(event, 'Starting');
        if (looks === 7) server.state.run(event);
      }
      return undefined;
    };
    expect((await liveServiceOf(server).startEvent('ev1', watchedOptions())).state).toBe('Running');
  });

  it('a status that never ends, though the event runs', async () => {
    await madeEvent();
    server.script = (request) => {
      if (!request.path.startsWith('liveeventoperations')) return undefined;
      server.state.run(server.state.events.get('ev1')!);
      return { status: 200, body: { status: 'InProgress' } };
    };
    expect((await liveServiceOf(server).startEvent('ev1', watchedOptions())).state).toBe('Running');
  });

  it('a start that takes too long ends, and says in which state', async () => {
    await madeEvent();
    server.pollsPerOperation = 1e9;
    const service = liveServiceOf(server, { capabilities: { ...ARM_CAPABILITIES, eventData: false, startTimeoutMs: 300, heartbeatMs: 1000 } });
    const failure = await failureOf(service.startEvent('ev1', watchedOptions()));
    expect(failure).toMatchObject({ code: 'CLOUD_TIMEOUT', message: expect.stringContaining('shows it as Starting') as string });
  });

  it('a network that breaks while an operation runs is survived, and the request is not sent twice', async () => {
    await madeEvent();
    server.pollsPerOperation = 6;
    let polls = 0;
    server.script = (request) => {
      if (!request.path.startsWith('liveeventoperations')) return undefined;
      polls += 1;
      return polls > 1 && polls < 8 ? 'drop' : undefined;
    };
    const options = watchedOptions();
    expect((await liveServiceOf(server).startEvent('ev1', options)).state).toBe('Running');
    expect(server.sent('POST', 'liveEvents/ev1/start')).toHaveLength(1);
    expect(options.sentences.some((sentence) => sentence.includes('broke'))).toBe(true);
  });

  it('a start whose answer is lost: the second request finds it starting', async () => {
    await madeEvent();
    let posts = 0;
    server.script = (request, arm) => {
      if (request.method !== 'POST') return undefined;
      posts += 1;
      if (posts > 1) return undefined;
      arm.honest(request);
      setTimeout(() => arm.state.run(arm.state.events.get('ev1')!), 100);
      return 'drop';
    };
    expect((await liveServiceOf(server).startEvent('ev1', watchedOptions())).state).toBe('Running');
  });

  it('another instance\'s operation is waited for', async () => {
    await madeEvent();
    let refusals = 3;
    server.script = (request) => {
      if (request.method !== 'POST' || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 409, body: { error: { code: 'Conflict', message: 'Another operation is in progress.' } } };
    };
    expect((await liveServiceOf(server).startEvent('ev1', watchedOptions())).state).toBe('Running');
    server.script = (request) => (request.method === 'POST' ? { status: 409, body: { error: { code: 'Conflict', message: 'No.' } } } : undefined);
    expect((await failureOf(liveServiceOf(server).stopEvent('ev1', true, watchedOptions()))).code).toBe('CLOUD_CONFLICT');
  });

  it('a cancelled start tells the state, also where the service has gone silent', async () => {
    await madeEvent();
    const controller = new AbortController();
    server.script = (request) => {
      if (request.method !== 'POST') return undefined;
      server.script = () => 'hang';
      setTimeout(() => controller.abort(), 50);
      return undefined;
    };
    const failure = await failureOf(liveServiceOf(server, { requestTimeoutMs: 200 }).startEvent('ev1', watchedOptions(controller.signal)));
    expect(failure).toMatchObject({ code: 'CLOUD_CANCELLED', message: expect.stringContaining('could not be read') as string, action: expect.stringContaining('billed') as string });
  });

  it('a PATCH that damages the event is noticed', async () => {
    await madeEvent();
    server.script = (request) => {
      const event = server.state.events.get('ev1');
      if (request.method === 'PATCH' && event !== undefined) event.properties['input'] = { streamingProtocol: 'RTMP', accessToken: 'changed', endpoints: [] };
      return undefined;
    };
    expect((await failureOf(liveServiceOf(server).updateEventTags('ev1', { a: 'b' }, watchedOptions()))).code).toBe('CLOUD_EVENT_DAMAGED');
    server.script = (request) => (request.method === 'PATCH' ? { status: 200, body: server.state.events.get('ev1') } : undefined);
    expect((await failureOf(liveServiceOf(server).updateEventTags('ev1', { c: 'd' }, watchedOptions()))).code).toBe('CLOUD_OPERATION_FAILED');
  });
});

describe('creation codes', () => {
  it('takes a locator that was made with 200 where the SDK accepts 201 only', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    server.script = (request, arm) => {
      if (request.method !== 'PUT' || !request.path.startsWith('streaminglocators')) return undefined;
      const answer = arm.honest(request);
      return typeof answer === 'string' ? answer : { ...answer, status: 200 };
    };
    expect((await service.publish(newOutput, watchedOptions())).locatorId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('reports a locator that was refused', async () => {
    const service = liveServiceOf(server);
    await service.ensureEvent(newEvent, watchedOptions());
    await service.startEvent('ev1', watchedOptions());
    server.script = (request) => (request.method === 'PUT' && request.path.startsWith('streaminglocators')
      ? { status: 400, body: { error: { code: 'BadRequest', message: 'No such policy.' } } } : undefined);
    expect((await failureOf(service.publish(newOutput, watchedOptions()))).message).toContain('No such policy.');
  });

  it('refuses an access token that is none, before anything is sent', async () => {
    const failure = await failureOf(liveServiceOf(server).ensureEvent({ ...newEvent, accessToken: 'short' }, watchedOptions()));
    expect(failure.code).toBe('BAD_ACCESS_TOKEN');
    expect(server.requests).toEqual([]);
  });
});

describe('an expired token', () => {
  it('is noticed before a request is made', async () => {
    const jwt = `e30.${Buffer.from(JSON.stringify({ exp: 1000 })).toString('base64url')}.c2ln`;
    const failure = await failureOf(liveServiceOf(server, { credential: createBearerCredential(jwt) }).checkAccount(never));
    expect(failure.code).toBe('TOKEN_EXPIRED');
    expect(server.requests).toEqual([]);
  });
});
