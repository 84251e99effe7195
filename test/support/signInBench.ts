// A provider, a resource manager and a home folder for one test file on signing in, and the person in front of the browser.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser } from '@playwright/test';
import { createFileSecretStore } from '../../src/main/secrets/fileSecretStore.ts';
import type { SecretStore } from '../../src/main/secrets/secretStore.ts';
import { Accounts } from '../../src/main/cloud/signIn/accounts.ts';
import type { PersonIdentity } from '../../src/main/cloud/signIn/identity.ts';
import type { BrowserOpener } from '../../src/main/cloud/signIn/systemBrowser.ts';
import { CLIENT_ID, OpenIdProvider, type ProviderUser } from './openIdProvider.ts';
import { ResourceManager } from './resourceManager.ts';

export class SignInBench {
  readonly dir: string;
  readonly provider: OpenIdProvider;
  readonly manager: ResourceManager;
  readonly warnings: string[] = [];

  private constructor(dir: string, provider: OpenIdProvider, manager: ResourceManager) {
    this.dir = dir;
    this.provider = provider;
    this.manager = manager;
  }

  static async start(): Promise<SignInBench> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-sign-in-'));
    const provider = await OpenIdProvider.start(path.join(dir, 'certificates'));
    return new SignInBench(dir, provider, await ResourceManager.start(path.join(dir, 'certificates'), provider));
  }

  async close(): Promise<void> {
    await this.manager.close();
    await this.provider.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  get secretsFile(): string {
    return path.join(this.dir, 'secrets.json');
  }

  secrets(): SecretStore {
    return createFileSecretStore(this.secretsFile, (sentence) => this.warnings.push(sentence));
  }

  get scope(): string {
    return `${this.manager.origin}/.default`;
  }

  identity(tenant = 'organizations'): PersonIdentity {
    return { kind: 'user', cloud: 'custom', authorityHost: this.provider.origin, armEndpoint: this.manager.origin, clientId: CLIENT_ID, tenant };
  }

  /** What another process would open: nothing is shared but the folder. */
  accounts(env: NodeJS.ProcessEnv = {}, secrets: SecretStore = this.secrets()): Accounts {
    return new Accounts({ home: this.dir, secrets, env, warn: (sentence) => this.warnings.push(sentence), network: { ca: this.provider.ca, requestTimeoutMs: 5000 } });
  }

  /** Signs in without a browser on screen: the code is confirmed at once. */
  async signInByCode(accounts: Accounts, user: ProviderUser, identity = this.identity()): Promise<string> {
    const account = await accounts.signIn(identity, { kind: 'device-code', timeoutMs: 20_000, show: ({ code }) => this.provider.decideDeviceCode(code, user) });
    return account.id;
  }
}

/** A person who fills in the provider's form in a real browser, in a session of its own. `pages` receives what was shown last. */
export function personAt(browser: Browser, what: { readonly user: ProviderUser; readonly button: 'Sign in' | 'Cancel' }, pages: string[]): BrowserOpener {
  return async (url) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.fill('input[name=username]', what.user.username);
    await page.fill('input[name=password]', what.user.password);
    const finish = async (): Promise<void> => {
      try {
        await page.click(`button:has-text("${what.button}")`);
        await page.waitForURL(/^http:\/\/localhost:/);
        pages.push(await page.innerText('body'));
      } catch (error) {
        pages.push(String(error));
      }
      // The test may have closed the whole browser by now.
      await context.close().catch(() => undefined);
    };
    // The answer of the last page comes only when Fieldcast has exchanged the code, so it is not waited for here.
    void finish();
  };
}
