import { AuthError, ClientAuthError, InteractionRequiredAuthError, ServerError } from '@azure/msal-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../../src/contract/errors.ts';
import { ENTRA_FAULTS, OAUTH_FAULTS } from '../../../../src/main/cloud/signIn/entraFaults.ts';
import { clockSentence, entraNumberOf, signInErrorOf } from '../../../../src/main/cloud/signIn/signInError.ts';
import { SignInNetworkError } from '../../../../src/main/cloud/signIn/signInNetwork.ts';

const context = { clientId: 'app-id', tenant: 'contoso.example', host: 'login.example' };

describe('sentences for what a sign-in service answers', () => {
  it.each([
    [65_001, 'SIGN_IN_CONSENT_MISSING'], [90_094, 'SIGN_IN_ADMIN_CONSENT_MISSING'], [50_020, 'SIGN_IN_WRONG_TENANT'], [90_072, 'SIGN_IN_WRONG_TENANT'],
    [7_000_222, 'SIGN_IN_SECRET_EXPIRED'], [7_000_215, 'SIGN_IN_SECRET_WRONG'], [50_076, 'SIGN_IN_MFA_NEEDED'], [50_079, 'SIGN_IN_MFA_NEEDED'],
    [53_003, 'SIGN_IN_BLOCKED_BY_POLICY'], [700_024, 'CLOCK_WRONG'], [700_082, 'SIGN_IN_EXPIRED'], [50_173, 'SIGN_IN_REVOKED'], [65_004, 'SIGN_IN_CANCELLED'],
    [90_002, 'SIGN_IN_UNKNOWN_TENANT'], [700_016, 'SIGN_IN_UNKNOWN_APP'], [50_011, 'SIGN_IN_APP_MISCONFIGURED'], [90_038, 'SIGN_IN_WRONG_CLOUD'],
  ])('AADSTS%i is %s, by field and by description', (number, code) => {
    const byField = new ServerError('invalid_grant', '', 'no number here', '', String(number), 400);
    const byText = new ServerError('invalid_grant', '', `AADSTS${number}: some text. Trace ID: x`);
    for (const error of [byField, byText]) expect(signInErrorOf(error, context)).toMatchObject({ code, message: expect.stringContaining(`AADSTS${number}`) });
  });

  it('has a whole sentence and a remedy for everything in the tables', () => {
    for (const [key, fault] of [...ENTRA_FAULTS, ...OAUTH_FAULTS]) {
      const error = typeof key === 'number' ? new ServerError('x', '', `AADSTS${key}: y`) : new ServerError(key, '', 'y');
      const { code, message, action } = signInErrorOf(error, context);
      expect(code).toBe(fault.code);
      expect(code).toMatch(/^[A-Z][A-Z_]+$/);
      expect(message).toMatch(/^[A-Z][^{}]+\.( \(AADSTS\d+\))?$/);
      expect(action).toMatch(/^[A-Z][^{}]+\.$/);
    }
  });

  it('falls back from the number to the OAuth error, and from that to an honest “refused”', () => {
    expect(signInErrorOf(new ServerError('access_denied', '', ''), context).code).toBe('SIGN_IN_CANCELLED');
    expect(signInErrorOf(new ServerError('access_denied', '', 'AADSTS123456: new'), context)).toMatchObject({ code: 'SIGN_IN_CANCELLED', message: expect.stringContaining('AADSTS123456') });
    expect(signInErrorOf(new ServerError('brand_new', '', 'AADSTS123456: new'), context)).toMatchObject({ code: 'SIGN_IN_FAILED', action: expect.stringContaining('error?code=123456') });
    expect(signInErrorOf(new ServerError('brand_new', '', '', '', undefined, 503), context).code).toBe('SIGN_IN_SERVICE_BUSY');
    expect(signInErrorOf(new InteractionRequiredAuthError('bad_token', ''), context).code).toBe('SIGN_IN_NEEDED');
    expect(signInErrorOf(new InteractionRequiredAuthError('no_tokens_found', ''), { ...context, account: 'anna' })).toMatchObject({ code: 'SIGN_IN_NEEDED', message: 'anna is not signed in any more.' });
    expect(signInErrorOf(new TypeError('x'), context).code).toBe('SIGN_IN_FAILED');
  });

  it('tells a broken network by its own cause, also where MSAL hides it', () => {
    const cause = new OperatorError('PROXY_FAILED', 'p', 'q');
    expect(signInErrorOf(new SignInNetworkError(cause), context)).toBe(cause);
    expect(signInErrorOf(new ClientAuthError('openid_config_error', ''), { ...context, networkFailure: cause })).toBe(cause);
    expect(signInErrorOf(new ClientAuthError('openid_config_error', ''), context).code).toBe('SIGN_IN_UNREACHABLE');
    expect(new SignInNetworkError(cause)).toBeInstanceOf(AuthError);
  });

  it('measures the clock where it is the cause, and nowhere else', () => {
    const skewed = { ...context, clockAheadMs: -26 * 3_600_000 };
    expect(signInErrorOf(new ServerError('invalid_client', '', 'AADSTS700024'), skewed).message).toBe('This computer’s clock is 26 hours behind. (AADSTS700024)');
    expect(signInErrorOf(new ServerError('invalid_client', '', 'AADSTS700024'), context).message).toMatch(/date or time is wrong/);
    expect(signInErrorOf(new ServerError('invalid_client', '', 'AADSTS7000215'), skewed).code).toBe('SIGN_IN_SECRET_WRONG');
    expect([clockSentence(undefined), clockSentence(299_000), clockSentence(600_000), clockSentence(10 * 86_400_000)])
      .toEqual([undefined, undefined, 'This computer’s clock is 10 minutes ahead.', 'This computer’s clock is 10 days ahead.']);
  });

  it('never repeats what the service says', () => {
    fc.assert(fc.property(fc.string({ minLength: 12 }), fc.constantFrom('invalid_grant', 'brand_new', 'access_denied'), (text, code) => {
      const error = signInErrorOf(new ServerError(code, '', `AADSTS9999999: secret ${text}`), context);
      expect(`${error.message}${error.action}${String(error.cause)}`).not.toContain(`secret ${text}`);
    }));
    expect(signInErrorOf(new ServerError('\u001b[31m<script>', '', ''), context).message).toContain('unknown error');
  });

  it('reads a number where one is', () => {
    expect(entraNumberOf(new ServerError('x', '', 'AADSTS50020: y'))).toBe(50_020);
    expect(entraNumberOf(new ServerError('x', '', 'AADSTSx'))).toBeUndefined();
    expect(entraNumberOf(new ServerError('x', '', '', '', 'not a number'))).toBeUndefined();
  });
});
