// Keeps one engine process running and knows its address. It forks and listens; what the engine does is not its business.
import { engineFailedSchema, engineReadySchema, type EngineReady } from '../../contract/engine.ts';
import { OperatorError } from '../../contract/errors.ts';

/** What the host needs of Electron's UtilityProcess. */
export type EngineChild = {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'exit', listener: (code: number) => void): unknown;
  kill(): boolean;
};

export type EngineHostSettings = {
  readonly fork: () => EngineChild;
  /** How long an engine may take until it says that it is ready, ms. */
  readonly readyTimeoutMs?: number;
  /** Waits before the restarts that follow a crash, ms; the last one is used from then on. */
  readonly restartDelaysMs?: readonly number[];
};

const READY_TIMEOUT_MS = 30_000;
const RESTART_DELAYS_MS = [0, 1000, 5000, 15_000];
/** An engine that ran for this long has earned a quick restart again. */
const STEADY_MS = 60_000;

export type EngineHost = {
  /** The running engine's address; waits for a start that is under way and rejects when that start fails. */
  ready(): Promise<EngineReady>;
  /** Ends the wish for an engine: whatever happens to the process, no new one is started. */
  release(): void;
  /** Resolves when the process is gone; kills it after `graceMs`. */
  ended(graceMs: number): Promise<void>;
};

/** Starts an engine at once, and another one whenever it dies, with growing waits between quick deaths. */
export function hostEngine({ fork, readyTimeoutMs = READY_TIMEOUT_MS, restartDelaysMs = RESTART_DELAYS_MS }: EngineHostSettings): EngineHost {
  let wanted = true;
  let quickDeaths = 0;
  let current = start();

  function start(): { ready: Promise<EngineReady>; gone: Promise<void>; kill: () => void } {
    const startedAt = performance.now();
    const child = fork();
    const ready = Promise.withResolvers<EngineReady>();
    const gone = Promise.withResolvers<void>();
    // Nobody may be asking while it fails; the next one who asks is told.
    ready.promise.catch(() => {});
    const timer = setTimeout(() => {
      ready.reject(new OperatorError('ENGINE_SILENT', `The engine has said nothing for ${readyTimeoutMs / 1000} s.`, 'Wait for the next attempt, or restart Fieldcast.'));
      child.kill();
    }, readyTimeoutMs);
    child.on('message', (message) => {
      const said = engineReadySchema.safeParse(message);
      const failed = engineFailedSchema.safeParse(message);
      if (said.success) ready.resolve(said.data);
      else if (failed.success) ready.reject(new OperatorError(failed.data.code, failed.data.message, failed.data.action));
      if (said.success || failed.success) clearTimeout(timer);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      ready.reject(new OperatorError('ENGINE_ENDED', `The engine ended with code ${code} before it was ready.`, 'Run `fieldcast doctor` to see what is missing.'));
      gone.resolve();
      if (!wanted) return;
      quickDeaths = performance.now() - startedAt > STEADY_MS ? 0 : quickDeaths + 1;
      const delay = restartDelaysMs[Math.min(quickDeaths, restartDelaysMs.length - 1)] ?? 0;
      setTimeout(() => {
        if (wanted) current = start();
      }, delay);
    });
    return { ready: ready.promise, gone: gone.promise, kill: () => child.kill() };
  }

  return {
    ready: () => current.ready,
    release: () => {
      wanted = false;
    },
    ended: async (graceMs) => {
      const timer = setTimeout(current.kill, graceMs);
      await current.gone;
      clearTimeout(timer);
    },
  };
}
