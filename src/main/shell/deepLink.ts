// Links that open Fieldcast from elsewhere. Anybody can make one: it is checked here and only ever fills in a form.
import { LINK_SCHEME } from '../../contract/desktop.ts';

const MAX_CHARS = 2048;

/** The first `fieldcast://join/…` among the arguments of a start, or undefined. */
export function linkAmong(args: readonly string[]): string | undefined {
  return args.map(joinLink).find((one) => one !== undefined);
}

/** `text` in its normal form where it is a link to join a show. */
export function joinLink(text: string): string | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const url = URL.parse(text);
  if (url?.protocol !== `${LINK_SCHEME}:` || url.host !== 'join' || url.pathname.length < 2) return undefined;
  return url.username === '' && url.password === '' ? url.href : undefined;
}
