// Routes of live events: create, read, update, delete, start, stop, reset, allocate.
import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accessTokenKey, type LiveEventRecord, type OperationTask } from '../records.ts';
import { ArmError, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, operationAnswer, param, queryOf } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { etagOf, requireMatch } from './liveEventTag.ts';
import { parseLiveEventUpdate, parseNewLiveEvent } from './liveEventRequest.ts';
import { liveEventShape } from './liveEventShape.ts';
import { checkLiveEventName } from './names.ts';
import { parseBody } from './requestBody.ts';

const TYPE = 'Microsoft.Media/mediaservices/liveevents';
const stopSchema = z.object({ removeOutputsOnStop: z.boolean().nullish() });

export function registerLiveEvents(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  app.get('/liveEvents', (request) =>
    listAnswer(context, request, store.liveEvents.list(), { name: (one) => one.name, created: (one) => one.createdAt }, (one) => liveEventShape(context, one)));
  app.get('/liveEvents/:liveEventName', (request, reply) => {
    const event = knownEvent(context, param(request, 'liveEventName'));
    return reply.header('etag', etagOf(event)).send(liveEventShape(context, event));
  });

  app.put('/liveEvents/:liveEventName', (request, reply) => {
    const name = param(request, 'liveEventName');
    checkLiveEventName(name);
    const spec = parseNewLiveEvent(request.body);
    const now = new Date().toISOString();
    const event: LiveEventRecord = { ...spec, name, resourceState: 'Creating', provisioningState: 'InProgress', createdAt: now, modifiedAt: now };
    const autoStart = queryOf(request, 'autoStart')?.toLowerCase() === 'true';
    const operation = context.operations.begin({ resource: 'liveEvent', eventName: name, action: 'create', autoStart }, () => {
      refuseTaken(context, event);
      store.liveEvents.insert(event);
    });
    return operationAnswer(context, request, reply, operation, `/liveevents/${name}`, liveEventShape(context, event));
  });

  app.patch('/liveEvents/:liveEventName', (request, reply) => {
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    const written = changedTags(context, request, name);
    // Tags take part in no operation, so instances that agree through them need not wait for one.
    if (written !== undefined) return reply.header('etag', etagOf(written)).send(liveEventShape(context, written));
    const operation = context.operations.begin({ resource: 'liveEvent', eventName: name, action: 'update' }, () => {
      const event = knownEvent(context, name);
      requireMatch(request, event);
      const next = parseLiveEventUpdate(event, request.body);
      refuseTakenToken(context, next);
      store.liveEvents.replace({ ...next, provisioningState: 'InProgress', modifiedAt: new Date().toISOString() });
    });
    return operationAnswer(context, request, reply, operation, `/liveevents/${name}`, liveEventShape(context, knownEvent(context, name)));
  });

  app.delete('/liveEvents/:liveEventName', (request, reply) => {
    const event = store.liveEvents.find({ name: param(request, 'liveEventName') });
    // Specification: 204 where there is nothing to delete.
    if (event === undefined) return reply.code(204).send();
    return begin(context, request, reply, { resource: 'liveEvent', eventName: event.name, action: 'delete' }, 'Deleting', ({ name, resourceState }) => {
      if (resourceState !== 'Stopped') throw conflict(`The live event '${name}' is ${resourceState}. Stop it before it is deleted.`);
      if (outputCount(context, name) > 0) throw conflict(`The live event '${name}' has live outputs. Delete them before the live event.`);
    });
  });

  app.post('/liveEvents/:liveEventName/start', (request, reply) => {
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    return begin(context, request, reply, { resource: 'liveEvent', eventName: name, action: 'start' }, 'Starting', ({ resourceState }) => {
      // Documented: "A live event in Stopped or StandBy state will be in Running state after the start operation completes."
      if (resourceState !== 'Stopped' && resourceState !== 'StandBy') throw conflict(`The live event '${name}' is ${resourceState}. Only a live event that is Stopped or StandBy can be started.`);
    });
  });

  app.post('/liveEvents/:liveEventName/stop', (request, reply) => {
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    const removeOutputs = parseBody(stopSchema, request.body).removeOutputsOnStop ?? false;
    return begin(context, request, reply, { resource: 'liveEvent', eventName: name, action: 'stop', removeOutputs }, 'Stopping', ({ resourceState }) => {
      if (resourceState !== 'Running' && resourceState !== 'StandBy') throw conflict(`The live event '${name}' is ${resourceState}. Only a live event that is Running or StandBy can be stopped.`);
      if (!removeOutputs && outputCount(context, name) > 0) {
        throw conflict(`The live event '${name}' has live outputs. Delete them first, or stop with removeOutputsOnStop.`);
      }
    });
  });

  app.post('/liveEvents/:liveEventName/reset', (request, reply) => {
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    return begin(context, request, reply, { resource: 'liveEvent', eventName: name, action: 'reset' }, 'Stopping', ({ resourceState }) => {
      if (resourceState !== 'Running') throw conflict(`The live event '${name}' is ${resourceState}. Only a live event that is Running can be reset.`);
    });
  });

  app.post('/liveEvents/:liveEventName/allocate', (request, reply) => {
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    return begin(context, request, reply, { resource: 'liveEvent', eventName: name, action: 'allocate' }, 'Allocating', ({ resourceState }) => {
      if (resourceState !== 'Stopped') throw conflict(`The live event '${name}' is ${resourceState}. Only a live event that is Stopped can be allocated.`);
    });
  });
}

