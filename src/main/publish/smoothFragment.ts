// One fragment of one track as Smooth Streaming has it: `moof` with the absolute time (`tfxd`, MS-SSTR §2.2.4.4) and `mdat`. Bytes only.
import { box, boxHead, fullBox, u32, u64, uuidBox } from '../media/mp4BoxWriter.ts';

export type SmoothSample = {
  readonly durationTicks: number;
  /** Presentation after decoding. */
  readonly compositionTicks: number;
  readonly data: Uint8Array;
};

export type SmoothFragment = {
  readonly trackId: number;
  readonly kind: 'video' | 'audio';
  /** Counts from 1 on each connection. */
  readonly sequence: number;
  /** When the first sample is shown, and for how long the fragment is. */
  readonly startTicks: number;
  readonly durationTicks: number;
  /** In decode order; the first one of a video fragment is an IDR, and no other is. */
  readonly samples: readonly SmoothSample[];
};

const TFXD = '6d1d9b0542d544e680e2141daff757b2';
/** sample_depends_on and sample_is_non_sync_sample, ISO/IEC 14496-12 §8.8.3.1. */
const SYNC = 0x0200_0000;
const NON_SYNC = 0x0101_0000;
/** tr_flags, §8.8.8. */
const DATA_OFFSET = 0x1;
const FIRST_FLAGS = 0x4;
const DURATIONS = 0x100;
const SIZES = 0x200;
const COMPOSITIONS = 0x800;
const HAS_DEFAULT_FLAGS = 0x20;

/** The fragment in pieces that follow each other; the media is not copied. */
export function writeFragment(fragment: SmoothFragment): Uint8Array[] {
  // The offset of the media is known when the size of `moof` is, which does not depend on it.
  const sizeBytes = moofOf(fragment, 0).length;
  const media = fragment.samples.map(({ data }) => data);
  const mediaBytes = media.reduce((sum, data) => sum + data.length, 0);
  return [moofOf(fragment, sizeBytes + 8), boxHead('mdat', mediaBytes + 8), ...media];
}

function moofOf({ trackId, kind, sequence, startTicks, durationTicks, samples }: SmoothFragment, dataOffset: number): Uint8Array {
  const isVideo = kind === 'video';
  const run = isVideo
    ? fullBox('trun', 0, DATA_OFFSET | FIRST_FLAGS | DURATIONS | SIZES | COMPOSITIONS, u32(samples.length, dataOffset, SYNC),
        ...samples.map((sample) => u32(sample.durationTicks, sample.data.length, sample.compositionTicks)))
    : fullBox('trun', 0, DATA_OFFSET | DURATIONS | SIZES, u32(samples.length, dataOffset), ...samples.map((sample) => u32(sample.durationTicks, sample.data.length)));
  return box('moof',
    fullBox('mfhd', 0, 0, u32(sequence)),
    box('traf',
      fullBox('tfhd', 0, HAS_DEFAULT_FLAGS, u32(trackId, isVideo ? NON_SYNC : SYNC)),
      run,
      uuidBox(TFXD, 1, 0, u64(startTicks, durationTicks))));
}
