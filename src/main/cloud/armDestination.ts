// The destinations `arm`, `arm:…`, `ravnur:…` and `mkio:…`: an account of the Media Services API or of a service like it, chosen after a sign-in
// or addressed by its resource id.
import { readFile } from 'node:fs/promises';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { createApiKeyCredential } from './apiKeyCredential.ts';
import { createBearerCredential } from './bearerCredential.ts';
import type { LiveService } from './liveService.ts';
import { createMediaServices } from './mediaServices.ts';
import { parseMkioAddress } from './mkioAddress.ts';
import { mkioPolicy } from './mkioPolicy.ts';
import { capabilitiesOf, MKIO_CAPABILITIES, providerOf, RAVNUR_CAPABILITIES } from './providers.ts';

export type ArmDestination = {
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
  /** Live event to use instead of a new one. */
  readonly eventName: string | undefined;
};

const PUBLIC_CLOUD = 'https://management.azure.com';
/** How long MK.IO may show an old state after it has accepted a change, ms. */
const MKIO_SETTLE_MS = 60_000;
const MAX_CA_BYTES = 1024 * 1024;
const SHAPE = 'arm:https://HOST/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Media/mediaservices/ACCOUNT[?event=NAME]';

/**
 * Reads `arm:[https://host[/prefix]]/subscriptions/…/mediaservices/<account>[?event=NAME]`; without a host the public cloud is meant.
 * The literal parts of a resource id are matched without regard to case, as the API does.
 * @throws OperatorError BAD_DESTINATION with the part that is wrong.
 */
export function parseArmDestination(text: string): ArmDestination {
  const [, scheme, rest] = /^(arm|ravnur):(.*)$/is.exec(text.trim()) ?? [];
  if (rest === undefined || rest === '') throw bad('is not an account of the Media Services API');
  if (rest.startsWith('/') && scheme?.toLowerCase() === 'ravnur') throw bad('names no host, and every account of Ravnur has one of its own');
  const absolute = rest.startsWith('/') ? PUBLIC_CLOUD + rest : rest;
  if (!URL.canParse(absolute)) throw bad('does not hold a usable address');
  const url = new URL(absolute);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw bad(`uses “${url.protocol}” where https is needed`);
  if (url.username !== '' || url.password !== '') throw bad('holds a user name or password, which does not belong there');
  const resource = /^(?<prefix>.*?)\/subscriptions\/(?<sub>[^/]+)\/resourceGroups\/(?<group>[^/]+)\/providers\/Microsoft\.Media\/mediaservices\/(?<account>[^/]+)\/?$/i
    .exec(url.pathname)?.groups;
  if (resource === undefined) throw bad('does not end in the resource id of a Media Services account');
  const stranger = [...url.searchParams.keys()].find((key) => key !== 'event');
  if (stranger !== undefined) throw bad(`has an unknown parameter “${stranger}”`);
  const eventName = url.searchParams.get('event') ?? undefined;
  // Live event names, media-services.md §2.
  if (eventName !== undefined && !(eventName.length <= 32 && /^[a-zA-Z0-9]+(-*[a-zA-Z0-9])*$/.test(eventName))) {
    throw bad(`names the live event “${eventName}”, but a name has 1 to 32 letters, digits and inner hyphens`);
  }
  return {
    endpoint: url.origin + (resource['prefix'] ?? ''),
    subscriptionId: part(resource['sub']),
    resourceGroup: part(resource['group']),
    accountName: part(resource['account']),
    eventName,
  };
}

/** Credentials of whoever is signed in on this computer (see signIn/accounts.ts). */
export type SignedIn = {
  readonly chosen: () => Promise<Omit<AccountOf, 'ca' | 'capabilities' | 'allowProxy'>>;
  readonly credentialFor: (endpoint: string, subscriptionId: string) => Promise<Pick<AccountOf, 'credential' | 'credentialScopes'>>;
  /** A key of a service by name, where one was kept or given. */
  readonly keyOf: (name: string) => Promise<string | undefined>;
};
type AccountOf = Parameters<typeof createMediaServices>[0];

/** Address that means: the account chosen with `fieldcast accounts --choose`. */
export const CHOSEN_ACCOUNT = 'arm';

/**
 * The service of an address, or of the chosen account where the address is {@link CHOSEN_ACCOUNT}. For `arm:` a bearer token in
 * `FIELDCAST_ARM_TOKEN` goes before a sign-in; `FIELDCAST_ARM_CA` is a PEM file of an extra certificate authority.
 * @throws OperatorError TOKEN_UNUSABLE, SERVICE_KEY_MISSING, CA_UNREADABLE, BAD_ENDPOINT, BAD_DESTINATION, and those of the sign-in.
 */
