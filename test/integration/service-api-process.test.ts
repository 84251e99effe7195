// The service as a process: one for each home, its ports, its leases, its end; and the engine's launcher against real processes.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { get as httpGet } from 'node:http';
import { connect } from 'node:tls';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedServiceHandle, ensureEmbeddedService } from '../../src/main/cloud/embeddedLauncher.ts';
import { openStore } from '../../src/main/service/store.ts';
import { ANY_PORT_ARGS, RECORDING_ENTRY, readServiceDescriptor, SERVICE_ENTRY, type ServiceProcess, spawnService, startTestService, temporaryHome, toolsOf } from '../support/embeddedService.ts';
import { isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';

let home: Awaited<ReturnType<typeof temporaryHome>>;
const processes: ServiceProcess[] = [];
const handles: EmbeddedServiceHandle[] = [];
const servers: Server[] = [];

beforeEach(async () => { home = await temporaryHome(); });
afterEach(async () => {
  for (const handle of handles.splice(0)) {
    const { pid } = handle;
    await handle.release();
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'the end of the service');
  }
  for (const { child, exited } of processes.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
  for (const server of servers.splice(0)) server.close();
  // Several launchers start several processes, of which all but one find that they are not needed: none outlives its home.
  await until(() => {
    const left = processesOf(home.home);
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself in the meantime.
      }
    }
    return left.length === 0;
  }, 'the end of every process of the home');
  await home.remove();
});

async function spawned(args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  const service = await spawnService(RECORDING_ENTRY, home.home, args, env);
  processes.push(service);
  return service;
}

async function ensured(changes: Partial<Parameters<typeof ensureEmbeddedService>[0]> = {}): Promise<EmbeddedServiceHandle> {
  const log = { info: () => undefined, warn: () => undefined };
  const handle = await ensureEmbeddedService({
    home: home.home, execPath: process.execPath, entry: RECORDING_ENTRY, args: ANY_PORT_ARGS, signal: new AbortController().signal, log, ...changes,
  });
  handles.push(handle);
  return handle;
}

/** Processes that have the home's path among their arguments. */
function processesOf(path: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return isAlive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
    } catch {
      return false;
    }
  });
}

async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((done) => { server.listen({ host: '127.0.0.1', port: 0 }, done); });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('one service for each home', () => {
  it('keeps its secrets to its owner', async () => {
    await spawned();
    const dir = join(home.home, 'service');
    for (const name of ['service.json', 'service.db', 'certificates/ca-key.pem', 'certificates/leaf-key.pem']) {
      expect(statSync(join(dir, name)).mode & 0o777, name).toBe(0o600);
    }
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('refuses a second one, with the process and address of the first', async () => {
    const first = await spawned();
    const second = await spawned();
    expect(second.said).toMatchObject({ type: 'failed', code: 'SERVICE_ALREADY_RUNNING', message: expect.stringContaining(String(first.child.pid)) });
    expect(await second.exited).toBe(75);
    // The first is not disturbed, nor is its descriptor.
    expect((await toolsOf(await readServiceDescriptor(home.home)).raw('GET', '/health', { token: null })).status).toBe(200);
  });

  it('replaces the descriptor of a killed one', async () => {
    const first = await spawned();
    first.child.kill('SIGKILL');
    await first.exited;
    const stale = await readServiceDescriptor(home.home);
    const second = await spawned();
    const fresh = await readServiceDescriptor(home.home);
    expect(fresh.pid).toBe(second.child.pid);
    expect(fresh.instanceId).not.toBe(stale.instanceId);
    expect([fresh.token, fresh.ports]).toEqual([stale.token, stale.ports]);
  });

  it('ends cleanly on SIGTERM and SIGINT, and leaves no descriptor', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const service = await spawned();
      service.child.kill(signal);
      expect(await service.exited).toBe(0);
      expect(existsSync(join(home.home, 'service/service.json'))).toBe(false);
    }
  });
});

