// Routes with which clients follow long operations: status (`…operations/{id}`) and location (`…/operationlocations/{id}`).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OperationRecord, OperationTask } from '../records.ts';
import { ArmError, resourceNotFound } from './armError.ts';
import { operationHeaders, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { knownEvent } from './liveEventRoutes.ts';
import { liveEventShape, liveOutputShape } from './liveEventShape.ts';
import { knownOutput, outputTail } from './liveOutputRoutes.ts';
import { knownEndpoint, streamingEndpointShape } from './streamingEndpointRoutes.ts';

/** How long an answer waits for an operation to end, ms: most do, which spares clients their pause of 1 to 2 s. */
const HOLD_MS = 400;

export function registerOperations(app: FastifyInstance, context: ArmContext): void {
  for (const resource of ['liveEvent', 'liveOutput', 'streamingEndpoint'] as const) {
    app.get(`/${resource}Operations/:operationId`, async (request) => statusShape(await knownOperation(context, request, resource)));
  }
  app.get('/liveEvents/:liveEventName/operationLocations/:operationId', (request, reply) => location(context, request, reply, 'liveEvent'));
  app.get('/liveEvents/:liveEventName/liveOutputs/:liveOutputName/operationLocations/:operationId', (request, reply) => location(context, request, reply, 'liveOutput'));
  app.get('/streamingEndpoints/:streamingEndpointName/operationLocations/:operationId', (request, reply) => location(context, request, reply, 'streamingEndpoint'));
}

async function location(context: ArmContext, request: FastifyRequest, reply: FastifyReply, resource: OperationTask['resource']): Promise<FastifyReply> {
  const operation = await knownOperation(context, request, resource);
  if (operation.status === 'InProgress') return reply.code(202).headers(operationHeaders(context, request, operation, tailOf(operation.task))).send();
  if (operation.error !== null) throw new ArmError(409, operation.error.code, operation.error.message);
  // Nothing is left to show after a delete.
  if (operation.task.action === 'delete') return reply.code(204).send();
  return reply.send(resourceOf(context, operation.task));
}

async function knownOperation(context: ArmContext, request: FastifyRequest, resource: OperationTask['resource']): Promise<OperationRecord> {
  const id = param(request, 'operationId');
  const operation = await context.operations.settled(id, HOLD_MS);
  if (operation === undefined || operation.task.resource !== resource) throw resourceNotFound(`Microsoft.Media/mediaservices/${resource.toLowerCase()}operations`, id);
  return operation;
}

/** Specification: async-operation-result. The error's code is "None" as long as there is none. */
function statusShape(operation: OperationRecord): object {
  return {
    error: { code: operation.error?.code ?? 'None', message: operation.error?.message ?? null, target: operation.target },
    name: operation.id,
    status: operation.status,
  };
}

function tailOf(task: OperationTask): string {
  switch (task.resource) {
    case 'liveEvent': return `/liveevents/${task.eventName}`;
    case 'liveOutput': return outputTail(task.eventName, task.outputName);
    case 'streamingEndpoint': return `/streamingendpoints/${task.endpointName}`;
  }
}

function resourceOf(context: ArmContext, task: OperationTask): object {
  switch (task.resource) {
    case 'liveEvent': return liveEventShape(context, knownEvent(context, task.eventName));
    case 'liveOutput': return liveOutputShape(context, knownOutput(context, task.eventName, task.outputName));
    case 'streamingEndpoint': return streamingEndpointShape(context, knownEndpoint(context, task.endpointName));
  }
}
