// A page in a Chromium that nobody watches but for what is asked of it. Playwright has Chromium record every answer of the network for it
// (as base64, up to 200 MB in the page's own process), which is no memory of the page.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import readline from 'node:readline';
import { findChromium } from './chromium.ts';

/** Calls of the DevTools protocol, to the browser or to the page. */
export type Send = (method: string, params?: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>;

export type PlainPage = { readonly browser: Send; readonly page: Send; close(): Promise<void> };

const START_MS = 30_000;
const CALL_MS = 30_000;
const EXIT_MS = 5_000;

/** @param script is evaluated in the page before it is loaded anew. */
export async function openPlainPage(address: string, size: { readonly width: number; readonly height: number }, script: string): Promise<PlainPage> {
  const binary = findChromium() ?? 'chromium';
  const profile = await mkdtemp(join(tmpdir(), 'fieldcast-plain-page-'));
  const child = spawn(binary, [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--mute-audio',
    '--autoplay-policy=no-user-gesture-required', '--remote-debugging-port=0', `--window-size=${size.width},${size.height}`, `--user-data-dir=${profile}`, 'about:blank',
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise((resolve) => { child.once('close', resolve); });
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS);
    await exited;
    clearTimeout(timer);
    await rm(profile, { recursive: true, force: true });
  };
  try {
    const socket = await connected(await debuggerAddress(child.stderr));
    const call = caller(socket);
    const { targetInfos } = await call('Target.getTargets') as { targetInfos: readonly { readonly targetId: string; readonly type: string }[] };
    const target = targetInfos.find(({ type }) => type === 'page');
    const { sessionId } = await call('Target.attachToTarget', { targetId: target?.targetId, flatten: true }) as { sessionId: string };
    const page: Send = async (method, params) => await call(method, params, sessionId);
    await page('Page.navigate', { url: address });
    await page('Runtime.evaluate', { expression: `new Promise((resolve) => { if (document.readyState === 'complete') resolve(); else addEventListener('load', resolve); }).then(() => { ${script} })`, awaitPromise: true });
    await page('Page.navigate', { url: address });
    return { browser: async (method, params) => await call(method, params), page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function debuggerAddress(stderr: NodeJS.ReadableStream): Promise<string> {
  const lines = readline.createInterface({ input: stderr });
  return await within(START_MS, 'Chromium', new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    lines.once('close', () => reject(new Error('Chromium ended before it said where it listens.')));
  }));
}

async function connected(address: string): Promise<WebSocket> {
  const socket = new WebSocket(address);
  await within(START_MS, 'the DevTools socket', new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('The DevTools socket cannot be opened.')));
  }));
  return socket;
}

function caller(socket: WebSocket): (method: string, params?: Readonly<Record<string, unknown>>, sessionId?: string) => ReturnType<Send> {
  let last = 0;
  const waiting = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as { id?: number; result?: Readonly<Record<string, unknown>>; error?: { message: string } };
    const call = waiting.get(answer.id ?? 0);
    waiting.delete(answer.id ?? 0);
    if (answer.error === undefined) call?.resolve(answer.result ?? {});
    else call?.reject(new Error(answer.error.message));
  });
  return async (method, params = {}, sessionId) => {
    last += 1;
    const call = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    waiting.set(last, call);
    socket.send(JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return await within(CALL_MS, method, call.promise);
  };
}

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}.`)), ms); });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
