// Signing in and choosing an account for windows: one sign-in at a time, told to everyone who looks, and what was found last. Tokens stay below.
import type { AccountChoice, AccountFindings, AccountsStatus, SignInProgress, SignInRequest } from '../../contract/account.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { Failure } from '../../contract/report.ts';
import type { Accounts, FoundAccount, Session } from '../cloud/signIn/accounts.ts';
import { identityKey } from '../cloud/signIn/identity.ts';
import { registrationFor } from '../cloud/signIn/registration.ts';
import type { BrowserOpener } from '../cloud/signIn/systemBrowser.ts';
import type { ChosenAccount } from '../cloud/signIn/signInFile.ts';

export type AccountDeskParts = {
  readonly accounts: Pick<Accounts, 'signIn' | 'signOut' | 'sessions' | 'choice' | 'choose' | 'find' | 'lastRegistration'>;
  readonly openBrowser: BrowserOpener;
  readonly env: NodeJS.ProcessEnv;
  /** Whether secrets outlive the process. */
  readonly isKept: boolean;
};

export class AccountDesk {
  readonly #parts: AccountDeskParts;
  readonly #listeners = new Set<() => void>();
  #signIn: SignInProgress = { state: 'idle' };
  #stop: AbortController | undefined;
  #found = new Map<string, FoundAccount>();

  constructor(parts: AccountDeskParts) {
    this.#parts = parts;
  }