export async function openArmDestination(address: string, env: Readonly<Record<string, string | undefined>>, signedIn: SignedIn): Promise<LiveService> {
  const caPath = env['FIELDCAST_ARM_CA'];
  const common = {
    ca: caPath === undefined || caPath === '' ? undefined : await readCa(caPath),
    capabilities: capabilitiesOf(address),
    allowProxy: true,
  };
  switch (providerOf(address)) {
    case 'ravnur': return openRavnur(address, common.ca, await requiredKey('ravnur', signedIn));
    case 'mkio': return openMkio(address, common.ca, await requiredKey('mkio', signedIn));
    case 'arm': break;
  }
  if (address === CHOSEN_ACCOUNT) return createMediaServices({ ...await signedIn.chosen(), ...common });
  const { endpoint, subscriptionId, resourceGroup, accountName } = parseArmDestination(address);
  const token = env['FIELDCAST_ARM_TOKEN'];
  const access = token === undefined || token.trim() === ''
    ? await signedIn.credentialFor(endpoint, subscriptionId)
    : { credential: createBearerCredential(token) };
  return createMediaServices({ label: accountName, endpoint, subscriptionId, resourceGroup, accountName, ...access, ...common });
}

/** The same API at an endpoint of the customer's own, with tokens for an API key (media-services.md §5.1). */
function openRavnur(address: string, ca: string | undefined, apiKey: string): LiveService {
  const { endpoint, subscriptionId, resourceGroup, accountName } = parseArmDestination(address);
  const credential = createApiKeyCredential({ label: accountName, endpoint, subscriptionId, apiKey, ca, allowProxy: true });
  return createMediaServices({ label: accountName, endpoint, subscriptionId, resourceGroup, accountName, credential, ca, capabilities: RAVNUR_CAPABILITIES, allowProxy: true });
}

/** A service that answers 200 and goes on working: what counts is what its resources show, and that may take a while to begin. */
function openMkio(address: string, ca: string | undefined, token: string): LiveService {
  const mkio = parseMkioAddress(address);
  return createMediaServices({
    label: mkio.name, endpoint: mkio.origin, subscriptionId: 'mkio', resourceGroup: mkio.generation, accountName: mkio.name, credential: createBearerCredential(token), ca,
    capabilities: { ...MKIO_CAPABILITIES, canUpdate: mkio.generation === 'current' }, allowProxy: true, innermost: mkioPolicy(mkio), settleMs: MKIO_SETTLE_MS,
  });
}

/** @throws OperatorError SERVICE_KEY_MISSING */
async function requiredKey(name: 'ravnur' | 'mkio', { keyOf }: SignedIn): Promise<string> {
  const key = await keyOf(name);
  if (key !== undefined) return key;
  const what = name === 'ravnur' ? 'API key of Ravnur Media Services' : 'access token of MK.IO';
  throw new OperatorError('SERVICE_KEY_MISSING', `The ${what} is not known here.`, `Keep it with \`fieldcast keys --set ${name}\`, or put it into FIELDCAST_KEY_${name.toUpperCase()}.`);
}

async function readCa(path: string): Promise<string> {
  let pem: Buffer;
  try {
    pem = await readFile(path);
  } catch (error) {
    throw new OperatorError('CA_UNREADABLE', `The CA file ${path} could not be read: ${messageOf(error)}.`, 'Correct FIELDCAST_ARM_CA, or remove it.');
  }
  const text = pem.length <= MAX_CA_BYTES ? pem.toString('utf8') : '';
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new OperatorError('CA_UNREADABLE', `The CA file ${path} holds no certificate in PEM form.`, 'Correct FIELDCAST_ARM_CA, or remove it.');
  }
  return text;
}

function part(raw: string | undefined): string {
  let text: string;
  try {
    text = decodeURIComponent(raw ?? '');
  } catch {
    throw bad('is not encoded as a URL');
  }
  // Names of subscriptions, groups and accounts; a stray slash or question mark would change the path of every request.
  if (!/^[\w().-]{1,90}$/.test(text)) throw bad(`has “${text}” where a name belongs`);
  return text;
}

/** The live event that an address names itself. */
export function eventOfAddress(address: string): string | undefined {
  if (address === CHOSEN_ACCOUNT) return undefined;
  return providerOf(address) === 'mkio' ? parseMkioAddress(address).eventName : parseArmDestination(address).eventName;
}

function bad(why: string): OperatorError {
  return new OperatorError('BAD_DESTINATION', `The destination ${why}.`, `Write it as ${SHAPE}.`);
}
