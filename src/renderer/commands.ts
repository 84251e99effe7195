// What the operator asks of the engine. A refusal becomes a sentence with its action; success is only what the engine then says.
import { create } from 'zustand';
import { TRPCClientError } from '@trpc/client';
import { failureSchema, type Failure } from '../contract/report.ts';
import type { EngineClient } from '../main/api/client.ts';
import { useApi } from './showStore.ts';

type Asked = {
  /** A command is on its way: the controls wait, so that no click counts twice. */
  readonly pending: boolean;
  readonly refusal: Failure | undefined;
};

export const useCommands = create<Asked>(() => ({ pending: false, refusal: undefined }));

/** A second click within this time is a slip of the hand, ms. */
const DEBOUNCE_MS = 500;

/** Carries out one command; the answer to a second one while it runs is nothing. */
export async function command(ask: (api: EngineClient) => Promise<unknown>): Promise<void> {
  const { api } = useApi.getState();
  if (api === undefined || useCommands.getState().pending) return;
  useCommands.setState({ pending: true, refusal: undefined });
  const rest = new Promise((resolve) => setTimeout(resolve, DEBOUNCE_MS));
  try {
    await ask(api);
  } catch (error) {
    useCommands.setState({ refusal: failureFrom(error) });
  }
  await rest;
  useCommands.setState({ pending: false });
}

/** For the desk and the library, where every press counts: nothing waits and nothing is passed over. */
export async function actNow(ask: (api: EngineClient) => Promise<unknown>): Promise<void> {
  const { api } = useApi.getState();
  if (api === undefined) return;
  try {
    await ask(api);
  } catch (error) {
    useCommands.setState({ refusal: failureFrom(error) });
  }
}

export function forgetRefusal(): void {
  useCommands.setState({ refusal: undefined });
}

/** The typed failure of an answer, or its message where it is none. */
export function failureFrom(error: unknown): Failure {
  if (error instanceof TRPCClientError) {
    const data: unknown = error.data;
    const failure = failureSchema.safeParse(typeof data === 'object' && data !== null && 'failure' in data ? data.failure : undefined);
    if (failure.success) return failure.data;
  }
  return { code: 'NO_ANSWER', message: error instanceof Error ? error.message : String(error), action: '' };
}
