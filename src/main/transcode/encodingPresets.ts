// What the encoding presets of Media Services mean for one file: sizes, rates and sound of the set that is made of it. Pure.
import { OperatorError } from '../../contract/errors.ts';
import type { FrameRate } from '../../contract/ladder.ts';

/** What has to be known of the file. */
export type SourceFacts = {
  /** As it is shown: after rotation, in square pixels. Undefined for sound alone. */
  readonly picture: { readonly width: number; readonly height: number; readonly frameRate: FrameRate } | undefined;
  readonly hasAudio: boolean;
};

export type EncodedRung = { readonly width: number; readonly height: number; /** Mean where the preset says so, else the most. */ readonly kbps: number };

export type EncodingPlan = {
  readonly kind: 'encode';
  /** `bitrate`: what `kbps` says. `quality`: as little as the content needs, at most `kbps`. */
  readonly control: 'bitrate' | 'quality';
  /** Highest first, distinct in bitrate; empty for sound alone. */
  readonly rungs: readonly EncodedRung[];
  readonly frameRate: FrameRate | undefined;
  readonly gopSeconds: number;
  readonly audioKbps: number | undefined;
};

/** `copy`: the streams of the file as they are, each in a track of its own. */
export type PresetPlan = EncodingPlan | { readonly kind: 'copy' };

/** Lines and kbit/s. The rungs up to 1080 are those that the service's documentation shows for a 1080p source (media-services.md §6). */
const ADAPTIVE = [[2160, 18_000], [1440, 11_000], [1080, 6780], [720, 3520], [540, 2210], [360, 1150], [270, 720], [180, 380]] as const;

type Preset = {
  readonly control: 'bitrate' | 'quality';
  readonly rungs: readonly (readonly [lines: number, kbps: number])[];
  /** Made even where the source has fewer lines; a preset of one size has nothing else to offer. */
  readonly isSingle?: boolean;
  readonly audioKbps: number;
};

/** `BuiltInStandardEncoderPreset.presetName`, documentation "Built-in encoding presets". */
const PRESETS: Readonly<Record<string, Preset>> = {
  AdaptiveStreaming: { control: 'bitrate', rungs: ADAPTIVE, audioKbps: 128 },
  ContentAwareEncoding: { control: 'quality', rungs: ADAPTIVE, audioKbps: 128 },
  H264SingleBitrate1080p: { control: 'bitrate', rungs: [[1080, 6750]], isSingle: true, audioKbps: 64 },
  H264SingleBitrate720p: { control: 'bitrate', rungs: [[720, 4500]], isSingle: true, audioKbps: 64 },
  H264SingleBitrateSD: { control: 'bitrate', rungs: [[480, 2200]], isSingle: true, audioKbps: 64 },
  AACGoodQualityAudio: { control: 'bitrate', rungs: [], audioKbps: 192 },
};
const COPY = 'CopyAllBitrateNonInterleaved';

/** Every preset name that {@link planPreset} knows. */
export const PRESET_NAMES: readonly string[] = [...Object.keys(PRESETS), COPY];

const GOP_SECONDS = 2;
/** Faster sources are halved until they are no faster: more is not worth its bitrate on demand. */
const MAX_FPS = 60.5;

/**
 * The set that a preset makes of a file. A picture is never made larger; one that is smaller than every rung keeps its size at the
 * lowest rate.
 * @throws OperatorError `UNKNOWN_PRESET`, `NOTHING_TO_ENCODE`
 */
export function planPreset(presetName: string, source: SourceFacts): PresetPlan {
  if (presetName === COPY) return { kind: 'copy' };
  const preset = Object.hasOwn(PRESETS, presetName) ? PRESETS[presetName] : undefined;
  if (preset === undefined) {
    throw new OperatorError('UNKNOWN_PRESET', `There is no encoding preset "${presetName}" here.`, `Choose one of: ${PRESET_NAMES.join(', ')}.`);
  }
  const { picture, hasAudio } = source;
  const wantsPicture = preset.rungs.length > 0;
  if (!wantsPicture && !hasAudio) throw new OperatorError('NOTHING_TO_ENCODE', 'The file has no sound, and the preset makes nothing else.', 'Choose another preset.');
  if (picture === undefined && !hasAudio) throw new OperatorError('NOTHING_TO_ENCODE', 'The file has neither picture nor sound.', 'Choose another file.');
  return {
    kind: 'encode',
    control: preset.control,
    rungs: picture === undefined ? [] : rungsFor(preset, picture),
    frameRate: picture === undefined || !wantsPicture ? undefined : calmRate(picture.frameRate),
    gopSeconds: GOP_SECONDS,
    audioKbps: hasAudio ? preset.audioKbps : undefined,
  };
}

function rungsFor(preset: Preset, picture: { readonly width: number; readonly height: number }): EncodedRung[] {
  // Lines are counted on the shorter side, so that a portrait picture has the rungs of its landscape sister.
  const short = Math.min(picture.width, picture.height);
  const fitting = preset.rungs.filter(([lines]) => lines <= short + 1);
  const [lowest] = preset.rungs.slice(-1);
  if (fitting.length === 0 && lowest !== undefined) return [{ ...evenSize(picture, 1), kbps: lowest[1] }];
  return fitting.map(([lines, kbps]) => ({ ...evenSize(picture, Math.min(1, lines / short)), kbps }));
}

/** yuv420p needs even sides. */
function evenSize({ width, height }: { readonly width: number; readonly height: number }, scale: number): { width: number; height: number } {
  const even = (side: number): number => Math.max(2, Math.floor((side * scale) / 2 + 1e-6) * 2);
  return { width: even(width), height: even(height) };
}

function calmRate(rate: FrameRate): FrameRate {
  let { num, den } = rate;
  while (num / den > MAX_FPS) den *= 2;
  return { num, den };
}
