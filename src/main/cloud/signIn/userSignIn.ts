// People who sign in at one cloud with one app registration: by browser or by code, several accounts, each in several tenants.
// Tokens are kept by the SecretStore and nowhere else; nothing here writes a file or a log.
import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import { CryptoProvider, LogLevel, PromptValue, PublicClientApplication, ResponseMode, ServerError, type AccountInfo, type AuthenticationResult } from '@azure/msal-node';
import { OperatorError } from '../../../contract/errors.ts';
import type { SecretStore } from '../../secrets/secretStore.ts';
import type { Cloud } from './clouds.ts';
import { DevicePolling } from './devicePolling.ts';
import { listenForRedirect } from './loopbackRedirect.ts';
import { ANY_TENANT, checkClientId, checkTenant } from './identity.ts';
import type { SignInContext } from './signInError.ts';
import { SignInNetwork, type SignInNetworkSettings } from './signInNetwork.ts';
import type { BrowserOpener } from './systemBrowser.ts';
import { TENANT_ID } from './tenantId.ts';
import { tokenCachePlugin } from './tokenCache.ts';
import { boundedAttempt, credentialOf, TOKEN_TIMEOUT_MS } from './tokenCalls.ts';

export type UserSignInSettings = {
  readonly cloud: Cloud;
  /** The app registration, docs/sign-in.md. */
  readonly clientId: string;
  /** Tenant id or domain; `organizations` for whatever tenant the account is from. */
  readonly tenant: string;
  readonly secrets: SecretStore;
  /** Name of the token cache in `secrets`. */
  readonly cacheName: string;
  readonly network?: SignInNetworkSettings | undefined;
  /** Added to the interval after a server's `slow_down`, ms. Default 5000 (RFC 8628 §3.5). */
  readonly slowDownMs?: number | undefined;
};

export type SignedInAccount = {
  /** MSAL's home account id: the same for all tenants of the account. Not secret. */
  readonly id: string;
  /** `someone@example.com`. */
  readonly username: string;
  readonly name: string | undefined;
  /** From a sign-in: the tenant that it was for. In a list: the home tenant, where there is a token for it. */
  readonly tenantId: string;
};

export type BrowserSignIn = {
  readonly openBrowser: BrowserOpener;
  readonly signal?: AbortSignal | undefined;
  /** For the person to finish, ms. Default five minutes. */
  readonly timeoutMs?: number | undefined;
  /** Called with the address before the browser is opened, for people who have to open it themselves. */
  readonly onAddress?: ((url: string) => void) | undefined;
  /** An account to begin with instead of the choice of all. */
  readonly loginHint?: string | undefined;
};

export type DeviceCodeSignIn = {
  /** Shows address and code to the person, who may use any other device. */
  readonly show: (code: { readonly address: string; readonly code: string; readonly minutes: number }) => void;
  readonly signal?: AbortSignal | undefined;
  /** Default: as long as the service accepts the code, at most half an hour. */
  readonly timeoutMs?: number | undefined;
};

const BROWSER_TIMEOUT_MS = 300_000;
const DEVICE_CODE_TIMEOUT_MS = 1_800_000;

export class UserSignIn {
  readonly #settings: UserSignInSettings;
  readonly #authority: string;
  readonly #network: SignInNetwork;
  readonly #application: PublicClientApplication;

  /** Opens no connection. @throws OperatorError SIGN_IN_NO_CLIENT_ID, BAD_TENANT. */
  constructor(settings: UserSignInSettings) {
    checkClientId(settings.clientId);
    this.#settings = settings;
    this.#authority = this.#authorityOf(settings.tenant);
    const { origin, host } = new URL(this.#authority);
    this.#network = new SignInNetwork((url) => url.origin === origin, settings.network ?? {});
    this.#application = new PublicClientApplication({
      auth: {
        clientId: settings.clientId, authority: this.#authority,
        // Named by the settings, so it needs no blessing by login.microsoftonline.com; the tables of MSAL know the clouds of Microsoft.
        knownAuthorities: [host],
        // The SDK's bearer policy handles claims challenges, so tokens may be withdrawn at once (continuous access evaluation).
        clientCapabilities: ['CP1'],
      },
      cache: { cachePlugin: tokenCachePlugin(settings.secrets, settings.cacheName) },
      system: {
        networkClient: new DevicePolling(this.#network, settings.slowDownMs),
        loggerOptions: { piiLoggingEnabled: false, logLevel: LogLevel.Error, loggerCallback: () => undefined },
      },
    });
  }

