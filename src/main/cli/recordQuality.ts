// The bitrate of `--record-quality`. Pure.
import { OperatorError } from '../../contract/errors.ts';
import { showPlanSchema } from '../../contract/plan.ts';

/** Kbit/s. @throws OperatorError RECORD_QUALITY */
export function parseRecordQuality(text: string): number {
  const kbps = showPlanSchema.shape.recordKbps.safeParse(text.trim() === '' ? undefined : Number(text)).data;
  if (kbps === undefined) throw new OperatorError('RECORD_QUALITY', `--record-quality cannot be "${text}".`, 'Give kbit/s from 200 to 60000, e.g. 12000.');
  return kbps;
}
