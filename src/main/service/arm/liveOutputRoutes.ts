// Routes of live outputs: a tape recorder that runs from its creation to its deletion (media-services.md §4.2).
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AssetRecord, LiveEventRecord, LiveOutputRecord } from '../records.ts';
import { ArmError, badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, operationAnswer, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { knownEvent } from './liveEventRoutes.ts';
import { liveOutputShape } from './liveEventShape.ts';
import { checkLiveOutputName, checkManifestName, durationSeconds } from './names.ts';
import { descriptionSchema, parseBody } from './requestBody.ts';

const TYPE = 'Microsoft.Media/mediaservices/liveevents/liveoutputs';
const MINUTE = 60;
/** Longest archive window, s, and most outputs by event type (media-services.md §4.1). */
const WINDOW_LIMIT: Record<LiveEventRecord['encodingType'], number> = { None: 25 * 3600, PassthroughStandard: 25 * 3600, PassthroughBasic: 8 * 3600 };
const BASIC_OUTPUTS = 1;

const bodySchema = z.object({
  properties: z.object({
    description: descriptionSchema.nullish(),
    assetName: z.string().max(260).nullish(),
    archiveWindowLength: z.string().max(64).nullish(),
    rewindWindowLength: z.string().max(64).nullish(),
    manifestName: z.string().max(256).nullish(),
    hls: z.object({ fragmentsPerTsSegment: z.int().min(1).max(100).nullish() }).nullish(),
    outputSnapTime: z.number().nullish(),
  }).nullish(),
});

export function registerLiveOutputs(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  app.get('/liveEvents/:liveEventName/liveOutputs', (request) => {
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    return listAnswer(context, request, store.liveOutputs.list({ event_name: name }), { name: (one) => one.name, created: (one) => one.createdAt }, (one) => liveOutputShape(context, one));
  });
  app.get('/liveEvents/:liveEventName/liveOutputs/:liveOutputName', (request) => {
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    return liveOutputShape(context, knownOutput(context, name, param(request, 'liveOutputName')));
  });

  app.put('/liveEvents/:liveEventName/liveOutputs/:liveOutputName', (request, reply) => {
    const outputName = param(request, 'liveOutputName');
    const eventName = knownEvent(context, param(request, 'liveEventName')).name;
    checkLiveOutputName(outputName);
    const output = parseNewOutput(knownEvent(context, eventName), outputName, request.body);
    const operation = context.operations.begin({ resource: 'liveOutput', eventName, outputName, action: 'create' }, () => {
      refuseForEvent(context, knownEvent(context, eventName), outputName);
      const asset = freeAsset(context, output.assetName);
      store.assets.replace({ ...asset, recordedBy: `${eventName}/${outputName}` });
      store.liveOutputs.insert(output);
    });
    return operationAnswer(context, request, reply, operation, outputTail(eventName, outputName), liveOutputShape(context, output));
  });

  app.delete('/liveEvents/:liveEventName/liveOutputs/:liveOutputName', (request, reply) => {
    const event = store.liveEvents.find({ name: param(request, 'liveEventName') });
    const output = event === undefined ? undefined : store.liveOutputs.find({ event_name: event.name, name: param(request, 'liveOutputName') });
    if (output === undefined) return reply.code(204).send();
    const { eventName, name } = output;
    const operation = context.operations.begin({ resource: 'liveOutput', eventName, outputName: name, action: 'delete' }, () => {
      store.liveOutputs.replace({ ...output, resourceState: 'Deleting', provisioningState: 'InProgress' });
    });
    return operationAnswer(context, request, reply, operation, outputTail(eventName, name), undefined);
  });
}

/** @throws ArmError 404 */
export function knownOutput(context: ArmContext, eventName: string, name: string): LiveOutputRecord {
  const output = context.store.liveOutputs.find({ event_name: eventName, name });
  if (output === undefined) throw resourceNotFound(TYPE, name);
  return output;
}

/** Path of an output below the account as polling links have it. */
export function outputTail(eventName: string, outputName: string): string {
  return `/liveevents/${eventName}/liveoutputs/${outputName}`;
}

function parseNewOutput(event: LiveEventRecord, name: string, body: unknown): LiveOutputRecord {
  const properties = parseBody(bodySchema, body).properties ?? {};
  const { assetName, archiveWindowLength, rewindWindowLength } = properties;
  if (assetName === undefined || assetName === null || assetName === '') throw badRequest("The property 'properties.assetName' is required.");
  if (archiveWindowLength === undefined || archiveWindowLength === null) throw badRequest("The property 'properties.archiveWindowLength' is required.");
  const archiveWindowSeconds = durationSeconds('properties.archiveWindowLength', archiveWindowLength, MINUTE, WINDOW_LIMIT[event.encodingType]);
  if (rewindWindowLength !== undefined && rewindWindowLength !== null) {
    durationSeconds('properties.rewindWindowLength', rewindWindowLength, MINUTE, archiveWindowSeconds);
  }
  const manifestName = properties.manifestName ?? randomUUID();
  checkManifestName(manifestName);
  const now = new Date().toISOString();
  return {
    eventName: event.name, name, description: properties.description ?? null, assetName, archiveWindowLength, archiveWindowSeconds,
    rewindWindowLength: rewindWindowLength ?? null, manifestName, hlsFragmentsPerTsSegment: properties.hls?.fragmentsPerTsSegment ?? null,
    outputSnapTime: properties.outputSnapTime ?? 0, resourceState: 'Creating', provisioningState: 'InProgress', createdAt: now, modifiedAt: now,
  };
}

function refuseForEvent(context: ArmContext, event: LiveEventRecord, outputName: string): void {
  const { store, limits } = context;
  if (store.liveOutputs.find({ event_name: event.name, name: outputName }) !== undefined) {
    throw conflict(`The live output '${outputName}' exists already. Delete it, and use a new asset for the next recording.`);
  }
  const most = event.encodingType === 'PassthroughBasic' ? BASIC_OUTPUTS : limits.outputsPerEvent;
  if (store.liveOutputs.count({ event_name: event.name }) >= most) {
    throw new ArmError(403, 'QuotaExceeded', `The live event '${event.name}' has ${String(most)} live outputs, which is its limit.`);
  }
}

/** An asset takes one recording ever (media-services.md §4.2). */
function freeAsset(context: ArmContext, name: string): AssetRecord {
  const asset = context.store.assets.find({ name });
  if (asset === undefined) throw badRequest(`The asset '${name}' of the live output does not exist.`, 'AssetNotFound');
  if (asset.recordedBy !== null) throw conflict(`The asset '${name}' holds the recording of a live output already. Use a new asset.`);
  return asset;
}
