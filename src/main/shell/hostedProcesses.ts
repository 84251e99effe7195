// Runs the embedded service and the reaper for the engine (only Electron's main process can make Node processes), and keeps its secrets.
// It starts the two entries it knows and nothing else; a process outlives the engine that asked for it, none outlives the desktop.
import { createWriteStream } from 'node:fs';
import { HOSTED_ENGINE_GONE, HOSTED_STOP, hostRequestSchema, type HostAnswer, type HostedEntry, type SecretRequest } from '../../contract/hosting.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { SecretStore } from '../secrets/secretStore.ts';

/** What is needed of Electron's UtilityProcess. */
export type HostedChild = {
  readonly stdout: NodeJS.ReadableStream | null;
  readonly stderr: NodeJS.ReadableStream | null;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  once(event: 'exit', listener: (code: number) => void): unknown;
  postMessage(message: unknown): void;
  kill(): boolean;
};

type Asker = Pick<HostedChild, 'on' | 'once' | 'postMessage'>;

export type HostedProcesses = {
  /** Serves one engine until it has gone. */
  serve(engine: Asker): void;
  /** Ends everything in order; what has not ended after `graceMs` is killed. */
  close(graceMs: number): Promise<void>;
};

/** An engine that asks for more than this is out of its mind. */
const MAX_PROCESSES = 16;

export function hostProcesses({ fork, secrets }: {
  readonly fork: (entry: HostedEntry, args: readonly string[]) => HostedChild;
  readonly secrets: SecretStore;
}): HostedProcesses {
  const running = new Map<HostedChild, { readonly entry: HostedEntry; readonly gone: Promise<void> }>();

  function start(entry: HostedEntry, args: readonly string[], logPath: string | undefined, onExit: (code: number | null) => void): HostedChild | undefined {
    if (running.size >= MAX_PROCESSES) {
      onExit(null);
      return undefined;
    }
    const child = fork(entry, args);
    const gone = Promise.withResolvers<void>();
    running.set(child, { entry, gone: gone.promise });
    keepOutput(child, logPath);
    // `exit` follows every error.
    child.on('error', () => undefined);
    child.once('exit', (code) => {
      running.delete(child);
      gone.resolve();
      onExit(code);
    });
    return child;
  }

  function serve(engine: Asker): void {
    const own = new Map<number, { readonly entry: HostedEntry; readonly child: HostedChild }>();
    let gone = false;
    const answer = (message: HostAnswer): void => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort, not a window
      if (!gone) engine.postMessage(message);
    };
    engine.on('message', (message) => {
      const request = hostRequestSchema.safeParse(message).data;
      if (request === undefined) return;
      if (request.type === 'host.fork') {
        const { id, entry, args, logPath } = request;
        const child = start(entry, args, logPath, (code) => {
          own.delete(id);
          answer({ type: 'host.exit', id, code });
        });
        if (child !== undefined) own.set(id, { entry, child });
      } else if (request.type === 'host.say') {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- as above
        own.get(request.id)?.child.postMessage(request.text);
      } else {
        void answerSecret(secrets, request).then(answer);
      }
    });
    engine.once('exit', () => {
      gone = true;
      for (const { entry, child } of own.values()) {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- as above
        if (entry === 'reaper') child.postMessage(HOSTED_ENGINE_GONE);
      }
    });
  }

  return {
    serve,
    close: async (graceMs) => {
      const all = [...running];
      for (const [child, { entry }] of all) {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- as above
        if (entry === 'service') child.postMessage(HOSTED_STOP);
      }
      const timer = setTimeout(() => { for (const [child] of all) child.kill(); }, graceMs);
      await Promise.all(all.map(([, { gone }]) => gone));
      clearTimeout(timer);
    },
  };
}

async function answerSecret(secrets: SecretStore, request: SecretRequest): Promise<HostAnswer> {
  const { id } = request;
  try {
    switch (request.type) {
      case 'secret.get': {
        const value = await secrets.get(request.name);
        return { type: 'secret.answer', id, ...(value === undefined ? {} : { value }) };
      }
      case 'secret.set': await secrets.set(request.name, request.value); break;
      case 'secret.delete': await secrets.delete(request.name); break;
      case 'secret.list': return { type: 'secret.answer', id, names: [...await secrets.list()] };
    }
    return { type: 'secret.answer', id };
  } catch (error) {
    const failure = error instanceof OperatorError
      ? { code: error.code, message: error.message, action: error.action }
      : { code: 'SECRETS_UNUSABLE', message: `The store for secrets failed: ${messageOf(error)}`, action: 'Try again.' };
    return { type: 'secret.answer', id, failure };
  }
}

function keepOutput({ stdout, stderr }: HostedChild, logPath: string | undefined): void {
  // What nobody reads would hold the process once its pipe is full.
  const log = logPath === undefined ? undefined : createWriteStream(logPath, { flags: 'a', mode: 0o600 });
  log?.on('error', () => undefined);
  for (const output of [stdout, stderr]) {
    if (log === undefined) output?.resume();
    else output?.on('data', (chunk: Buffer) => log.write(chunk));
  }
}
