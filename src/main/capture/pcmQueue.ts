// Holds interleaved stereo float PCM as it was read from a pipe; gives any number of samples out of it.

/** Two channels of 32-bit floats. */
const BYTES_PER_SAMPLE = 8;

export interface PcmQueue {
  write(chunk: Uint8Array): void;
  /** Whole samples per channel. */
  readonly queuedSamples: number;
  /** Interleaved; undefined when fewer are waiting, and nothing is removed then. */
  take(samples: number): Float32Array | undefined;
  /** Removes the oldest samples down to `limit`, counting them as dropped. */
  dropOldest(limit: number): void;
  clear(): void;
  readonly droppedSamples: number;
}

/** An empty queue. Sample data is little-endian, as every system that Fieldcast runs on. */
export function createPcmQueue(): PcmQueue {
  const chunks: Uint8Array[] = [];
  let queuedBytes = 0;
  /** Bytes of the first chunk that are gone already. */
  let offset = 0;
  let droppedSamples = 0;

  const remove = (bytes: number, into: Uint8Array | undefined): void => {
    let done = 0;
    while (done < bytes) {
      const first = chunks[0];
      if (first === undefined) return;
      const size = Math.min(first.length - offset, bytes - done);
      into?.set(first.subarray(offset, offset + size), done);
      done += size;
      offset += size;
      if (offset === first.length) {
        chunks.shift();
        offset = 0;
      }
    }
    queuedBytes -= bytes;
  };

  const queuedSamples = (): number => Math.floor(queuedBytes / BYTES_PER_SAMPLE);
  return {
    write(chunk) {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      queuedBytes += chunk.length;
    },
    get queuedSamples() { return queuedSamples(); },
    take(samples) {
      if (!Number.isInteger(samples) || samples < 0) throw new RangeError('The number of samples is a whole one.');
      if (queuedSamples() < samples) return undefined;
      const taken = new Float32Array(samples * 2);
      remove(samples * BYTES_PER_SAMPLE, new Uint8Array(taken.buffer));
      return withoutNonsense(taken);
    },
    dropOldest(limit) {
      const extra = queuedSamples() - limit;
      if (extra <= 0) return;
      remove(extra * BYTES_PER_SAMPLE, undefined);
      droppedSamples += extra;
    },
    clear() {
      chunks.length = 0;
      queuedBytes = 0;
      offset = 0;
    },
    get droppedSamples() { return droppedSamples; },
  };
}

/** Far above full scale: what is louder is no sound. */
const LOUDEST = 8;

/** In place: a worker that has gone mad must not end the AAC encoder, which refuses what is no number, or the loudness of a whole show. */
function withoutNonsense(samples: Float32Array): Float32Array {
  for (let index = 0; index < samples.length; index += 1) {
    const value = samples[index] ?? 0;
    if (!(value <= LOUDEST && value >= -LOUDEST)) samples[index] = 0;
  }
  return samples;
}
