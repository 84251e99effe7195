// Makes device-code answers follow RFC 8628 before MSAL sees them: MSAL polls without a pause where the interval is missing,
// ends at `slow_down` or the first lost packet, and drops the reason of a refusal. Everything else passes through.
import { ServerError, type INetworkModule, type NetworkRequestOptions, type NetworkResponse } from '@azure/msal-node';
import { OperatorError } from '../../../contract/errors.ts';
import { SignInNetworkError } from './signInNetwork.ts';

type TokenAnswer = {
  readonly error?: unknown; readonly error_description?: unknown; readonly suberror?: unknown;
  readonly error_codes?: unknown; readonly correlation_id?: unknown;
};
type DeviceAnswer = { readonly interval?: unknown; readonly expires_in?: unknown; readonly user_code?: unknown; readonly verification_uri?: unknown; readonly error?: unknown };

/** RFC 8628 §3.2: five seconds where the server names none; §3.5: five more after `slow_down`. */
const DEFAULT_INTERVAL_S = 5;
const MAX_INTERVAL_S = 60;
const MAX_LIFETIME_S = 1800;
/** RFC 8628 §3.4, and the name from before it that MSAL still uses and Entra still takes. */
const DEVICE_GRANTS = new Set<string | null>(['urn:ietf:params:oauth:grant-type:device_code', 'device_code']);
/** What a short loss of the network looks like; the next poll may succeed. */
const PASSING = new Set(['SIGN_IN_UNREACHABLE', 'PROXY_FAILED', 'CLOUD_NO_ANSWER', 'SIGN_IN_SERVICE_BUSY']);

export class DevicePolling implements INetworkModule {
  readonly #inner: INetworkModule;
  readonly #slowDownMs: number;
  #extraMs = 0;

  constructor(inner: INetworkModule, slowDownMs = 5000) {
    this.#inner = inner;
    this.#slowDownMs = slowDownMs;
  }

  async sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions, timeoutMs?: number): Promise<NetworkResponse<T>> {
    return await this.#inner.sendGetRequestAsync<T>(url, options, timeoutMs);
  }

  async sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    if (/\/devicecode$/i.test(new URL(url).pathname)) {
      this.#extraMs = 0;
      const response = await this.#inner.sendPostRequestAsync<T>(url, options);
      return { ...response, body: checkedDeviceAnswer(response.body as DeviceAnswer, response.status) as T };
    }
    if (!DEVICE_GRANTS.has(new URLSearchParams(options?.body ?? '').get('grant_type'))) return await this.#inner.sendPostRequestAsync<T>(url, options);
    return await this.#poll<T>(url, options);
  }

  async #poll<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    if (this.#extraMs > 0) await new Promise((resolve) => { setTimeout(resolve, this.#extraMs); });
    try {
      const response = await this.#inner.sendPostRequestAsync<T>(url, options);
      const { error } = response.body as TokenAnswer;
      if (error === undefined || error === 'authorization_pending') return response;
      if (error !== 'slow_down') throw refusalOf(response.body as TokenAnswer, response.status);
    } catch (error) {
      if (!(error instanceof SignInNetworkError) || !PASSING.has(error.failure.code)) throw error;
    }
    this.#extraMs = Math.min(this.#extraMs + this.#slowDownMs, MAX_INTERVAL_S * 1000);
    return { status: 400, headers: {}, body: { error: 'authorization_pending' } as T };
  }
}

/** The address and the code are shown to a person who trusts them, so they must be what they claim to be. */
function checkedDeviceAnswer(answer: DeviceAnswer, status: number): DeviceAnswer {
  if (typeof answer.error === 'string') throw refusalOf(answer, status);
  const { user_code: code, verification_uri: address } = answer;
  const safe = typeof code === 'string' && /^[\w-]{4,40}$/.test(code) && typeof address === 'string' && URL.canParse(address) && new URL(address).protocol === 'https:';
  if (!safe) {
    throw new SignInNetworkError(new OperatorError('SIGN_IN_UNEXPECTED_ANSWER', 'The sign-in service gave no usable code.', 'Sign in with the browser, or check the authority in the settings.'));
  }
  return {
    ...answer,
    verification_uri: new URL(address).href,
    interval: between(answer.interval, 1, MAX_INTERVAL_S, DEFAULT_INTERVAL_S),
    expires_in: between(answer.expires_in, 1, MAX_LIFETIME_S, MAX_LIFETIME_S / 2),
  };
}

function between(value: unknown, least: number, most: number, otherwise: number): number {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? Math.min(Math.max(number, least), most) : otherwise;
}

function refusalOf(answer: TokenAnswer, status: number): ServerError {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const number: unknown = Array.isArray(answer.error_codes) ? answer.error_codes[0] : undefined;
  return new ServerError(
    text(answer.error), text(answer.correlation_id), text(answer.error_description), text(answer.suberror),
    typeof number === 'number' ? String(number) : undefined, status,
  );
}
