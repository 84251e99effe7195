// `npm start` where Electron cannot be had: the engine serves the same page, the default browser is asked to open it, and it ends in order.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

const project = fileURLToPath(new URL('../../', import.meta.url));
/** It builds first. */
const READY_MS = 120_000;
test.setTimeout(2 * READY_MS);
test.skip(process.platform !== 'linux', 'the default browser is opened by another program on this system');

let home: string;
let started: ChildProcess | undefined;

test.beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fieldcast-start-'));
});
test.afterEach(async () => {
  if (started?.exitCode === null && started.signalCode === null) {
    const gone = once(started, 'exit');
    started.kill('SIGKILL');
    await gone;
  }
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** Runs it with a browser that writes down what it is asked to open. */
async function start(...args: string[]): Promise<{ readonly address: () => string; readonly said: () => string; readonly asked: () => Promise<string> }> {
  const asked = join(home, 'asked');
  await writeFile(join(home, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > '${asked}'\n`);
  await chmod(join(home, 'xdg-open'), 0o755);
  const child = spawn(process.execPath, [join(project, 'scripts/start.mjs'), ...args], {
    cwd: project, stdio: ['ignore', 'pipe', 'pipe'],
    // A binary that is named and not there is not fetched either.
    env: { ...process.env, FIELDCAST_HOME: join(home, 'home'), ELECTRON_BIN: join(home, 'no-electron'), PATH: `${home}${delimiter}${process.env['PATH']}` },
  });
  started = child;
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text; });
  const address = (): string => /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(said.slice(said.indexOf('Fieldcast runs at')))?.[0] ?? '';
  await expect.poll(() => said.includes('Ctrl-C ends it.') || child.exitCode !== null, { timeout: READY_MS }).toBe(true);
  return { address, said: () => said, asked: async () => await readFile(asked, 'utf8').catch(() => '') };
}

async function endInOrder(): Promise<void> {
  const gone = once(started!, 'exit');
  started!.kill('SIGTERM');
  const [code] = await gone as [number | null];
  expect(code).toBe(0);
}

test('without Electron it says so, and the browser opens the same page', async () => {
  const run = await start();
  expect(run.said()).toContain('The same interface opens in your browser.');
  await expect.poll(run.asked).toBe(run.address());
  const page = await fetch(run.address());
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Fieldcast</title>');
  await endInOrder();
});

test('--headless opens nothing and prints the address', async () => {
  const run = await start('--headless');
  expect(run.said()).not.toContain('Electron is not here');
  expect((await fetch(run.address())).status).toBe(200);
  expect(await run.asked()).toBe('');
  await endInOrder();
});
