// The destinations `arm` and `arm:…`: an account of the Media Services API, chosen after a sign-in or addressed by its resource id.
import { readFile } from 'node:fs/promises';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { createBearerCredential } from './bearerCredential.ts';
import type { LiveService } from './liveService.ts';
import { createMediaServices } from './mediaServices.ts';

export type ArmDestination = {
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
  /** Live event to use instead of a new one. */
  readonly eventName: string | undefined;
};

const PUBLIC_CLOUD = 'https://management.azure.com';
/** A cold pool may need this long to start an event (media-services.md §8). */
const START_TIMEOUT_MS = 25 * 60_000;
/** 240 writes an hour: a subscription is allowed 1200, and there are two instances and their operators. */
const HEARTBEAT_MS = 15_000;
const MAX_CA_BYTES = 1024 * 1024;
const SHAPE = 'arm:https://HOST/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Media/mediaservices/ACCOUNT[?event=NAME]';

/**
 * Reads `arm:[https://host[/prefix]]/subscriptions/…/mediaservices/<account>[?event=NAME]`; without a host the public cloud is meant.
 * The literal parts of a resource id are matched without regard to case, as the API does.
 * @throws OperatorError BAD_DESTINATION with the part that is wrong.
 */
export function parseArmDestination(text: string): ArmDestination {
  const rest = /^arm:(.*)$/is.exec(text.trim())?.[1];
  if (rest === undefined || rest === '') throw bad('is not an account of the Media Services API');
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
};
type AccountOf = Parameters<typeof createMediaServices>[0];

/** Address that means: the account chosen with `fieldcast accounts --choose`. */
export const CHOSEN_ACCOUNT = 'arm';

/**
 * The service of an address, or of the chosen account where the address is {@link CHOSEN_ACCOUNT}. A bearer token in
 * `FIELDCAST_ARM_TOKEN` goes before a sign-in; `FIELDCAST_ARM_CA` is a PEM file of an extra certificate authority.
 * @throws OperatorError TOKEN_UNUSABLE, CA_UNREADABLE, BAD_ENDPOINT, BAD_DESTINATION, and those of the sign-in.
 */
export async function openArmDestination(address: string, env: Readonly<Record<string, string | undefined>>, signedIn: SignedIn): Promise<LiveService> {
  const caPath = env['FIELDCAST_ARM_CA'];
  const common = {
    ca: caPath === undefined || caPath === '' ? undefined : await readCa(caPath),
    // A cloud refuses bursts (MPE_CAPACITY_LIMIT_REACHED); reset and allocate are part of the API.
    capabilities: { burstWelcome: false, canReset: true, canAllocate: true, eventData: true, startTimeoutMs: START_TIMEOUT_MS, heartbeatMs: HEARTBEAT_MS },
    allowProxy: true,
  };
  if (address === CHOSEN_ACCOUNT) return createMediaServices({ ...await signedIn.chosen(), ...common });
  const { endpoint, subscriptionId, resourceGroup, accountName } = parseArmDestination(address);
  const token = env['FIELDCAST_ARM_TOKEN'];
  const access = token === undefined || token.trim() === ''
    ? await signedIn.credentialFor(endpoint, subscriptionId)
    : { credential: createBearerCredential(token) };
  return createMediaServices({ label: accountName, endpoint, subscriptionId, resourceGroup, accountName, ...access, ...common });
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

function bad(why: string): OperatorError {
  return new OperatorError('BAD_DESTINATION', `The destination ${why}.`, `Write it as ${SHAPE}.`);
}
