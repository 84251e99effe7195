// Routes of content key policies: who gets a key, and in which form. All forms are kept; keys/ delivers the clear key form.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type ContentKeyOption, optionSchema, TOKEN } from '../keys/keyPolicy.ts';
import type { ContentKeyPolicyRecord } from '../records.ts';
import { badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { checkMediaName } from './names.ts';
import { descriptionSchema, parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

const TYPE = 'Microsoft.Media/mediaservices/contentKeyPolicies';
const MAX_OPTIONS = 30;
/** A policy of a real show has some kilobytes, certificates included. */
const MAX_POLICY_CHARS = 128 * 1024;

const bodySchema = z.object({ properties: z.object({ description: descriptionSchema.nullish(), options: z.array(optionSchema).max(MAX_OPTIONS).nullish() }).nullish() });
export function registerContentKeyPolicies(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  app.get('/contentKeyPolicies', (request) => listAnswer(context, request, store.contentKeyPolicies.list(), {
    name: (one) => one.name, created: (one) => one.createdAt, lastModified: (one) => one.modifiedAt, policyId: (one) => one.policyId,
  }, (one) => policyShape(context, one)));
  app.get('/contentKeyPolicies/:policyName', (request) => policyShape(context, known(context, param(request, 'policyName'))));

  app.put('/contentKeyPolicies/:policyName', (request, reply) => {
    const name = param(request, 'policyName');
    checkMediaName('content key policy', name);
    const { description = null, options } = parseBody(bodySchema, request.body).properties ?? {};
    if (options === undefined || options === null || options.length === 0) throw badRequest("The value of 'properties.options' is invalid: a content key policy has at least one option.");
    const kept = keptOptions(options);
    const { policy, created } = store.transaction(() => {
      const before = store.contentKeyPolicies.find({ name });
      const now = new Date().toISOString();
      const next: ContentKeyPolicyRecord = { name: before?.name ?? name, policyId: before?.policyId ?? randomUUID(), description, options: kept, createdAt: before?.createdAt ?? now, modifiedAt: now };
      if (before === undefined) store.contentKeyPolicies.insert(next);
      else store.contentKeyPolicies.replace(next);
      return { policy: next, created: before === undefined };
    });
    return reply.code(created ? 201 : 200).send(policyShape(context, policy));
  });

  app.patch('/contentKeyPolicies/:policyName', (request) => {
    const { description, options } = parseBody(bodySchema, request.body).properties ?? {};
    return policyShape(context, store.transaction(() => {
      const before = known(context, param(request, 'policyName'));
      const next: ContentKeyPolicyRecord = {
        ...before,
        description: description === undefined ? before.description : description,
        options: options === undefined || options === null ? before.options : keptOptions(options),
        modifiedAt: new Date().toISOString(),
      };
      store.contentKeyPolicies.replace(next);
      return next;
    }));
  });

  app.delete('/contentKeyPolicies/:policyName', (request, reply) => {
    const name = param(request, 'policyName');
    const removed = store.transaction(() => {
      const user = store.locators.list().find((one) => one.contentKeyPolicyName?.toLowerCase() === name.toLowerCase());
      if (user !== undefined) throw conflict(`The content key policy '${name}' is in use by the streaming locator '${user.name}'. Delete the streaming locator first.`);
      return store.contentKeyPolicies.remove({ name });
    });
    return reply.code(removed === 0 ? 204 : 200).send();
  });

  app.post('/contentKeyPolicies/:policyName/getPolicyPropertiesWithSecrets', (request) => propertiesOf(known(context, param(request, 'policyName')), true));
}

/** @throws ArmError 404 */
function known(context: ArmContext, name: string): ContentKeyPolicyRecord {
  const policy = context.store.contentKeyPolicies.find({ name });
  if (policy === undefined) throw resourceNotFound(TYPE, name);
  return policy;
}

function keptOptions(options: readonly ContentKeyOption[]): ContentKeyPolicyRecord['options'] {
  if (JSON.stringify(options).length > MAX_POLICY_CHARS) throw badRequest("The value of 'properties.options' is too large.");
  for (const { restriction } of options) {
    if (restriction['@odata.type'] === TOKEN && restriction.restrictionTokenType !== 'Jwt') throw badRequest('Tokens of a content key policy are of the type Jwt here.');
  }
  return options.map((option) => ({ ...option, policyOptionId: randomUUID() }));
}

function policyShape(context: ArmContext, policy: ContentKeyPolicyRecord): object {
  return {
    name: policy.name,
    id: accountId(context, `/contentKeyPolicies/${policy.name}`),
    type: TYPE,
    properties: propertiesOf(policy, false),
    systemData: systemData(policy.createdAt, policy.modifiedAt),
  };
}

/** Key values are given out by `getPolicyPropertiesWithSecrets` only; elsewhere they are empty, as the real service does. */
function propertiesOf(policy: ContentKeyPolicyRecord, withSecrets: boolean): object {
  const options: unknown = withSecrets ? policy.options : JSON.parse(JSON.stringify(policy.options), (key, value: unknown) => (SECRETS.has(key) ? '' : value));
  return { policyId: policy.policyId, created: policy.createdAt, lastModified: policy.modifiedAt, ...(policy.description === null ? {} : { description: policy.description }), options };
}

/** Of symmetric keys, and of FairPlay's configuration. */
const SECRETS = new Set(['keyValue', 'ask', 'fairPlayPfxPassword', 'fairPlayPfx']);
