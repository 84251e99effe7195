// Which picture of a source the operator is shown: what goes out now, or sooner what a device has given and the program still holds.
// Never changes what goes out.
import type { VideoFeed } from '../capture/feed.ts';

/** What is held for longer, a stream from a network, is shown as it goes out: a cut would be seen at another picture than the viewers see. */
const MAX_AHEAD_MS = 100;

/** `intervalMs` is the mean time between two pictures of the device. */
export type NewestPicture = { readonly pieces: readonly Uint8Array[]; readonly intervalMs: number };

/** What a device gave last, which goes out after its hold; undefined where what goes out is the newest, or the feed is held for long. */
export function newestPicture(feed: Pick<VideoFeed, 'timing' | 'queued'> | undefined): NewestPicture | undefined {
  const timing = feed?.timing;
  const frame = feed?.queued.at(-1);
  return frame === undefined || timing === undefined || timing.holdMs > MAX_AHEAD_MS ? undefined : { pieces: frame.pieces, intervalMs: timing.intervalMs };
}
