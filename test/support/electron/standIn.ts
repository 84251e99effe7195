#!/usr/bin/env node
// A stand-in for Electron's executable, for the specs where Electron cannot be had: the built main bundle in Node with an `electron` module
// of ours, and real Chromium, over the DevTools protocol, for its windows. It proves isolation and timing of the preload, IPC and its checks,
// and what main does; it proves nothing of Electron's own sandbox, fuses, packaging or safeStorage.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import inspector from 'node:inspector';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { findChromium } from '../chromium.ts';
import { connectDevTools } from './devTools.ts';

/** How long it may take to end in order, and then by force. */
const CHROMIUM_ENDS_MS = 5000;

const module = new URL('./module.ts', import.meta.url).href;
registerHooks({ resolve: (specifier, context, next) => (specifier === 'electron' ? { url: module, shortCircuit: true } : next(specifier, context)) });

const args = process.argv.slice(2).filter((one) => !/^--(no-sandbox|inspect=|remote-debugging-port=)/.test(one));
const folder = path.resolve(args[0] ?? '.');
process.argv.splice(1, process.argv.length, ...args);

const profile = mkdtempSync(path.join(tmpdir(), 'fieldcast-stand-in-'));
const chromium = spawn(findChromium() ?? 'chromium', [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--no-startup-window', '--remote-debugging-port=0', `--user-data-dir=${profile}`,
], { stdio: ['ignore', 'ignore', 'pipe'] });
/** Its processes hold its standard error until the last of them has ended; before that they would write their profile anew. */
const chromiumEnded = once(chromium, 'close');
let leaving: Promise<void> | undefined;
/** As Electron goes: the windows first. What is asked twice is done once. */
const leave = (code: number): void => {
  leaving ??= (async () => {
    chromium.kill('SIGTERM');
    const force = setTimeout(() => chromium.kill('SIGKILL'), CHROMIUM_ENDS_MS);
    await Promise.race([chromiumEnded, pause(2 * CHROMIUM_ENDS_MS)]);
    clearTimeout(force);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    process.exit(code);
  })();
};
// Where something else ended this process there is no more waiting.
process.once('exit', () => chromium.kill('SIGKILL'));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => leave(1));
const address = await new Promise<string>((resolve) => {
  readline.createInterface({ input: chromium.stderr }).on('line', (line) => {
    const [, found] = /^DevTools listening on (ws:\/\/.+)$/.exec(line) ?? [];
    if (found !== undefined) resolve(found);
  });
});
const { begin, makeReady } = await import('./module.ts');
begin({ devTools: await connectDevTools(address), userData: process.env['FIELDCAST_HOME'] ?? profile, leave });
// What Playwright calls once it is connected to both.
Object.assign(globalThis, { __playwright_run: async () => makeReady() });
await import(pathToFileURL(path.join(folder, 'out/main/index.js')).href);
// Says where it listens, as `node --inspect` does; then come both lines that Playwright waits for.
inspector.open(0);
process.stderr.write(`\nDevTools listening on ${address}\n`);
