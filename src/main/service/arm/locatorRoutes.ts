// Routes of streaming locators: the public name of an asset, and the paths under which it plays.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { newContentKey } from '../keys/contentKeys.ts';
import type { StreamingLocatorRecord } from '../records.ts';
import { ArmError, badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import { NO_END } from './assetRoutes.ts';
import { assetDirOf } from './channelWork.ts';
import type { ArmContext } from './context.ts';
import { checkMediaName, checkUuid } from './names.ts';
import { parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';
import { offeredPolicy } from './streamingPolicies.ts';

const TYPE = 'Microsoft.Media/mediaservices/streamingLocators';
/** Format tags of the manifests that the origin serves (media-services.md §4.8). */
const FORMATS = [
  { streamingProtocol: 'Hls', tag: 'm3u8-cmaf' },
  { streamingProtocol: 'Dash', tag: 'mpd-time-cmaf' },
] as const;

/** How long a question for paths waits for an uploaded set to be cut; the client's own patience is some seconds. */
const SET_PATIENCE_MS = 5000;

const timeSchema = z.string().max(64).refine((text) => !Number.isNaN(Date.parse(text)), 'it is not a date and time');
const bodySchema = z.object({
  properties: z.object({
    assetName: z.string().max(260).nullish(),
    streamingPolicyName: z.string().max(260).nullish(),
    streamingLocatorId: z.string().max(64).nullish(),
    startTime: timeSchema.nullish(),
    endTime: timeSchema.nullish(),
    alternativeMediaId: z.string().max(256).nullish(),
    defaultContentKeyPolicyName: z.string().max(260).nullish(),
    contentKeys: z.array(z.unknown()).max(64).nullish(),
    filters: z.array(z.string().max(260)).max(10).nullish(),
  }).nullish(),
});

export function registerLocators(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  app.get('/streamingLocators', (request) => listAnswer(context, request, store.locators.list(), {
    name: (one) => one.name, created: (one) => one.createdAt, endTime: (one) => one.endTime ?? NO_END, assetName: (one) => one.assetName,
  }, (one) => locatorShape(context, one)));
  app.get('/streamingLocators/:streamingLocatorName', (request) => locatorShape(context, knownLocator(context, param(request, 'streamingLocatorName'))));

  app.put('/streamingLocators/:streamingLocatorName', (request, reply) => {
    const locator = parseNewLocator(context, param(request, 'streamingLocatorName'), request.body);
    const keyPolicy = locator.contentKeyPolicyName;
    if (keyPolicy && store.contentKeyPolicies.find({ name: keyPolicy }) === undefined) throw badRequest(`The content key policy '${keyPolicy}' does not exist.`, 'ContentKeyPolicyNotFound');
    store.transaction(() => {
      refuseTaken(context, locator);
      store.locators.insert(locator);
    });
    // Never 200: the SDK takes nothing but 201 here (media-services.md §1.3).
    return reply.code(201).send(locatorShape(context, locator));
  });

  app.delete('/streamingLocators/:streamingLocatorName', (request, reply) => {
    const removed = store.transaction(() => store.locators.remove({ name: param(request, 'streamingLocatorName') }));
    return reply.code(removed === 0 ? 204 : 200).send();
  });

  app.post('/streamingLocators/:streamingLocatorName/listPaths', (request) => pathsOf(context, knownLocator(context, param(request, 'streamingLocatorName'))));
  app.post('/streamingLocators/:streamingLocatorName/listContentKeys', (request) => {
    return { contentKeys: keysShape(context, knownLocator(context, param(request, 'streamingLocatorName')), true) };
  });
}

/** @throws ArmError 404 */
function knownLocator(context: ArmContext, name: string): StreamingLocatorRecord {
  const locator = context.store.locators.find({ name });
  if (locator === undefined) throw resourceNotFound(TYPE, name);
  return locator;
}

/** Empty until something has been recorded (media-services.md §4.2). */
async function pathsOf(context: ArmContext, locator: StreamingLocatorRecord): Promise<object> {
  const asset = context.store.assets.find({ name: locator.assetName });
  const assetDir = asset === undefined || !offeredPolicy(context, locator.streamingPolicyName).streaming ? undefined : assetDirOf(context.assetsDir, asset);
  if (assetDir !== undefined) await context.sets.prepare(assetDir, SET_PATIENCE_MS);
  const manifests = assetDir === undefined ? [] : await context.plane.manifestsOf(assetDir);
  if (manifests.length === 0) return { streamingPaths: [], downloadPaths: [] };
  if (locator.contentKey) {
    const paths = manifests.map(({ manifestName }) => `/${locator.locatorId}/${manifestName}.ism/manifest(format=m3u8-cmaf,encryption=cbc)`);
    return { streamingPaths: [{ streamingProtocol: 'Hls', encryptionScheme: 'EnvelopeEncryption', paths }], downloadPaths: [] };
  }
  return {
    streamingPaths: FORMATS.map(({ streamingProtocol, tag }) => ({
      streamingProtocol, encryptionScheme: 'NoEncryption',
      paths: manifests.map(({ manifestName }) => `/${locator.locatorId}/${manifestName}.ism/manifest(format=${tag})`),
    })),
    downloadPaths: [],
  };
}

function parseNewLocator(context: ArmContext, name: string, body: unknown): StreamingLocatorRecord {
  checkMediaName('streaming locator', name);
  const properties = parseBody(bodySchema, body).properties ?? {};
  const { assetName, streamingPolicyName, streamingLocatorId } = properties;
  if (assetName === undefined || assetName === null || assetName === '') throw badRequest("The property 'properties.assetName' is required.");
  if (streamingPolicyName === undefined || streamingPolicyName === null || streamingPolicyName === '') throw badRequest("The property 'properties.streamingPolicyName' is required.");
  if ((properties.contentKeys ?? []).length > 0) throw badRequest('Content keys of your own are not offered: leave contentKeys empty, and the embedded service makes one.');
  const policy = offeredPolicy(context, streamingPolicyName);
  const keyPolicyName = properties.defaultContentKeyPolicyName ?? '';
  if (policy.isEncrypting && keyPolicyName === '') throw badRequest(`The streaming policy '${policy.name}' needs 'properties.defaultContentKeyPolicyName'.`);
  if (!policy.isEncrypting && keyPolicyName !== '') throw badRequest(`The streaming policy '${policy.name}' does not encrypt: leave defaultContentKeyPolicyName out, or use Predefined_ClearKey.`);
  if (streamingLocatorId !== undefined && streamingLocatorId !== null) checkUuid('properties.streamingLocatorId', streamingLocatorId);
  const [startTime, endTime] = [canonicalTime(properties.startTime), canonicalTime(properties.endTime)];
  if (startTime !== null && endTime !== null && startTime >= endTime) throw badRequest("The value of 'properties.endTime' is not after 'properties.startTime'.");
  return {
    name, locatorId: streamingLocatorId ?? randomUUID(), assetName, streamingPolicyName: policy.name,
    startTime, endTime, alternativeMediaId: properties.alternativeMediaId ?? null, filters: properties.filters ?? [],
    contentKey: policy.isEncrypting ? newContentKey() : null, contentKeyPolicyName: policy.isEncrypting ? keyPolicyName : null, createdAt: new Date().toISOString(),
  };
}

function canonicalTime(text: string | null | undefined): string | null {
  return text === undefined || text === null ? null : new Date(text).toISOString();
}

function refuseTaken(context: ArmContext, locator: StreamingLocatorRecord): void {
  const { store, limits } = context;
  if (store.locators.find({ name: locator.name }) !== undefined) throw conflict(`The streaming locator '${locator.name}' exists already.`);
  if (store.locators.find({ locator_id: locator.locatorId }) !== undefined || store.liveEvents.find({ preview_locator: locator.locatorId }) !== undefined) {
    throw conflict(`The streamingLocatorId '${locator.locatorId}' is in use by another resource of the account.`);
  }
  if (store.assets.find({ name: locator.assetName }) === undefined) throw badRequest(`The asset '${locator.assetName}' of the streaming locator does not exist.`, 'AssetNotFound');
  for (const name of locator.filters) {
    if (store.filters.find({ asset_name: locator.assetName, name }) ?? store.filters.find({ asset_name: '', name })) continue;
    throw badRequest(`The filter '${name.slice(0, 64)}' exists neither in the account nor in the asset '${locator.assetName}'.`, 'FilterNotFound');
  }
  if (store.locators.count({ asset_name: locator.assetName }) >= limits.locatorsPerAsset) {
    throw new ArmError(403, 'QuotaExceeded', `The asset '${locator.assetName}' has ${String(limits.locatorsPerAsset)} streaming locators, which is its limit.`);
  }
}

/** Key values are given out by `listContentKeys` only. */
function keysShape(context: ArmContext, { streamingPolicyName, contentKey, contentKeyPolicyName }: StreamingLocatorRecord, withValue: boolean): object[] {
  if (!contentKey) return [];
  return [{ id: contentKey.id, type: 'EnvelopeEncryption', labelReferenceInStreamingPolicy: offeredPolicy(context, streamingPolicyName).keyLabel, policyName: contentKeyPolicyName, tracks: [], ...(withValue ? { value: contentKey.value } : {}) }];
}

function locatorShape(context: ArmContext, locator: StreamingLocatorRecord): object {
  return {
    name: locator.name,
    id: accountId(context, `/streamingLocators/${locator.name}`),
    type: TYPE,
    properties: {
      assetName: locator.assetName,
      created: locator.createdAt,
      ...(locator.startTime === null ? {} : { startTime: locator.startTime }),
      endTime: locator.endTime ?? NO_END,
      streamingLocatorId: locator.locatorId,
      streamingPolicyName: locator.streamingPolicyName,
      ...(locator.alternativeMediaId === null ? {} : { alternativeMediaId: locator.alternativeMediaId }),
      ...(locator.contentKeyPolicyName ? { defaultContentKeyPolicyName: locator.contentKeyPolicyName } : {}),
      contentKeys: keysShape(context, locator, false),
      filters: locator.filters,
    },
    systemData: systemData(locator.createdAt, locator.createdAt),
  };
}
