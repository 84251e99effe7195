// Routes of content key policies: who gets a key, and in which form. All forms are kept; keys/ delivers the clear key form.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContentKeyPolicyRecord } from '../records.ts';
import { badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { checkMediaName } from './names.ts';
import { descriptionSchema, parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

const TYPE = 'Microsoft.Media/mediaservices/contentKeyPolicies';
export const CLEAR_KEY = '#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration';
export const OPEN = '#Microsoft.Media.ContentKeyPolicyOpenRestriction';
const TOKEN = '#Microsoft.Media.ContentKeyPolicyTokenRestriction';
export const SYMMETRIC = '#Microsoft.Media.ContentKeyPolicySymmetricTokenKey';
const CONFIGURATIONS = /^#Microsoft\.Media\.ContentKeyPolicy(ClearKey|PlayReady|Widevine|FairPlay|Unknown)Configuration$/;
const MAX_OPTIONS = 30;
/** A policy of a real show has some kilobytes, certificates included. */
const MAX_POLICY_CHARS = 128 * 1024;

const claimSchema = z.object({ claimType: z.string().min(1).max(256), claimValue: z.string().max(1024).nullish() });
const restrictionSchema = z.discriminatedUnion('@odata.type', [
  z.object({ '@odata.type': z.literal(OPEN) }),
  z.looseObject({
    '@odata.type': z.literal(TOKEN),
    'issuer': z.string().max(1024),
    'audience': z.string().max(1024),
    'restrictionTokenType': z.enum(['Jwt', 'Swt', 'Unknown']),
    'primaryVerificationKey': z.looseObject({ '@odata.type': z.string().max(128), 'keyValue': z.base64().max(8192).optional() }).nullish(),
    'alternateVerificationKeys': z.array(z.looseObject({ '@odata.type': z.string().max(128), 'keyValue': z.base64().max(8192).optional() })).max(10).nullish(),
    'requiredClaims': z.array(claimSchema).max(20).nullish(),
  }),
]);
const optionSchema = z.object({
  name: z.string().max(256).nullish(),
  configuration: z.looseObject({ '@odata.type': z.string().regex(CONFIGURATIONS, 'it is no configuration of a content key policy') }),
  restriction: restrictionSchema,
});
const bodySchema = z.object({ properties: z.object({ description: descriptionSchema.nullish(), options: z.array(optionSchema).max(MAX_OPTIONS).nullish() }).nullish() });
export type ContentKeyOption = z.infer<typeof optionSchema>;

/** The options of a record; they were checked when they came in. */
export function optionsOf(policy: ContentKeyPolicyRecord): readonly ContentKeyOption[] {
  return z.array(optionSchema).parse(policy.options);
}

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
