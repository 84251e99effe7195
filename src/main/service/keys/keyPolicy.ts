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
const base64 = z.base64().max(96 * 1024);
const duration = z.string().regex(/^P(?=.)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/, 'it is no ISO 8601 duration').nullish();
const isJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
};
const licenceSchema = z.looseObject({
  allowTestDevices: z.boolean(), licenseType: z.enum(['NonPersistent', 'Persistent', 'Unknown']), contentType: z.enum(['Unspecified', 'UltraVioletDownload', 'UltraVioletStreaming', 'Unknown']),
  securityLevel: z.enum(['SL150', 'SL2000', 'SL3000', 'Unknown']).nullish(), relativeBeginDate: duration, relativeExpirationDate: duration, gracePeriod: duration,
  contentKeyLocation: z.looseObject({ '@odata.type': z.string().regex(/^#Microsoft\.Media\.ContentKeyPolicyPlayReadyContentEncryptionKeyFrom(Header|KeyIdentifier)$/) }),
  playRight: z.looseObject({ allowPassingVideoContentToUnknownOutput: z.enum(['NotAllowed', 'Allowed', 'AllowedWithVideoConstriction', 'Unknown']), firstPlayExpiration: duration }).nullish(),
}).refine(({ licenseType, playRight, ...times }) => licenseType !== 'NonPersistent' || [times['beginDate'], times['expirationDate'], times.relativeBeginDate, times.relativeExpirationDate, times.gracePeriod, playRight?.firstPlayExpiration].every((one) => one === undefined || one === null),
  'times of validity need a persistent license');
/** What is asked of each form; others are kept as they are. */
const FORMS: Readonly<Record<string, z.ZodType>> = {
  PlayReady: z.looseObject({ licenses: z.array(licenceSchema).min(1, 'a PlayReady configuration has at least one license').max(20) }),
  Widevine: z.looseObject({ widevineTemplate: z.string().max(32 * 1024).refine(isJson, 'the template is no JSON') }),
  FairPlay: z.looseObject({
    ask: base64.min(1), fairPlayPfx: base64.min(1), fairPlayPfxPassword: z.string().max(1024),
    rentalAndLeaseKeyType: z.enum(['Undefined', 'DualExpiry', 'PersistentUnlimited', 'PersistentLimited', 'Unknown']), rentalDuration: z.int().min(0),
  }),
};
const configurationSchema = z.looseObject({ '@odata.type': z.string().regex(CONFIGURATIONS, 'it is no configuration of a content key policy') }).superRefine((configuration, context) => {
  const form = FORMS[CONFIGURATIONS.exec(configuration['@odata.type'])?.[1] ?? ''];
  for (const issue of form?.safeParse(configuration).error?.issues ?? []) context.addIssue({ code: 'custom', path: [...issue.path], message: issue.message });
});
export const optionSchema = z.object({
  name: z.string().max(256).nullish(),
  configuration: configurationSchema,
  restriction: restrictionSchema,
});
export type ContentKeyOption = z.infer<typeof optionSchema>;

/** The options of a record; they were checked when they came in. */
export function optionsOf(policy: ContentKeyPolicyRecord): readonly ContentKeyOption[] {
  return z.array(optionSchema).parse(policy.options);
}
