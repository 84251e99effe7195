// What every way of getting a token has in common: an end in time, and failures with a remedy.
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { AuthenticationResult } from '@azure/msal-node';
import { OperatorError } from '../../../contract/errors.ts';
import { orAborted } from '../abortableWait.ts';
import { signInErrorOf, type SignInContext } from './signInError.ts';

/** Renewing a token takes one request; with retries it is still far below this. */
export const TOKEN_TIMEOUT_MS = 60_000;

export type BoundedAttempt = {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Read after the failure, when clock and network have been seen. */
  readonly context: () => SignInContext;
};

/** Settles in time whatever `work` does, and rejects with nothing but an OperatorError. */
export async function boundedAttempt<T>(attempt: BoundedAttempt, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const expiry = AbortSignal.timeout(attempt.timeoutMs);
  const signal = attempt.signal === undefined ? expiry : AbortSignal.any([attempt.signal, expiry]);
  try {
    signal.throwIfAborted();
    return await orAborted(work(signal), signal);
  } catch (error) {
    if (attempt.signal?.aborted === true) {
      throw new OperatorError('SIGN_IN_CANCELLED', 'The sign-in was cancelled.', 'Sign in again when you want to.');
    }
    const context = attempt.context();
    if (expiry.aborted && !(error instanceof OperatorError)) {
      throw new OperatorError('SIGN_IN_TIMED_OUT', `Signing in at ${context.host} was not finished within ${Math.round(attempt.timeoutMs / 1000)} s.`, 'Try again.', { cause: context.networkFailure });
    }
    throw signInErrorOf(error, context);
  }
}

/** A credential for the SDKs from a function that gets one token. Its caller's signal and claims challenge are passed on. */
export function credentialOf(
  context: () => SignInContext,
  acquire: (request: { readonly scopes: string[]; readonly claims: string | undefined; readonly tenantId: string | undefined }) => Promise<AuthenticationResult | null>,
): TokenCredential {
  return {
    getToken: async (scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> => {
      const controller = new AbortController();
      const cancel = (): void => controller.abort();
      if (options?.abortSignal?.aborted === true) cancel();
      else options?.abortSignal?.addEventListener('abort', cancel);
      try {
        return await boundedAttempt({ signal: controller.signal, timeoutMs: TOKEN_TIMEOUT_MS, context }, async () => accessTokenOf(await acquire({
          scopes: [scopes].flat(), claims: options?.claims, tenantId: options?.tenantId,
        }), context()));
      } finally {
        options?.abortSignal?.removeEventListener('abort', cancel);
      }
    },
  };
}

function accessTokenOf(result: AuthenticationResult | null, { host }: SignInContext): AccessToken {
  if (result === null || result.accessToken === '' || result.expiresOn === null) {
    throw new OperatorError('SIGN_IN_UNEXPECTED_ANSWER', `The sign-in service ${host} gave no access token.`, 'Check the authority in the settings.');
  }
  return {
    token: result.accessToken,
    expiresOnTimestamp: result.expiresOn.getTime(),
    ...(result.refreshOn === undefined ? {} : { refreshAfterTimestamp: result.refreshOn.getTime() }),
    tokenType: 'Bearer',
  };
}
