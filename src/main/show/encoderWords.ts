// What the video encoder does, in words for the operator and in figures for clients. Pure.
import { encoderText } from '../../contract/encoder.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { EncoderReport, Failure } from '../../contract/report.ts';
import type { MissingRange } from '../encode/missingFrames.ts';
import type { EncoderHandover, VideoEncoderStats } from '../encode/videoEncoderOptions.ts';

/** A handover that the operator asked for is told; one that load forces is a warning. */
export function handoverWords({ frame, cause, settings }: EncoderHandover, ladder: Ladder): { readonly sentence: string } | { readonly warning: Failure } {
  const targets = Object.entries(settings.targetKbps).map(([name, kbps]) => `${name} ${kbps} kbit/s`).join(', ');
  const shed = ladder.renditions.slice(0, settings.shedRenditions).map((one) => one.name);
  const work = `${encoderText(settings.encoder)}${shed.length === 0 ? '' : ` without ${shed.join(', ')}`}`;
  switch (cause) {
    case 'idr': return { sentence: `Every rendition has an IDR at frame ${frame}.` };
    case 'bitrate': return { sentence: `From frame ${frame} on: ${targets}.` };
    case 'step-down': return { warning: {
      code: 'ENCODER_STEPPED_DOWN',
      message: `This computer does not encode fast enough: from frame ${frame} on it goes on with ${work}.`,
      action: 'Close other programs. It goes back by itself once that holds.',
    } };
    case 'step-up': return { warning: { code: 'ENCODER_STEPPED_UP', message: `The encoder keeps up again: from frame ${frame} on it goes on with ${work}.`, action: 'Nothing needs to be done.' } };
  }
}

/** @param missingSound frames of 1024 samples */
export function encoderReportOf(stats: VideoEncoderStats, missingSound: readonly MissingRange[], ladder: Ladder): EncoderReport {
  const { settings, lagMs, maxLagMs, handovers, failures, replacedFrames, missing } = stats;
  return {
    encoder: encoderText(settings.encoder),
    shed: ladder.renditions.slice(0, settings.shedRenditions).map((one) => one.name),
    targetKbps: { ...settings.targetKbps },
    lagMs, maxLagMs, handovers, failures, replacedFrames,
    missing: [...missing, ...missingSound].map((range) => ({ ...range })),
  };
}
