// Small executable scripts that stand for a wrong or broken FFmpeg.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes `#!/bin/sh` and `body` to `path` and makes it executable. Returns the path. */
export async function writeExecutable(path: string, body: string, mode = 0o755): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, mode);
  return path;
}
