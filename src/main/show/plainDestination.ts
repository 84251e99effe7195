// A plain RTMP server: which renditions of the ladder it gets, and under which addresses.
import type { Ladder } from '../../contract/ladder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import { parseRtmpUrl } from '../publish/rtmpUrl.ts';
import type { PublishTarget } from './chain.ts';

/** In a stream name it is replaced by the name of each rendition; without it the address takes one stream only. */
const RENDITION_MARK = '{rendition}';

/** The plan with only those renditions that its destination takes, so that nothing is encoded in vain. */
export function withSentRenditions(plan: ShowPlan): ShowPlan {
  if (plan.destination.kind !== 'rtmp' || plan.destination.url.includes(RENDITION_MARK)) return plan;
  const [top] = plan.ladder.renditions;
  if (top === undefined) throw new OperatorError('EMPTY_LADDER', 'The ladder has no rendition.', 'Choose a ladder with at least one.');
  return { ...plan, ladder: { ...plan.ladder, renditions: [top] } };
}

/** @throws OperatorError for what cannot be a publishing address. */
export function plainTargets(ladder: Ladder, url: string): PublishTarget[] {
  return ladder.renditions.map((rendition) => {
    const target = { rendition: rendition.name, url: url.replaceAll(RENDITION_MARK, rendition.name), alternateUrls: [], ca: undefined, burstWelcome: false };
    parseRtmpUrl(target.url);
    return target;
  });
}
