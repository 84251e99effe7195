// The predefined streaming policies, and which of them this service can serve: the clear ones, and AES-128 with a clear key.
import type { FastifyInstance } from 'fastify';
import { badRequest, notImplemented, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { accountId, systemData } from './resourceShape.ts';

const TYPE = 'Microsoft.Media/mediaservices/streamingPolicies';
/** Of the one key of Predefined_ClearKey. */
export const KEY_LABEL = 'clearKeyDefault';

type Policy = { readonly name: string; readonly streaming: boolean; readonly download: boolean; readonly isEncrypting: boolean };
const PREDEFINED: readonly Policy[] = [
  { name: 'Predefined_ClearStreamingOnly', streaming: true, download: false, isEncrypting: false },
  { name: 'Predefined_DownloadAndClearStreaming', streaming: true, download: true, isEncrypting: false },
  { name: 'Predefined_DownloadOnly', streaming: false, download: true, isEncrypting: false },
  { name: 'Predefined_ClearKey', streaming: true, download: false, isEncrypting: true },
];
const DRM = new Set(['predefined_multidrmcencstreaming', 'predefined_multidrmstreaming']);

/**
 * The policy of a locator that is to be made.
 *
 * @throws ArmError 400 for those of a DRM, and for unknown policies.
 */
export function offeredPolicy(name: string): Policy {
  const policy = PREDEFINED.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (policy !== undefined) return policy;
  if (DRM.has(name.toLowerCase())) throw badRequest(`The streaming policy '${name}' is not offered: the embedded service gives no DRM licences. Use Predefined_ClearKey or Predefined_ClearStreamingOnly.`);
  throw badRequest(`The streaming policy '${name.slice(0, 64)}' does not exist.`);
}

export function registerStreamingPolicies(app: FastifyInstance, context: ArmContext): void {
  app.get('/streamingPolicies', (request) =>
    listAnswer(context, request, PREDEFINED, { name: (one) => one.name, created: () => context.account.createdAt }, (one) => policyShape(context, one)));
  app.get('/streamingPolicies/:streamingPolicyName', (request) => {
    const name = param(request, 'streamingPolicyName');
    const policy = PREDEFINED.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (policy === undefined) throw resourceNotFound(TYPE, name);
    return policyShape(context, policy);
  });
  app.put('/streamingPolicies/:streamingPolicyName', () => {
    throw notImplemented('streaming policies of your own; use Predefined_ClearStreamingOnly');
  });
  app.delete('/streamingPolicies/:streamingPolicyName', (request, reply) => {
    const name = param(request, 'streamingPolicyName').toLowerCase();
    if (PREDEFINED.some((one) => one.name.toLowerCase() === name)) throw badRequest('Predefined streaming policies cannot be deleted.');
    return reply.code(204).send();
  });
}

function policyShape(context: ArmContext, policy: Policy): object {
  const { streaming, download, isEncrypting } = policy;
  // Smooth Streaming is not packaged here, and DASH knows no encryption of whole segments.
  const enabledProtocols = { download, dash: streaming && !isEncrypting, hls: streaming, smoothStreaming: false };
  return {
    name: policy.name,
    id: accountId(context, `/streamingPolicies/${policy.name}`),
    type: TYPE,
    properties: {
      created: context.account.createdAt,
      ...(isEncrypting ? { envelopeEncryption: { enabledProtocols, contentKeys: { defaultKey: { label: KEY_LABEL } } } } : { noEncryption: { enabledProtocols } }),
    },
    systemData: systemData(context.account.createdAt, context.account.createdAt),
  };
}
