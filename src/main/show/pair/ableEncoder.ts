// Whether this machine can encode the ladder of an event that it is to join, and with what. Pure.
import { DEFAULT_ENCODER, encoderText, type EncoderChoice } from '../../../contract/encoder.ts';
import { OperatorError } from '../../../contract/errors.ts';
import type { Ladder } from '../../../contract/ladder.ts';
import { pixelRateOf, type MeasuredEncoder } from '../../encode/encoderSpeed.ts';

/**
 * The encoder of choice where it keeps up, so that the two write equal parameter sets; else the fastest of those that do.
 * @param encoders as they were measured; empty where nothing could be, and then the choice stands
 * @throws OperatorError JOIN_ENCODER_UNABLE
 */
export function ableEncoder(ladder: Ladder, wanted: EncoderChoice = DEFAULT_ENCODER, encoders: readonly MeasuredEncoder[] = [], refused: readonly string[] = []): EncoderChoice {
  const speedOf = (one: MeasuredEncoder): number => (one.renditions < ladder.renditions.length ? 0 : one.pixelsPerSecond / pixelRateOf(ladder));
  const own = encoders.find(({ choice }) => choice.encoder === wanted.encoder && choice.preset === wanted.preset);
  if ((encoders.length === 0 && refused.length === 0) || (own !== undefined && speedOf(own) >= 1)) return wanted;
  const [fastest] = encoders.toSorted((one, other) => speedOf(other) - speedOf(one));
  if (fastest !== undefined && speedOf(fastest) >= 1) return fastest.choice;
  const why = fastest === undefined ? refused.join(' ') : `The fastest encoder here, ${encoderText(fastest.choice)}, carries it at ${speedOf(fastest).toFixed(2)} × real time.`;
  throw new OperatorError('JOIN_ENCODER_UNABLE', `This computer cannot encode the ladder of the event. ${why}`, 'Join from a faster computer, or end what else runs on this one and join again.');
}
