// Source → program clock → encoders in real time, with a stall of the whole process in between; what comes out is decoded.
import { describe, expect, it } from 'vitest';
import type { Ladder } from '../../src/contract/ladder.ts';
import { AlignmentChecker } from '../../src/main/encode/alignment.ts';
import { AudioEncoder } from '../../src/main/encode/audioEncoder.ts';
import { VideoEncoder } from '../../src/main/encode/videoEncoder.ts';
import type { AudioPacket, VideoPacket, VideoTrackConfig } from '../../src/main/media/packets.ts';
import { createTimeline, firstAudioFrameAt, firstGopFrameAt, mediaMsOfAudioFrame, mediaMsOfFrame, utcMsOfFrame } from '../../src/main/media/timeline.ts';
import { Program } from '../../src/main/program/program.ts';
import { readCount } from '../support/countedFrames.ts';
import { ClickingAudio, CountedVideo } from '../support/countedSource.ts';
import { decodeAac, decodeLuma } from '../support/decode.ts';
import { until } from '../support/until.ts';

const ladder: Ladder = {
  name: 'small', frameRate: { num: 30, den: 1 }, gopSeconds: 1, audioKbps: 128,
  renditions: [
    { name: 'top', width: 320, height: 180, declaredKbps: 400 },
    { name: 'low', width: 192, height: 108, declaredKbps: 150 },
  ],
};
const FRAMES = 120;

describe('program and encoders in real time', () => {
  it('loses no frame and no sample, also when the process stands still for a while', async () => {
    const timeline = createTimeline(Math.floor(Date.now() / 1000) - 5000, ladder.frameRate, ladder.gopSeconds);
    const startFrame = firstGopFrameAt(timeline, Date.now() + 500);
    const video: VideoPacket[] = [];
    const configs: VideoTrackConfig[] = [];
    const audio: AudioPacket[] = [];
    const failures: unknown[] = [];
    const latenessMs: number[] = [];
    const onFailure = (failure: unknown): void => { failures.push(failure); };
    const videoEncoder = new VideoEncoder({
      binary: 'ffmpeg', ladder, timeline, startFrame, onConfig: (config) => configs.push(config), onPacket: (packet) => video.push(packet), onFailure,
    });
    const audioStart = firstAudioFrameAt(startFrame, ladder.frameRate);
    const audioEncoder = new AudioEncoder({ binary: 'ffmpeg', kbps: 128, startFrame: audioStart, onConfig: () => {}, onPacket: (packet) => audio.push(packet), onFailure });
    const program = new Program({
      timeline, startFrame, width: 320, height: 180,
      feeds: { video: new CountedVideo(320, 180), audio: new ClickingAudio() },
      onFrame: (frame, pieces) => {
        latenessMs.push(Date.now() - utcMsOfFrame(timeline, frame));
        videoEncoder.push(frame, pieces);
      },
      onAudio: (first, samples) => audioEncoder.push(first, samples),
    });
    program.endBefore(startFrame + FRAMES);
    program.start();
    await until(() => program.nextFrame >= startFrame + 40, 'the second GOP');
    const standstill = performance.now() + 400;
    while (performance.now() < standstill);
    expect(await program.ended).toBe(startFrame + FRAMES);
    await Promise.all([videoEncoder.finish(), audioEncoder.finish()]);

    expect(failures).toEqual([]);
    expect(program.stats).toMatchObject({ frames: FRAMES, repeatedFrames: 0, blackFrames: 0, silentSamples: 0 });
    // The standstill was made up for, not skipped; no tick came before its time.
    expect(program.stats.caughtUpTicks).toBeGreaterThanOrEqual(10);
    expect(Math.min(...latenessMs)).toBeGreaterThan(-5);

    const checker = new AlignmentChecker(timeline.framesPerGop, ['top', 'low']);
    for (const packet of video) checker.add(packet);
    expect(checker.report()).toMatchObject({
      keyframesAligned: true,
      renditions: [{ frames: FRAMES, keyframes: 4, missingFrames: 0, duplicateFrames: 0 }, { frames: FRAMES, keyframes: 4, missingFrames: 0, duplicateFrames: 0 }],
    });
    for (const config of configs) {
      const planes = await decodeLuma(config, video.filter((one) => one.rendition === config.rendition));
      expect(planes.map((luma) => readCount(luma, config.width, config.height))).toEqual(Array.from({ length: FRAMES }, (_, index) => index));
    }
    expect(videoEncoder.stats).toMatchObject({ framesIn: FRAMES, lagFrames: 0, replacedFrames: 0 });

    expect(audio.map((one) => one.frame)).toEqual(audio.map((_, index) => audioStart + index));
    const missingAtEndMs = mediaMsOfFrame(startFrame + FRAMES, ladder.frameRate) - mediaMsOfAudioFrame((audio.at(-1)?.frame ?? 0) + 1);
    expect(missingAtEndMs).toBeLessThanOrEqual(0);
    const pcm = await decodeAac(audio);
    for (const second of [1, 2, 3]) {
      // The source's time 0 is the first frame; packets begin with the first whole AAC frame behind it.
      const click = second * 48_000 - (audioStart * 1024 - startFrame * 1600);
      const near = Array.from({ length: 2001 }, (_, index) => Math.abs(pcm[(click - 1000 + index) * 2] ?? 0));
      expect(Math.abs(near.indexOf(Math.max(...near)) - 1000)).toBeLessThanOrEqual(1);
    }
  });
});
