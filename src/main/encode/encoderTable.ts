// The argument table: how FFmpeg is told to encode one rendition with each encoder. Pure; whether an encoder works shows when it runs.
// Common to all: constant bitrate with a buffer of one second, closed GOPs of constant length that begin with an IDR, no
// keyframe elsewhere, High profile, BT.709. Options are those that FFmpeg 5.0 and later know; what came later is a feature.
import { availableParallelism } from 'node:os';
import type { EncoderChoice, EncoderFeature, EncoderName } from '../../contract/encoder.ts';
import type { Rendition } from '../../contract/ladder.ts';

/** A rendition and the bitrate that it has at the moment; its declared one names it at the service and never changes. */
export type EncodedRendition = Rendition & { readonly targetKbps?: number };

/** What differs between the workers of one show besides the encoder. */
export type WorkerPlace = {
  /** Frames of the first GOP that went to the worker before: its IDRs stay where the timeline has them. */
  readonly gopPhase?: number;
  /** The preset that the show began with: a faster one writes its parameter sets. */
  readonly plannedPreset?: string;
};

type EncoderEntry = {
  /** Filters behind each scaled rendition that bring the picture to where the encoder reads it. */
  readonly upload?: string;
  /** Options in front of the input. */
  readonly deviceArgs?: (choice: EncoderChoice) => readonly string[];
  /** Options of one rendition besides those common to all. */
  readonly codecArgs: (rendition: EncodedRendition, choice: EncoderChoice, place: WorkerPlace) => readonly string[];
  /** Sets of features to try, the most wanted first. */
  readonly featureSets: readonly (readonly EncoderFeature[])[];
  /** Presets that a probe tries, the most wanted first: one that is too slow, or refused, gives way to the next. */
  readonly probePresets: readonly [string, ...string[]];
  /** What the arguments follow. */
  readonly source: string;
};

/** x264 holds one frame back for each frame thread; more than this costs latency for nothing at these sizes. */
const MAX_ENCODER_THREADS = 8;
/** A smaller picture gets its share of the threads: each is one more to wake and one more frame held back. */
const FULL_SHARE_PIXELS = 1920 * 1080;

/** The FFmpeg option behind a feature; undefined for one that needs none. */
export const FEATURE_OPTIONS: Readonly<Record<EncoderFeature, string | undefined>> = {
  /** Filler up to the constant bitrate (NVENC, FFmpeg 7.1). */
  cbr_padding: 'cbr_padding',
  /** kVTCompressionPropertyKey_ConstantBitRate: macOS 13 on Apple silicon (FFmpeg 6.0). */
  constant_bit_rate: 'constant_bit_rate',
  /** kVTCompressionPropertyKey_DataRateLimits; refused by some Macs, and together with the one above. */
  peak_limit: undefined,
};

