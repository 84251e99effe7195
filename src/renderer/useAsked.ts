// One question to the engine: its answer or its refusal, asked again when told so or when the engine is another one.
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Failure } from '../contract/report.ts';
import type { EngineClient } from '../main/api/client.ts';
import { failureFrom } from './commands.ts';
import { useApi } from './showStore.ts';

type Question<T> = (api: EngineClient, signal: AbortSignal) => Promise<T>;
type Outcome<T> = { readonly answer?: T; readonly failure?: Failure };

export type Asked<T> = {
  /** The last answer; stays while it is asked again. */
  readonly answer: T | undefined;
  readonly failure: Failure | undefined;
  readonly isAsking: boolean;
  readonly again: () => void;
};

/** @param question has to be stable (made by useCallback or outside of the component); it is given up when the component goes. */
export function useAsked<T>(question: Question<T>): Asked<T> {
  const api = useApi((one) => one.api);
  const [round, setRound] = useState(0);
  // A new object for each asking, so that an answer knows what it answers.
  const asking = useMemo(() => ({ api, question, round }), [api, question, round]);
  const [last, setLast] = useState<{ readonly to: object | undefined; readonly outcome: Outcome<T> }>({ to: undefined, outcome: {} });
  useEffect(() => {
    const over = new AbortController();
    void (async () => {
      if (asking.api === undefined) return;
      const outcome = await outcomeOf(asking.question(asking.api, over.signal));
      if (!over.signal.aborted) setLast((before) => ({ to: asking, outcome: outcome.failure === undefined ? outcome : { ...before.outcome, ...outcome } }));
    })();
    return () => over.abort();
  }, [asking]);
  const again = useCallback(() => setRound((one) => one + 1), []);
  const isAsking = last.to !== asking;
  return { answer: last.outcome.answer, failure: isAsking ? undefined : last.outcome.failure, isAsking, again };
}

async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { answer: await work };
  } catch (error) {
    return { failure: failureFrom(error) };
  }
}
