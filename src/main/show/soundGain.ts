// Sound of a source at a gain that may change on air: over the length of one tick, so that no click is heard.
import { AUDIO_CHANNELS } from '../../contract/ladder.ts';
import type { AudioFeed } from '../capture/feed.ts';

/** Everything of `feed`, multiplied by `gain()`, which is asked once for each block; 0 is mute. Never beyond full scale. */
export function withGain(feed: AudioFeed, gain: () => number): AudioFeed {
  let current = gain();
  return {
    get pacing() { return feed.pacing; },
    get queuedSamples() { return feed.queuedSamples; },
    get droppedSamples() { return feed.droppedSamples; },
    get timing() { return feed.timing; },
    take(samples) {
      const block = feed.take(samples);
      if (block === undefined) return undefined;
      const from = current;
      current = gain();
      return from === 1 && current === 1 ? block : scaled(block, from, current);
    },
  };
}

export function gainOfDb(db: number): number {
  return 10 ** (db / 20);
}

function scaled(block: Float32Array, from: number, to: number): Float32Array {
  const samples = block.length / AUDIO_CHANNELS;
  return block.map((value, index) => {
    const share = (Math.floor(index / AUDIO_CHANNELS) + 1) / samples;
    return Math.max(-1, Math.min(1, value * (from + (to - from) * share)));
  });
}
