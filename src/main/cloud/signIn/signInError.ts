// Turns what MSAL or an OAuth answer says into an OperatorError. Never repeats a description whole: those name accounts and hold codes.
import { AuthError, InteractionRequiredAuthError, ServerError } from '@azure/msal-node';
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import { ENTRA_FAULTS, OAUTH_FAULTS, type EntraFault } from './entraFaults.ts';
import { SignInNetworkError } from './signInNetwork.ts';

/** What is known about the attempt when it fails. */
export type SignInContext = {
  readonly clientId: string;
  readonly tenant: string;
  /** Name of the account, where one was chosen already. */
  readonly account?: string | undefined;
  /** Host of the sign-in service. */
  readonly host: string;
  /** How far this computer's clock is ahead of the service's, ms; undefined where it is not known. */
  readonly clockAheadMs?: number | undefined;
  /** Why the last address of the service could not be reached; MSAL keeps that to itself. */
  readonly networkFailure?: OperatorError | undefined;
};

/** Kept as `cause`: what an administrator needs to find the attempt in the sign-in log. */
class SignInFault extends Error {
  readonly oauthError: string;
  readonly entraNumber: number | undefined;
  /** `Correlation ID` of the sign-in log. */
  readonly correlationId: string;

  constructor(oauthError: string, entraNumber: number | undefined, correlationId: string) {
    super(entraNumber === undefined ? oauthError : `${oauthError} (AADSTS${entraNumber})`);
    this.name = 'SignInFault';
    this.oauthError = oauthError;
    this.entraNumber = entraNumber;
    this.correlationId = correlationId;
  }
}

/** More than this and tokens are refused as not yet valid or expired (Entra allows five minutes). */
const CLOCK_TOLERANCE_MS = 300_000;
/** Errors of MSAL itself that mean: there is nothing in the cache to renew a token with. */
const NOTHING_CACHED = new Set(['no_tokens_found', 'refresh_token_expired', 'no_account_found', 'no_account_in_silent_request', 'token_refresh_required', 'native_account_unavailable']);

/** Anything that an attempt to sign in or to renew a token threw, as one sentence with its remedy. */
export function signInErrorOf(error: unknown, context: SignInContext): OperatorError {
  if (error instanceof OperatorError) return error;
  if (error instanceof SignInNetworkError) return error.failure;
  if (!(error instanceof AuthError)) {
    return new OperatorError('SIGN_IN_FAILED', `Signing in at ${context.host} failed unexpectedly.`, 'Try again; if it stays so, report it with the code.', { cause: new Error(messageOf(error).slice(0, 200)) });
  }
  const number = entraNumberOf(error);
  const cause = new SignInFault(error.errorCode, number, error.correlationId);
  if (NOTHING_CACHED.has(error.errorCode)) {
    return new OperatorError('SIGN_IN_NEEDED', `${context.account ?? 'The account'} is not signed in any more.`, 'Sign in again.', { cause });
  }
  if (number === undefined && (error.errorCode === 'network_error' || error.errorCode === 'openid_config_error' || error.errorCode === 'endpoints_resolution_error')) {
    return context.networkFailure ?? new OperatorError(
      'SIGN_IN_UNREACHABLE', `The sign-in service ${context.host} gave no answer that can be used.`, 'Check the network connection and the authority in the settings.', { cause },
    );
  }
  const fault = clockFault(number, context) ?? (number === undefined ? undefined : ENTRA_FAULTS.get(number)) ?? OAUTH_FAULTS.get(error.errorCode);
  if (fault !== undefined) return worded(fault, context, number, cause);
  const status = error instanceof ServerError ? error.status : undefined;
  if (status !== undefined && status >= 500) {
    return new OperatorError('SIGN_IN_SERVICE_BUSY', `The sign-in service ${context.host} has a fault (${status}).`, 'Try again in a minute.', { cause });
  }
  const known = number === undefined ? plainCode(error.errorCode) : `AADSTS${number}`;
  const action = number === undefined
    ? 'Try again; if it stays so, report it with the code.'
    : `Look the number up at https://login.microsoftonline.com/error?code=${number}, or ask the administrator of the organisation.`;
  const needed = error instanceof InteractionRequiredAuthError;
  return new OperatorError(needed ? 'SIGN_IN_NEEDED' : 'SIGN_IN_FAILED', `The sign-in service ${context.host} refused (${known}).`, needed ? `Sign in again. ${action}` : action, { cause });
}

/** The number of an `AADSTS…` error, from the answer's own field or its description. */
export function entraNumberOf(error: AuthError): number | undefined {
  const field = error instanceof ServerError || error instanceof InteractionRequiredAuthError ? Number(error.errorNo) : Number.NaN;
  if (Number.isInteger(field) && field > 0) return field;
  const described = /\bAADSTS(\d{4,8})\b/.exec(error.errorMessage);
  return described === null ? undefined : Number(described[1]);
}

/** The clock sentence with the measured difference, where the clock can be the cause of `number`. */
function clockFault(number: number | undefined, context: SignInContext): EntraFault | undefined {
  const clock = ENTRA_FAULTS.get(700_024);
  if (clock === undefined || number === undefined || ENTRA_FAULTS.get(number)?.code !== clock.code) return undefined;
  const sentence = clockSentence(context.clockAheadMs);
  return sentence === undefined ? clock : { ...clock, sentence };
}

/** “This computer's clock is 12 minutes ahead”, or undefined where it is right or unknown. */
export function clockSentence(clockAheadMs: number | undefined): string | undefined {
  if (clockAheadMs === undefined || Math.abs(clockAheadMs) < CLOCK_TOLERANCE_MS) return undefined;
  const minutes = Math.round(Math.abs(clockAheadMs) / 60_000);
  const amount = minutes < 120 ? `${minutes} minutes` : minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
  return `This computer’s clock is ${amount} ${clockAheadMs > 0 ? 'ahead' : 'behind'}.`;
}

function worded(fault: EntraFault, context: SignInContext, number: number | undefined, cause: SignInFault): OperatorError {
  const fill = (text: string): string => text
    .replaceAll('{app}', context.clientId).replaceAll('{tenant}', `“${context.tenant}”`).replaceAll('{who}', context.account ?? 'The account');
  // “does not let The account sign in” reads wrong in the middle of a sentence.
  const sentence = fill(fault.sentence).replace(/(?<!^)\bThe account\b/, 'the account');
  return new OperatorError(fault.code, number === undefined ? sentence : `${sentence} (AADSTS${number})`, fill(fault.action), { cause });
}

/** An error code of a foreign server, as far as it looks like one. */
function plainCode(code: string): string {
  return /^[\w.-]{1,60}$/.test(code) ? code : 'unknown error';
}
