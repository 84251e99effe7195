// Entry of the engine process: the stage with its real parts behind the API. Runs under plain Node and as Electron's utility process.
import { existsSync } from 'node:fs';
import path from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { APP_ORIGIN } from '../contract/desktop.ts';
import type { engineFailedSchema, EngineReady } from '../contract/engine.ts';
import { OperatorError, messageOf } from '../contract/errors.ts';
import type { z } from 'zod';
import { startApiServer } from './api/server.ts';
import { linkToParent, type ParentPort } from './hosting/parentLink.ts';
import { claimDescriptor, releaseDescriptor } from './show/engineDescriptor.ts';
import { fieldcastHome } from './show/home.ts';
import { realStageParts } from './show/parts.ts';
import { createStage } from './show/stage.ts';

/** Electron's utility process has this; plain Node does not. */
const { parentPort } = process as NodeJS.Process & { readonly parentPort?: ParentPort };

function tell(message: EngineReady | z.infer<typeof engineFailedSchema>): void {
  if (parentPort === undefined) process.stdout.write(`${JSON.stringify(message)}\n`);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort, not a window
  else parentPort.postMessage(message);
}

/** The entry beside this one: TypeScript from the source tree, JavaScript from a build. */
function entryPath(name: string): string {
  const source = path.join(import.meta.dirname, `${name}.ts`);
  return existsSync(source) ? source : path.join(import.meta.dirname, `${name}.js`);
}

/** The built page, for browsers. */
function pageRoot(): string | undefined {
  return ['../renderer', '../../out/renderer']
    .map((folder) => path.join(import.meta.dirname, folder))
    .find((folder) => existsSync(path.join(folder, 'index.html')));
}

async function main(): Promise<void> {
  const home = fieldcastHome(process.env);
  const exit = (): void => {
    // Answers on their way get a moment; then nothing may hold the process.
    setTimeout(() => process.exit(0), 100);
  };
  let ready: EngineReady | undefined;
  const reasonsToBeFound = new Set<'show' | 'control room'>();
  /** The command line finds an engine that carries a show, or that others watch. */
  const beFound = async (reason: 'show' | 'control room', isGiven: boolean): Promise<void> => {
    if (isGiven) reasonsToBeFound.add(reason);
    else reasonsToBeFound.delete(reason);
    if (ready === undefined) return;
    // A home that cannot be written to takes away `fieldcast control`, not the show.
    const { address, token } = ready;
    await (reasonsToBeFound.size > 0 ? claimDescriptor(home, { address, token, pid: process.pid, carriesShow: reasonsToBeFound.has('show') }) : releaseDescriptor(home, process.pid)).catch(() => undefined);
  };
  const parts = realStageParts({ home, version: packageJson.version, execPath: process.execPath, entryPath, onShutdown: exit, onShow: async (isRunning) => beFound('show', isRunning), desktop: parentPort === undefined ? undefined : linkToParent(parentPort) });
  const stage = createStage(parts);
  const server = await startApiServer(stage, {
    port: 0, allowedOrigins: [APP_ORIGIN], home, pageRoot: pageRoot(),
    // Under Electron the shell serves it to its window.
    servesPage: parentPort === undefined,
    onControlRoom: (isListening) => void beFound('control room', isListening),
  });
  ready = server.ready;
  if (reasonsToBeFound.size > 0) await beFound('control room', true);
  tell(ready);

  // Whoever started this engine may die at any moment: then the show is ended in order, and nothing is left to pay for.
  const parentGone = (): void => { void stage.shutdown(); };
  if (parentPort === undefined) process.stdin.on('end', parentGone).on('error', parentGone).resume();
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      void (asked ? stage.abortNow() : stage.shutdown());
      asked = true;
    });
  }
}

main().catch((error: unknown) => {
  const failure = error instanceof OperatorError
    ? { code: error.code, message: error.message, action: error.action }
    : { code: 'ENGINE_NOT_STARTED', message: messageOf(error), action: 'Run `fieldcast doctor`.' };
  tell({ type: 'failed', ...failure });
  setTimeout(() => process.exit(1), 100);
});
