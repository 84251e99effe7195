// Sound of a source that is heard later, by a delay that may change on air.
import { AUDIO_CHANNELS, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import type { AudioFeed, Source } from '../capture/feed.ts';

/** A source whose sound is delayed; each attempt to run a source has one of its own, as its sound begins anew. */
export function withDelayedSound(source: Source, delayMs: () => number): Source {
  return {
    label: source.label,
    note: source.note,
    video: source.video,
    audio: source.audio === undefined ? undefined : withDelay(source.audio, delayMs),
    get state() { return source.state; },
    onState: (listener) => source.onState(listener),
    ready: source.ready,
    stop: async () => source.stop(),
  };
}

/**
 * Everything of `feed`, `delayMs()` later, which is asked with each block. Live sound is chosen by its time, so its hold grows; a
 * source that makes its sound at the asking first gives silence, or leaves sound out where the delay shrinks.
 */
export function withDelay(feed: AudioFeed, delayMs: () => number): AudioFeed {
  /** Samples that a pull source has been kept back by so far. */
  let given = 0;
  const missing = (): number => Math.round((delayMs() * AUDIO_SAMPLE_RATE) / 1000) - given;
  return {
    get pacing() { return feed.pacing; },
    get queuedSamples() { return feed.pacing === 'pull' ? Math.max(0, feed.queuedSamples + missing()) : feed.queuedSamples; },
    get droppedSamples() { return feed.droppedSamples; },
    get timing() {
      const { timing } = feed;
      return timing === undefined ? undefined : { ...timing, holdMs: timing.holdMs + delayMs() };
    },
    take(samples) {
      if (feed.pacing !== 'pull') return feed.take(samples);
      const more = missing();
      if (more === 0) return feed.take(samples);
      if (more < 0) {
        const block = feed.take(samples - more);
        if (block === undefined) return undefined;
        given += more;
        return block.subarray(-more * AUDIO_CHANNELS);
      }
      const silent = Math.min(samples, more);
      const rest = feed.take(samples - silent);
      if (rest === undefined) return undefined;
      given += silent;
      const block = new Float32Array(samples * AUDIO_CHANNELS);
      block.set(rest, silent * AUDIO_CHANNELS);
      return block;
    },
  };
}
