// A ladder and a plan of one as lines for an operator. Pure.
import { encoderText } from '../../contract/encoder.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { LadderPlan } from '../../contract/ladderPlan.ts';

/** A plan as an operator reads it. */
export function ladderPlanLines({ ladder, encoder, reasons, totalKbps, expectedSpeed, isMeasured }: LadderPlan): string[] {
  return [
    `Ladder     ${ladderText(ladder)}`,
    `Encoder    ${encoderText(encoder)}, ${expectedSpeed} × real time ${isMeasured ? 'measured' : 'estimated'}; ${totalKbps} kbit/s to send with the sound`,
    ...reasons.map(({ sentence }) => `           ${sentence}`),
  ];
}

/** All of a ladder in one line. */
export function ladderText({ renditions, frameRate }: Ladder): string {
  return `${renditions.map((one) => `${one.name} ${one.width}×${one.height} ${one.declaredKbps} kbit/s`).join(', ')}; ${Math.round((frameRate.num / frameRate.den) * 100) / 100} fps`;
}
