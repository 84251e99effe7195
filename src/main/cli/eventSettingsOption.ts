// Reads the options of `live` that decide about the live event and its public stream.
import { eventSettingsSchema, type EventSettings } from '../../contract/eventSettings.ts';
import { OperatorError } from '../../contract/errors.ts';
import { parseDuration } from './duration.ts';

export type EventSettingsOptions = {
  readonly eventType?: string;
  readonly hostname?: string;
  readonly lowLatency?: string | boolean;
  readonly transcribe?: readonly string[];
  readonly allowIngest?: readonly string[];
  readonly allowPreview?: readonly string[];
  readonly archive?: string;
  readonly rewind?: string;
  readonly manifest?: string;
  readonly locatorId?: string;
  readonly publicFrom?: string;
  readonly publicUntil?: string;
  readonly streamingPolicy?: string;
};

/** Undefined where nothing was asked for. @throws OperatorError EVENT_SETTINGS, BAD_DURATION */
export function eventSettingsOf(options: EventSettingsOptions): EventSettings | undefined {
  const { eventType, hostname, lowLatency, transcribe, allowIngest, allowPreview, archive, rewind, manifest, locatorId, publicFrom, publicUntil, streamingPolicy } = options;
  const wanted = {
    type: eventType, hostnamePrefix: hostname, streamOption: lowLatency === undefined ? undefined : lowLatency === 'v2' ? 'LowLatencyV2' : lowLatency === true ? 'LowLatency' : lowLatency,
    transcribe, allowIngest, allowPreview, archiveSeconds: archive === undefined ? undefined : parseDuration(archive), rewindSeconds: rewind === undefined ? undefined : parseDuration(rewind),
    manifestName: manifest, locatorId, publicFrom: utcOf(publicFrom), publicUntil: utcOf(publicUntil), streamingPolicy,
  };
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) return undefined;
  const parsed = eventSettingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new OperatorError('EVENT_SETTINGS', `The live event cannot be made as it was asked for: ${issue?.path.join('.') ?? ''} (${issue?.message ?? 'unclear'}).`, 'See `fieldcast live --help`.');
}

/** Times without a zone are of this computer. */
function utcOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}
