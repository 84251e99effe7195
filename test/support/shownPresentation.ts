// A presentation in memory with chosen segments, for tests of manifests and of the origin's answers.
import type { Presentation, PresentedSegment, PresentedTrack } from '../../src/main/service/origin/presentation.ts';

export type ShownSegment = readonly [sequence: number, startTicks: number, durationTicks: number, formatId?: number];

export function videoTrackOf(bitrate: number, segments: readonly ShownSegment[], size = { width: 1280, height: 720 }): PresentedTrack {
  const format = { codec: 'avc1.64001f', decoderConfig: Uint8Array.of(1), video: { ...size, frameRate: { num: 30_000, den: 1001 } } };
  return {
    identity: { name: `video_${bitrate}`, kind: 'video', declaredBitrate: bitrate, timescale: 30_000 },
    formats: [format, { ...format, codec: 'avc1.64002a' }], segments: segments.map(segmentOf(bitrate, 30_000)),
  };
}

export function audioTrackOf(bitrate: number, segments: readonly ShownSegment[]): PresentedTrack {
  return {
    identity: { name: `audio_${bitrate}`, kind: 'audio', declaredBitrate: bitrate, timescale: 48_000 },
    formats: [{ codec: 'mp4a.40.2', decoderConfig: Uint8Array.of(1), audio: { sampleRate: 48_000, channels: 2 } }],
    segments: segments.map(segmentOf(bitrate, 48_000)),
  };
}

export function presentationOf(tracks: readonly PresentedTrack[], about: Partial<Presentation> = {}): Presentation {
  return {
    manifestName: 'show', isLive: true, zeroUtcMs: Date.UTC(2026, 0, 1), windowSeconds: 60, tracks, expectedTracks: [], cues: [],
    init: async (_name, formatId) => (formatId < 2 ? Buffer.from(`header ${formatId}`) : undefined),
    read: async (name, segment, range) => Buffer.from(`${name}@${segment.startTicks}`.padEnd(segment.sizeBytes, '.')).subarray(range?.start ?? 0, (range?.end ?? segment.sizeBytes) + 1),
    ...about,
  };
}

function segmentOf(bitrate: number, timescale: number) {
  return ([sequence, startTicks, durationTicks, formatId = 0]: ShownSegment): PresentedSegment => (
    { sequence, startTicks, durationTicks, formatId, sizeBytes: Math.round((bitrate * durationTicks) / timescale / 8) }
  );
}
