// Peak, RMS and true peak of the program's channels, and what the alarms need to know of the same samples.
import { AUDIO_CHANNELS } from '../../contract/ladder.ts';
import type { ChannelLevels } from '../../contract/monitorStream.ts';
import { CLIP_LEVEL, CLIP_RUN_SAMPLES } from './alarmThresholds.ts';
import { TruePeak } from './truePeak.ts';

/** Linear, so that readings can be merged: the peaks by the larger one, the squares by adding. */
export type ChannelReading = { readonly peak: number; readonly truePeak: number; readonly squares: number };
export type LevelReading = {
  /** Per channel. */
  readonly samples: number;
  readonly channels: readonly ChannelReading[];
  /** Runs of full-scale samples: what clipping leaves. */
  readonly clippedRuns: number;
};

export class LevelMeter {
  readonly #truePeaks = Array.from({ length: AUDIO_CHANNELS }, () => new TruePeak());
  readonly #clippedInRow = Array.from({ length: AUDIO_CHANNELS }, () => 0);

  /** @param samples interleaved stereo, 48 kHz. */
  push(samples: Float32Array): LevelReading {
    let clippedRuns = 0;
    const channels = this.#truePeaks.map((meter, channel): ChannelReading => {
      let peak = 0;
      let squares = 0;
      let inRow = this.#clippedInRow[channel] ?? 0;
      for (let index = channel; index < samples.length; index += AUDIO_CHANNELS) {
        const magnitude = Math.abs(samples[index] ?? 0);
        squares += magnitude * magnitude;
        if (magnitude > peak) peak = magnitude;
        inRow = magnitude >= CLIP_LEVEL ? inRow + 1 : 0;
        if (inRow === CLIP_RUN_SAMPLES) clippedRuns += 1;
      }
      this.#clippedInRow[channel] = inRow;
      return { peak, truePeak: meter.push(samples, channel, AUDIO_CHANNELS), squares };
    });
    return { samples: samples.length / AUDIO_CHANNELS, channels, clippedRuns };
  }
}

/** Both readings as if they had been one. */
export function merged(a: LevelReading, b: LevelReading): LevelReading {
  return {
    samples: a.samples + b.samples,
    channels: a.channels.map((one, channel) => {
      const other = b.channels[channel] ?? one;
      return { peak: Math.max(one.peak, other.peak), truePeak: Math.max(one.truePeak, other.truePeak), squares: one.squares + other.squares };
    }),
    clippedRuns: a.clippedRuns + b.clippedRuns,
  };
}

/** As clients are told. */
export function levelsOf(reading: LevelReading): ChannelLevels[] {
  return reading.channels.map(({ peak, truePeak, squares }) => ({
    peakDbfs: 20 * Math.log10(peak),
    rmsDbfs: 10 * Math.log10(squares / Math.max(1, reading.samples)),
    truePeakDbtp: 20 * Math.log10(truePeak),
  }));
}
