// Routes of the one streaming endpoint, `default`: the switch that makes locators play. It exists Stopped, as in a new account.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OperationTask, StreamingEndpointRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { badRequest, conflict, notImplemented, resourceNotFound } from './armError.ts';
import { listAnswer, operationAnswer, param } from './armHttp.ts';
import type { ArmContext, ServiceAccount } from './context.ts';
import { descriptionSchema, parseBody, tagsSchema } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

const TYPE = 'Microsoft.Media/mediaservices/streamingEndpoints';
export const DEFAULT_ENDPOINT = 'default';

const updateSchema = z.object({ tags: tagsSchema.nullish(), properties: z.object({ description: descriptionSchema.nullish(), cdnEnabled: z.boolean().nullish() }).nullish() });

/** Makes the endpoint of a new account. */
export function ensureDefaultEndpoint(store: Store, account: ServiceAccount): void {
  store.transaction(() => {
    if (store.endpoints.find({ name: DEFAULT_ENDPOINT }) !== undefined) return;
    store.endpoints.insert({
      name: DEFAULT_ENDPOINT, location: account.location, tags: {}, description: null, resourceState: 'Stopped',
      provisioningState: 'Succeeded', createdAt: account.createdAt, modifiedAt: account.createdAt,
    });
  });
}

export function registerStreamingEndpoints(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  app.get('/streamingEndpoints', (request) =>
    listAnswer(context, request, store.endpoints.list(), { name: (one) => one.name, created: (one) => one.createdAt }, (one) => streamingEndpointShape(context, one)));
  app.get('/streamingEndpoints/:streamingEndpointName', (request) => streamingEndpointShape(context, knownEndpoint(context, param(request, 'streamingEndpointName'))));
  app.get('/streamingEndpoints/:streamingEndpointName/skus', (request) => {
    knownEndpoint(context, param(request, 'streamingEndpointName'));
    return { value: [{ resourceType: TYPE, capacity: { scaleType: 'None', default: 0, minimum: 0, maximum: 0 }, sku: { name: 'Standard' } }] };
  });

  app.post('/streamingEndpoints/:streamingEndpointName/start', (request, reply) =>
    begin(context, request, reply, 'start', (endpoint) => {
      if (endpoint.resourceState !== 'Stopped') throw conflict(`The streaming endpoint '${endpoint.name}' is ${endpoint.resourceState}. Only one that is Stopped can be started.`);
      return { ...endpoint, resourceState: 'Starting' };
    }));
  app.post('/streamingEndpoints/:streamingEndpointName/stop', (request, reply) =>
    begin(context, request, reply, 'stop', (endpoint) => {
      if (endpoint.resourceState !== 'Running') throw conflict(`The streaming endpoint '${endpoint.name}' is ${endpoint.resourceState}. Only one that is Running can be stopped.`);
      return { ...endpoint, resourceState: 'Stopping' };
    }));
  app.patch('/streamingEndpoints/:streamingEndpointName', (request, reply) => {
    const update = parseBody(updateSchema, request.body);
    if (update.properties?.cdnEnabled === true) throw badRequest('The embedded service has no CDN: it serves this network itself.');
    return begin(context, request, reply, 'update', (endpoint) => ({
      ...endpoint, tags: update.tags ?? endpoint.tags,
      description: update.properties?.description === undefined ? endpoint.description : update.properties.description,
    }));
  });

  app.post('/streamingEndpoints/:streamingEndpointName/scale', () => {
    throw badRequest('The embedded service has no scale units: it serves as fast as this machine can.');
  });
  app.put('/streamingEndpoints/:streamingEndpointName', (request) => {
    const name = param(request, 'streamingEndpointName');
    if (name.toLowerCase() === DEFAULT_ENDPOINT) throw conflict("The streaming endpoint 'default' exists already.");
    throw notImplemented("streaming endpoints beside 'default'");
  });
  app.delete('/streamingEndpoints/:streamingEndpointName', (request, reply) => {
    if (param(request, 'streamingEndpointName').toLowerCase() === DEFAULT_ENDPOINT) throw badRequest("The streaming endpoint 'default' cannot be deleted.");
    return reply.code(204).send();
  });
}

/** @throws ArmError 404 */
export function knownEndpoint(context: ArmContext, name: string): StreamingEndpointRecord {
  const endpoint = context.store.endpoints.find({ name });
  if (endpoint === undefined) throw resourceNotFound(TYPE, name);
  return endpoint;
}

type EndpointTask = Extract<OperationTask, { resource: 'streamingEndpoint' }>;

function begin(
  context: ArmContext, request: FastifyRequest, reply: FastifyReply,
  action: EndpointTask['action'], change: (endpoint: StreamingEndpointRecord) => StreamingEndpointRecord,
): FastifyReply {
  const { name } = knownEndpoint(context, param(request, 'streamingEndpointName'));
  const operation = context.operations.begin({ resource: 'streamingEndpoint', endpointName: name, action }, () => {
    context.store.endpoints.replace({ ...change(knownEndpoint(context, name)), provisioningState: 'InProgress' });
  });
  const body = action === 'update' ? streamingEndpointShape(context, knownEndpoint(context, name)) : undefined;
  return operationAnswer(context, request, reply, operation, `/streamingendpoints/${name}`, body);
}

export function streamingEndpointShape(context: ArmContext, endpoint: StreamingEndpointRecord): object {
  return {
    name: endpoint.name,
    id: accountId(context, `/streamingendpoints/${endpoint.name}`),
    type: TYPE,
    location: endpoint.location,
    tags: endpoint.tags,
    sku: { name: 'Standard', capacity: 0 },
    properties: {
      description: endpoint.description ?? '',
      scaleUnits: 0,
      availabilitySetName: null,
      cdnEnabled: false,
      cdnProvider: null,
      cdnProfile: '',
      customHostNames: [],
      accessControl: null,
      maxCacheAge: null,
      hostName: `${context.addresses.host}:${String(context.addresses.https)}`,
      freeTrialEndTime: '0001-01-01T00:00:00Z',
      provisioningState: endpoint.provisioningState,
      resourceState: endpoint.resourceState,
      created: endpoint.createdAt,
      lastModified: endpoint.modifiedAt,
    },
    systemData: systemData(endpoint.createdAt, endpoint.modifiedAt),
  };
}
