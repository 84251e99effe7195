// AES-128 with a clear key through the service: who may have the key (a content key policy), and tokens to try it with.
import { randomBytes } from 'node:crypto';
import type { ContentKeyPolicyTokenRestriction } from '@azure/arm-mediaservices';
import { SignJWT } from 'jose';
import { OperatorError } from '../../contract/errors.ts';
import type { Protection } from '../../contract/upload.ts';
import type { ArmAccount } from './armAccount.ts';
import { locatorNameOf } from './publication.ts';

/** Documented: AES-128 of whole segments, one key for each locator, no DRM. */
export const CLEAR_KEY_STREAMING_POLICY = 'Predefined_ClearKey';
const POLICY_NAMES = { open: 'fieldcast-aes-open', token: 'fieldcast-aes-token' } as const;
const ISSUER = 'fieldcast';
const AUDIENCE = 'fieldcast-viewers';
/** Documentation "Content key policies": a claim of this type binds a token to one key. */
const KEY_ID_CLAIM = 'urn:microsoft:azure:mediaservices:contentkeyidentifier';
const KEY_BYTES = 32;

/** The name of the policy for a kind of protection, made where it is missing. A verification key is made by us and kept by the service only. */
export async function ensureKeyPolicy(account: ArmAccount, protection: Exclude<Protection, 'none'>, signal: AbortSignal): Promise<string> {
  const name = POLICY_NAMES[protection];
  const quoted = `the content key policy “${name}”`;
  const found = await account.find(`read ${quoted}`, signal, async (abortSignal) => account.client.contentKeyPolicies.get(...account.names, name, { abortSignal }));
  if (found !== undefined) return name;
  const clearKey = { odataType: '#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration' } as const;
  const restriction = protection === 'open' ? { odataType: '#Microsoft.Media.ContentKeyPolicyOpenRestriction' } as const : {
    odataType: '#Microsoft.Media.ContentKeyPolicyTokenRestriction' as const,
    issuer: ISSUER, audience: AUDIENCE, restrictionTokenType: 'Jwt' as const,
    primaryVerificationKey: { odataType: '#Microsoft.Media.ContentKeyPolicySymmetricTokenKey' as const, keyValue: randomBytes(KEY_BYTES) },
    requiredClaims: [{ claimType: KEY_ID_CLAIM }],
  };
  await account.call(`create ${quoted}`, signal, async (abortSignal) => account.client.contentKeyPolicies.createOrUpdate(...account.names, name, {
    description: 'Made by Fieldcast', options: [{ name: protection, configuration: clearKey, restriction }],
  }, { abortSignal }));
  return name;
}

/**
 * A token that opens the asset's key for `lifeSeconds`, for a player's test page. It is a secret.
 * @throws OperatorError `NO_TOKEN_NEEDED` where everyone gets the key, `NOT_PROTECTED` where there is none
 */
export async function signTestToken(account: ArmAccount, assetName: string, lifeSeconds: number, signal: AbortSignal): Promise<string> {
  const locatorName = locatorNameOf({ assetName });
  const keys = await account.find(`read the content key of “${assetName}”`, signal, async (abortSignal) => account.client.streamingLocators.listContentKeys(...account.names, locatorName, { abortSignal }));
  const [key] = keys?.contentKeys ?? [];
  const policyName = key?.policyName;
  if (key?.id === undefined || policyName === undefined) throw new OperatorError('NOT_PROTECTED', `“${assetName}” is not published with encryption.`, 'Publish it with `--protect token`.');
  const attempt = `read the content key policy “${policyName}”`;
  const policy = await account.call(attempt, signal, async (abortSignal) => account.client.contentKeyPolicies.getPolicyPropertiesWithSecrets(...account.names, policyName, { abortSignal }));
  const restriction = policy?.options?.map((option) => option.restriction).find((one) => one.odataType === '#Microsoft.Media.ContentKeyPolicyTokenRestriction') as ContentKeyPolicyTokenRestriction | undefined;
  if (restriction === undefined) throw new OperatorError('NO_TOKEN_NEEDED', `Everyone who has the address of “${assetName}” gets its key.`, 'Publish it with `--protect token` to ask for one.');
  const { primaryVerificationKey: verification } = restriction;
  if (verification?.odataType !== '#Microsoft.Media.ContentKeyPolicySymmetricTokenKey' || !('keyValue' in verification)) {
    throw new OperatorError('TOKEN_NOT_OURS', `Tokens for “${assetName}” are signed by somebody else.`, 'Get one from whoever holds the signing key.');
  }
  const token = await new SignJWT({ [KEY_ID_CLAIM]: key.id }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setIssuer(restriction.issuer).setAudience(restriction.audience)
    .setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + lifeSeconds).sign(verification.keyValue as Uint8Array);
  account.secrets.add(token);
  return token;
}
