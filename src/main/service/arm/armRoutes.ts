// The Media Services API as one Fastify plugin: token, api-version and account are checked before any handler; every answer has ARM's form.
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { SERVICE_TIME_HEADER } from '../../../contract/embeddedService.ts';
import { messageOf } from '../../../contract/errors.ts';
import { checkBearer } from '../bearerToken.ts';
import { accountList, nameAvailability, registerAccount } from './accountRoutes.ts';
import { checkApiVersion } from './apiVersion.ts';
import { ArmError, badRequest, errorBody, notImplemented } from './armError.ts';
import { param, queryOf } from './armHttp.ts';
import { registerAssets } from './assetRoutes.ts';
import { registerContainerSas } from './containerSasRoute.ts';
import { registerContentKeyPolicies } from './contentKeyPolicyRoutes.ts';
import type { ArmContext } from './context.ts';
import { registerFilters } from './filterRoutes.ts';
import { registerJobs } from './jobRoutes.ts';
import { registerLiveEvents } from './liveEventRoutes.ts';
import { registerLiveOutputs } from './liveOutputRoutes.ts';
import { registerLocators } from './locatorRoutes.ts';
import { registerOperations } from './operationRoutes.ts';
import { registerStreamingEndpoints } from './streamingEndpointRoutes.ts';
import { registerStreamingPolicies } from './streamingPolicies.ts';
import { registerTelemetry } from './telemetryRoutes.ts';
import { registerTransforms } from './transformRoutes.ts';

const SUBSCRIPTION = '/subscriptions/:subscriptionId';
const PROVIDER = '/providers/Microsoft.Media';
const GROUP = `${SUBSCRIPTION}/resourceGroups/:resourceGroupName${PROVIDER}`;
/** Groups of Media Services that are not part of this service. */
const ABSENT = /^\/(privateEndpointConnections|privateLinkResources|syncStorageKeys|listEdgePolicies)(\/|$)|\/(tracks|getEncryptionKey)(\/|$)/i;

/** Registers everything below `/subscriptions` and `/providers`. The router must be case-insensitive (media-services.md §1.3). */
export function registerArm(root: FastifyInstance, context: ArmContext, token: string): void {
  void root.register((app, _options, done) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, next) => {
      next(null, body);
    });
    app.addHook('onRequest', (request, reply, next) => {
      const verdict = checkBearer(request.headers.authorization, token);
      if (verdict === 'ok') {
        next();
        return;
      }
      void reply.code(401).header('www-authenticate', 'Bearer').send(
        verdict === 'missing'
          ? errorBody('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.")
          : errorBody('InvalidAuthenticationToken', 'The access token is invalid.'),
      );
    });
    // Instances of a show compare their clocks with this one; `Date` alone says no more than the second.
    app.addHook('onSend', (_request, reply, _payload, next) => {
      void reply.header(SERVICE_TIME_HEADER, String(Date.now()));
      next();
    });
    app.addHook('preValidation', (request, _reply, next) => {
      try {
        const tail = tailOf(request);
        // Our own route, not a part of the API.
        if (!/\/fieldcastTelemetry$/i.test(tail)) checkApiVersion(queryOf(request, 'api-version'), tail);
        checkScope(request, context);
        request.body = parsedJson(request.body);
        next();
      } catch (error) {
        next(error instanceof Error ? error : new Error(messageOf(error)));
      }
    });
    app.setErrorHandler((error: FastifyError | ArmError, _request, reply) => {
      const answer = explained(error, context);
      void reply.code(answer.status).send(errorBody(answer.code, answer.message));
    });

    app.get(`${GROUP}/mediaservices`, () => accountList(context));
    app.get(`${SUBSCRIPTION}${PROVIDER}/mediaservices`, () => accountList(context));
    app.post(`${SUBSCRIPTION}${PROVIDER}/locations/:locationName/checkNameAvailability`, (request) => nameAvailability(context, request.body));
    void app.register((account, _accountOptions, accountDone) => {
      registerAccount(account, context);
      registerLiveEvents(account, context);
      registerLiveOutputs(account, context);
      registerTelemetry(account, context);
      registerStreamingEndpoints(account, context);
      registerAssets(account, context);
      registerContainerSas(account, context);
      registerFilters(account, context);
      registerContentKeyPolicies(account, context);
      registerLocators(account, context);
      registerStreamingPolicies(account, context);
      registerTransforms(account, context);
      registerJobs(account, context);
      registerOperations(account, context);
      accountDone();
    }, { prefix: `${GROUP}/mediaservices/:accountName` });
    app.all('/subscriptions/*', unknownRoute);
    app.all('/providers/*', unknownRoute);
    done();
  });
}

function unknownRoute(request: FastifyRequest): never {
  const tail = tailOf(request);
  const match = ABSENT.exec(tail);
  if (match !== null) throw notImplemented(match[1] ?? match[3] ?? 'this');
  throw new ArmError(404, 'InvalidResourceType', `The resource type could not be found for '${request.method} ${pathOf(request).slice(0, 256)}'.`);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/** The path below the account, '' where it does not go as far. */
function tailOf(request: FastifyRequest): string {
  return /\/mediaservices\/[^/]+(\/.*)$/i.exec(pathOf(request))?.[1] ?? '';
}

/** @throws ArmError 404 for another subscription, resource group or account. */
function checkScope(request: FastifyRequest, context: ArmContext): void {
  const { subscriptionId, resourceGroup, accountName } = context.account;
  const other = (given: string, own: string): boolean => given !== '' && given.toLowerCase() !== own.toLowerCase();
  const subscription = param(request, 'subscriptionId');
  if (other(subscription, subscriptionId)) throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
  const group = param(request, 'resourceGroupName');
  if (other(group, resourceGroup)) throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
  const account = param(request, 'accountName');
  if (other(account, accountName)) {
    throw new ArmError(404, 'ResourceNotFound', `The Resource 'Microsoft.Media/mediaservices/${account}' under resource group '${resourceGroup}' was not found.`);
  }
}

/** The SDK sends a JSON content type with empty bodies too, so the body is read here. */
function parsedJson(body: unknown): unknown {
  if (typeof body !== 'string' || body.trim() === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('The request content was invalid and could not be deserialized as JSON.', 'InvalidRequestContent');
  }
}

/** Fastify's own refusals (too large, malformed path) keep their 4xx; the rest is a fault of ours and says no more than that. */
function explained(error: FastifyError | ArmError, context: ArmContext): { status: number; code: string; message: string } {
  if (error instanceof ArmError) return error;
  if (error.statusCode === 413) return { status: 413, code: 'RequestEntityTooLarge', message: 'The request content is larger than the service accepts.' };
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) return { status: error.statusCode, code: 'BadRequest', message: error.message };
  context.log.error({ error: messageOf(error), stack: error.stack }, 'a request of the API failed');
  return { status: 500, code: 'InternalServerError', message: 'The embedded service could not answer. Its log says why.' };
}
