// Whether a destination takes a plan, by the rules that a show is started with, before anything is opened. Asks nobody: what only the service knows comes later.
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { Destination, PlanQuestion, PlanVerdict } from '../../contract/plan.ts';
import { EMBEDDED_CAPABILITIES } from '../cloud/embeddedDestination.ts';
import type { ServiceCapabilities } from '../cloud/liveService.ts';
import { capabilitiesOf } from '../cloud/providers.ts';
import { ladderProblems } from '../encode/ladderRules.ts';
import { cuesNeedRtmp, eventProblems, ipRulesOf, requireSmooth } from './eventRules.ts';
import { aboutAddress, withSentRenditions } from './plainDestination.ts';
import { fitFor, noSuchRendition } from '../encode/platformFit.ts';

/** What an account chosen at sign-in cannot do is known when it is opened; until then it counts as one that can all. */
export function verdictOn(asked: PlanQuestion): PlanVerdict {
  const problems = ladderProblems(asked.ladder);
  const remarks: string[] = [];
  const allowed = <T>(rule: () => T): T | undefined => {
    try {
      return rule();
    } catch (error) {
      problems.push(error instanceof OperatorError ? `${error.message} ${error.action}` : messageOf(error));
      return undefined;
    }
  };
  const sent = allowed(() => withSentRenditions(asked)) ?? asked;
  const { destination, event = {}, ladder, ingest, also = [] } = sent;
  const capabilities = capabilitiesAt(destination);
  if (capabilities !== undefined && destination.kind !== 'rtmp' && sent.join === undefined) {
    const isLocal = destination.kind === 'embedded';
    problems.push(...eventProblems(event, ladder, capabilities));
    allowed(() => ipRulesOf(event.allowIngest, isLocal));
    allowed(() => ipRulesOf(event.allowPreview, isLocal));
    if (ingest === 'smooth') allowed(() => requireSmooth('This service', capabilities));
  }
  if (ingest === 'smooth') remarks.push(`${cuesNeedRtmp().message} ${cuesNeedRtmp().action}`);
  if (destination.kind === 'rtmp') {
    const { notes, warnings } = aboutAddress(destination.url, destination.platform, ladder);
    remarks.push(...notes, ...warnings);
  }
  const [dropped] = asked.ladder.renditions.slice(ladder.renditions.length);
  if (dropped !== undefined) remarks.push(`The destination takes one stream, so ${ladder.renditions.map(({ name }) => name).join(', ')} alone is sent.`);
  for (const { name, platform, rendition } of also) {
    const fit = fitFor(ladder, platform, rendition);
    if (fit === undefined) {
      const { message, action } = noSuchRendition(ladder, name, rendition);
      problems.push(`${message} ${action}`);
    } else remarks.push(...fit.remarks.map((sentence) => `${name} gets ${fit.rendition.name}. ${sentence}`));
  }
  return { problems: [...new Set(problems)], remarks };
}

function capabilitiesAt(destination: Destination): ServiceCapabilities | undefined {
  switch (destination.kind) {
    case 'embedded': return EMBEDDED_CAPABILITIES;
    case 'arm': return capabilitiesOf(destination.address);
    case 'rtmp': return undefined;
  }
}