  /**
   * Signs in with the system's browser: loopback redirect, PKCE (RFC 7636), state and nonce of 256 bits, answer by form_post.
   * @throws OperatorError as signInError.ts words it; NO_BROWSER from the opener; SIGN_IN_TIMED_OUT; SIGN_IN_CANCELLED.
   */
  async withBrowser(request: BrowserSignIn): Promise<SignedInAccount> {
    const attempt = { signal: request.signal, timeoutMs: request.timeoutMs ?? BROWSER_TIMEOUT_MS, context: () => this.#context() };
    return await boundedAttempt(attempt, async (signal) => {
      const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
      const state = randomBytes(32).toString('base64url');
      const nonce = randomBytes(32).toString('base64url');
      const redirect = await listenForRedirect(state);
      let show: ((signedIn: boolean) => void) | undefined;
      try {
        const common = { scopes: [this.#settings.cloud.scope], redirectUri: redirect.redirectUri, authority: this.#authority };
        const url = await this.#application.getAuthCodeUrl({
          ...common, responseMode: ResponseMode.FORM_POST, codeChallenge: challenge, codeChallengeMethod: 'S256', state, nonce,
          ...(request.loginHint === undefined ? { prompt: PromptValue.SELECT_ACCOUNT } : { loginHint: request.loginHint }),
        });
        signal.throwIfAborted();
        request.onAddress?.(url);
        await request.openBrowser(url);
        const answer = await redirect.answer(signal);
        ({ show } = answer);
        const { parameters } = answer;
        const code = parameters.get('code');
        if (code === null) {
          throw new ServerError(parameters.get('error') ?? 'unknown_error', '', parameters.get('error_description') ?? '', parameters.get('error_subcode') ?? '');
        }
        const clientInfo = parameters.get('client_info');
        const account = accountOf(await this.#application.acquireTokenByCode({
          ...common, code, codeVerifier: verifier, nonce, ...(clientInfo === null ? {} : { clientInfo }),
        }));
        show(true);
        return account;
      } catch (error) {
        show?.(false);
        throw error;
      } finally {
        redirect.close();
      }
    });
  }

  /**
   * Signs in with a code that is entered on any other device (RFC 8628).
   * @throws OperatorError as {@link withBrowser}.
   */
  async withDeviceCode(request: DeviceCodeSignIn): Promise<SignedInAccount> {
    const timeoutMs = request.timeoutMs ?? DEVICE_CODE_TIMEOUT_MS;
    return await boundedAttempt({ signal: request.signal, timeoutMs, context: () => this.#context() }, async (signal) => {
      const deviceRequest = {
        scopes: [this.#settings.cloud.scope], authority: this.#authority, cancel: false,
        deviceCodeCallback: (response: { readonly verificationUri: string; readonly userCode: string; readonly expiresIn: number }) => {
          request.show({ address: response.verificationUri, code: response.userCode, minutes: Math.max(1, Math.floor(response.expiresIn / 60)) });
        },
      };
      // MSAL reads the flag before its next poll; the caller does not wait for that.
      signal.addEventListener('abort', () => { deviceRequest.cancel = true; }, { once: true });
      return accountOf(await this.#application.acquireTokenByDeviceCode(deviceRequest));
    });
  }

  /** Who is signed in, by what the store holds now. */
  async accounts(): Promise<readonly SignedInAccount[]> {
    const found = await this.#bounded(async () => await this.#application.getTokenCache().getAllAccounts());
    const byId = new Map<string, AccountInfo>();
    // MSAL lists an account once for each tenant that it has a token for.
    for (const account of found) if (!byId.has(account.homeAccountId) || isHome(account)) byId.set(account.homeAccountId, account);
    return [...byId.values()].map((account) => signedIn(account)).sort((a, b) => (a.username < b.username ? -1 : 1));
  }

  /**
   * Tokens for an account, renewed silently as long as the service allows. `tenantId`: another tenant than its own.
   * After a sign-out, here or in another process, `getToken` rejects with SIGN_IN_NEEDED.
   */
  credential(accountId: string, tenantId?: string): TokenCredential {
    let username: string | undefined;
    return credentialOf(() => ({ ...this.#context(), ...(username === undefined ? {} : { account: username }) }), async ({ scopes, claims, tenantId: asked }) => {
      const account = await this.#accountInfo(accountId);
      ({ username } = account);
      const { tenant } = this.#settings;
      const wanted = asked ?? tenantId ?? (ANY_TENANT.has(tenant) ? account.tenantId : tenant);
      return await this.#application.acquireTokenSilent({
        // MSAL looks for a cached token of the account's tenant, whatever the authority says; under a domain it finds none and asks.
        account: { ...account, tenantId: TENANT_ID.test(wanted) ? wanted : '' }, scopes, authority: this.#authorityOf(wanted),
        ...(claims === undefined ? {} : { claims }),
      });
    });
  }

  /** Forgets the account with all its tokens, for every process that uses the store. Unknown accounts are no error. */
  async signOut(accountId: string): Promise<void> {
    await this.#bounded(async () => {
      const cache = this.#application.getTokenCache();
      const found = (await cache.getAllAccounts()).filter((account) => account.homeAccountId === accountId);
      for (const account of found) await cache.removeAccount(account);
    });
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    return await boundedAttempt({ timeoutMs: TOKEN_TIMEOUT_MS, context: () => this.#context() }, work);
  }

  async #accountInfo(accountId: string): Promise<AccountInfo> {
    const all = (await this.#application.getTokenCache().getAllAccounts()).filter((account) => account.homeAccountId === accountId);
    const found = all.find(isHome) ?? all[0];
    if (found === undefined) throw new OperatorError('SIGN_IN_NEEDED', 'The account is not signed in any more.', 'Sign in again.');
    return found;
  }

  #authorityOf(tenant: string): string {
    checkTenant(tenant);
    return `${this.#settings.cloud.authorityHost}/${tenant}`;
  }

  #context(): SignInContext {
    return {
      clientId: this.#settings.clientId, tenant: this.#settings.tenant, host: new URL(this.#authority).host,
      clockAheadMs: this.#network.clockAheadMs, networkFailure: this.#network.lastFailure,
    };
  }
}

/** A home account id is `object.tenant`. */
function isHome(account: AccountInfo): boolean {
  return account.homeAccountId.endsWith(`.${account.tenantId}`);
}

function accountOf(result: AuthenticationResult | null): SignedInAccount {
  if (result?.account === null || result === null) {
    throw new OperatorError('SIGN_IN_UNEXPECTED_ANSWER', 'The sign-in service did not say who signed in.', 'Check the authority in the settings.');
  }
  return { ...signedIn(result.account), tenantId: result.tenantId };
}

function signedIn(account: AccountInfo): SignedInAccount {
  return { id: account.homeAccountId, username: account.username, name: account.name === '' ? undefined : account.name, tenantId: account.tenantId };
}
