// Routes of assets. An asset is a folder below the service's assets; deleting it deletes its files and its locators.
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { messageOf } from '../../../contract/errors.ts';
import type { AssetRecord } from '../records.ts';
import { badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import { assetDirOf } from './channelWork.ts';
import type { ArmContext } from './context.ts';
import { checkContainer, checkMediaName } from './names.ts';
import { descriptionSchema, parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

export const ASSET_TYPE = 'Microsoft.Media/mediaservices/assets';
/** The only storage account there is: the home folder. */
export const STORAGE_ACCOUNT = 'home';
/** What the real service answers where a locator has no end. */
export const NO_END = '9999-12-31T23:59:59.9999999Z';

const bodySchema = z.object({
  properties: z.object({
    description: descriptionSchema.nullish(),
    alternateId: z.string().max(256).nullish(),
    container: z.string().max(64).nullish(),
    storageAccountName: z.string().max(64).nullish(),
  }).nullish(),
});
type Properties = NonNullable<z.infer<typeof bodySchema>['properties']>;

export function registerAssets(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  app.get('/assets', (request) => listAnswer(context, request, store.assets.list(), {
    name: (one) => one.name, created: (one) => one.createdAt, lastModified: (one) => one.modifiedAt, alternateId: (one) => one.alternateId, assetId: (one) => one.assetId,
  }, (one) => assetShape(context, one)));
  app.get('/assets/:assetName', (request) => assetShape(context, knownAsset(context, param(request, 'assetName'))));

  app.put('/assets/:assetName', async (request, reply) => {
    const name = param(request, 'assetName');
    checkMediaName('asset', name);
    const properties = parseBody(bodySchema, request.body).properties ?? {};
    const { asset, created } = store.transaction(() => {
      const known = store.assets.find({ name });
      if (known !== undefined) return { asset: updated(context, known, properties), created: false };
      return { asset: made(context, name, properties), created: true };
    });
    await mkdir(assetDirOf(context.assetsDir, asset), { recursive: true, mode: 0o700 });
    return reply.code(created ? 201 : 200).send(assetShape(context, asset));
  });

  app.patch('/assets/:assetName', (request) => {
    const properties = parseBody(bodySchema, request.body).properties ?? {};
    return assetShape(context, store.transaction(() => updated(context, knownAsset(context, param(request, 'assetName')), properties)));
  });

  app.delete('/assets/:assetName', async (request, reply) => {
    const removed = store.transaction(() => {
      const asset = store.assets.find({ name: param(request, 'assetName') });
      if (asset === undefined) return undefined;
      const output = store.liveOutputs.find({ asset_name: asset.name });
      if (output !== undefined) throw conflict(`The asset '${asset.name}' is in use by the live output '${output.name}' of the live event '${output.eventName}'. Delete the live output first.`);
      store.locators.remove({ asset_name: asset.name });
      store.filters.remove({ asset_name: asset.name });
      store.assets.remove({ name: asset.name });
      store.removals.insert({ container: asset.container });
      return asset;
    });
    if (removed !== undefined) await finishRemovals(context);
    return reply.code(removed === undefined ? 204 : 200).send();
  });

  app.post('/assets/:assetName/listStreamingLocators', (request) => {
    const asset = knownAsset(context, param(request, 'assetName'));
    return {
      streamingLocators: store.locators.list({ asset_name: asset.name }).map((one) => ({
        name: one.name, assetName: one.assetName, created: one.createdAt, startTime: one.startTime, endTime: one.endTime ?? NO_END,
        streamingLocatorId: one.locatorId, streamingPolicyName: one.streamingPolicyName, defaultContentKeyPolicyName: one.contentKeyPolicyName ?? null,
      })),
    };
  });
}

/** Deletes the folders of assets that are gone from the store; what cannot be deleted now is tried again at the next start. */
export async function finishRemovals(context: Pick<ArmContext, 'store' | 'assetsDir' | 'log'>): Promise<void> {
  for (const one of context.store.removals.list()) {
    try {
      await rm(assetDirOf(context.assetsDir, one), { recursive: true, force: true });
      context.store.removals.remove({ container: one.container });
    } catch (error) {
      context.log.warn({ container: one.container, error: messageOf(error) }, 'the files of a deleted asset could not be removed yet');
    }
  }
}

/** @throws ArmError 404 */
function knownAsset(context: ArmContext, name: string): AssetRecord {
  const asset = context.store.assets.find({ name });
  if (asset === undefined) throw resourceNotFound(ASSET_TYPE, name);
  return asset;
}

function made(context: ArmContext, name: string, properties: Properties): AssetRecord {
  const { store } = context;
  const storage = properties.storageAccountName ?? STORAGE_ACCOUNT;
  if (storage !== STORAGE_ACCOUNT) throw badRequest(`The storage account '${storage}' does not belong to the account. Its storage account is '${STORAGE_ACCOUNT}'.`);
  const assetId = randomUUID();
  const container = properties.container ?? `asset-${assetId}`;
  checkContainer(container);
  if (store.assets.find({ container }) !== undefined || store.removals.find({ container }) !== undefined) {
    throw conflict(`The container '${container}' belongs to another asset.`);
  }
  const now = new Date().toISOString();
  const asset: AssetRecord = {
    name, assetId, container, alternateId: properties.alternateId ?? null, description: properties.description ?? null,
    recordedBy: null, createdAt: now, modifiedAt: now,
  };
  store.assets.insert(asset);
  return asset;
}

function updated(context: ArmContext, asset: AssetRecord, properties: Properties): AssetRecord {
  if (properties.container !== undefined && properties.container !== null && properties.container !== asset.container) {
    throw badRequest(`The container of the asset '${asset.name}' cannot be changed.`);
  }
  const next: AssetRecord = {
    ...asset,
    description: properties.description === undefined ? asset.description : properties.description,
    alternateId: properties.alternateId === undefined ? asset.alternateId : properties.alternateId,
    modifiedAt: new Date().toISOString(),
  };
  context.store.assets.replace(next);
  return next;
}

function assetShape(context: ArmContext, asset: AssetRecord): object {
  return {
    name: asset.name,
    id: accountId(context, `/assets/${asset.name}`),
    type: ASSET_TYPE,
    properties: {
      assetId: asset.assetId,
      created: asset.createdAt,
      lastModified: asset.modifiedAt,
      ...(asset.alternateId === null ? {} : { alternateId: asset.alternateId }),
      ...(asset.description === null ? {} : { description: asset.description }),
      container: asset.container,
      storageAccountName: STORAGE_ACCOUNT,
      storageEncryptionFormat: 'None',
    },
    systemData: systemData(asset.createdAt, asset.modifiedAt),
  };
}
