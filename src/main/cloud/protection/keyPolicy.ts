// From a form to a content key policy, or to sentences that say what is wrong with it. Pure: secrets come in by value and go out in the policy alone.
import { X509Certificate } from 'node:crypto';
import type {
  ContentKeyPolicyConfigurationUnion, ContentKeyPolicyFairPlayConfiguration, ContentKeyPolicyOption, ContentKeyPolicyPlayReadyConfiguration,
  ContentKeyPolicyRestrictionTokenKeyUnion, ContentKeyPolicyRestrictionUnion, ContentKeyPolicyWidevineConfiguration, ContentKeyPolicyClearKeyConfiguration,
  ContentKeyPolicyTokenRestriction, ContentKeyPolicySymmetricTokenKey, ContentKeyPolicyX509CertificateTokenKey, ContentKeyPolicyPlayReadyContentEncryptionKeyFromHeader,
} from '@azure/arm-mediaservices';
import type { ProtectionForm } from '../../../contract/contentProtection.ts';

export type BuiltKeyPolicy = { readonly kind: 'built'; readonly options: readonly ContentKeyPolicyOption[] } | { readonly kind: 'refused'; readonly problems: readonly string[] };
/** `ownKey`: what `signedWith: ours` verifies with. */
export type ProtectionSecrets = { readonly named: ReadonlyMap<string, string>; readonly ownKey: Uint8Array };

/** RFC 7518 §3.2: a key of HS256 is as long as its hash at least. */
const MIN_SYMMETRIC_BYTES = 32;
const ASK_BYTES = 16;
const DRM = ['playReady', 'widevine', 'fairPlay'] as const;

/** Names of all secrets that a form refers to. */
export function secretsOf({ who, fairPlay }: ProtectionForm): string[] {
  const signing = who.kind === 'token' && who.signedWith.kind !== 'ours' ? [who.signedWith.secret] : [];
  return [...new Set([...signing, ...(fairPlay === undefined ? [] : [fairPlay.certificate, fairPlay.password, fairPlay.ask])])];
}

export function keyPolicyOf(form: ProtectionForm, secrets: ProtectionSecrets): BuiltKeyPolicy {
  const problems: string[] = [];
  for (const name of secretsOf(form)) if (!secrets.named.has(name)) problems.push(`No secret is kept under the name “${name}”: keep it with \`fieldcast protection secret ${name}\`.`);
  if (!form.aes128 && DRM.every((one) => form[one] === undefined)) problems.push('Nothing is chosen: ask for AES-128, PlayReady, Widevine or FairPlay.');
  if (form.aes128 && form.fairPlay !== undefined) problems.push('HLS is encrypted either with AES-128 or for FairPlay: leave one of the two out.');
  for (const one of [...DRM, 'aes128'] as const) {
    const isChosen = one === 'aes128' ? form.aes128 : form[one] !== undefined;
    if (form.licenceUrls[one] !== undefined && !isChosen) problems.push(`There is a licence address for ${one}, which is not chosen.`);
  }
  const restriction = restrictionOf(form.who, secrets, problems);
  const configurations: (readonly [string, ContentKeyPolicyConfigurationUnion])[] = [];
  if (form.aes128) configurations.push(['AES-128', clearKey()]);
  if (form.playReady !== undefined) configurations.push(['PlayReady', playReadyOf(form.playReady, problems)]);
  if (form.widevine !== undefined) configurations.push(['Widevine', widevineOf(form.widevine, problems)]);
  if (form.fairPlay !== undefined) configurations.push(['FairPlay', fairPlayOf(form.fairPlay, secrets, problems)]);
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'built', options: configurations.map(([name, configuration]) => ({ name, configuration, restriction })) };
}

