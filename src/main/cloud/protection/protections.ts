// Protections of an account: a content key policy and, where none of the predefined fits, a streaming policy of the same name. Made, listed, deleted.
import { randomBytes } from 'node:crypto';
import type { ContentKeyPolicyOption, StreamingPolicy } from '@azure/arm-mediaservices';
import type { MadeProtection, ProtectionEntry, ProtectionForm } from '../../../contract/contentProtection.ts';
import { OperatorError } from '../../../contract/errors.ts';
import type { ArmAccount } from '../armAccount.ts';
import type { LocatorProtection } from '../publication.ts';
import { keyPolicyOf } from './keyPolicy.ts';
import { streamingPolicyOf, type ChosenStreamingPolicy } from './streamingPolicy.ts';

const OWN_KEY_BYTES = 32;
const MAX_POLICIES = 500;
const MAX_LOCATORS = 5000;
const KINDS: Readonly<Record<string, string>> = { ClearKey: 'AES-128', PlayReady: 'PlayReady', Widevine: 'Widevine', FairPlay: 'FairPlay' };

/**
 * Makes the policies, or changes the key policy of that name: what is public with it follows from then on.
 * @param secrets Values of the secrets that the form names; those that are not kept are missing.
 * @throws OperatorError `PROTECTION_INVALID` with every problem, `PROTECTION_FIXED` where a streaming policy would have to change
 */
export async function putProtection(account: ArmAccount, name: string, form: ProtectionForm, secrets: ReadonlyMap<string, string>, signal: AbortSignal): Promise<MadeProtection> {
  const { client, names } = account;
  for (const value of secrets.values()) account.secrets.add(value);
  const built = keyPolicyOf(form, { named: secrets, ownKey: randomBytes(OWN_KEY_BYTES) });
  if (built.kind === 'refused') throw new OperatorError('PROTECTION_INVALID', 'This protection cannot be made.', built.problems.join(' '));
  const chosen = streamingPolicyOf(form);
  const known = await readStreamingPolicy(account, name, signal);
  // Documented: a streaming policy cannot be changed once it is there.
  if (known !== undefined && (chosen.kind === 'predefined' || !isSame(known, chosen.body))) {
    throw new OperatorError('PROTECTION_FIXED', `“${name}” exists with other DRM systems or licence addresses, and a service does not change those.`, 'Choose another name, or delete it first.');
  }
  await account.call(`create the content key policy “${name}”`, signal, async (abortSignal) =>
    client.contentKeyPolicies.createOrUpdate(...names, name, { description: 'Made by Fieldcast', options: [...built.options] }, { abortSignal }));
  if (chosen.kind === 'own' && known === undefined) {
    await account.call(`create the streaming policy “${name}”`, signal, async (abortSignal) => client.streamingPolicies.create(...names, name, { ...chosen.body, defaultContentKeyPolicyName: name }, { abortSignal }));
  }
  return { name, streamingPolicy: chosen.kind === 'own' ? name : chosen.name, sentences: optionSentences(built.options) };
}

/** How a locator is made that uses it. @throws OperatorError `NO_SUCH_PROTECTION` */
export async function locatorProtection(account: ArmAccount, name: string, signal: AbortSignal): Promise<LocatorProtection> {
  const policy = await account.find(`read the content key policy “${name}”`, signal, async (abortSignal) => account.client.contentKeyPolicies.get(...account.names, name, { abortSignal }));
  if (policy === undefined) throw noSuch(name);
  if (await readStreamingPolicy(account, name, signal) !== undefined) return { streamingPolicyName: name, keyPolicyName: name };
  const kinds = (policy.options ?? []).map(kindOf);
  const predefined = kinds.includes('FairPlay') ? 'Predefined_MultiDrmStreaming' : kinds.includes('PlayReady') || kinds.includes('Widevine') ? 'Predefined_MultiDrmCencStreaming' : 'Predefined_ClearKey';
  return { streamingPolicyName: predefined, keyPolicyName: name };
}

