// Which stream keys the engine has at hand: names alone. A key goes there and never comes back.
import { create } from 'zustand';
import type { Failure } from '../contract/report.ts';
import type { KeyStatus } from '../contract/sideOutput.ts';
import type { EngineClient } from '../main/api/client.ts';
import { failureFrom } from './commands.ts';
import { useChoice } from './planStore.ts';
import { useApi } from './showStore.ts';

export const useKeyStatus = create<{ readonly status: KeyStatus | undefined; readonly failure: Failure | undefined }>(() => ({ status: undefined, failure: undefined }));

/** @param names of the places that are chosen */
export async function lookAtKeys(api: EngineClient | undefined, names: readonly string[]): Promise<void> {
  if (api === undefined || useApi.getState().role === 'watch') return;
  await api.keys.status.query([...names]).then(
    (status) => useKeyStatus.setState({ status, failure: undefined }),
    (error: unknown) => useKeyStatus.setState({ failure: failureFrom(error) }),
  );
}

/** Keeps a key, or without one forgets it. True where that was done. */
export async function keepStreamKey(name: string, value?: string): Promise<boolean> {
  const { api } = useApi.getState();
  if (api === undefined) return false;
  try {
    await api.keys.keep.mutate({ name, ...(value === undefined ? {} : { value }) });
  } catch (error) {
    useKeyStatus.setState({ failure: failureFrom(error) });
    return false;
  }
  await lookAtKeys(api, [name, ...useChoice.getState().also.map((one) => one.name).filter((one) => one !== name)]);
  return true;
}