/** @throws ArmError 404 */
export function knownEvent(context: ArmContext, name: string): LiveEventRecord {
  const event = context.store.liveEvents.find({ name });
  if (event === undefined) throw resourceNotFound(TYPE, name);
  return event;
}

/** A conditional PATCH of tags and nothing else, done at once; undefined where the request is another one. @throws ArmError 412 */
function changedTags(context: ArmContext, request: FastifyRequest, name: string): LiveEventRecord | undefined {
  if (request.headers['if-match'] === undefined) return undefined;
  return context.store.transaction(() => {
    const event = knownEvent(context, name);
    requireMatch(request, event);
    const next = parseLiveEventUpdate(event, request.body);
    if (!isDeepStrictEqual({ ...next, tags: event.tags }, event)) return undefined;
    const written = { ...next, modifiedAt: new Date().toISOString() };
    context.store.liveEvents.replace(written);
    return written;
  });
}

type EventTask = Extract<OperationTask, { resource: 'liveEvent' }>;

/** Begins an action that carries no body: `refuse` sees the event inside the transaction that changes its state. */
function begin(
  context: ArmContext, request: FastifyRequest, reply: FastifyReply,
  task: EventTask, state: LiveEventRecord['resourceState'], refuse: (event: LiveEventRecord) => void,
): FastifyReply {
  const operation = context.operations.begin(task, () => {
    const event = knownEvent(context, task.eventName);
    requireMatch(request, event);
    refuse(event);
    context.store.liveEvents.replace({ ...event, resourceState: state, provisioningState: 'InProgress' });
  });
  return operationAnswer(context, request, reply, operation, `/liveevents/${task.eventName}`, undefined);
}

function outputCount(context: ArmContext, eventName: string): number {
  return context.store.liveOutputs.count({ event_name: eventName });
}

function refuseTaken(context: ArmContext, event: LiveEventRecord): void {
  const { store, limits } = context;
  if (store.liveEvents.find({ name: event.name }) !== undefined) throw conflict(`The live event '${event.name}' exists already.`);
  if (store.liveEvents.count() >= limits.liveEvents) {
    throw new ArmError(403, 'QuotaExceeded', `The account has ${String(limits.liveEvents)} live events, which is its limit. Delete one first.`);
  }
  if (store.liveEvents.find({ preview_locator: event.preview.previewLocator }) !== undefined || store.locators.find({ locator_id: event.preview.previewLocator }) !== undefined) {
    throw conflict('The previewLocator is in use by another resource of the account.');
  }
  refuseTakenToken(context, event);
}

function refuseTakenToken(context: ArmContext, event: LiveEventRecord): void {
  const owner = context.store.liveEvents.find({ access_token: accessTokenKey(event.input.accessToken) });
  if (owner !== undefined && owner.name.toLowerCase() !== event.name.toLowerCase()) throw conflict('The access token is in use by another live event of the account.');
}