export async function listProtections(account: ArmAccount, signal: AbortSignal): Promise<ProtectionEntry[]> {
  const users = await locatorsByPolicy(account, signal);
  const found: ProtectionEntry[] = [];
  await account.call('list the content key policies', signal, async (abortSignal) => {
    for await (const { name, options } of account.client.contentKeyPolicies.list(...account.names, { abortSignal })) {
      if (found.length >= MAX_POLICIES) return;
      if (typeof name === 'string') found.push({ name, options: optionSentences(options ?? []), locators: users.get(name.toLowerCase()) ?? [] });
    }
  });
  return found;
}

/** @throws OperatorError `NO_SUCH_PROTECTION`, `PROTECTION_IN_USE` */
export async function removeProtection(account: ArmAccount, name: string, signal: AbortSignal): Promise<void> {
  const { client, names } = account;
  const entry = (await listProtections(account, signal)).find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (entry === undefined) throw noSuch(name);
  if (entry.locators.length > 0) {
    throw new OperatorError('PROTECTION_IN_USE', `Addresses are encrypted with “${name}”: ${entry.locators.join(', ')}.`, 'Take those back first (`fieldcast library --unpublish`).');
  }
  if (await readStreamingPolicy(account, name, signal) !== undefined) {
    await account.find(`delete the streaming policy “${name}”`, signal, async (abortSignal) => client.streamingPolicies.delete(...names, name, { abortSignal }));
  }
  await account.find(`delete the content key policy “${name}”`, signal, async (abortSignal) => client.contentKeyPolicies.delete(...names, name, { abortSignal }));
}

async function readStreamingPolicy(account: ArmAccount, name: string, signal: AbortSignal): Promise<StreamingPolicy | undefined> {
  return account.find(`read the streaming policy “${name}”`, signal, async (abortSignal) => account.client.streamingPolicies.get(...account.names, name, { abortSignal }));
}

/** What a service adds of itself (empty lists, dates) makes no difference. */
function isSame(known: StreamingPolicy, body: Extract<ChosenStreamingPolicy, { kind: 'own' }>['body']): boolean {
  const plain = ({ commonEncryptionCbcs, commonEncryptionCenc, envelopeEncryption }: typeof body): string =>
    JSON.stringify([commonEncryptionCbcs, commonEncryptionCenc, envelopeEncryption].map((one) => flattened(one)));
  return plain(known) === plain(body);
}

/** Paths with their values, in order; without empty lists. */
function flattened(value: unknown, path = ''): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [`${path}=${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, inner]) => flattened(inner, `${path}.${key}`)).sort();
}

async function locatorsByPolicy(account: ArmAccount, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  await account.call('list the streaming locators', signal, async (abortSignal) => {
    let count = 0;
    for await (const { name, defaultContentKeyPolicyName: policy } of account.client.streamingLocators.list(...account.names, { abortSignal })) {
      count += 1;
      if (count > MAX_LOCATORS) return;
      if (typeof name === 'string' && typeof policy === 'string') found.set(policy.toLowerCase(), [...found.get(policy.toLowerCase()) ?? [], name]);
    }
  });
  return found;
}

function optionSentences(options: readonly ContentKeyPolicyOption[]): string[] {
  return options.map((option) => `${kindOf(option)} ${option.restriction.odataType === '#Microsoft.Media.ContentKeyPolicyOpenRestriction' ? 'for everyone' : 'against a token'}`);
}

function kindOf({ configuration }: ContentKeyPolicyOption): string {
  const name = /ContentKeyPolicy(\w+)Configuration$/.exec(configuration.odataType)?.[1] ?? 'unknown';
  return KINDS[name] ?? name;
}

function noSuch(name: string): OperatorError {
  return new OperatorError('NO_SUCH_PROTECTION', `The account has no protection “${name}”.`, 'List them with `fieldcast protection`.');
}
