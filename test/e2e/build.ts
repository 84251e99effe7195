// The specs run on the build, so it is made anew before them.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export default async function build(): Promise<void> {
  const project = fileURLToPath(new URL('../../', import.meta.url));
  await promisify(execFile)(process.execPath, ['node_modules/electron-vite/bin/electron-vite.js', 'build'], { cwd: project, timeout: 120_000 });
}
