// `npm start`: builds Fieldcast and opens its window; where Electron cannot be had, the same page in the default browser.
// `--headless` opens nothing and prints the page's address.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A first download takes minutes on a slow line; a closed network is noticed sooner by the download itself. */
const DOWNLOAD_MS = 10 * 60_000;
const require = createRequire(import.meta.url);
const folderOf = (name) => dirname(require.resolve(`${name}/package.json`));

/** @returns {string | undefined} the executable that is here already */
function electronBinary() {
  if (process.env.ELECTRON_BIN) return existsSync(process.env.ELECTRON_BIN) ? process.env.ELECTRON_BIN : undefined;
  const folder = folderOf('electron');
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return undefined;
  const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), readFileSync(named, 'utf8').trim());
  return existsSync(path) ? path : undefined;
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  return error === undefined ? (status ?? 1) : 1;
}

const built = run(process.execPath, [join(folderOf('electron-vite'), 'bin', 'electron-vite.js'), 'build']);
if (built !== 0) process.exit(built);

const headless = process.argv.includes('--headless');
if (!headless && electronBinary() === undefined && !process.env.ELECTRON_BIN) {
  console.log('Fetching Electron, once.');
  run(process.execPath, [join(folderOf('electron'), 'install.js')], { timeout: DOWNLOAD_MS });
}
const electron = headless ? undefined : electronBinary();
if (electron !== undefined) process.exit(run(electron, ['.', ...process.argv.slice(2)]));
if (!headless) {
  console.error('Electron is not here and could not be fetched (ELECTRON_BIN may name one). The same interface opens in your browser.');
}
process.exit(await serveInBrowser());

/** Runs the engine alone; it serves the page on loopback and ends with this process. */
async function serveInBrowser() {
  const engine = spawn(process.execPath, [join('out', 'main', 'engine.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(engine, 'exit').then(([code]) => code ?? 1);
  // Ctrl-C reaches the engine too (same terminal); it ends its show in order, and this process waits for that.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { if (signal !== 'SIGINT' || !process.stdin.isTTY) engine.kill(signal); });
  for await (const line of createInterface({ input: engine.stdout })) {
    const said = JSON.parse(line);
    if (said.type === 'failed') console.error(`${said.message} ${said.action}`);
    if (said.type !== 'ready') continue;
    console.log(`\nFieldcast runs at\n\n  ${said.page}\n\nThe address is for this machine and holds the key to it: do not pass it on. Ctrl-C ends it.`);
    if (!headless) openBrowser(said.page);
  }
  return await exited;
}

function openBrowser(address) {
  const [command, args] = {
    darwin: ['open', [address]],
    win32: ['rundll32', ['url.dll,FileProtocolHandler', address]],
  }[process.platform] ?? ['xdg-open', [address]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  // Where no browser opens, the printed address is there to be copied.
  child.on('error', () => undefined);
  child.unref();
}
