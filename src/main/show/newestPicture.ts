// Which picture of a source the operator is shown: what goes out now, or sooner what a device has given and the program still holds.
import type { VideoFeed } from '../capture/feed.ts';

/** What is held for longer, a stream from a network, is shown as it goes out: a cut would be seen at another picture than the viewers see. */
const MAX_AHEAD_MS = 100;

/** The pieces of what a device gave last, which goes out after its hold; undefined where what goes out is the newest, or the feed is held for long. */
export function newestPicture(feed: Pick<VideoFeed, 'timing' | 'queued'> | undefined): readonly Uint8Array[] | undefined {
  const timing = feed?.timing;
  return timing === undefined || timing.holdMs > MAX_AHEAD_MS ? undefined : feed?.queued.at(-1)?.pieces;
}
