// What Microsoft Entra's error numbers mean to the person at the machine, and what that person can do. Data only.
// Source: learn.microsoft.com/entra/identity-platform/reference-error-codes (the rows named beside each entry);
// 700024 and 7000216 are not on that page, their comment is what the service itself says.
// The page warns that numbers change, so they choose the wording only; whether to ask for a new sign-in follows from the OAuth error.

export type EntraFault = {
  /** Code of the OperatorError. */
  readonly code: string;
  /** `{app}` is the client id, `{tenant}` the tenant, `{who}` the account or “The account”. */
  readonly sentence: string;
  readonly action: string;
};

const CONSENT: EntraFault = {
  code: 'SIGN_IN_CONSENT_MISSING',
  sentence: 'Nobody has allowed the app registration {app} to manage Azure resources for this account yet.',
  action: 'Sign in again and accept the question; where an administrator must accept it, ask for “Grant admin consent” on the app registration.',
};
const ADMIN_CONSENT: EntraFault = {
  code: 'SIGN_IN_ADMIN_CONSENT_MISSING',
  sentence: 'In this organisation only an administrator may allow the app registration {app}.',
  action: 'Ask an administrator to choose “Grant admin consent” under API permissions of the app registration, then sign in again.',
};
const WRONG_TENANT: EntraFault = {
  code: 'SIGN_IN_WRONG_TENANT',
  sentence: '{who} does not belong to the tenant {tenant}.',
  action: 'Choose another account in the browser, give the right tenant with --tenant, or ask an administrator to invite the account as a guest.',
};
const UNKNOWN_TENANT: EntraFault = {
  code: 'SIGN_IN_UNKNOWN_TENANT',
  sentence: 'This cloud has no tenant {tenant}.',
  action: 'Check the tenant (its id is on the overview page of Microsoft Entra ID), and with --cloud whether it is in another cloud.',
};
const WRONG_CLOUD: EntraFault = {
  code: 'SIGN_IN_WRONG_CLOUD',
  sentence: 'The account or its tenant belongs to another cloud.',
  action: 'Choose the cloud with --cloud (public, usgov or china).',
};
const UNKNOWN_APP: EntraFault = {
  code: 'SIGN_IN_UNKNOWN_APP',
  sentence: 'The tenant {tenant} does not know the app registration {app}.',
  action: 'Check the client id and the tenant; a registration for one organisation needs that organisation’s tenant, see docs/sign-in.md.',
};
const APP_SETUP: EntraFault = {
  code: 'SIGN_IN_APP_MISCONFIGURED',
  sentence: 'The app registration {app} is not set up for this way of signing in.',
  action: 'Go through docs/sign-in.md once more: platform “Mobile and desktop applications”, redirect URI http://localhost, “Allow public client flows”, and the permission Azure Service Management.',
};
const SECRET_EXPIRED: EntraFault = {
  code: 'SIGN_IN_SECRET_EXPIRED',
  sentence: 'The client secret of the app registration {app} has expired.',
  action: 'Create a new client secret for the app registration and put it in place of the old one.',
};
const SECRET_WRONG: EntraFault = {
  code: 'SIGN_IN_SECRET_WRONG',
  sentence: 'The client secret is not one of the app registration {app}.',
  action: 'Give the secret’s value, not its id; it is shown only once, so create a new one where it is lost.',
};
const CERTIFICATE_WRONG: EntraFault = {
  code: 'SIGN_IN_CERTIFICATE_WRONG',
  sentence: 'The certificate is not one of the app registration {app}.',
  action: 'Upload the certificate under “Certificates & secrets” of the app registration, or give the file that was uploaded.',
};
const CLOCK: EntraFault = {
  code: 'CLOCK_WRONG',
  sentence: 'The sign-in service finds that this computer’s date or time is wrong.',
  action: 'Set the clock (best: automatically from the network), then try again.',
};
const MFA: EntraFault = {
  code: 'SIGN_IN_MFA_NEEDED',
  sentence: '{who} must prove its identity a second time (multi-factor sign-in).',
  action: 'Sign in again in the browser and follow its instructions.',
};
const CONDITIONAL_ACCESS: EntraFault = {
  code: 'SIGN_IN_BLOCKED_BY_POLICY',
  sentence: 'A rule of the organisation (Conditional Access) does not let {who} sign in from here.',
  action: 'Use the computer or network that the organisation asks for, sign in with the browser rather than a device code, or ask its administrator.',
};
const DEVICE: EntraFault = {
  code: 'SIGN_IN_DEVICE_NOT_ALLOWED',
  sentence: 'The organisation lets {who} sign in from computers that it manages only.',
  action: 'Use such a computer, or ask the administrator to register this one.',
};
const EXPIRED: EntraFault = {
  code: 'SIGN_IN_EXPIRED',
  sentence: 'The sign-in of {who} has expired.',
  action: 'Sign in again.',
};
const REVOKED: EntraFault = {
  code: 'SIGN_IN_REVOKED',
  sentence: 'The sign-in of {who} was withdrawn, or its password has changed.',
  action: 'Sign in again.',
};
const CANCELLED: EntraFault = {
  code: 'SIGN_IN_CANCELLED',
  sentence: 'The sign-in was declined or cancelled in the browser.',
  action: 'Sign in again when you want to.',
};
const BLOCKED: EntraFault = {
  code: 'SIGN_IN_ACCOUNT_BLOCKED',
  sentence: '{who} is locked or disabled.',
  action: 'Wait some minutes after mistyped passwords; otherwise ask an administrator of the organisation.',
};
const NOT_ASSIGNED: EntraFault = {
  code: 'SIGN_IN_NOT_ASSIGNED',
  sentence: '{who} is not among the users of the app registration {app}.',
  action: 'Ask an administrator to assign the account to the enterprise application.',
};
const BUSY: EntraFault = {
  code: 'SIGN_IN_SERVICE_BUSY',
  sentence: 'The sign-in service is busy or has a fault.',
  action: 'Try again in a minute.',
};
const CODE_EXPIRED: EntraFault = {
  code: 'SIGN_IN_TIMED_OUT',
  sentence: 'The code was not used in time.',
  action: 'Start again, and enter the new code within some minutes.',
};

