// The streams of the current show under the engine's own address: `/relay/KEY/KIND` and then the path as the service names it, so that
// relative names in playlists lead through the relay too.
import type { Playback } from './report.ts';

export const RELAY_PATH = '/relay';
/** Which of the show's addresses may be relayed. */
export const RELAYED = ['preview', 'hls', 'dash'] as const satisfies readonly (keyof Playback)[];
export type Relayed = (typeof RELAYED)[number];

/** The relayed form of `url`, which the show has told under `kind`. `base` is the engine's HTTP address. */
export function relayedUrl(base: string, key: string, kind: Relayed, url: string): string {
  const { pathname, search } = new URL(url);
  return `${base}${RELAY_PATH}/${key}/${kind}${pathname}${search}`;
}
