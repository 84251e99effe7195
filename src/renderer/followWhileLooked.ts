// A subscription that is shared by everything on the page that shows it, and made anew with each engine.
import type { Role } from '../contract/controlRoom.ts';
import type { EngineClient } from '../main/api/client.ts';
import { useApi } from './showStore.ts';

type Followed = {
  /** What was known belongs to another engine. */
  readonly forget: () => void;
  /** Undefined where this page may not ask. */
  readonly begin: (one: { readonly api: EngineClient; readonly role: Role }) => { readonly unsubscribe: () => void } | undefined;
};

/** @returns what follows whichever engine is connected until the function that it returns is called; several may look at once. */
export function followWhileLooked({ forget, begin }: Followed): () => () => void {
  let lookers = 0;
  let stop: () => void = () => undefined;
  const follow = (): (() => void) => {
    let watching: ReturnType<Followed['begin']>;
    const again = (): void => {
      watching?.unsubscribe();
      forget();
      const { api, role } = useApi.getState();
      watching = api === undefined ? undefined : begin({ api, role });
    };
    again();
    const leave = useApi.subscribe((now, before) => { if (now.api !== before.api) again(); });
    return () => {
      leave();
      watching?.unsubscribe();
    };
  };
  return () => {
    lookers += 1;
    if (lookers === 1) stop = follow();
    return () => {
      lookers -= 1;
      if (lookers === 0) stop();
    };
  };
}
