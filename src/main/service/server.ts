// The two listeners of the service: HTTPS with API, leases, blobs and origin; plain HTTP with the origin alone, for players that do not trust the authority.
import Fastify, { type FastifyInstance } from 'fastify';
import { registerArm } from './arm/armRoutes.ts';
import { errorBody } from './arm/armError.ts';
import { param } from './arm/armHttp.ts';
import type { ArmContext } from './arm/context.ts';
import { registerBlobs } from './blob/blobRoutes.ts';
import { checkBearer } from './bearerToken.ts';
import { LEASE_TTL_MS, type Leases } from './leases.ts';

const BODY_LIMIT_BYTES = 256 * 1024;
/** Whole request, headers and body, ms. */
const REQUEST_TIMEOUT_MS = 30_000;
/** On the listener that takes uploads: a block over a throttled connection. Silence ends it long before. */
const UPLOAD_TIMEOUT_MS = 600_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than the pauses of a player or a polling client. */
const KEEP_ALIVE_MS = 65_000;
/** No byte in either direction for this long ends a connection, ms. */
const IDLE_TIMEOUT_MS = 120_000;
const LIVE_BODY = /^\/[0-9a-f-]{1,64}\/ingest\.isml\/streams\(/i;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 512;
/** Live output names have up to 256 characters, asset names 260; percent-encoding triples them. */
const MAX_PARAM_LENGTH = 800;

/** Mounts the media half's playback routes on a listener. */
export type MountOrigin = (app: FastifyInstance) => void;

export type ServerParts = {
  readonly tls: { readonly key: string; readonly cert: string };
  readonly token: string;
  readonly instanceId: string;
  readonly context: ArmContext;
  readonly leases: Leases;
  /** False once the service is ending: no lease is given any more. */
  readonly acceptsLeases: () => boolean;
  readonly mountOrigin: MountOrigin;
};

/** The HTTPS listener, not yet listening. */
export function createHttpsServer(parts: ServerParts): FastifyInstance {
  const app: FastifyInstance = bounded(Fastify({
    ...fastifyOptions,
    https: { key: parts.tls.key, cert: parts.tls.cert, minVersion: 'TLSv1.2', maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
  }));
  boundRequests(app, UPLOAD_TIMEOUT_MS);
  app.get('/health', () => ({ instanceId: parts.instanceId }));
  registerLeases(app, parts);
  registerArm(app, parts.context, parts.token);
  registerBlobs(app, parts.context);
  mountApart(app, parts.mountOrigin);
  return app;
}

/** The plain HTTP listener: playback only, never the API. */
export function createHttpServer(mountOrigin: MountOrigin): FastifyInstance {
  const app: FastifyInstance = bounded(Fastify({ ...fastifyOptions, http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS } }));
  boundRequests(app, REQUEST_TIMEOUT_MS);
  mountApart(app, mountOrigin);
  return app;
}

const fastifyOptions = {
  // No request log: paths of playback hold locators, which are the viewer's right to watch.
  logger: false,
  bodyLimit: BODY_LIMIT_BYTES,
  // Node knows one limit for all requests; see boundRequests.
  requestTimeout: 0,
  connectionTimeout: IDLE_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  forceCloseConnections: true,
  return503OnClosing: false,
  routerOptions: { caseSensitive: false, maxParamLength: MAX_PARAM_LENGTH },
} as const;

/** A request whose body has not come whole by then is cut off. The body of a live encoder ends with the show; its own route watches it. */
function boundRequests(app: FastifyInstance, limitMs: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!LIVE_BODY.test(request.url)) {
      const timer = setTimeout(() => { if (!request.raw.complete) request.raw.destroy(); }, limitMs).unref();
      request.raw.once('close', () => { clearTimeout(timer); });
    }
    done();
  });
}

function bounded(app: FastifyInstance): FastifyInstance {
  app.server.maxConnections = MAX_CONNECTIONS;
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('NotFound', 'There is nothing at this address.')));
  return app;
}

/** A scope of its own: hooks and parsers of the origin stay with the origin. */
function mountApart(app: FastifyInstance, mountOrigin: MountOrigin): void {
  void app.register((scope, _options, done) => {
    mountOrigin(scope);
    done();
  });
}

function registerLeases(root: FastifyInstance, parts: ServerParts): void {
  void root.register((app, _options, done) => {
    app.addHook('onRequest', (request, reply, next) => {
      if (checkBearer(request.headers.authorization, parts.token) === 'ok') next();
      else void reply.code(401).send(errorBody('AuthenticationFailed', 'The token is missing or wrong.'));
    });
    app.post('/leases', (_request, reply) => {
      const leaseId = parts.acceptsLeases() ? parts.leases.take() : undefined;
      if (leaseId === undefined) return reply.code(409).send(errorBody('ServiceStopping', 'The service gives no lease now.'));
      return reply.code(201).send({ leaseId, ttlMs: LEASE_TTL_MS });
    });
    app.post('/leases/:leaseId', (request, reply) => {
      const leaseId = param(request, 'leaseId');
      if (!parts.acceptsLeases() || !parts.leases.renew(leaseId)) return reply.code(404).send(errorBody('LeaseEnded', 'The lease has ended.'));
      return reply.send({ leaseId, ttlMs: LEASE_TTL_MS });
    });
    app.delete('/leases/:leaseId', (request, reply) => {
      parts.leases.release(param(request, 'leaseId'));
      return reply.code(204).send();
    });
    done();
  });
}
