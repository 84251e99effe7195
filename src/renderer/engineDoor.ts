// How this page finds its engine: the desktop's bridge, the key in the address that the engine printed, or, on the local network, the
// session of a paired browser. No fourth way.
import { PAIR_PATH, pairAnswerSchema, refusedAnswerSchema, SESSION_PATH } from '../contract/controlRoom.ts';
import type { DesktopBridge } from '../contract/desktop.ts';
import type { Failure } from '../contract/report.ts';

declare global {
  interface Window {
    /** Present in the desktop's window only. */
    readonly fieldcast?: DesktopBridge;
  }
}

export type EngineDoor = Pick<DesktopBridge, 'engine'>;

const TOKEN_KEY = 'fieldcast.token';
const SESSION_KEY = 'fieldcast.session';

/** Whether this page is the control room of another computer: only that one is served over TLS. */
export const isRemote = typeof location !== 'undefined' && location.protocol === 'https:';

/**
 * The desktop's bridge; else the token of the URL's fragment, kept for reloads of this tab and removed from the address, so that
 * it is not copied, bookmarked or shown on a screen; else the session. Undefined where there is none of them.
 */
export function findEngine(): EngineDoor | undefined {
  if (window.fieldcast !== undefined) return window.fieldcast;
  if (isRemote) {
    const session = localStorage.getItem(SESSION_KEY);
    return session === null ? undefined : { engine: async () => remoteEngine(session) };
  }
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  const token = given ?? sessionStorage.getItem(TOKEN_KEY);
  if (token === null || token === '') return undefined;
  return { engine: () => Promise.resolve({ address: `ws://${location.host}/api`, token }) };
}

/** A session that was revoked is forgotten, and the page asks for a code. */
async function remoteEngine(token: string): Promise<{ address: string; token: string }> {
  const { status } = await fetch(SESSION_PATH, { headers: { authorization: `Bearer ${token}` } });
  if (status === 401) {
    localStorage.removeItem(SESSION_KEY);
    location.reload();
  }
  return { address: `wss://${location.host}/api`, token };
}

/** Exchanges a code for a session and opens the interface. Resolves to the refusal where there is one. */
export async function pairWith(code: string, name: string): Promise<Failure | undefined> {
  try {
    const answer = await fetch(PAIR_PATH, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, name }) });
    const body: unknown = await answer.json();
    if (!answer.ok) return refusedAnswerSchema.parse(body);
    localStorage.setItem(SESSION_KEY, pairAnswerSchema.parse(body).token);
    location.reload();
    return undefined;
  } catch {
    return { code: 'NO_ANSWER', message: 'The computer that runs the show does not answer.', action: 'Check that its control room is on, and try again.' };
  }
}