/** By the number after “AADSTS”. */
export const ENTRA_FAULTS: ReadonlyMap<number, EntraFault> = new Map<number, EntraFault>([
  [65001, CONSENT], // DelegationDoesNotExist
  [90008, CONSENT], // TokenForItselfRequiresGraphPermission
  [90094, ADMIN_CONSENT], // AdminConsentRequired
  [90095, ADMIN_CONSENT], // AdminConsentRequiredRequestAccess
  [65004, CANCELLED], // UserDeclinedConsent
  [50020, WRONG_TENANT], // UserUnauthorized
  [90072, WRONG_TENANT], // PassThroughUserMfaError: the account does not exist in the tenant
  [16000, WRONG_TENANT], // account does not exist in the tenant
  [16003, WRONG_TENANT], // SsoUserAccountNotFoundInResourceTenant
  [50014, WRONG_TENANT], // GuestUserInPendingState
  [50034, WRONG_TENANT], // UserAccountNotFound
  [51004, WRONG_TENANT], // UserAccountNotInDirectory
  [500208, WRONG_TENANT], // not a valid login domain for the account type
  [500021, CONDITIONAL_ACCESS], // tenant restrictions
  [500212, CONDITIONAL_ACCESS], // NotAllowedByOutboundPolicyTenant
  [500213, CONDITIONAL_ACCESS], // NotAllowedByInboundPolicyTenant
  [90002, UNKNOWN_TENANT], // InvalidTenantName
  [50059, UNKNOWN_TENANT], // MissingTenantRealmAndNoUserInformationProvided
  [50128, UNKNOWN_TENANT], // Invalid domain name
  [90038, WRONG_CLOUD], // NationalCloudTenantRedirection
  [90043, WRONG_CLOUD], // NationalCloudAuthCodeRedirection
  [700016, UNKNOWN_APP], // UnauthorizedClient_DoesNotMatchRequest
  [700011, UNKNOWN_APP], // UnauthorizedClientAppNotFoundInOrgIdTenant
  [70001, UNKNOWN_APP], // UnauthorizedClient: the application is disabled
  [7000112, UNKNOWN_APP], // UnauthorizedClientApplicationDisabled
  [50194, UNKNOWN_APP], // not configured as a multitenant application
  [50011, APP_SETUP], // InvalidReplyTo
  [7000218, APP_SETUP], // client_assertion or client_secret missing: public client flows are off
  [700025, APP_SETUP], // public client with a credential
  [65005, APP_SETUP], // MisconfiguredApplication
  [650056, APP_SETUP], // permission not listed
  [650057, APP_SETUP], // resource not listed in the requested permissions
  [500011, APP_SETUP], // InvalidResourceServicePrincipalNotFound
  [7000222, SECRET_EXPIRED], // InvalidClientSecretExpiredKeysProvided
  [7000215, SECRET_WRONG], // Invalid client secret
  [70002, SECRET_WRONG], // InvalidClient
  [7000216, SECRET_WRONG], // client_assertion, client_secret or request is required
  [700027, CERTIFICATE_WRONG], // client assertion failed signature validation
  [700030, CERTIFICATE_WRONG], // subject name not authorised
  [50012, CERTIFICATE_WRONG], // AuthenticationFailed: assertion signature
  [700024, CLOCK], // client assertion is not within its valid time range
  [500133, CLOCK], // assertion is not within its valid time range
  [80013, CLOCK], // OnPremisePasswordValidationTimeSkew
  [50076, MFA], // UserStrongAuthClientAuthNRequired
  [50074, MFA], // UserStrongAuthClientAuthNRequiredInterrupt
  [50072, MFA], // UserStrongAuthEnrollmentRequiredInterrupt
  [50078, MFA], // UserStrongAuthExpired
  [50079, MFA], // UserStrongAuthEnrollmentRequired
  [50158, MFA], // ExternalSecurityChallenge
  [53004, MFA], // ProofUpBlockedDueToRisk
  [53003, CONDITIONAL_ACCESS], // BlockedByConditionalAccess
  [530032, CONDITIONAL_ACCESS], // BlockedByConditionalAccessOnSecurityPolicy
  [530035, CONDITIONAL_ACCESS], // BlockedBySecurityDefaults
  [50005, CONDITIONAL_ACCESS], // DevicePolicyError
  [50131, CONDITIONAL_ACCESS], // ConditionalAccessFailed
  [53011, CONDITIONAL_ACCESS], // user blocked due to risk
  [53000, DEVICE], // DeviceNotCompliant
  [53001, DEVICE], // DeviceNotDomainJoined
  [50097, DEVICE], // DeviceAuthenticationRequired
  [50129, DEVICE], // DeviceIsNotWorkplaceJoined
  [70008, EXPIRED], // ExpiredOrRevokedGrant
  [700082, EXPIRED], // ExpiredOrRevokedGrantInactiveToken
  [70043, EXPIRED], // BadTokenDueToSignInFrequency
  [50089, EXPIRED], // flow token expired
  [50132, REVOKED], // SsoArtifactInvalidOrExpired
  [50133, REVOKED], // SsoArtifactRevoked
  [50173, REVOKED], // FreshTokenNeeded
  [70000, REVOKED], // InvalidGrant: the refresh token is not valid
  [50053, BLOCKED], // IdsLocked
  [50057, BLOCKED], // UserDisabled
  [50055, BLOCKED], // InvalidPasswordExpiredPassword
  [50105, NOT_ASSIGNED], // EntitlementGrantsNotFound
  [70019, CODE_EXPIRED], // CodeExpired
  [50033, BUSY], // RetryableError
  [50196, BUSY], // LoopDetected
  [90006, BUSY], // ExternalServerRetryableError
  [90012, BUSY], // RequestTimeout
  [90024, BUSY], // RequestBudgetExceededError
  [90033, BUSY], // MsodsServiceUnavailable
]);

/** By OAuth 2.0 error (RFC 6749 §§4.1.2.1, 5.2; RFC 8628 §3.5) where no number is known. */
export const OAUTH_FAULTS: ReadonlyMap<string, EntraFault> = new Map<string, EntraFault>([
  ['access_denied', CANCELLED],
  ['authorization_declined', CANCELLED],
  ['expired_token', CODE_EXPIRED],
  ['consent_required', CONSENT],
  ['interaction_required', { ...MFA, code: 'SIGN_IN_NEEDED', sentence: 'The organisation wants {who} to sign in again.' }],
  ['login_required', { ...EXPIRED, code: 'SIGN_IN_NEEDED' }],
  ['invalid_grant', EXPIRED],
  ['invalid_client', SECRET_WRONG],
  ['unauthorized_client', UNKNOWN_APP],
  ['unsupported_grant_type', APP_SETUP],
  ['invalid_scope', APP_SETUP],
  ['invalid_resource', APP_SETUP],
  ['temporarily_unavailable', BUSY],
  ['server_error', BUSY],
]);
