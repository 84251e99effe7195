// One run of samples in, one CMAF fragment and its header out (ISO/IEC 23000-19). Muxing is mediabunny's; the exact times are ours.
import {
  BufferTarget, CmafOutputFormat, EncodedAudioPacketSource, EncodedPacket, EncodedVideoPacketSource, Output,
} from 'mediabunny';
import { withoutCreationTimes, withoutSegmentIndex } from './boxes.ts';
import type { SampleRun, TrackFormat } from './fragment.ts';

export type PackagedRun = { readonly init: Uint8Array; readonly bytes: Uint8Array };

/**
 * Packages whole GOPs (video, closed) or runs of AAC frames. `baseMediaDecodeTime` is `run.startTicks` exactly:
 * decode times are the presentation times in order, so composition offsets are signed (trun version 1) and there is no edit list.
 * @throws when the run is empty or the format is one that mediabunny refuses.
 */
export async function packageRun(run: SampleRun, format: TrackFormat, timescale: number, sequence: number): Promise<PackagedRun> {
  const target = new BufferTarget();
  const initTarget = new BufferTarget();
  const output = new Output({ format: new CmafOutputFormat(), target, initTarget });
  const { video, audio } = format;
  if (video) await muxVideo(output, run, format, video, timescale);
  else if (audio) await muxAudio(output, run, format, audio);
  if (!target.buffer || !initTarget.buffer) throw new Error('The muxer closed without a fragment.');
  return {
    init: withoutCreationTimes(new Uint8Array(initTarget.buffer)),
    bytes: withoutSegmentIndex(new Uint8Array(target.buffer), sequence),
  };
}

async function muxVideo(
  output: Output, run: SampleRun, format: TrackFormat, video: NonNullable<TrackFormat['video']>, timescale: number,
): Promise<void> {
  const source = new EncodedVideoPacketSource('avc');
  // mediabunny derives the timescale from the frame rate (the denominator of its inverse): a rate of N ticks a second gives timescale N.
  output.addVideoTrack(source, { frameRate: timescale });
  await output.start();
  const decoderConfig = { codec: format.codec, codedWidth: video.width, codedHeight: video.height, description: format.decoderConfig };
  for (const sample of run.samples) {
    await source.add(packetOf(sample, timescale), { decoderConfig });
  }
  await output.finalize();
}

async function muxAudio(
  output: Output, run: SampleRun, format: TrackFormat, audio: NonNullable<TrackFormat['audio']>,
): Promise<void> {
  const source = new EncodedAudioPacketSource('aac');
  output.addAudioTrack(source);
  await output.start();
  const decoderConfig = {
    codec: format.codec, sampleRate: audio.sampleRate, numberOfChannels: audio.channels, description: format.decoderConfig,
  };
  for (const sample of run.samples) {
    await source.add(packetOf(sample, audio.sampleRate), { decoderConfig });
  }
  await output.finalize();
}

function packetOf(sample: SampleRun['samples'][number], timescale: number): EncodedPacket {
  return new EncodedPacket(sample.data, sample.isSync ? 'key' : 'delta', sample.ptsTicks / timescale, sample.durationTicks / timescale);
}