function restrictionOf(who: ProtectionForm['who'], secrets: ProtectionSecrets, problems: string[]): ContentKeyPolicyRestrictionUnion {
  if (who.kind === 'open') return { odataType: '#Microsoft.Media.ContentKeyPolicyOpenRestriction' };
  const token: ContentKeyPolicyTokenRestriction = {
    odataType: '#Microsoft.Media.ContentKeyPolicyTokenRestriction', issuer: who.issuer, audience: who.audience, restrictionTokenType: 'Jwt',
    primaryVerificationKey: tokenKeyOf(who.signedWith, secrets, problems),
    requiredClaims: who.claims.map(({ type, value }) => ({ claimType: type, ...(value === undefined ? {} : { claimValue: value }) })),
  };
  return token;
}

function tokenKeyOf(signedWith: Extract<ProtectionForm['who'], { kind: 'token' }>['signedWith'], { named, ownKey }: ProtectionSecrets, problems: string[]): ContentKeyPolicyRestrictionTokenKeyUnion | null {
  const symmetric = (keyValue: Uint8Array): ContentKeyPolicySymmetricTokenKey => ({ odataType: '#Microsoft.Media.ContentKeyPolicySymmetricTokenKey', keyValue });
  if (signedWith.kind === 'ours') return symmetric(ownKey);
  const value = named.get(signedWith.secret);
  if (value === undefined) return null;
  if (signedWith.kind === 'symmetric') {
    const key = Buffer.from(value.trim(), 'base64');
    if (key.length < MIN_SYMMETRIC_BYTES) problems.push(`The signing key “${signedWith.secret}” has ${key.length} bytes; it is base64 of at least ${MIN_SYMMETRIC_BYTES}.`);
    return symmetric(key);
  }
  try {
    const key: ContentKeyPolicyX509CertificateTokenKey = { odataType: '#Microsoft.Media.ContentKeyPolicyX509CertificateTokenKey', rawBody: new X509Certificate(value).raw };
    return key;
  } catch {
    problems.push(`“${signedWith.secret}” is no certificate in PEM form.`);
    return null;
  }
}

function clearKey(): ContentKeyPolicyClearKeyConfiguration {
  return { odataType: '#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration' };
}

function playReadyOf(form: NonNullable<ProtectionForm['playReady']>, problems: string[]): ContentKeyPolicyPlayReadyConfiguration {
  const { persistent, beginUtc, endUtc, validHours, graceHours, firstPlayHours } = form;
  if (!persistent && [beginUtc, endUtc, validHours, graceHours, firstPlayHours].some((one) => one !== undefined)) {
    problems.push('PlayReady: times of validity need a licence that may be kept (`persistent`).');
  }
  if (endUtc !== undefined && validHours !== undefined) problems.push('PlayReady: give an end or a number of hours, not both.');
  if (beginUtc !== undefined && endUtc !== undefined && Date.parse(endUtc) <= Date.parse(beginUtc)) problems.push('PlayReady: the end is not after the beginning.');
  if (form.security !== 'SL150' && form.testDevices) problems.push(`PlayReady: test devices have the security level SL150, and ${form.security} is asked for.`);
  const fromHeader: ContentKeyPolicyPlayReadyContentEncryptionKeyFromHeader = { odataType: '#Microsoft.Media.ContentKeyPolicyPlayReadyContentEncryptionKeyFromHeader' };
  return {
    odataType: '#Microsoft.Media.ContentKeyPolicyPlayReadyConfiguration',
    licenses: [{
      allowTestDevices: form.testDevices, securityLevel: form.security, licenseType: persistent ? 'Persistent' : 'NonPersistent', contentType: 'Unspecified', contentKeyLocation: fromHeader,
      ...(beginUtc === undefined ? {} : { beginDate: new Date(beginUtc) }),
      ...(endUtc === undefined ? {} : { expirationDate: new Date(endUtc) }),
      ...(validHours === undefined ? {} : { relativeExpirationDate: isoHours(validHours) }),
      ...(graceHours === undefined ? {} : { gracePeriod: isoHours(graceHours) }),
      playRight: {
        digitalVideoOnlyContentRestriction: form.digitalOnly, imageConstraintForAnalogComponentVideoRestriction: false, imageConstraintForAnalogComputerMonitorRestriction: false,
        allowPassingVideoContentToUnknownOutput: form.unknownOutputs,
        ...(firstPlayHours === undefined ? {} : { firstPlayExpiration: isoHours(firstPlayHours) }),
      },
    }],
  };
}

