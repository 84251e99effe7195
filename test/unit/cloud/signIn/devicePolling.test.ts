import type { INetworkModule, NetworkResponse } from '@azure/msal-node';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../../src/contract/errors.ts';
import { DevicePolling } from '../../../../src/main/cloud/signIn/devicePolling.ts';
import { SignInNetworkError } from '../../../../src/main/cloud/signIn/signInNetwork.ts';

const CODE_URL = 'https://login.example/t/oauth2/v2.0/devicecode';
const TOKEN_URL = 'https://login.example/t/oauth2/v2.0/token';
const GOOD = { user_code: 'ABCD-1234', device_code: 'd', verification_uri: 'https://login.example/device', expires_in: 900, interval: 5 };

/** A service that gives these answers in order; an Error is thrown. */
function answering(...answers: readonly (object | Error)[]): INetworkModule {
  const queue = [...answers];
  const next = async <T>(): Promise<NetworkResponse<T>> => {
    const answer = queue.shift();
    if (answer instanceof Error) throw answer;
    return { status: 200, headers: {}, body: answer as T };
  };
  return { sendGetRequestAsync: next, sendPostRequestAsync: next };
}

const askCode = async (answer: object): Promise<unknown> => (await new DevicePolling(answering(answer)).sendPostRequestAsync(CODE_URL)).body;

describe('what a device-code service says', () => {
  it.each([
    [{ interval: undefined }, { interval: 5 }], [{ interval: 0 }, { interval: 1 }], [{ interval: -7 }, { interval: 1 }], [{ interval: '3' }, { interval: 3 }],
    [{ interval: 'soon' }, { interval: 5 }], [{ interval: 1e9 }, { interval: 60 }], [{ expires_in: 1e12 }, { expires_in: 1800 }], [{ expires_in: undefined }, { expires_in: 900 }],
  ])('%j becomes %j', async (said, used) => {
    expect(await askCode({ ...GOOD, ...said })).toMatchObject(used);
  });

  it.each([
    { verification_uri: 'http://login.example/device' }, { verification_uri: 'javascript:alert(1)' }, { verification_uri: undefined }, { verification_uri: 7 },
    { user_code: '' }, { user_code: 'A\u001b[2JB12' }, { user_code: 'x'.repeat(200) }, { user_code: undefined },
  ])('is not shown to a person as %j', async (said) => {
    await expect(askCode({ ...GOOD, ...said })).rejects.toMatchObject({ failure: { code: 'SIGN_IN_UNEXPECTED_ANSWER' } });
  });

  it('goes on through passing faults only, and keeps the reason of a refusal', async () => {
    const lost = new SignInNetworkError(new OperatorError('SIGN_IN_UNREACHABLE', 'a', 'b'));
    const untrusted = new SignInNetworkError(new OperatorError('CERTIFICATE_NOT_TRUSTED', 'a', 'b'));
    const refused = { error: 'invalid_grant', error_description: 'AADSTS50076: text', error_codes: [50_076] };
    const polling = new DevicePolling(answering(lost, { error: 'slow_down' }, { access_token: 'x' }, untrusted, refused), 1);
    const poll = async (): Promise<unknown> => (await polling.sendPostRequestAsync(TOKEN_URL, { body: 'grant_type=device_code&device_code=d' })).body;
    expect([await poll(), await poll(), await poll()]).toEqual([{ error: 'authorization_pending' }, { error: 'authorization_pending' }, { access_token: 'x' }]);
    await expect(poll()).rejects.toBe(untrusted);
    await expect(poll()).rejects.toMatchObject({ errorCode: 'invalid_grant', errorNo: '50076', errorMessage: 'AADSTS50076: text' });
  });

  it('leaves other requests as they are', async () => {
    const refused = { error: 'slow_down' };
    const { body } = await new DevicePolling(answering(refused)).sendPostRequestAsync(TOKEN_URL, { body: 'grant_type=refresh_token' });
    expect(body).toBe(refused);
  });
});
