// Encodes a few seconds of counted pictures and a tone with the real encoders, and returns every packet in the order of media time, as in a
// show that runs in real time.
import { AudioEncoder } from '../../src/main/encode/audioEncoder.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import type { Ladder } from '../../src/contract/ladder.ts';
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../../src/main/media/packets.ts';
import { createTimeline, exactMsOfFrame, firstAudioFrameAt, mediaMsOfAudioFrame, type FrameIndex } from '../../src/main/media/timeline.ts';
import { sampleOfFrame } from '../../src/main/program/sampleGrid.ts';
import { countedFrame } from './countedFrames.ts';
import { until } from './until.ts';

export type SmallShow = { readonly ladder: Ladder; readonly startFrame: FrameIndex; readonly reorderFrames: number; readonly items: readonly (MediaPacket | VideoTrackConfig | AudioTrackConfig)[] };

/** One rendition `top`, of 320x180 where nothing else is asked for, at `rate`, GOPs of one second, from a frame far into the timeline. */
export async function encodeSmallShow(frames: number, rate = { num: 30, den: 1 }, { width, height } = { width: 320, height: 180 }): Promise<SmallShow> {
  const ladder: Ladder = {
    name: 'small', frameRate: rate, gopSeconds: 1, audioKbps: 128, renditions: [{ name: 'top', width, height, declaredKbps: 400 }],
  };
  const timeline = createTimeline(1_700_000_000, rate, 1);
  const startFrame = (timeline.framesPerGop * 100_000) as FrameIndex;
  const items: SmallShow['items'][number][] = [];
  const failures: unknown[] = [];
  const sink = {
    onConfig: (config: VideoTrackConfig | AudioTrackConfig) => { items.push(config); },
    onPacket: (packet: MediaPacket) => { items.push(packet); },
    onFailure: (failure: unknown) => { failures.push(failure); },
  };
  const video = new VideoEncoder({ binary: 'ffmpeg', ladder, timeline, startFrame, encoder: { encoder: 'libx264', preset: 'ultrafast' }, ...sink });
  const audio = new AudioEncoder({ binary: 'ffmpeg', kbps: 128, startFrame: firstAudioFrameAt(startFrame, rate), ...sink });
  for (let frame: number = startFrame; frame < startFrame + frames; frame += 1) {
    await until(() => video.stats.lagFrames < 20, 'room in the encoder');
    video.push(frame as FrameIndex, countedFrame(frame % 2 ** 24, width, height));
    const from = sampleOfFrame(frame, rate);
    const block = new Float32Array((sampleOfFrame(frame + 1, rate) - from) * 2);
    for (let index = 0; index < block.length; index += 1) block[index] = 0.3 * Math.sin(((from + (index >> 1)) * 2 * Math.PI * 440) / 48_000);
    audio.push(from, block);
  }
  await Promise.all([video.finish(), audio.finish()]);
  if (failures.length > 0) throw new Error(`An encoder failed: ${JSON.stringify(failures)}`);
  const timeOf = (item: SmallShow['items'][number]): number => {
    if (!('data' in item)) return -1;
    return item.kind === 'audio' ? mediaMsOfAudioFrame(item.frame) : exactMsOfFrame(item.decodeFrame, rate);
  };
  const first = items.find((item) => 'data' in item && item.kind === 'video');
  const reorderFrames = first !== undefined && 'decodeFrame' in first ? first.frame - first.decodeFrame : 0;
  return { ladder, startFrame, reorderFrames, items: items.toSorted((a, b) => timeOf(a) - timeOf(b)) };
}
