// `npm start`: builds the desktop application and runs it, where Electron's binary is here or can be fetched.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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

if (electronBinary() === undefined && !process.env.ELECTRON_BIN) {
  console.log('Fetching Electron, once.');
  run(process.execPath, [join(folderOf('electron'), 'install.js')], { timeout: DOWNLOAD_MS });
}
const electron = electronBinary();
if (electron === undefined) {
  console.error(
    'Electron is not here and could not be fetched, so the desktop window cannot open. '
      + 'Set ELECTRON_BIN to an Electron executable, or use the command line: npm run fieldcast -- --help',
  );
  process.exit(1);
}
process.exit(run(electron, ['.', ...process.argv.slice(2)]));
