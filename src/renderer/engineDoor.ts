// How this page finds its engine: the desktop's bridge, or the key in the address that the engine printed. No third way.
import type { DesktopBridge } from '../contract/desktop.ts';

declare global {
  interface Window {
    /** Present in the desktop's window only. */
    readonly fieldcast?: DesktopBridge;
  }
}

export type EngineDoor = Pick<DesktopBridge, 'engine'>;

const TOKEN_KEY = 'fieldcast.token';

/**
 * The desktop's bridge; else the token of the URL's fragment, kept for reloads of this tab and removed from the address, so that
 * it is not copied, bookmarked or shown on a screen. Undefined where there is neither.
 */
export function findEngine(): EngineDoor | undefined {
  if (window.fieldcast !== undefined) return window.fieldcast;
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  const token = given ?? sessionStorage.getItem(TOKEN_KEY);
  if (token === null || token === '') return undefined;
  return { engine: () => Promise.resolve({ address: `ws://${location.host}/api`, token }) };
}
