// A short clip, really encoded, as packets anywhere on the timeline.
import { spawn } from 'node:child_process';
import { AudioDemuxer } from '../../src/main/encode/audioDemuxer.ts';
import { VideoDemuxer } from '../../src/main/encode/videoDemuxer.ts';
import type { AudioPacket, AudioTrackConfig, MediaPacket, VideoPacket, VideoTrackConfig } from '../../src/main/media/packets.ts';
import { firstAudioFrameAt, mediaMsOfAudioFrame, mediaMsOfFrame } from '../../src/main/media/timeline.ts';

export type EncodedClip = {
  readonly videoConfig: VideoTrackConfig;
  readonly audioConfig: AudioTrackConfig;
  readonly video: readonly VideoPacket[];
  readonly audio: readonly AudioPacket[];
  /** Both tracks in order of their time on the wire. */
  readonly packets: readonly MediaPacket[];
};

export const CLIP_FRAME_RATE = { num: 25, den: 1 };
/** Two seconds. */
export const CLIP_GOP_FRAMES = 50;

/**
 * 25 frames per second, GOPs of 2 s with two B-frames, and a tone; 320x180 unless `noise` is asked for,
 * which is 640x360 that an encoder cannot make small, so that the video really has its `kbps`.
 */
export async function encodeClip(options: { readonly seconds: number; readonly startFrame: number; readonly kbps?: number; readonly noise?: boolean }): Promise<EncodedClip> {
  const { seconds, startFrame, kbps = 300, noise = false } = options;
  const [width, height] = noise ? [640, 360] : [320, 180];
  const video: VideoPacket[] = [];
  const audio: AudioPacket[] = [];
  let videoConfig: VideoTrackConfig | undefined;
  let audioConfig: AudioTrackConfig | undefined;
  const rendition = { name: `${height}p`, width, height, declaredKbps: kbps };
  const videoDemuxer = new VideoDemuxer(rendition, CLIP_FRAME_RATE, startFrame, { onConfig: (config) => { videoConfig = config; }, onPacket: (packet) => video.push(packet) });
  const audioDemuxer = new AudioDemuxer(128, firstAudioFrameAt(startFrame, CLIP_FRAME_RATE), { onConfig: (config) => { audioConfig = config; }, onPacket: (packet) => audio.push(packet) });
  await Promise.all([
    runFfmpeg([
      '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=25${noise ? ',noise=alls=100:allf=t' : ''}`, '-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
      '-g', String(CLIP_GOP_FRAMES), '-bf', '2', '-sc_threshold', '0', '-flags', '+cgop', '-b:v', `${kbps}k`, '-minrate', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`,
      '-nal-hrd', 'cbr', '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1',
    ], (bytes) => videoDemuxer.push(bytes)),
    runFfmpeg(['-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', String(seconds), '-ac', '2', '-c:a', 'aac', '-b:a', '128k', '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1'], (bytes) => audioDemuxer.push(bytes)),
  ]);
  if (videoConfig === undefined || audioConfig === undefined) throw new Error('FFmpeg wrote no codec configuration.');
  const packets = [...video, ...audio].toSorted((a, b) => wireMs(a) - wireMs(b));
  return { videoConfig, audioConfig, video, audio, packets };
}

/** Milliseconds at which a packet belongs on the wire. */
export function wireMs(packet: MediaPacket): number {
  return packet.kind === 'video' ? mediaMsOfFrame(packet.decodeFrame, CLIP_FRAME_RATE) : mediaMsOfAudioFrame(packet.frame);
}

async function runFfmpeg(args: readonly string[], onBytes: (bytes: Buffer) => void): Promise<void> {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', ...args], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 });
  child.stdout.on('data', onBytes);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`FFmpeg ended with ${code}.`);
}
