// Streaming policies: the predefined ones and those of the account. All of the API's are kept; served are the clear ones and AES-128 with a clear key.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { StreamingPolicyRecord } from '../records.ts';
import { badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { checkMediaName } from './names.ts';
import { parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

const TYPE = 'Microsoft.Media/mediaservices/streamingPolicies';
/** Documented limit of an account. */
const MAX_POLICIES = 100;

/** What the origin does with a locator of this policy. */
export type OfferedPolicy = { readonly name: string; readonly streaming: boolean; readonly isEncrypting: boolean; /** Of its one key. */ readonly keyLabel: string; /** With `{ContentKeyId}` and `{AssetAlternativeId}`. */ readonly keyUrlTemplate: string | undefined };

const protocols = z.object({ download: z.boolean(), dash: z.boolean(), hls: z.boolean(), smoothStreaming: z.boolean() });
const key = z.object({ label: z.string().max(256).nullish(), policyName: z.string().max(260).nullish() });
const tracks = z.array(z.object({ trackSelections: z.array(z.object({ property: z.enum(['Unknown', 'FourCC']), operation: z.enum(['Unknown', 'Equal']), value: z.string().max(64) })).max(20).nullish() })).max(20);
const url = z.string().max(2048).regex(/^https?:\/\//, 'it is no address').nullish();
const licence = z.object({ customLicenseAcquisitionUrlTemplate: url });
const encryption = {
  enabledProtocols: protocols.nullish(), clearTracks: tracks.nullish(),
  contentKeys: z.object({ defaultKey: key.nullish(), keyToTrackMappings: z.array(key.extend({ tracks: tracks.nullish() })).max(20).nullish() }).nullish(),
};
const clearKeyConfiguration = z.object({ customKeysAcquisitionUrlTemplate: url }).nullish();
const propertiesSchema = z.object({
  defaultContentKeyPolicyName: z.string().max(260).nullish(),
  noEncryption: z.object({ enabledProtocols: protocols.nullish() }).nullish(),
  envelopeEncryption: z.object({ ...encryption, customKeyAcquisitionUrlTemplate: url }).nullish(),
  commonEncryptionCenc: z.object({
    ...encryption, clearKeyEncryptionConfiguration: clearKeyConfiguration,
    drm: z.object({ playReady: licence.extend({ playReadyCustomAttributes: z.string().max(4096).nullish() }).nullish(), widevine: licence.nullish() }).nullish(),
  }).nullish(),
  commonEncryptionCbcs: z.object({
    ...encryption, clearKeyEncryptionConfiguration: clearKeyConfiguration,
    drm: z.object({ fairPlay: licence.extend({ allowPersistentLicense: z.boolean() }).nullish(), playReady: licence.nullish(), widevine: licence.nullish() }).nullish(),
  }).nullish(),
});
const bodySchema = z.object({ properties: propertiesSchema.nullish() });

const all = (hls: boolean, dash: boolean, download: boolean): z.infer<typeof protocols> => ({ download, dash, hls, smoothStreaming: false });
/** Smooth Streaming is not packaged here, and DASH knows no encryption of whole segments. */
const PREDEFINED: readonly Omit<StreamingPolicyRecord, 'createdAt'>[] = [
  { name: 'Predefined_ClearStreamingOnly', properties: { noEncryption: { enabledProtocols: all(true, true, false) } } },
  { name: 'Predefined_DownloadAndClearStreaming', properties: { noEncryption: { enabledProtocols: all(true, true, true) } } },
  { name: 'Predefined_DownloadOnly', properties: { noEncryption: { enabledProtocols: all(false, false, true) } } },
  { name: 'Predefined_ClearKey', properties: { envelopeEncryption: { enabledProtocols: all(true, false, false), contentKeys: { defaultKey: { label: 'clearKeyDefault' } } } } },
];
const NO_LICENCES = 'is not offered: the embedded service gives no DRM licences, only clear streams and AES-128. Use Predefined_ClearKey or Predefined_ClearStreamingOnly, or publish in a cloud account.';

/**
 * The policy of a locator.
 * @throws ArmError 400 for those of a DRM, which are kept but not served, and for unknown policies.
 */
export function offeredPolicy({ store }: Pick<ArmContext, 'store'>, name: string): OfferedPolicy {
  if (/^predefined_multidrm(cenc)?streaming$/i.test(name)) throw badRequest(`The streaming policy '${name}' ${NO_LICENCES}`);
  const policy = PREDEFINED.find((one) => one.name.toLowerCase() === name.toLowerCase()) ?? store.streamingPolicies.find({ name });
  if (policy === undefined) throw badRequest(`The streaming policy '${name.slice(0, 64)}' does not exist.`);
  const { noEncryption, envelopeEncryption, commonEncryptionCbcs, commonEncryptionCenc } = propertiesSchema.parse(policy.properties);
  if (commonEncryptionCbcs ?? commonEncryptionCenc) throw badRequest(`The streaming policy '${policy.name}' ${NO_LICENCES}`);
  if (noEncryption && envelopeEncryption) throw badRequest(`The streaming policy '${policy.name}' is not offered: a locator of the embedded service is either clear or encrypted.`);
  const enabled = (envelopeEncryption ?? noEncryption)?.enabledProtocols;
  const label = envelopeEncryption?.contentKeys?.defaultKey?.label ?? 'default';
  return { name: policy.name, isEncrypting: Boolean(envelopeEncryption), keyLabel: label, keyUrlTemplate: envelopeEncryption?.customKeyAcquisitionUrlTemplate ?? undefined, streaming: enabled?.hls === true || (!envelopeEncryption && enabled?.dash === true) };
}

export function registerStreamingPolicies(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  const predefined = PREDEFINED.map((one): StreamingPolicyRecord => ({ ...one, createdAt: context.account.createdAt }));
  const find = (name: string): StreamingPolicyRecord | undefined => predefined.find((one) => one.name.toLowerCase() === name.toLowerCase()) ?? store.streamingPolicies.find({ name });
  app.get('/streamingPolicies', (request) =>
    listAnswer(context, request, [...predefined, ...store.streamingPolicies.list()], { name: (one) => one.name, created: (one) => one.createdAt }, (one) => shapeOf(context, one)));
  app.get('/streamingPolicies/:streamingPolicyName', (request) => {
    const name = param(request, 'streamingPolicyName');
    const policy = find(name);
    if (policy === undefined) throw resourceNotFound(TYPE, name);
    return shapeOf(context, policy);
  });
  app.put('/streamingPolicies/:streamingPolicyName', (request, reply) => {
    const name = param(request, 'streamingPolicyName');
    checkMediaName('streaming policy', name);
    const properties = parseBody(bodySchema, request.body).properties ?? {};
    check(context, properties);
    const policy: StreamingPolicyRecord = { name, properties: withoutNulls(properties) as object, createdAt: new Date().toISOString() };
    store.transaction(() => {
      // Documented: a streaming policy is never changed.
      if (find(name) !== undefined) throw conflict(`The streaming policy '${name}' exists already and cannot be changed.`);
      if (store.streamingPolicies.count() >= MAX_POLICIES) throw conflict(`The account has ${String(MAX_POLICIES)} streaming policies, which is its limit.`);
      store.streamingPolicies.insert(policy);
    });
    return reply.code(201).send(shapeOf(context, policy));
  });
  app.delete('/streamingPolicies/:streamingPolicyName', (request, reply) => {
    const name = param(request, 'streamingPolicyName');
    if (predefined.some((one) => one.name.toLowerCase() === name.toLowerCase())) throw badRequest('Predefined streaming policies cannot be deleted.');
    const removed = store.transaction(() => {
      const user = store.locators.list().find((locator) => locator.streamingPolicyName.toLowerCase() === name.toLowerCase());
      if (user !== undefined) throw conflict(`The streaming policy '${name}' is in use by the streaming locator '${user.name}'. Delete the streaming locator first.`);
      return store.streamingPolicies.remove({ name });
    });
    return reply.code(removed === 0 ? 204 : 200).send();
  });
}

/** @throws ArmError 400 */
function check({ store }: ArmContext, { noEncryption, envelopeEncryption, commonEncryptionCenc, commonEncryptionCbcs, defaultContentKeyPolicyName: keyPolicy }: z.infer<typeof propertiesSchema>): void {
  const encryptions = [envelopeEncryption, commonEncryptionCenc, commonEncryptionCbcs].filter((one) => one !== undefined && one !== null);
  if (encryptions.length === 0 && !noEncryption) throw badRequest("The value of 'properties' is invalid: a streaming policy has at least one of noEncryption, envelopeEncryption, commonEncryptionCenc and commonEncryptionCbcs.");
  for (const one of encryptions) {
    if (!one.enabledProtocols || !Object.values(one.enabledProtocols).includes(true)) throw badRequest("The value of 'enabledProtocols' is invalid: an encryption names at least one protocol.");
  }
  if (commonEncryptionCenc && !commonEncryptionCenc.drm && !commonEncryptionCenc.clearKeyEncryptionConfiguration) throw badRequest("The value of 'properties.commonEncryptionCenc' is invalid: it names PlayReady, Widevine or a clear key.");
  if (commonEncryptionCbcs && !commonEncryptionCbcs.drm && !commonEncryptionCbcs.clearKeyEncryptionConfiguration) throw badRequest("The value of 'properties.commonEncryptionCbcs' is invalid: it names FairPlay or a clear key.");
  if (keyPolicy && store.contentKeyPolicies.find({ name: keyPolicy }) === undefined) throw badRequest(`The content key policy '${keyPolicy}' does not exist.`, 'ContentKeyPolicyNotFound');
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined).map(([name, inner]) => [name, withoutNulls(inner)]));
}

function shapeOf(context: ArmContext, { name, properties, createdAt }: StreamingPolicyRecord): object {
  return { name, id: accountId(context, `/streamingPolicies/${name}`), type: TYPE, properties: { created: createdAt, ...properties }, systemData: systemData(createdAt, createdAt) };
}
