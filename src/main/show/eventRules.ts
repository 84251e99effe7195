// Whether a service takes an event as the operator wants it: every rule is looked at before anything is created. Also which addresses may come in.
import { isIP } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import type { EventSettings } from '../../contract/eventSettings.ts';
import type { Ladder } from '../../contract/ladder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { IpRule, ServiceCapabilities } from '../cloud/liveService.ts';
import { EVENT_LIMITS } from '../encode/eventLimits.ts';
import { fittingProblems } from '../encode/ladderRules.ts';

const DEFAULT_TYPE = 'PassthroughStandard';
const HOUR = 3600;
/** Longest archive by type, and with LowLatencyV2 (media-services.md §4.1). */
const ARCHIVE_SECONDS = { PassthroughBasic: 8 * HOUR, PassthroughStandard: 25 * HOUR, Standard: 25 * HOUR, Premium1080P: 25 * HOUR } as const;
const ARCHIVE_SECONDS_V2 = 6 * HOUR;
/** What is recorded where nothing is said. */
export const USUAL_ARCHIVE_SECONDS = HOUR;
/** Transcription needs a keyframe this often (media-services.md §4.8). */
const TRANSCRIBED_GOP_SECONDS = 4;

/** Sentences with what to change; empty where the service takes it. */
export function eventProblems(settings: EventSettings, ladder: Ladder, capabilities: ServiceCapabilities): string[] {
  const { type = DEFAULT_TYPE, streamOption, transcribe, archiveSeconds = USUAL_ARCHIVE_SECONDS, rewindSeconds, publicFrom, publicUntil } = settings;
  const limits = EVENT_LIMITS[type];
  const isV2 = streamOption === 'LowLatencyV2';
  const longest = isV2 ? ARCHIVE_SECONDS_V2 : ARCHIVE_SECONDS[type];
  return [
    ...(capabilities.eventTypes.includes(type) ? [] : [`This service has no events of type ${type}: choose one of ${capabilities.eventTypes.join(', ')}.`]),
    ...fittingProblems(ladder, limits, type, undefined, undefined),
    ...(isV2 && !limits.encodes ? ['LowLatencyV2 is for events that encode: choose Standard or Premium1080P, or LowLatency.'] : []),
    ...(isV2 && !capabilities.lowLatencyV2 ? ['This service does not offer LowLatencyV2: choose LowLatency.'] : []),
    ...(capabilities.lowLatency === 'pass-through' && streamOption === 'LowLatency' && limits.encodes ? ['This service offers LowLatency for pass-through events alone.'] : []),
    ...(transcribe !== undefined && !capabilities.transcribes ? ['This service does not transcribe: leave the languages out.'] : []),
    ...(transcribe !== undefined && type === 'PassthroughBasic' ? ['An event of type PassthroughBasic is not transcribed: choose PassthroughStandard or a type that encodes.'] : []),
    ...(transcribe !== undefined && ladder.gopSeconds > TRANSCRIBED_GOP_SECONDS ? [`Transcription needs a keyframe at least every ${TRANSCRIBED_GOP_SECONDS} s.`] : []),
    ...(archiveSeconds <= longest ? [] : [`An event of type ${type}${isV2 ? ' with LowLatencyV2' : ''} records at most ${longest / HOUR} hours: choose a shorter archive.`]),
    ...(rewindSeconds === undefined || rewindSeconds <= archiveSeconds ? [] : [`Viewers cannot go back ${rewindSeconds} s where ${archiveSeconds} s are recorded: choose a longer archive or a shorter rewind.`]),
    ...(publicFrom === undefined || publicUntil === undefined || Date.parse(publicFrom) < Date.parse(publicUntil) ? [] : ['The stream would end being public before it begins.']),
  ];
}

/** @throws OperatorError EVENT_SETTINGS with every problem */
export function refuseEvent(settings: EventSettings, ladder: Ladder, capabilities: ServiceCapabilities): void {
  const problems = eventProblems(settings, ladder, capabilities);
  if (problems.length > 0) throw new OperatorError('EVENT_SETTINGS', 'The live event cannot be made as it was asked for.', problems.join(' '));
}

/** @throws OperatorError SMOOTH_NOT_OFFERED */
export function requireSmooth(label: string, capabilities: Pick<ServiceCapabilities, 'smoothIngest'>): void {
  if (!capabilities.smoothIngest) throw new OperatorError('SMOOTH_NOT_OFFERED', `${label} takes no Smooth Streaming.`, 'Feed it over RTMP, which it takes.');
}

/** What a show gives up that is fed over Smooth Streaming. */
export function cuesNeedRtmp(): OperatorError {
  return new OperatorError('CUES_NEED_RTMP', 'Cues travel over RTMP, and this show is fed over Smooth Streaming.', 'Feed it over RTMP where cues are needed.');
}

/** True where the service makes the ladder itself, or takes a single stream. */
export function takesOneRendition(settings: EventSettings | undefined, capabilities: Pick<ServiceCapabilities, 'streams'> | undefined): boolean {
  return capabilities?.streams === 'one' || EVENT_LIMITS[settings?.type ?? DEFAULT_TYPE].encodes;
}

/**
 * The rules for an operator's words: `everyone`, `this-computer`, an address or a network.
 * @param isLocal the service runs on this computer
 * @throws OperatorError ALLOW_UNUSABLE, ALLOW_ADDRESS_UNKNOWN
 */
export function ipRulesOf(words: readonly string[] | undefined, isLocal: boolean, interfaces = networkInterfaces()): IpRule[] | undefined {
  return words?.flatMap((word): IpRule[] => {
    if (word === 'everyone') return [{ name: 'everyone', address: '0.0.0.0', subnetPrefixLength: 0 }, { name: 'everyone-v6', address: '::', subnetPrefixLength: 0 }];
    if (word === 'this-computer') return ownAddresses(isLocal, interfaces).map((address, index) => ({ name: `this-computer-${index + 1}`, address, subnetPrefixLength: isIP(address) === 6 ? 128 : 32 }));
    const [address = '', prefix] = word.split('/');
    const bits = isIP(address) === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (isIP(address) === 0 || !Number.isInteger(length) || length < 0 || length > bits) {
      throw new OperatorError('ALLOW_UNUSABLE', `“${word}” is no address that could be let in.`, 'Write everyone, this-computer, an address (203.0.113.7) or a network (203.0.113.0/24).');
    }
    return [{ name: word.replaceAll(/[^\w.-]/g, '-'), address, subnetPrefixLength: length }];
  });
}

function ownAddresses(isLocal: boolean, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string[] {
  if (isLocal) return ['127.0.0.1', '::1'];
  const found = Object.values(interfaces).flatMap((one) => one ?? []).filter(({ internal, address }) => !internal && isPublic(address)).map(({ address }) => address);
  if (found.length > 0) return [...new Set(found)];
  throw new OperatorError('ALLOW_ADDRESS_UNKNOWN', 'This computer is behind a router, so the address that the service sees of it is not known here.', 'Give that address, or let everyone in: the ingest is protected by its key all the same.');
}

/** Not private, link-local, shared or unique-local (RFC 1918, 3927, 6598, 4193, 4291). */
function isPublic(address: string): boolean {
  if (isIP(address) === 6) return !/^(fe[89ab]|f[cd]|::|ff)/i.test(address);
  return !/^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|0\.)/.test(address);
}
