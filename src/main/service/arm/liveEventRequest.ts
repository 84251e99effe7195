// Create and update requests of live events → the kept specification. Refuses what this service cannot do, by name.
import { isIP } from 'node:net';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AccessControl, LiveEventRecord, LiveEventSpec } from '../records.ts';
import { badRequest, conflict } from './armError.ts';
import { checkAccessToken, checkUuid, durationSeconds } from './names.ts';
import { descriptionSchema, parseBody, requiredLocation, tagsSchema } from './requestBody.ts';

const ipRangeSchema = z.object({
  name: z.string().max(256).nullish(),
  address: z.string().max(64).nullish(),
  subnetPrefixLength: z.int().min(0).max(128).nullish(),
});
const accessControlSchema = z.object({ ip: z.object({ allow: z.array(ipRangeSchema).max(100).nullish() }).nullish() });

const bodySchema = z.object({
  location: z.string().max(128).nullish(),
  tags: tagsSchema.nullish(),
  properties: z
    .object({
      description: descriptionSchema.nullish(),
      input: z
        .object({
          streamingProtocol: z.string().max(64).nullish(),
          accessToken: z.string().max(64).nullish(),
          keyFrameIntervalDuration: z.string().max(64).nullish(),
          accessControl: accessControlSchema.nullish(),
        })
        .nullish(),
      preview: z
        .object({
          previewLocator: z.string().max(64).nullish(),
          streamingPolicyName: z.string().max(260).nullish(),
          alternativeMediaId: z.string().max(256).nullish(),
          accessControl: accessControlSchema.nullish(),
        })
        .nullish(),
      encoding: z.object({ encodingType: z.string().max(64).nullish() }).nullish(),
      transcriptions: z.array(z.unknown()).max(16).nullish(),
      crossSiteAccessPolicies: z
        .object({ clientAccessPolicy: z.string().max(16_384).nullish(), crossDomainPolicy: z.string().max(16_384).nullish() })
        .nullish(),
      useStaticHostname: z.boolean().nullish(),
      hostnamePrefix: z.string().max(63).regex(/^[a-zA-Z0-9-]*$/).nullish(),
      streamOptions: z.array(z.string().max(64)).max(8).nullish(),
    })
    .nullish(),
});
type Body = z.infer<typeof bodySchema>;
type Properties = NonNullable<Body['properties']>;

/** media-services.md §2: key frame interval of a pass-through event, s. */
const KEY_FRAME_SECONDS = { min: 0.5, max: 20 } as const;

/** @throws ArmError 400 where something required is missing or not offered here. */
export function parseNewLiveEvent(body: unknown): LiveEventSpec {
  const parsed = parseBody(bodySchema, body);
  const properties = parsed.properties ?? {};
  const { input, preview } = properties;
  if (input === undefined || input === null) throw badRequest("The property 'properties.input' is required.");
  return {
    location: requiredLocation(parsed.location),
    tags: parsed.tags ?? {},
    description: properties.description ?? null,
    input: {
      streamingProtocol: acceptedProtocol(input.streamingProtocol),
      accessToken: acceptedToken(input.accessToken) ?? randomUUID().replaceAll('-', ''),
      keyFrameIntervalDuration: acceptedInterval(input.keyFrameIntervalDuration),
      accessControl: acceptedAccessControl(input.accessControl),
    },
    preview: {
      previewLocator: acceptedLocator(preview?.previewLocator) ?? randomUUID(),
      streamingPolicyName: acceptedPolicy(preview?.streamingPolicyName),
      alternativeMediaId: preview?.alternativeMediaId ?? null,
      accessControl: acceptedAccessControl(preview?.accessControl),
    },
    encodingType: acceptedEncoding(properties) ?? 'None',
    crossSiteAccessPolicies: crossSite(properties),
    useStaticHostname: properties.useStaticHostname ?? false,
    hostnamePrefix: properties.hostnamePrefix ?? null,
    streamOptions: acceptedStreamOptions(properties) ?? [],
  };
}

/**
 * The event after a PATCH: what the body leaves out stays, tags are replaced as a whole. The access token and the other
 * settings of ingest may change only while the event is Stopped or StandBy (media-services.md §1.6, §4.2).
 *
 * @throws ArmError 400 for what is not offered, 409 for a change that the event's state does not allow.
 */
