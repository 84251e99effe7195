// Who is signed in and which account was chosen, as the engine tells it, while somebody looks at it.
import { create } from 'zustand';
import type { AccountsStatus } from '../contract/account.ts';
import { useApi } from './showStore.ts';

export const useAccounts = create<{ readonly status: AccountsStatus | undefined }>(() => ({ status: undefined }));

let looking = 0;
let stop: () => void = () => undefined;

/** Follows whichever engine is connected, until the returned function is called; several may look at once. */
export function followAccounts(): () => void {
  looking += 1;
  if (looking === 1) {
    let unsubscribe = (): void => undefined;
    const begin = (): void => {
      unsubscribe();
      unsubscribe = (): void => undefined;
      const { api, role } = useApi.getState();
      useAccounts.setState({ status: undefined });
      if (api === undefined || role !== 'owner') return;
      // The connection's loss is told by the show's own subscription.
      const watching = api.accounts.watch.subscribe(undefined, { onData: (status) => useAccounts.setState({ status }), onError: () => undefined });
      unsubscribe = () => watching.unsubscribe();
    };
    begin();
    const leave = useApi.subscribe((now, before) => { if (now.api !== before.api) begin(); });
    stop = () => {
      leave();
      unsubscribe();
    };
  }
  return () => {
    looking -= 1;
    if (looking === 0) stop();
  };
}
