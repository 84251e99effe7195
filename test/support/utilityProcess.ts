// A stand-in for Electron's utilityProcess.fork: real child processes with a parent port, as far as the shell uses it.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type StandInUtility = ChildProcess & { postMessage(message: unknown): void };

const shim = new URL('./parentPort.ts', import.meta.url).href;

/** Runs `script` as a utility process; `env` is added to this process's own. */
export function forkUtility(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): StandInUtility {
  const child = fork(script, [...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', '--import', shim],
    env: { ...process.env, ...env },
  });
  return Object.assign(child, {
    postMessage: (message: unknown) => { if (child.connected) child.send(message as object, () => undefined); },
  });
}

/** `src/main/NAME.ts`, which is what `out/main/NAME.js` is made from. */
export function entryOf(name: string): string {
  return fileURLToPath(new URL(`../../src/main/${name}.ts`, import.meta.url));
}
