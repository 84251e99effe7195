// Starts an engine of the command line's own and connects to it. If the command line dies, the engine ends its show by itself.
import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { z } from 'zod';
import { engineFailedSchema, engineReadySchema, type EngineReady } from '../../contract/engine.ts';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { connectEngine, type EngineConnection } from '../api/client.ts';

const READY_MS = 20_000;
/** After a shutdown was asked for; an engine that still lives is ended. */
const EXIT_MS = 15_000;
const KEPT_STDERR_CHARS = 4_000;

export type EngineProcess = EngineConnection & {
  readonly pid: number | undefined;
  /** Where it is, for the streams beside the API. */
  readonly ready: EngineReady;
  /** Resolves when the process has gone; with its last words where it ended by itself. */
  readonly exited: Promise<{ readonly code: number | null; readonly stderr: string }>;
  /** Asks for an orderly end and waits, bounded. */
  shutdown(): Promise<void>;
};

/** Rejects with an OperatorError when the engine does not come up within 20 s. */
export async function startEngineProcess(settings: { readonly entry: string; readonly home: string }): Promise<EngineProcess> {
  // A group of its own: Ctrl-C reaches the command line alone, which then ends the show in order.
  const child = spawn(process.execPath, [settings.entry], {
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, FIELDCAST_HOME: settings.home },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr = (stderr + text).slice(-KEPT_STDERR_CHARS); });
  child.stdin.on('error', () => undefined);
  const exited = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, stderr: messageOf(error) }));
    child.once('close', (code) => resolve({ code, stderr }));
  });
  const ready = await firstAnswer(child.stdout, exited).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  child.stdout.resume();
  const connection = connectEngine(ready);
  return {
    ...connection,
    pid: child.pid,
    ready,
    exited,
    shutdown: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS);
      await Promise.race([connection.api.engine.shutdown.mutate().catch(() => undefined), exited]);
      await connection.close();
      child.stdin.end();
      await exited;
      clearTimeout(timer);
    },
  };
}

async function firstAnswer(stdout: NodeJS.ReadableStream, exited: EngineProcess['exited']): Promise<EngineReady> {
  const lines = readline.createInterface({ input: stdout });
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(startFailure(`it said nothing for ${READY_MS / 1000} s`)), READY_MS);
  try {
    const line = await Promise.race([
      new Promise<string>((resolve) => { lines.once('line', resolve); }),
      exited.then(({ code, stderr }) => { throw startFailure(`it ended with code ${code ?? 'none'}: ${stderr.trim().split('\n').slice(-3).join(' ')}`); }),
      timeout.promise,
    ]);
    const answer = z.union([engineReadySchema, engineFailedSchema]).parse(JSON.parse(line));
    if (answer.type === 'failed') throw new OperatorError(answer.code, answer.message, answer.action);
    return answer;
  } finally {
    clearTimeout(timer);
    lines.close();
  }
}

function startFailure(reason: string): OperatorError {
  return new OperatorError('ENGINE_NOT_STARTED', `The engine did not start: ${reason}.`, 'Run `fieldcast doctor`, and try again.');
}
