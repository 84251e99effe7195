// One long piece of work for which the engine is asked: it shows that it is under way, can be given up, and its refusal is kept beside it.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Failure } from '../contract/report.ts';
import type { EngineClient } from '../main/api/client.ts';
import { failureFrom } from './commands.ts';
import { useApi } from './showStore.ts';

export type Work = {
  readonly isWorking: boolean;
  readonly failure: Failure | undefined;
  /** Does nothing while one is under way. Resolves to whether it was done. */
  readonly run: (ask: (api: EngineClient, signal: AbortSignal) => Promise<unknown>) => Promise<boolean>;
  readonly cancel: () => void;
};

/** What is given up when the component goes is given up at the engine too. */
export function useWork(): Work {
  const [isWorking, setWorking] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const over = useRef<AbortController>(undefined);
  useEffect(() => () => over.current?.abort(), []);
  const run = useCallback<Work['run']>(async (ask) => {
    const { api } = useApi.getState();
    if (api === undefined || over.current !== undefined) return false;
    const own = new AbortController();
    over.current = own;
    setWorking(true);
    setFailure(undefined);
    let isDone = false;
    try {
      await ask(api, own.signal);
      isDone = true;
    } catch (error) {
      if (!own.signal.aborted) setFailure(failureFrom(error));
    }
    over.current = undefined;
    setWorking(false);
    return isDone;
  }, []);
  const cancel = useCallback(() => over.current?.abort(), []);
  return { isWorking, failure, run, cancel };
}