/** The template is JSON in a string (documentation "Widevine license template overview"). */
function widevineOf({ tracks, securityLevel, hdcp, persistent, licenceSeconds, rentalSeconds, playbackSeconds }: NonNullable<ProtectionForm['widevine']>, problems: string[]): ContentKeyPolicyWidevineConfiguration {
  if (!persistent && rentalSeconds !== undefined) problems.push('Widevine: a rental needs a licence that may be kept (`persistent`).');
  return {
    odataType: '#Microsoft.Media.ContentKeyPolicyWidevineConfiguration',
    widevineTemplate: JSON.stringify({
      allowed_track_types: tracks,
      content_key_specs: [{ track_type: 'SD', security_level: securityLevel, required_output_protection: { hdcp } }],
      policy_overrides: {
        can_play: true, can_persist: persistent, can_renew: false,
        ...(licenceSeconds === undefined ? {} : { license_duration_seconds: licenceSeconds }),
        ...(rentalSeconds === undefined ? {} : { rental_duration_seconds: rentalSeconds }),
        ...(playbackSeconds === undefined ? {} : { playback_duration_seconds: playbackSeconds }),
      },
    }),
  };
}

const RENTALS = { none: 'Undefined', persistentUnlimited: 'PersistentUnlimited', persistentLimited: 'PersistentLimited', dualExpiry: 'DualExpiry' } as const;

function fairPlayOf({ certificate, password, ask, rental, rentalSeconds, playbackSeconds, storageSeconds }: NonNullable<ProtectionForm['fairPlay']>, { named }: ProtectionSecrets, problems: string[]): ContentKeyPolicyFairPlayConfiguration {
  const [pfx, secret, key] = [named.get(certificate)?.replaceAll(/\s/g, ''), named.get(password), named.get(ask)?.trim()];
  // A PFX is a DER SEQUENCE (RFC 7292 §4): its first byte is 0x30.
  if (pfx !== undefined && (!/^[A-Za-z0-9+/]+={0,2}$/.test(pfx) || Buffer.from(pfx, 'base64')[0] !== 0x30)) problems.push(`“${certificate}” is no PFX file in base64.`);
  if (key !== undefined && !new RegExp(`^[0-9a-f]{${ASK_BYTES * 2}}$`, 'i').test(key)) problems.push(`“${ask}” is no application secret key: Apple gives ${ASK_BYTES} bytes as ${ASK_BYTES * 2} hexadecimal digits.`);
  if (rental === 'persistentLimited' && (rentalSeconds ?? 0) === 0) problems.push('FairPlay: a limited licence needs its time (`rentalSeconds`).');
  if (rental === 'dualExpiry' && (playbackSeconds === undefined || storageSeconds === undefined)) problems.push('FairPlay: dual expiry needs `playbackSeconds` and `storageSeconds`.');
  if (rental !== 'dualExpiry' && (playbackSeconds ?? storageSeconds) !== undefined) problems.push('FairPlay: `playbackSeconds` and `storageSeconds` belong to dual expiry.');
  return {
    odataType: '#Microsoft.Media.ContentKeyPolicyFairPlayConfiguration',
    ask: key === undefined ? null : Buffer.from(key, 'hex'), fairPlayPfx: pfx ?? null, fairPlayPfxPassword: secret ?? null,
    rentalAndLeaseKeyType: RENTALS[rental], rentalDuration: rentalSeconds ?? 0,
    ...(rental === 'dualExpiry' ? { offlineRentalConfiguration: { playbackDurationSeconds: playbackSeconds ?? 0, storageDurationSeconds: storageSeconds ?? 0 } } : {}),
  };
}

/** ISO 8601, as the service wants durations. */
function isoHours(hours: number): string {
  return `PT${Math.round(hours * 3600)}S`;
}