describe('ports and listeners', () => {
  it('says which port is taken where one was asked for, and what to do', async () => {
    const port = await takenPort();
    const service = await spawned(['--port', String(port), ...ANY_PORT_ARGS.slice(2)]);
    expect(service.said).toMatchObject({ type: 'failed', code: 'SERVICE_PORT_TAKEN', message: expect.stringContaining(String(port)), action: expect.stringContaining('--port') });
    expect(await service.exited).toBe(1);
  });

  it('takes another port instead of a remembered one that is taken, and goes on with that', async () => {
    const first = await spawned();
    const { ports } = await readServiceDescriptor(home.home);
    first.child.kill('SIGTERM');
    await first.exited;
    const blocker = createServer();
    servers.push(blocker);
    await new Promise<void>((done) => { blocker.listen({ host: '127.0.0.1', port: ports.https }, done); });
    const second = await spawned();
    const moved = (await readServiceDescriptor(home.home)).ports;
    expect(moved.https).not.toBe(ports.https);
    expect({ ...moved, https: 0 }).toEqual({ ...ports, https: 0 });
    second.child.kill('SIGTERM');
    await second.exited;
    await spawned();
    expect((await readServiceDescriptor(home.home)).ports).toEqual(moved);
  });

  it.each([['--port', 'x'], ['--port', '70000'], ['--rtmp-port', '-1'], ['--nonsense', '1']])('refuses %s %s', async (option, value) => {
    const service = await spawned([`${option}=${value}`]);
    expect(service.said).toMatchObject({ type: 'failed', code: 'SERVICE_OPTION' });
    expect(await service.exited).toBe(1);
  });

  it('listens on loopback only, serves the origin and nothing else without TLS', async () => {
    await spawned();
    const descriptor = await readServiceDescriptor(home.home);
    const status = (path: string): Promise<number> => new Promise((done, fail) => {
      httpGet(new URL(path, descriptor.originHttp), { agent: false, headers: { authorization: `Bearer ${descriptor.token}` } }, (response) => {
        response.resume();
        done(response.statusCode ?? 0);
      }).on('error', fail);
    });
    const { account } = toolsOf(descriptor);
    for (const path of [`${account}?api-version=2021-11-01`, '/health', '/leases']) expect(await status(path), path).toBe(404);
    const listening = (await readFile('/proc/net/tcp', 'utf8')).split('\n').filter((line) => line.includes(' 0A '));
    const hex = descriptor.ports.https.toString(16).toUpperCase().padStart(4, '0');
    expect(listening.filter((line) => line.includes(`:${hex} 00000000`)).map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${hex}`]);
  });

  it('is verified by its own authority for 127.0.0.1, ::1 and localhost, and by nobody else', async () => {
    await spawned();
    const { ca, descriptor } = toolsOf(await readServiceDescriptor(home.home));
    const verdict = (options: { ca?: string; servername?: string }): Promise<string> => new Promise((done) => {
      const socket = connect({ host: '127.0.0.1', port: descriptor.ports.https, ...options }, () => {
        done('ok');
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    });
    expect(await verdict({ ca })).toBe('ok');
    expect(await verdict({ ca, servername: 'localhost' })).toBe('ok');
    expect(await verdict({ ca, servername: 'example.org' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await verdict({})).toMatch(/SELF_SIGNED|UNABLE_TO/);
  });
});

describe('leases and the end', () => {
  it('lives as long as a lease is renewed, and ends soon after', async () => {
    const service = await spawned([...ANY_PORT_ARGS, '--on-demand'], { FIELDCAST_SERVICE_LINGER_MS: '1500' });
    const tools = toolsOf(await readServiceDescriptor(home.home));
    const lease = await tools.raw('POST', '/leases');
    expect(lease.status).toBe(201);
    expect((await tools.raw('POST', `/leases/${lease.text('leaseId')}`)).status).toBe(200);
    expect((await tools.raw('POST', '/leases/none')).status).toBe(404);
    const began = performance.now();
    await until(() => performance.now() - began > 2500, 'longer than the linger time');
    expect(isAlive(service.child.pid ?? 0)).toBe(true);
    expect((await tools.raw('DELETE', `/leases/${lease.text('leaseId')}`)).status).toBe(204);
    expect(await service.exited).toBe(0);
  });

  it('stays for a running event without a lease', async () => {
    const service = await spawned([...ANY_PORT_ARGS, '--on-demand'], { FIELDCAST_SERVICE_LINGER_MS: '500' });
    const { client, scope } = toolsOf(await readServiceDescriptor(home.home));
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', { location: 'Local', input: { streamingProtocol: 'RTMP' } }, { updateIntervalInMs: 10, autoStart: true });
    const began = performance.now();
    await until(() => performance.now() - began > 2500, 'longer than the linger time');
    expect(isAlive(service.child.pid ?? 0)).toBe(true);
    await client.liveEvents.beginStopAndWait(...scope, 'e1', {}, { updateIntervalInMs: 10 });
    expect(await service.exited).toBe(0);
  });
});

describe('an abandoned event', () => {
  it('is stopped with its outputs, and the service ends', async () => {
    const service = await startTestService(home.home, {}, { lingerMs: 300, abandonedAfterMs: 1500 });
    const { client, scope, plane } = service;
    await client.liveEvents.beginCreateAndWait(...scope, 'e1', { location: 'Local', input: { streamingProtocol: 'RTMP' } }, { updateIntervalInMs: 10, autoStart: true });
    await client.assets.createOrUpdate(...scope, 'a1', {});
    await client.liveOutputs.beginCreateAndWait(...scope, 'e1', 'o1', { assetName: 'a1', archiveWindowLength: 'PT1H' }, { updateIntervalInMs: 10 });
    // As long as something arrives it stays.
    const track = { trackName: 'video_1', kind: 'video', declaredBitrate: 1, incomingBitrate: 1, frames: 1, gaps: [], firstTimestampMs: 0, lastTimestampMs: 0, overlapCount: 0, staleCount: 0, nonIncreasingCount: 0 } as const;
    const fed = performance.now();
    await until(() => {
      plane.tracks = [{ ...track, lastArrivalUtcMs: Date.now() }];
      return performance.now() - fed > 3500;
    }, 'twice the time after which it would be abandoned');
    expect(plane.outputs.size).toBe(1);
    await service.ended;
    expect([plane.outputs.size, plane.channels.size]).toEqual([0, 0]);
    const store = openStore(join(home.home, 'service/service.db'));
    expect([store.liveEvents.find({ name: 'e1' })?.resourceState, store.liveOutputs.count()]).toEqual(['Stopped', 0]);
    store.close();
  });
});

describe('the launcher', () => {
  it('says that the home cannot be written', async () => {
    await writeFile(join(home.home, 'service'), 'a file where the folder should be');
    await expect(ensured()).rejects.toMatchObject({ code: 'EMBEDDED_SERVICE_HOME' });
  });

  it('starts the real service, whose four ingests and origins listen, and attaches to it the next time', async () => {
    const first = await ensured({ entry: SERVICE_ENTRY });
    const second = await ensured({ entry: SERVICE_ENTRY });
    expect(second.pid).toBe(first.pid);
    const { ports } = await readServiceDescriptor(home.home);
    for (const port of [...ports.rtmp, ...ports.rtmps, ports.http, ports.https]) {
      await new Promise<void>((done, fail) => {
        const socket = createConnection({ host: '127.0.0.1', port }, () => {
          socket.destroy();
          done();
        });
        socket.on('error', fail);
      });
    }
  });

  it('starts one service for two engines that ask at the same time', async () => {
    const [a, b, c] = await Promise.all([ensured(), ensured(), ensured()]);
    expect(new Set([a.pid, b.pid, c.pid]).size).toBe(1);
    expect(a.token).toBe((await readServiceDescriptor(home.home)).token);
  });

  it('brings a killed service back, at the same address with the same token and authority', async () => {
    const handle = await ensured();
    const before = { ...handle };
    process.kill(handle.pid, 'SIGKILL');
    await until(() => handle.pid !== before.pid, 'another process', 20_000);
    const { endpoint, token, ca, originHttpBase, subscriptionId, accountName } = before;
    expect({ ...handle }).toMatchObject({ endpoint, token, ca, originHttpBase, subscriptionId, accountName });
    expect((await fetchThrough(handle)).status).toBe(200);
  });

  it('gives up its lease on release, so that the service ends', async () => {
    process.env['FIELDCAST_SERVICE_LINGER_MS'] = '200';
    try {
      const handle = await ensured();
      const { pid } = handle;
      await handle.release();
      await handle.release();
      await until(() => !isAlive(pid), 'the end of the service');
    } finally {
      delete process.env['FIELDCAST_SERVICE_LINGER_MS'];
    }
  });

  it('hands on the reason where the service cannot start', async () => {
    const port = await takenPort();
    await expect(ensured({ args: ['--port', String(port)] })).rejects.toMatchObject({ code: 'SERVICE_PORT_TAKEN', message: expect.stringContaining(String(port)) });
  });

  it('quotes the log of a service that dies without a word, and names a missing binary', async () => {
    const entry = join(home.home, 'broken.mjs');
    await writeFile(entry, "throw new Error('flux capacitor');");
    await expect(ensured({ entry })).rejects.toMatchObject({ code: 'EMBEDDED_SERVICE_FAILED', message: expect.stringContaining('flux capacitor') });
    await expect(ensured({ execPath: '/does/not/exist' })).rejects.toMatchObject({ code: 'EMBEDDED_SERVICE_FAILED', message: expect.stringContaining('ENOENT') });
  });

  it('ends with the reason of the signal while it waits', async () => {
    const entry = join(home.home, 'slow.mjs');
    await writeFile(entry, 'setTimeout(() => undefined, 5000);');
    const controller = new AbortController();
    const asked = ensured({ entry, signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(asked).rejects.toThrow('changed my mind');
  });

  it('is not misled by a descriptor whose process is another program', async () => {
    await mkdir(join(home.home, 'service'), { recursive: true });
    const first = await spawned();
    const descriptor = await readServiceDescriptor(home.home);
    first.child.kill('SIGKILL');
    await first.exited;
    await writeFile(join(home.home, 'service/service.json'), JSON.stringify({ ...descriptor, pid: process.pid }));
    const handle = await ensured();
    expect(handle.pid).not.toBe(process.pid);
    expect((await fetchThrough(handle)).status).toBe(200);
  });
});

async function fetchThrough(handle: EmbeddedServiceHandle): Promise<{ status: number }> {
  const tools = toolsOf(await readServiceDescriptor(home.home));
  return tools.raw('GET', `${tools.account}/liveEvents?api-version=2022-08-01`, { token: handle.token });
}
