// Who is signed in and which account was chosen, as the engine tells it, while somebody looks at it.
import { create } from 'zustand';
import type { AccountsStatus } from '../contract/account.ts';
import { followWhileLooked } from './followWhileLooked.ts';

export const useAccounts = create<{ readonly status: AccountsStatus | undefined }>(() => ({ status: undefined }));

export const followAccounts = followWhileLooked({
  forget: () => useAccounts.setState({ status: undefined }),
  begin: ({ api, role }) => (role === 'owner' ? api.accounts.watch.subscribe(undefined, {
    onData: (status) => useAccounts.setState({ status }),
    // The connection's loss is told by the show's own subscription.
    onError: () => undefined,
  }) : undefined),
});
