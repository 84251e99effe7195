// Rules for names, durations and tokens in requests (media-services.md §2). Every value that becomes part of a path passes here first.
import { badRequest } from './armError.ts';

const EVENT_OR_OUTPUT = /^[a-zA-Z0-9]+(-*[a-zA-Z0-9])*$/;
/** Documented for assets, locators and the rest: none of < > % & : \ ? / * + . ' and no control characters. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN_IN_NAMES = /[<>%&:\\?/*+.'\u0000-\u001f\u007f]/;
const MAX_NAME = 260;
const CONTAINER = /^[a-z0-9](?:-?[a-z0-9]){2,62}$/;
const MANIFEST = /^[a-zA-Z0-9_-]{1,128}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ACCESS_TOKEN = /^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;
const DURATION = /^P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6}(?:\.\d{1,7})?)S)?)?$/;

/** @throws ArmError 400 unless it is 1 to 32 letters, digits and inner hyphens. */
export function checkLiveEventName(name: string): void {
  // Length first: the documented pattern backtracks on long input.
  if (name.length > 32 || !EVENT_OR_OUTPUT.test(name)) {
    throw badRequest(`The live event name '${shown(name)}' is invalid. It has 1 to 32 letters, digits and hyphens, begins and ends with a letter or digit.`, 'InvalidResourceName');
  }
}

/** @throws ArmError 400 unless it is 1 to 256 letters, digits and inner hyphens. */
export function checkLiveOutputName(name: string): void {
  if (name.length > 256 || !EVENT_OR_OUTPUT.test(name)) {
    throw badRequest(`The live output name '${shown(name)}' is invalid. It has 1 to 256 letters, digits and hyphens, begins and ends with a letter or digit.`, 'InvalidResourceName');
  }
}

/** Names of assets and streaming locators. @throws ArmError 400 */
export function checkMediaName(kind: string, name: string): void {
  if (name.length === 0 || name.length > MAX_NAME || FORBIDDEN_IN_NAMES.test(name) || name.trim() !== name) {
    throw badRequest(`The ${kind} name '${shown(name)}' is invalid. It has 1 to ${String(MAX_NAME)} characters, none of <>%&:\\?/*+.' and no control characters.`, 'InvalidResourceName');
  }
}

/** Storage container names: what becomes a folder. @throws ArmError 400 */
export function checkContainer(name: string): void {
  if (!CONTAINER.test(name)) throw badRequest(`The container name '${shown(name)}' is invalid. It has 3 to 63 lower-case letters, digits and single inner hyphens.`);
}

/** Manifest names become a path segment of playback URLs and a file name. @throws ArmError 400 */
export function checkManifestName(name: string): void {
  if (!MANIFEST.test(name)) throw badRequest(`The manifestName '${shown(name)}' is invalid. It has 1 to 128 letters, digits, hyphens and underscores.`);
}

/** @throws ArmError 400 unless it is a UUID with hyphens. */
export function checkUuid(property: string, value: string): void {
  if (!UUID.test(value)) throw badRequest(`The value of '${property}' is not a UUID.`);
}

/** A UUID with or without hyphens; the value is secret and stays out of the message. @throws ArmError 400 */
export function checkAccessToken(value: string): void {
  if (!ACCESS_TOKEN.test(value)) throw badRequest("The value of 'input.accessToken' is not a UUID (with or without hyphens).");
}

/**
 * Seconds of an ISO 8601 duration without years and months.
 *
 * @throws ArmError 400 where it is none, or outside `minSeconds`..`maxSeconds`.
 */
export function durationSeconds(property: string, value: string, minSeconds: number, maxSeconds: number): number {
  const match = DURATION.exec(value);
  if (match === null || value === 'P' || value.endsWith('T')) {
    throw badRequest(`The value '${shown(value)}' of '${property}' is not an ISO 8601 duration such as PT1H30M.`);
  }
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  const total = Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (total < minSeconds || total > maxSeconds) {
    throw badRequest(`The value '${value}' of '${property}' is outside its range of ${String(minSeconds)} to ${String(maxSeconds)} seconds.`);
  }
  return total;
}

function shown(value: string): string {
  return value.length > 64 ? `${value.slice(0, 64)}…` : value;
}
