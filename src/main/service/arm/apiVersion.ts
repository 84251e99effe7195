// api-version: which are known for which group of resources (media-services.md §1.3, §2).
import { badRequest } from './armError.ts';

const ACCOUNT_VERSIONS: readonly string[] = ['2020-05-01', '2021-05-01', '2021-06-01', '2021-11-01', '2023-01-01'];
const STREAMING_VERSIONS: readonly string[] = ['2020-05-01', '2021-06-01', '2021-11-01', '2022-08-01', '2022-11-01'];
const METADATA_VERSIONS: readonly string[] = ['2020-05-01', '2021-06-01', '2021-11-01', '2022-08-01', '2023-01-01'];
const ENCODING_VERSIONS: readonly string[] = ['2020-05-01', '2021-06-01', '2021-11-01', '2022-07-01'];

/**
 * @param tail Path below the account (`/liveEvents/…`), '' for the account itself and what stands above it.
 * @throws ArmError 400 where it is missing or unknown, in the words of Azure Resource Manager.
 */
export function checkApiVersion(version: string | undefined, tail: string): void {
  if (version === undefined || version === '') {
    throw badRequest('The api-version query parameter (?api-version=) is required for all requests.', 'MissingApiVersionParameter');
  }
  const known = versionsOf(tail);
  if (!known.includes(version)) {
    throw badRequest(`The api-version '${version.slice(0, 64)}' is invalid. The supported versions are '${known.join(',')}'.`, 'InvalidApiVersionParameter');
  }
}

function versionsOf(tail: string): readonly string[] {
  const group = tail.split('/')[1]?.toLowerCase() ?? '';
  if (group === '') return ACCOUNT_VERSIONS;
  if (/^(liveevents|liveeventoperations|liveoutputoperations|streamingendpoints|streamingendpointoperations)$/.test(group)) return STREAMING_VERSIONS;
  return group === 'transforms' ? ENCODING_VERSIONS : METADATA_VERSIONS;
}
