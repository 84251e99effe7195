// Changes the tags of a live event only if nobody else has changed it meanwhile: the one write by which instances of a show agree.
import { createPipelineRequest } from '@azure/core-rest-pipeline';
import { OperatorError } from '../../contract/errors.ts';
import type { ArmAccount } from './armAccount.ts';
import type { TagSwap } from './liveService.ts';

/** Of live events in the SDK (media-services.md §1.3). */
const API_VERSION = '2022-08-01';

export type SwapRequest = {
  readonly name: string;
  /** ARM replaces the tags as a whole, so these are all of them. */
  readonly tags: Readonly<Record<string, string>>;
  readonly location: string;
  /** Entity tag of what was read; without one the write is unconditional. */
  readonly version: string | undefined;
};

/** @throws OperatorError where the service cannot be reached or refuses */
export async function swapEventTags(account: ArmAccount, { name, tags, location, version }: SwapRequest, signal: AbortSignal): Promise<TagSwap> {
  const attempt = `write the tags of the live event “${name}”`;
  const base = account.settings.endpoint.replace(/\/+$/, '');
  const answer = await account.call(attempt, signal, async (abortSignal) => {
    const request = createPipelineRequest({
      url: `${base}${account.id}/liveEvents/${encodeURIComponent(name)}?api-version=${API_VERSION}`,
      method: 'PATCH', abortSignal, allowInsecureConnection: base.startsWith('http:'), body: JSON.stringify({ location, tags }),
    });
    request.headers.set('content-type', 'application/json');
    if (version !== undefined) request.headers.set('if-match', version);
    return await account.client.sendRequest(request);
  });
  // 202: the service goes on by itself, and the next reading shows it.
  if (answer.status >= 200 && answer.status < 300) return 'written';
  if (answer.status === 412) return 'changed';
  // Another operation on the event (media-services.md §1.4), or too many calls.
  if (answer.status === 409 || answer.status === 429) return 'busy';
  throw new OperatorError('TAGS_NOT_WRITTEN', `${account.subject} answered ${answer.status} to the attempt to ${attempt}.`, 'Check the rights of the sign-in: writing to live events is needed.');
}
