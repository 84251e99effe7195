// Entry of the reaper process; argument: the engine's process id. See ffmpeg/reaper.ts.
// As Electron's utility process it hears its engine through the desktop, which also says when the engine has gone.
import { PassThrough } from 'node:stream';
import { HOSTED_ENGINE_GONE } from '../contract/hosting.ts';
import { runReaper } from './ffmpeg/reaper.ts';
import type { ParentPort } from './hosting/parentLink.ts';

const { parentPort } = process as NodeJS.Process & { readonly parentPort?: ParentPort };
if (parentPort === undefined) {
  runReaper(process.stdin, Number(process.argv[2]));
} else {
  const lines = new PassThrough();
  parentPort.on('message', ({ data }) => {
    if (data === HOSTED_ENGINE_GONE) lines.end();
    else if (typeof data === 'string' && !lines.writableEnded) lines.write(data);
  });
  runReaper(lines, undefined);
}