export function parseLiveEventUpdate(event: LiveEventRecord, body: unknown): LiveEventRecord {
  const parsed = parseBody(bodySchema, body);
  const properties = parsed.properties ?? {};
  const { input, preview } = properties;
  const next: LiveEventRecord = {
    ...event,
    tags: parsed.tags ?? event.tags,
    description: kept(properties.description, event.description),
    input: {
      streamingProtocol: input?.streamingProtocol === undefined || input.streamingProtocol === null ? event.input.streamingProtocol : acceptedProtocol(input.streamingProtocol),
      accessToken: acceptedToken(input?.accessToken) ?? event.input.accessToken,
      keyFrameIntervalDuration: input?.keyFrameIntervalDuration === undefined ? event.input.keyFrameIntervalDuration : acceptedInterval(input.keyFrameIntervalDuration),
      accessControl: input?.accessControl === undefined ? event.input.accessControl : acceptedAccessControl(input.accessControl),
    },
    preview: {
      previewLocator: acceptedLocator(preview?.previewLocator) ?? event.preview.previewLocator,
      streamingPolicyName: preview?.streamingPolicyName === undefined ? event.preview.streamingPolicyName : acceptedPolicy(preview.streamingPolicyName),
      alternativeMediaId: kept(preview?.alternativeMediaId, event.preview.alternativeMediaId),
      accessControl: preview?.accessControl === undefined ? event.preview.accessControl : acceptedAccessControl(preview.accessControl),
    },
    encodingType: acceptedEncoding(properties) ?? event.encodingType,
    crossSiteAccessPolicies: properties.crossSiteAccessPolicies === undefined ? event.crossSiteAccessPolicies : crossSite(properties),
    useStaticHostname: properties.useStaticHostname ?? event.useStaticHostname,
    hostnamePrefix: kept(properties.hostnamePrefix, event.hostnamePrefix),
    streamOptions: acceptedStreamOptions(properties) ?? event.streamOptions,
  };
  if (next.preview.previewLocator.toLowerCase() !== event.preview.previewLocator.toLowerCase()) {
    throw badRequest("The property 'preview.previewLocator' cannot be changed after the live event was created.");
  }
  if (event.resourceState !== 'Stopped' && event.resourceState !== 'StandBy' && settingsOfIngest(next) !== settingsOfIngest(event)) {
    throw conflict(`The live event '${event.name}' is ${event.resourceState}: its access token, key frame interval, encoding type, host name and stream options can be changed only while it is Stopped or StandBy.`);
  }
  return next;
}

function settingsOfIngest(event: LiveEventSpec): string {
  const { accessToken, streamingProtocol, keyFrameIntervalDuration } = event.input;
  return JSON.stringify([accessToken, streamingProtocol, keyFrameIntervalDuration, event.encodingType, event.useStaticHostname, event.hostnamePrefix, event.streamOptions]);
}

/** A nullish property of a PATCH: undefined keeps, null clears. */
function kept<T>(given: T | null | undefined, before: T | null): T | null {
  return given === undefined ? before : given;
}

function acceptedProtocol(protocol: string | null | undefined): 'RTMP' | 'FragmentedMP4' {
  if (protocol === undefined || protocol === null) throw badRequest("The property 'properties.input.streamingProtocol' is required.");
  const known = (['RTMP', 'FragmentedMP4'] as const).find((one) => one.toLowerCase() === protocol.toLowerCase());
  if (known === undefined) throw badRequest(`The embedded service takes the streamingProtocol RTMP or FragmentedMP4, not '${protocol}'.`);
  return known;
}

function acceptedToken(token: string | null | undefined): string | undefined {
  if (token === undefined || token === null || token === '') return undefined;
  checkAccessToken(token);
  return token;
}

function acceptedLocator(locator: string | null | undefined): string | undefined {
  if (locator === undefined || locator === null || locator === '') return undefined;
  checkUuid('properties.preview.previewLocator', locator);
  return locator;
}

function acceptedInterval(duration: string | null | undefined): string | null {
  if (duration === undefined || duration === null) return null;
  durationSeconds('properties.input.keyFrameIntervalDuration', duration, KEY_FRAME_SECONDS.min, KEY_FRAME_SECONDS.max);
  return duration;
}

function acceptedPolicy(policy: string | null | undefined): string | null {
  if (policy === undefined || policy === null || policy === '') return null;
  if (policy !== 'Predefined_ClearStreamingOnly' && policy !== 'Predefined_DownloadAndClearStreaming') {
    throw badRequest(`The preview's streaming policy '${policy}' is not offered: the embedded service does not encrypt.`);
  }
  return policy;
}

function acceptedEncoding(properties: Properties): LiveEventSpec['encodingType'] | undefined {
  const type = properties.encoding?.encodingType;
  if ((properties.transcriptions ?? []).length > 0) throw badRequest('The embedded service does not transcribe: leave transcriptions empty.');
  if (type === undefined || type === null) return undefined;
  if (type === 'None' || type === 'PassthroughBasic' || type === 'PassthroughStandard') return type;
  throw badRequest(`The encodingType '${type}' is not offered: the embedded service does not transcode. Use PassthroughStandard, PassthroughBasic or None and send every rendition.`);
}

function acceptedStreamOptions(properties: Properties): LiveEventSpec['streamOptions'] | undefined {
  return properties.streamOptions?.map((option) => {
    if (option === 'Default' || option === 'LowLatency') return option;
    throw badRequest(`The stream option '${option}' is not offered for pass-through live events. Use Default or LowLatency.`);
  });
}

function crossSite(properties: Properties): LiveEventSpec['crossSiteAccessPolicies'] {
  const policies = properties.crossSiteAccessPolicies;
  return policies === undefined || policies === null
    ? null
    : { clientAccessPolicy: policies.clientAccessPolicy ?? null, crossDomainPolicy: policies.crossDomainPolicy ?? null };
}

function acceptedAccessControl(control: z.infer<typeof accessControlSchema> | null | undefined): AccessControl | null {
  if (control === undefined || control === null) return null;
  const allow = control.ip?.allow;
  for (const range of allow ?? []) {
    if (isIP(range.address ?? '') === 0) throw badRequest(`The address '${range.address ?? ''}' of an IP allow rule is not an IP address.`);
  }
  const ranges = allow?.map((one) => ({ name: one.name ?? null, address: one.address ?? null, subnetPrefixLength: one.subnetPrefixLength ?? null }));
  return { ip: control.ip === undefined || control.ip === null ? null : { allow: ranges ?? null } };
}
