// Stretches or squeezes a block of stereo by a few samples, linearly. Pure.
import { AUDIO_CHANNELS } from '../../contract/ladder.ts';

/** Interleaved `input` as `samples` samples per channel; the first one stays, so that blocks join without a step. */
export function resample(input: Float32Array, samples: number): Float32Array {
  const inputSamples = input.length / AUDIO_CHANNELS;
  const output = new Float32Array(samples * AUDIO_CHANNELS);
  for (let index = 0; index < samples; index += 1) {
    const position = (index * inputSamples) / samples;
    const before = Math.floor(position);
    const share = position - before;
    const after = Math.min(before + 1, inputSamples - 1);
    for (let channel = 0; channel < AUDIO_CHANNELS; channel += 1) {
      const from = input[before * AUDIO_CHANNELS + channel] ?? 0;
      const to = input[after * AUDIO_CHANNELS + channel] ?? from;
      output[index * AUDIO_CHANNELS + channel] = from + (to - from) * share;
    }
  }
  return output;
}
