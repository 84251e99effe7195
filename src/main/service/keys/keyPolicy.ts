// What a content key policy says: options of a form of the key and of who gets it, as the API has them. Pure.
import { z } from 'zod';
import type { ContentKeyPolicyRecord } from '../records.ts';

export const CLEAR_KEY = '#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration';
export const OPEN = '#Microsoft.Media.ContentKeyPolicyOpenRestriction';
export const TOKEN = '#Microsoft.Media.ContentKeyPolicyTokenRestriction';
export const SYMMETRIC = '#Microsoft.Media.ContentKeyPolicySymmetricTokenKey';
const CONFIGURATIONS = /^#Microsoft\.Media\.ContentKeyPolicy(ClearKey|PlayReady|Widevine|FairPlay|Unknown)Configuration$/;
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
export const optionSchema = z.object({
  name: z.string().max(256).nullish(),
  configuration: z.looseObject({ '@odata.type': z.string().regex(CONFIGURATIONS, 'it is no configuration of a content key policy') }),
  restriction: restrictionSchema,
});
export type ContentKeyOption = z.infer<typeof optionSchema>;

/** The options of a record; they were checked when they came in. */
export function optionsOf(policy: ContentKeyPolicyRecord): readonly ContentKeyOption[] {
  return z.array(optionSchema).parse(policy.options);
}