  /** Begins a sign-in; how it goes is told by {@link watch}. @throws OperatorError `SIGN_IN_RUNNING` */
  begin(request: SignInRequest): void {
    if (this.#stop !== undefined) throw new OperatorError('SIGN_IN_RUNNING', 'A sign-in is under way already.', 'Finish it in the browser, or cancel it.');
    const stop = new AbortController();
    this.#stop = stop;
    this.#tell(request.how === 'browser' ? { state: 'waiting', how: 'browser', hasOpened: true } : { state: 'waiting', how: 'deviceCode' });
    void this.#run(request, stop);
  }

  /** Gives up the sign-in that is under way, and forgets why one failed. */
  cancel(): void {
    this.#stop?.abort(new OperatorError('SIGN_IN_CANCELLED', 'The sign-in was cancelled.', 'Sign in again when you want to.'));
    this.#stop = undefined;
    this.#tell({ state: 'idle' });
  }

  /** @throws OperatorError as Accounts */
  async signOut(who: string): Promise<readonly string[]> {
    const gone = await this.#parts.accounts.signOut(who);
    this.#found = new Map();
    this.#tell(this.#signIn);
    return gone;
  }

  /** @throws OperatorError as Accounts */
  async find(signal: AbortSignal): Promise<AccountFindings> {
    const { accounts, subscriptionCount, notices } = await this.#parts.accounts.find(undefined, signal);
    this.#found = new Map(accounts.map((one) => [keyOf({ id: idOf(one), signedInAs: one.session.label }), one]));
    return {
      accounts: accounts.map((one) => ({
        id: idOf(one), name: one.name, resourceGroup: one.resourceGroup, subscriptionId: one.subscriptionId, subscriptionName: one.subscriptionName,
        location: one.location, signedInAs: one.session.label,
      })),
      subscriptionCount,
      notices: notices.map(({ where, error }) => ({ where, failure: failureOf(error) })),
    };
  }

  /** @throws OperatorError `UNKNOWN_ACCOUNT`, and as {@link find} */
  async choose(choice: AccountChoice, signal: AbortSignal): Promise<void> {
    if (!this.#found.has(keyOf(choice))) await this.find(signal);
    const account = this.#found.get(keyOf(choice));
    if (account === undefined) throw new OperatorError('UNKNOWN_ACCOUNT', 'This account is no longer among those that can be used.', 'Look again, and choose another one.');
    await this.#parts.accounts.choose(account);
    this.#tell(this.#signIn);
  }

  /** How it is, then each change, until `signal` says stop. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<AccountsStatus> {
    let isDue = true;
    let wake: () => void = () => undefined;
    const listener = (): void => {
      isDue = true;
      wake();
    };
    const onAbort = (): void => wake();
    this.#listeners.add(listener);
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        if (signal?.aborted === true) return;
        if (isDue) {
          isDue = false;
          yield await this.#status();
        } else {
          await new Promise<void>((resolve) => { wake = resolve; });
        }
      }
    } finally {
      this.#listeners.delete(listener);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Never rejects. */
  async #run({ how, ...asked }: SignInRequest, stop: AbortController): Promise<void> {
    const { accounts, env } = this.#parts;
    const { signal } = stop;
    const tell = (progress: SignInProgress): void => { if (!signal.aborted) this.#tell(progress); };
    try {
      const identity = await registrationFor(accounts, asked, env);
      await (how === 'browser'
        ? accounts.signIn(identity, { kind: 'browser', signal, openBrowser: async (address) => this.#open(address, tell) })
        : accounts.signIn(identity, { kind: 'device-code', signal, show: (code) => tell({ state: 'waiting', how, ...code }) }));
      this.#found = new Map();
      this.#release(stop);
      tell({ state: 'idle' });
    } catch (error) {
      this.#release(stop);
      tell({ state: 'failed', failure: failureOf(error) });
    }
  }

  /** Another one may begin, as soon as the end of this one is told. */
  #release(stop: AbortController): void {
    if (this.#stop === stop) this.#stop = undefined;
  }

  /** Where no browser opens, the person is shown the address instead. */
  async #open(address: string, tell: (progress: SignInProgress) => void): Promise<void> {
    tell({ state: 'waiting', how: 'browser', address, hasOpened: true });
    try {
      await this.#parts.openBrowser(address);
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== 'NO_BROWSER') throw error;
      tell({ state: 'waiting', how: 'browser', address, hasOpened: false });
    }
  }

  async #status(): Promise<AccountsStatus> {
    const { accounts, env, isKept } = this.#parts;
    try {
      const [people, chosen, { clientId, tenant, cloud }] = await Promise.all([accounts.sessions(), accounts.choice(), registrationFor(accounts, {}, env)]);
      return {
        people: people.map(({ label, identity }) => ({ label, kind: identity.kind, cloud: identity.cloud })),
        ...(chosen === undefined ? {} : { chosen: {
          id: idOf({ ...chosen, name: chosen.accountName }), signedInAs: people.find((one) => isBehind(one, chosen))?.label ?? '',
          accountName: chosen.accountName, resourceGroup: chosen.resourceGroup, subscriptionId: chosen.subscriptionId, location: chosen.location,
        } }),
        registration: { clientId, tenant, cloud }, isKept, signIn: this.#signIn,
      };
    } catch (error) {
      return { people: [], registration: { clientId: '', tenant: '', cloud: 'public' }, isKept, signIn: this.#signIn, failure: failureOf(error) };
    }
  }

  #tell(progress: SignInProgress): void {
    this.#signIn = progress;
    for (const listener of this.#listeners) listener();
  }
}

function idOf({ subscriptionId, resourceGroup, name }: Pick<FoundAccount, 'subscriptionId' | 'resourceGroup' | 'name'>): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Media/mediaservices/${name}`;
}

function keyOf({ id, signedInAs }: AccountChoice): string {
  return `${id.toLowerCase()} ${signedInAs}`;
}

function isBehind({ identity, account }: Session, chosen: ChosenAccount): boolean {
  return identityKey(identity) === chosen.identity && account?.id === chosen.accountId;
}

function failureOf(error: unknown): Failure {
  return error instanceof OperatorError
    ? { code: error.code, message: error.message, action: error.action }
    : { code: 'SIGN_IN_FAILED', message: `The sign-in failed: ${messageOf(error)}.`, action: 'Try again.' };
}