export const ENCODER_TABLE: Readonly<Record<EncoderName, EncoderEntry>> = {
  /**
   * Two B-frames that nothing refers to, which a congested uplink can drop alone; filler, because a service calls a track unhealthy
   * below half of its declared bitrate, which a still picture would reach at once. Not nal-hrd=cbr: that writes the bitrate into
   * the SPS, which would change with it. A fixed pattern of B-frames (b-adapt=0) ends its groups at the same frames in all renditions.
   */
  libx264: {
    codecArgs: (rendition, { preset, bFrames }, { gopPhase = 0, plannedPreset = preset }) => [
      '-preset', preset, '-profile:v', 'high', '-threads', String(x264Threads(rendition, availableParallelism())),
      '-sc_threshold', '0', '-flags', '+cgop', '-bf', String(bFrames ?? 2), ...rateArgs(rendition),
      '-x264-params', ['filler=1:b-pyramid=none:scenecut=0:open-gop=0:force-cfr=1:b-adapt=0', ...pinnedX264Params(preset, plannedPreset)].join(':'),
      ...(gopPhase === 0 ? [] : ['-forced-idr', '1']),
    ],
    featureSets: [[]],
    probePresets: ['veryfast', 'superfast', 'ultrafast'],
    source: 'https://ffmpeg.org/ffmpeg-codecs.html#libx264_002c-libx264rgb, x264 --fullhelp',
  },
  /** Presets p1 to p7 with a tuning of their own since Video Codec SDK 10. Without lookahead there is no scene cut. */
  h264_nvenc: {
    codecArgs: (rendition, { preset, features = [] }) => [
      '-preset', preset, '-tune', 'll', '-profile:v', 'high', '-rc', 'cbr', '-rc-lookahead', '0', '-no-scenecut', '1',
      '-forced-idr', '1', '-strict_gop', '1', '-b_ref_mode', 'disabled', '-spatial-aq', '1', '-delay', '0', ...rateArgs(rendition),
      ...(features.includes('cbr_padding') ? ['-cbr_padding', '1'] : []),
    ],
    featureSets: [['cbr_padding'], []],
    probePresets: ['p4', 'p2', 'p1'],
    source: 'ffmpeg -h encoder=h264_nvenc; https://docs.nvidia.com/video-technologies/video-codec-sdk/ (encoder guide: low-latency use, preset migration)',
  },
  /** Constant bitrate is what it does when maxrate equals the bitrate; IdrInterval 0 makes every I-frame an IDR. */
  h264_qsv: {
    upload: 'format=nv12',
    codecArgs: (rendition, { preset }) => [
      '-preset', preset, '-profile:v', 'high', '-async_depth', '1', '-look_ahead', '0', '-adaptive_i', '0', '-adaptive_b', '0',
      '-forced_idr', '1', '-idr_interval', '0', '-flags', '+cgop', '-aud', '0', ...rateArgs(rendition),
    ],
    featureSets: [[]],
    probePresets: ['medium', 'veryfast'],
    source: 'https://ffmpeg.org/ffmpeg-codecs.html#QSV-Encoders (ratecontrol method, forced_idr, idr_interval, adaptive_i)',
  },
  /** Never falls back to Apple's software encoder: libx264 is better at that. */
  h264_videotoolbox: {
    upload: 'format=nv12',
    codecArgs: (rendition, { features = [] }) => [
      '-profile:v', 'high', '-allow_sw', '0', '-realtime', '1', '-a53cc', '0', '-flags', '+cgop',
      ...(features.includes('peak_limit') ? rateArgs(rendition) : ['-b:v', `${rendition.targetKbps ?? rendition.declaredKbps}k`]),
      ...(features.includes('constant_bit_rate') ? ['-constant_bit_rate', '1'] : []),
    ],
    featureSets: [['constant_bit_rate'], ['peak_limit'], []],
    probePresets: ['default'],
    source: 'https://ffmpeg.org/ffmpeg-codecs.html#VideoToolbox; VTCompressionProperties.h (ConstantBitRate, DataRateLimits, RealTime)',
  },
  /** Filler and HRD are off unless asked for, and its rate control may skip frames. */
  h264_amf: {
    upload: 'format=nv12',
    codecArgs: (rendition, { preset }) => [
      '-usage', 'lowlatency', '-quality', preset, '-profile:v', 'high', '-rc', 'cbr', '-enforce_hrd', '1', '-filler_data', '1',
      '-frame_skipping', '0', '-aud', '0', ...rateArgs(rendition),
    ],
    featureSets: [[]],
    probePresets: ['balanced', 'speed'],
    source: 'https://github.com/GPUOpen-LibrariesAndSDKs/AMF/wiki/AMF%20Encoder%20Settings%20and%20Tuning%20in%20FFmpeg',
  },
  /** Scaled in memory and uploaded once: not every driver has a scaler. Some Intel GPUs have the low-power encoder only. */
  h264_vaapi: {
    upload: 'format=nv12,hwupload',
    deviceArgs: ({ device }) => ['-init_hw_device', `vaapi=gpu${device === undefined ? '' : `:${device}`}`, '-filter_hw_device', 'gpu'],
    codecArgs: (rendition, { preset }) => [
      '-low_power', preset === 'lowpower' ? '1' : '0', '-profile:v', 'high', '-rc_mode', 'CBR', '-idr_interval', '0', '-aud', '0', ...rateArgs(rendition),
    ],
    featureSets: [[]],
    probePresets: ['normal', 'lowpower'],
    source: 'https://ffmpeg.org/ffmpeg-codecs.html#VAAPI-encoders, https://trac.ffmpeg.org/wiki/Hardware/VAAPI',
  },
  /** `camera_record` makes it keep a constant frame rate: others drop frames (comment in FFmpeg's mfenc.c). Profile 100 is High. */
  h264_mf: {
    upload: 'format=nv12',
    codecArgs: (rendition) => ['-hw_encoding', '1', '-rate_control', 'cbr', '-scenario', 'camera_record', '-profile:v', '100', ...rateArgs(rendition)],
    featureSets: [[]],
    probePresets: ['default'],
    source: 'https://ffmpeg.org/ffmpeg-codecs.html#MediaFoundation; FFmpeg libavcodec/mfenc.c',
  },
  /** The encoders of small boards. Constant bitrate is up to the driver. */
  h264_v4l2m2m: {
    codecArgs: (rendition) => rateArgs(rendition),
    featureSets: [[]],
    probePresets: ['default'],
    source: 'ffmpeg -h encoder=h264_v4l2m2m; https://docs.kernel.org/userspace-api/media/v4l/ext-ctrls-codec.html',
  },
};

