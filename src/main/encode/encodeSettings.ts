// How a show encodes at the moment: what may change on air without viewers noticing more than quality. Pure.
import { presetsOf, type EncoderChoice } from '../../contract/encoder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { EncodedRendition } from './encoderTable.ts';

export type EncodeSettings = {
  readonly encoder: EncoderChoice;
  /** The preset that the show began with. */
  readonly plannedPreset: string;
  /** Bitrates that an operator asked for, kbit/s, by rendition; the declared one elsewhere. */
  readonly targetKbps: Readonly<Record<string, number>>;
  /** So many of the top renditions are not encoded. */
  readonly shedRenditions: number;
};

/** Services call a track unhealthy at half of its declared bitrate (LiveEventIngestHeartbeat `unexpectedBitrate`); a little above it stays clear of that. */
const LOWEST_SHARE = 0.55;

/** The renditions that are encoded, with their bitrates of the moment. */
export function encodedRenditions(ladder: Ladder, { targetKbps, shedRenditions }: EncodeSettings): readonly EncodedRendition[] {
  return ladder.renditions.slice(shedRenditions).map((rendition) => {
    const target = targetKbps[rendition.name];
    return target === undefined ? rendition : { ...rendition, targetKbps: target };
  });
}

/**
 * Steps down from what was planned, each with less work than the one before: faster presets of the encoder, then the top renditions left
 * out one after the other, all but the last.
 */
export function settingsSteps(planned: EncoderChoice, ladder: Ladder): readonly Pick<EncodeSettings, 'encoder' | 'shedRenditions'>[] {
  const presets = presetsOf(planned.encoder);
  // Whether two presets of a hardware encoder share their parameter sets is known only when both have run: they are left as they are.
  const faster = planned.encoder === 'libx264' ? presets.slice(0, Math.max(0, presets.indexOf(planned.preset))).toReversed() : [];
  const byPreset = [planned.preset, ...faster].map((preset) => ({ encoder: { ...planned, preset }, shedRenditions: 0 }));
  const fastest = byPreset.at(-1)?.encoder ?? planned;
  const byShedding = ladder.renditions.slice(1).map((_, index) => ({ encoder: fastest, shedRenditions: index + 1 }));
  return [...byPreset, ...byShedding];
}

/**
 * The settings with another bitrate for one rendition.
 * @throws OperatorError `NO_SUCH_RENDITION`, or `BITRATE_OUTSIDE_WINDOW` where it is above the declared bitrate or not well above half of it.
 */
export function withBitrate(settings: EncodeSettings, ladder: Ladder, name: string, kbps: number): EncodeSettings {
  const rendition = ladder.renditions.find((one) => one.name === name);
  if (rendition === undefined) {
    throw new OperatorError('NO_SUCH_RENDITION', `The ladder has no rendition "${name}".`, `Choose one of: ${ladder.renditions.map((one) => one.name).join(', ')}.`);
  }
  const lowest = Math.ceil(rendition.declaredKbps * LOWEST_SHARE);
  if (!Number.isFinite(kbps) || kbps < lowest || kbps > rendition.declaredKbps) {
    throw new OperatorError(
      'BITRATE_OUTSIDE_WINDOW',
      `${name} was declared with ${rendition.declaredKbps} kbit/s, which cannot change on air; ${kbps} kbit/s is outside of what services accept for it.`,
      `Give a whole number from ${lowest} to ${rendition.declaredKbps}.`,
    );
  }
  return { ...settings, targetKbps: { ...settings.targetKbps, [name]: Math.round(kbps) } };
}
