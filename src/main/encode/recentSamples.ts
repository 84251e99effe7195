// The program's sound that an encoder has not given back yet, so that another one can take over without a hole. Bounded.
import { AUDIO_CHANNELS } from '../../contract/ladder.ts';

type Block = { readonly firstSample: number; readonly samples: Float32Array };

export class RecentSamples {
  readonly #maxSamples: number;
  #blocks: Block[] = [];

  /** @param maxSamples of each channel that are kept. */
  constructor(maxSamples: number) {
    this.#maxSamples = maxSamples;
  }

  /** Index of the oldest sample that is kept; undefined where there is none. */
  get oldest(): number | undefined {
    return this.#blocks[0]?.firstSample;
  }

  /** Keeps interleaved samples that follow the last ones; not to be changed afterwards. A hole before them forgets all that was kept. */
  add(firstSample: number, samples: Float32Array): void {
    const last = this.#blocks.at(-1);
    if (last !== undefined && endOf(last) !== firstSample) this.#blocks = [];
    this.#blocks.push({ firstSample, samples });
    this.releaseBefore(firstSample + samples.length / AUDIO_CHANNELS - this.#maxSamples);
  }

  /** Forgets blocks that end before or at this sample. */
  releaseBefore(sample: number): void {
    const count = this.#blocks.findIndex((block) => endOf(block) > sample);
    if (count !== 0) this.#blocks = count < 0 ? [] : this.#blocks.slice(count);
  }

  /** What is kept from this sample on, in order, the first block cut where it begins before. */
  from(sample: number): readonly Float32Array[] {
    return this.#blocks.filter((block) => endOf(block) > sample)
      .map((block) => (block.firstSample >= sample ? block.samples : block.samples.subarray((sample - block.firstSample) * AUDIO_CHANNELS)));
  }
}

function endOf({ firstSample, samples }: Block): number {
  return firstSample + samples.length / AUDIO_CHANNELS;
}