/**
 * Every SPS says BT.709, limited range: not every encoder writes the colours of its pictures down, and a player must not change
 * them between two encoders of one show.
 */
const UNIFORM_COLOURS = 'h264_metadata=video_full_range_flag=0:colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1';

/** Threads of libx264 for one rendition on a machine with so many processors: for a 1080p picture as many as x264 itself would take. */
export function x264Threads({ width, height }: Rendition, processors: number): number {
  const most = Math.min(MAX_ENCODER_THREADS, Math.ceil(processors * 1.5));
  return Math.ceil(most * Math.min(1, (width * height) / FULL_SHARE_PIXELS));
}

/** Encoder arguments of one rendition, to stand between `-map [v0]` and the output. */
export function encoderArgs(rendition: EncodedRendition, framesPerGop: number, choice: EncoderChoice, place: WorkerPlace = {}): string[] {
  const { gopPhase = 0 } = place;
  const gop = ['-g', String(framesPerGop), '-keyint_min', String(framesPerGop)];
  // By frame, not by time: some round the frame rate of 29.97 and 59.94 and would drift away from the GOP.
  const forced = ['-force_key_frames', `expr:not(mod(n${gopPhase === 0 ? '' : `+${gopPhase}`},${framesPerGop}))`];
  const common = choice.encoder === 'libx264'
    ? [...gop, ...(gopPhase === 0 ? [] : forced)]
    : [...gop, '-bf', '0', ...forced, '-bsf:v', UNIFORM_COLOURS];
  return ['-c:v', choice.encoder, ...common, ...ENCODER_TABLE[choice.encoder].codecArgs(rendition, choice, place)];
}

/** Presets of libx264 with psychovisual rate-distortion, which lowers the chroma QP offset in the PPS by 2. */
const PSYCHOVISUAL_PRESETS: readonly string[] = ['fast', 'medium'];

/** Presets of libx264 with two references or more, and with more lookahead than a live show can wait for. */
const SLOW_PRESETS: readonly string[] = ['faster', ...PSYCHOVISUAL_PRESETS];

/**
 * What makes `preset` write the SPS and PPS of the slower `planned`: entropy coding, transform size and weighted prediction, which
 * `ultrafast` turns off, and the chroma QP offset. So players and recordings notice nothing when a show goes on with another preset.
 */
function pinnedX264Params(preset: string, planned: string): string[] {
  // The DPB of `medium` would hold a third picture, and lookahead is delay: 40 frames there.
  const own = SLOW_PRESETS.includes(preset) ? ['rc-lookahead=10'] : [];
  const references = SLOW_PRESETS.includes(planned) ? ['ref=2'] : [];
  if (preset === planned) return [...references, ...own];
  const chroma = PSYCHOVISUAL_PRESETS.includes(planned) && !PSYCHOVISUAL_PRESETS.includes(preset) ? ['chroma-qp-offset=-2'] : [];
  return [...references, ...own, 'cabac=1:8x8dct=1:weightp=1:weightb=1', ...chroma];
}

/** Constant bitrate with a buffer of one second. */
function rateArgs({ declaredKbps, targetKbps = declaredKbps }: EncodedRendition): string[] {
  return ['-b:v', `${targetKbps}k`, '-maxrate', `${targetKbps}k`, '-bufsize', `${targetKbps}k`];
}
