// Filters of an account and of its assets through the SDK: made from a form, listed in words, deleted unless an address needs them.
import type { AccountFilter, FilterTrackPropertyCondition } from '@azure/arm-mediaservices';
import { OperatorError } from '../../contract/errors.ts';
import type { FilterEntry, FilterForm, FilterScope } from '../../contract/mediaFilter.ts';
import type { ArmAccount } from './armAccount.ts';

type Content = Pick<AccountFilter, 'presentationTimeRange' | 'firstQuality' | 'tracks'>;
type Wire = Content & { readonly name?: string };

const TIMESCALE = 10_000_000;
/** Documented limit of each list. */
const MAX_FILTERS = 100;
const MAX_LOCATORS = 5000;

/** The form as the API has it. Bitrates bound the video; sound stays unless only video is asked for. */
export function filterOf(form: FilterForm): Content {
  const { only, minKbps, maxKbps, language, firstKbps, fromSeconds, toSeconds, windowSeconds, backoffSeconds, endsLive } = form;
  const ticks = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.round(value * TIMESCALE));
  const times = { startTimestamp: ticks(fromSeconds), endTimestamp: ticks(toSeconds), presentationWindowDuration: ticks(windowSeconds), liveBackoffDuration: ticks(backoffSeconds) };
  const given = Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined));
  const equal = (property: string, value: string): FilterTrackPropertyCondition => ({ property, operation: 'Equal', value });
  const bitrate = minKbps === undefined && maxKbps === undefined ? [] : [equal('Bitrate', `${(minKbps ?? 0) * 1000}-${maxKbps === undefined ? '' : maxKbps * 1000}`)];
  const spoken = language === undefined ? [] : [equal('Language', language)];
  const selections = [
    ...(only === 'audio' ? [] : [[equal('Type', 'Video'), ...bitrate]]),
    ...(only === 'video' ? [] : [[equal('Type', 'Audio'), ...(only === 'audio' ? bitrate : []), ...spoken]]),
  ];
  const restrictsTracks = only !== undefined || bitrate.length > 0 || spoken.length > 0;
  return {
    ...(Object.keys(given).length === 0 ? {} : { presentationTimeRange: { ...given, timescale: TIMESCALE, ...(endsLive === true ? { forceEndTimestamp: true } : {}) } }),
    ...(firstKbps === undefined ? {} : { firstQuality: { bitrate: firstKbps * 1000 } }),
    ...(restrictsTracks ? { tracks: selections.map((trackSelections) => ({ trackSelections })) } : {}),
  };
}

/** What a filter does, whoever made it. */
export function filterSentences({ presentationTimeRange: range, firstQuality, tracks = [] }: Content): string[] {
  const seconds = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${Math.round((value / (range?.timescale ?? TIMESCALE)) * 1000) / 1000} s`);
  const [from, to, window, backoff] = [seconds(range?.startTimestamp), seconds(range?.endTimestamp), seconds(range?.presentationWindowDuration), seconds(range?.liveBackoffDuration)];
  const words = { Equal: 'is', NotEqual: 'is not' } as Readonly<Record<string, string>>;
  return [
    ...tracks.map(({ trackSelections }) => `Tracks whose ${trackSelections.map(({ property, operation, value }) => `${property} ${words[operation] ?? operation} ${value}`).join(' and ')}.`),
    ...(from === undefined && to === undefined ? [] : [`From ${from ?? 'the beginning'} to ${to ?? 'the end'}${range?.forceEndTimestamp === true ? ', also while it is live' : ''}.`]),
    ...(window === undefined ? [] : [`Live: ${window} to go back.`]),
    ...(backoff === undefined ? [] : [`Live: ${backoff} behind the edge.`]),
    ...(firstQuality === undefined ? [] : [`Begins with ${firstQuality.bitrate / 1000} kbit/s.`]),
  ];
}

/** Those of the account, or of one asset. */
export async function listFilters(account: ArmAccount, { assetName }: FilterScope, signal: AbortSignal): Promise<FilterEntry[]> {
  const { client, names } = account;
  const users = await locatorsByFilter(account, assetName, signal);
  const found: FilterEntry[] = [];
  await account.call('list the filters', signal, async (abortSignal) => {
    const pages: AsyncIterable<Wire> = assetName === undefined ? client.accountFilters.list(...names, { abortSignal }) : client.assetFilters.list(...names, assetName, { abortSignal });
    for await (const { name, ...content } of pages) {
      if (typeof name !== 'string' || found.length >= MAX_FILTERS) continue;
      found.push({ name, ...(assetName === undefined ? {} : { assetName }), sentences: filterSentences(content), locators: users.get(name.toLowerCase()) ?? [] });
    }
  });
  return found;
}

/** Makes it, or changes the one of that name. */
export async function putFilter(account: ArmAccount, { assetName }: FilterScope, name: string, form: FilterForm, signal: AbortSignal): Promise<void> {
  const { client, names } = account;
  await account.call(`create the filter “${name}”`, signal, async (abortSignal) => (assetName === undefined
    ? client.accountFilters.createOrUpdate(...names, name, filterOf(form), { abortSignal })
    : client.assetFilters.createOrUpdate(...names, assetName, name, filterOf(form), { abortSignal })));
}

/** @throws OperatorError `FILTER_IN_USE`, `NO_SUCH_FILTER` */
export async function removeFilter(account: ArmAccount, scope: FilterScope, name: string, evenIfUsed: boolean, signal: AbortSignal): Promise<void> {
  const { client, names } = account;
  const entry = (await listFilters(account, scope, signal)).find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (entry === undefined) throw new OperatorError('NO_SUCH_FILTER', `There is no filter “${name}”.`, 'List them with `fieldcast filters`.');
  if (entry.locators.length > 0 && !evenIfUsed) {
    throw new OperatorError('FILTER_IN_USE', `Addresses need the filter “${name}” and would stop playing: ${entry.locators.join(', ')}.`, 'Publish those anew without it, or delete it with `--even-if-used`.');
  }
  const { assetName } = scope;
  await account.find(`delete the filter “${name}”`, signal, async (abortSignal) => (assetName === undefined
    ? client.accountFilters.delete(...names, name, { abortSignal })
    : client.assetFilters.delete(...names, assetName, name, { abortSignal })));
}

async function locatorsByFilter(account: ArmAccount, assetName: string | undefined, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  await account.call('list the streaming locators', signal, async (abortSignal) => {
    let count = 0;
    for await (const { name, filters = [], assetName: shown } of account.client.streamingLocators.list(...account.names, { abortSignal })) {
      count += 1;
      if (count > MAX_LOCATORS) return;
      if (typeof name !== 'string' || (assetName !== undefined && shown?.toLowerCase() !== assetName.toLowerCase())) continue;
      for (const filter of filters) found.set(filter.toLowerCase(), [...found.get(filter.toLowerCase()) ?? [], name]);
    }
  });
  return found;
}
