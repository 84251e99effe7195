// The host against real processes that behave well, fail, say nothing and lie.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { hostEngine, type EngineChild, type EngineHost } from '../../../src/main/shell/engineHost.ts';

const ready = `process.send({ type: 'ready', address: 'ws://127.0.0.1:1/api', token: String(process.pid) });`;
const stay = 'process.on("message", () => {});';

let folder: string;
const children: ChildProcess[] = [];
let host: EngineHost | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fieldcast-host-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  host?.release();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Forks each script in turn, the last one again and again. */
async function scripts(...sources: string[]): Promise<() => EngineChild> {
  const paths = await Promise.all(sources.map(async (source, index) => {
    const path = join(folder, `${Math.random().toString(36).slice(2)}-${index}.cjs`);
    await writeFile(path, source);
    return path;
  }));
  let next = 0;
  return () => {
    const child = fork(paths[Math.min(next++, paths.length - 1)]!, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    children.push(child);
    return {
      on: (event, listener) => child.on(event, listener),
      once: (event, listener) => child.once(event, (code) => listener(code ?? 1)),
      kill: () => child.kill(),
    };
  };
}

test('an engine is ready when it says so, whatever else it says before', async () => {
  host = hostEngine({ fork: await scripts(`process.send('hello'); process.send({ type: 'ready' }); ${ready} ${stay}`) });
  const where = await host.ready();
  expect(where).toEqual({ type: 'ready', address: 'ws://127.0.0.1:1/api', token: String(children[0]!.pid) });
});

test('a failure that the engine explains reaches the one who asks', async () => {
  host = hostEngine({ fork: await scripts(`process.send({ type: 'failed', code: 'HOME_BUSY', message: 'In use.', action: 'Close the other one.' }); ${stay}`) });
  await expect(host.ready()).rejects.toMatchObject({ code: 'HOME_BUSY', message: 'In use.', action: 'Close the other one.' });
});

test('a silent engine is given up and killed after its time', async () => {
  host = hostEngine({ fork: await scripts(stay), readyTimeoutMs: 300, restartDelaysMs: [60_000] });
  await expect(host.ready()).rejects.toMatchObject({ code: 'ENGINE_SILENT' });
  await vi.waitFor(() => expect(children[0]!.signalCode).toBe('SIGTERM'), { timeout: 5000 });
});

test('after a crash another engine is started and its new token is told', async () => {
  host = hostEngine({ fork: await scripts(`${ready} process.on('message', () => process.exit(3));`, `${ready} ${stay}`), restartDelaysMs: [0] });
  const first = await host.ready();
  children[0]!.send('crash');
  await vi.waitFor(async () => expect((await host!.ready()).token).not.toBe(first.token), { timeout: 5000 });
  expect(children).toHaveLength(2);
});

test('an engine that cannot start is not started in a storm', async () => {
  host = hostEngine({ fork: await scripts('process.exit(7)'), restartDelaysMs: [0, 60_000] });
  await expect(host.ready()).rejects.toMatchObject({ code: 'ENGINE_ENDED' });
  await vi.waitFor(() => expect(children[0]!.exitCode).toBe(7), { timeout: 5000 });
  expect(children).toHaveLength(1);
});

test('a released engine that ends is not started again, one that does not end is killed', async () => {
  host = hostEngine({ fork: await scripts(`${ready} ${stay}`), restartDelaysMs: [0] });
  await host.ready();
  host.release();
  await host.ended(100);
  await vi.waitFor(() => expect(children[0]!.signalCode).toBe('SIGTERM'), { timeout: 5000 });
  expect(children).toHaveLength(1);
});
