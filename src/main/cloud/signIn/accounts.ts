// Everything about signing in behind one door: who is signed in on this computer, which account was chosen, and credentials for the clients.
import type { TokenCredential } from '@azure/core-auth';
import { OperatorError } from '../../../contract/errors.ts';
import type { SecretStore } from '../../secrets/secretStore.ts';
import { ANY_TENANT, checkClientId, cloudOf, identityKey, type Identity, type PersonIdentity, type PrincipalIdentity } from './identity.ts';
import { environmentIdentity } from './environmentIdentity.ts';
import { managedIdentityCredential } from './managedIdentity.ts';
import { findMediaAccounts, matchesFilter, type MediaAccount } from './mediaAccounts.ts';
import { servicePrincipalCredential, type ServicePrincipalSettings } from './servicePrincipal.ts';
import { SignInFile, type ChosenAccount } from './signInFile.ts';
import type { SignInNetworkSettings } from './signInNetwork.ts';
import { tenantIdOf } from './tenantId.ts';
import { UserSignIn, type BrowserSignIn, type DeviceCodeSignIn, type SignedInAccount } from './userSignIn.ts';

export type AccountsSettings = {
  readonly home: string;
  readonly secrets: SecretStore;
  readonly env: NodeJS.ProcessEnv;
  readonly warn: (sentence: string) => void;
  readonly network?: SignInNetworkSettings | undefined;
};

/** Somebody, or something, that is signed in. */
export type Session = {
  readonly identity: Identity;
  /** The person, where it is one. */
  readonly account: SignedInAccount | undefined;
  /** For people: the user name, or what kind of identity it is. */
  readonly label: string;
};

export type FoundAccount = MediaAccount & { readonly session: Session };
export type Findings = {
  readonly sessions: readonly Session[];
  readonly accounts: readonly FoundAccount[];
  readonly subscriptionCount: number;
  readonly notices: readonly { readonly where: string; readonly error: OperatorError }[];
};

/** What a Media Services client needs of an account (a part of MediaServicesSettings). */
export type AccountAccess = {
  readonly label: string;
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
  readonly location: string;
  readonly credential: TokenCredential;
  readonly credentialScopes: string;
};

export class Accounts {
  readonly #settings: AccountsSettings;
  readonly #file: SignInFile;
  readonly #people = new Map<string, UserSignIn>();

  constructor(settings: AccountsSettings) {
    this.#settings = settings;
    this.#file = new SignInFile(settings.home, settings.warn);
  }

  /** Signs a person in and remembers the app registration. @throws OperatorError as UserSignIn. */
  async signIn(asked: PersonIdentity, how: ({ readonly kind: 'browser' } & BrowserSignIn) | ({ readonly kind: 'device-code' } & DeviceCodeSignIn)): Promise<SignedInAccount> {
    checkClientId(asked.clientId);
    const identity = { ...asked, tenant: await tenantIdOf(cloudOf(asked), asked.tenant, this.#settings.network ?? {}) };
    const people = this.#peopleOf(identity);
    const account = how.kind === 'browser' ? await people.withBrowser(how) : await people.withDeviceCode(how);
    await this.#remember(identity);
    return account;
  }

  /** Proves a service principal by getting a token, then keeps its secret. @throws OperatorError as servicePrincipalCredential. */
  async addServicePrincipal(identity: PrincipalIdentity, secret: string | undefined): Promise<void> {
    const proof: ServicePrincipalSettings['proof'] = async () => proofOf(identity, secret);
    await this.#principal(identity, proof).getToken(cloudOf(identity).scope);
    if (secret !== undefined) await this.#settings.secrets.set(identityKey(identity), secret);
    await this.#remember(identity);
  }

  /** Who is signed in, people of all clouds first to last by name; the environment's identity (docs/sign-in.md) comes first. */
  async sessions(): Promise<readonly Session[]> {
    const sessions: Session[] = [];
    for (const identity of await this.#identities()) {
      if (identity.kind === 'user') {
        for (const account of await this.#peopleOf(identity).accounts()) sessions.push({ identity, account, label: account.username });
      } else if (await this.#isUsable(identity)) {
        sessions.push({ identity, account: undefined, label: labelOf(identity) });
      }
    }
    return sessions;
  }

  /**
   * Forgets `who` (user name, client id or `all`; without it the only one) and returns whom it forgot.
   * Nothing is left of a forgotten account: not its tokens, not its secret, not the choice of an account that it was used for.
   * @throws OperatorError SIGN_IN_UNKNOWN_ACCOUNT, SIGN_IN_AMBIGUOUS.
   */
  async signOut(who: string | undefined): Promise<readonly string[]> {
    const remembered = (await this.sessions()).filter(({ identity }) => !this.#isOfEnvironment(identity));
    const wanted = who === undefined || who === 'all' ? remembered : remembered.filter(({ label, account, identity }) =>
      [label, account?.id, identity.clientId].some((name) => name?.toLowerCase() === who.toLowerCase()));
    if (wanted.length === 0 && who !== undefined && who !== 'all') {
      throw new OperatorError('SIGN_IN_UNKNOWN_ACCOUNT', `“${who}” is not signed in.`, remembered.length === 0 ? 'Nobody is signed in.' : `Signed in: ${remembered.map(({ label }) => label).join(', ')}.`);
    }
    if (wanted.length > 1 && who === undefined) {
      throw new OperatorError('SIGN_IN_AMBIGUOUS', `Several accounts are signed in: ${wanted.map(({ label }) => label).join(', ')}.`, 'Name the one to sign out, or `all`.');
    }
    for (const { identity, account } of wanted) {
      if (identity.kind === 'user' && account !== undefined) await this.#peopleOf(identity).signOut(account.id);
      else await this.#settings.secrets.delete(identityKey(identity));
    }
    const gone = wanted.map((session) => ({ key: identityKey(session.identity), session }));
    await this.#file.change((before) => {
      const chosen = before.chosen !== undefined && gone.some(({ key, session }) => before.chosen?.identity === key && before.chosen.accountId === session.account?.id) ? undefined : before.chosen;
      return {
        // The registration of a person stays: it is a setting, and the next sign-in needs it.
        identities: before.identities.filter((identity) => identity.kind === 'user' || !gone.some(({ key }) => key === identityKey(identity))),
        ...(chosen === undefined ? {} : { chosen }),
      };
    });
    return wanted.map(({ label }) => label);
  }

  /** The registration that was used last, for signing in again without naming it; by cloud where one is given. */
  async lastRegistration(cloud: string | undefined): Promise<PersonIdentity | undefined> {
    const { identities } = await this.#file.read();
    return identities.findLast((identity): identity is PersonIdentity => identity.kind === 'user' && (cloud === undefined || identity.cloud === cloud));
  }

  /** Media Services accounts that the sessions can see. @throws OperatorError SIGN_IN_NEEDED; or the reason where none could look anywhere. */
  async find(filter: string | undefined, signal: AbortSignal): Promise<Findings> {
    const sessions = await this.sessions();
    if (sessions.length === 0) throw notSignedIn();
    const accounts: FoundAccount[] = [];
    const notices: { where: string; error: OperatorError }[] = [];
    let subscriptionCount = 0;
    let searched = 0;
    for (const session of sessions) {
      try {
        const { identity, account } = session;
        const found = await findMediaAccounts({
          cloud: cloudOf(identity),
          credentialFor: (tenantId) => this.#credential(identity, account?.id, tenantId),
          everyTenant: identity.kind === 'user' && ANY_TENANT.has(identity.tenant),
          network: this.#settings.network, signal,
        });
        searched += 1;
        subscriptionCount += found.subscriptionCount;
        accounts.push(...found.accounts.filter((one) => filter === undefined || matchesFilter(one, filter)).map((one) => ({ ...one, session })));
        notices.push(...found.notices);
      } catch (error) {
        if (!(error instanceof OperatorError) || signal.aborted) throw error;
        notices.push({ where: session.label, error });
      }
    }
    const [first] = notices;
    if (searched === 0 && first !== undefined) throw first.error;
    return { sessions, accounts, subscriptionCount, notices };
  }

  /** Remembers which account to use from now on. */
  async choose(account: FoundAccount): Promise<void> {
    const { identity, account: person } = account.session;
    const chosen: ChosenAccount = {
      identity: identityKey(identity), ...(person === undefined ? {} : { accountId: person.id }), ...(account.tenantId === undefined ? {} : { tenantId: account.tenantId }),
      endpoint: cloudOf(identity).armEndpoint, subscriptionId: account.subscriptionId, resourceGroup: account.resourceGroup,
      accountName: account.name, location: account.location,
    };
    await this.#file.change((before) => ({ ...before, chosen }));
  }

  /** The choice as it was remembered, whether or not its identity is still signed in. */
  async choice(): Promise<ChosenAccount | undefined> {
    return (await this.#file.read()).chosen;
  }

  /** The chosen account with a credential for it. @throws OperatorError NO_ACCOUNT_CHOSEN, SIGN_IN_NEEDED. */
  async chosen(): Promise<AccountAccess> {
    const chosen = await this.choice();
    if (chosen === undefined) {
      throw new OperatorError('NO_ACCOUNT_CHOSEN', 'No Media Services account has been chosen yet.', 'Choose one of `fieldcast accounts` with --choose NAME.');
    }
    const identity = (await this.#identities()).find((one) => identityKey(one) === chosen.identity);
    if (identity === undefined) throw notSignedIn();
    return {
      label: chosen.accountName, endpoint: chosen.endpoint, subscriptionId: chosen.subscriptionId, resourceGroup: chosen.resourceGroup,
      accountName: chosen.accountName, location: chosen.location,
      credential: this.#credential(identity, chosen.accountId, chosen.tenantId), credentialScopes: cloudOf(identity).scope,
    };
  }

  /**
   * A credential for an address that was named rather than chosen: the choice's where it is for the same address, else the only session's of that cloud.
   * @throws OperatorError SIGN_IN_NEEDED, SIGN_IN_AMBIGUOUS.
   */
  async credentialFor(endpoint: string, subscriptionId: string): Promise<{ readonly credential: TokenCredential; readonly credentialScopes: string }> {
    const origin = URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint;
    const chosen = await this.choice();
    if (chosen !== undefined && new URL(chosen.endpoint).origin === origin && chosen.subscriptionId.toLowerCase() === subscriptionId.toLowerCase()) return await this.chosen();
    const fitting = (await this.sessions()).filter(({ identity }) => new URL(cloudOf(identity).armEndpoint).origin === origin);
    const ofEnvironment = fitting.find(({ identity }) => this.#isOfEnvironment(identity));
    const [only, second] = ofEnvironment === undefined ? fitting : [ofEnvironment];
    if (only === undefined) throw notSignedIn();
    if (second !== undefined) {
      throw new OperatorError('SIGN_IN_AMBIGUOUS', `Several accounts are signed in for this address: ${fitting.map(({ label }) => label).join(', ')}.`, 'Choose the Media Services account with `fieldcast accounts --choose NAME`.');
    }
    return { credential: this.#credential(only.identity, only.account?.id, undefined), credentialScopes: cloudOf(only.identity).scope };
  }

  #credential(identity: Identity, accountId: string | undefined, tenantId: string | undefined): TokenCredential {
    switch (identity.kind) {
      case 'user':
        if (accountId === undefined) throw notSignedIn();
        return this.#peopleOf(identity).credential(accountId, tenantId);
      case 'service-principal':
        return this.#principal(identity, async () => proofOf(identity, await this.#secretOf(identity)));
      case 'managed-identity':
        return managedIdentityCredential(identity.clientId, this.#settings.env);
    }
  }

  #principal(identity: PrincipalIdentity, proof: ServicePrincipalSettings['proof']): TokenCredential {
    return servicePrincipalCredential({ cloud: cloudOf(identity), clientId: identity.clientId, tenant: identity.tenant, proof, network: this.#settings.network });
  }

  #peopleOf(identity: PersonIdentity): UserSignIn {
    const cacheName = identityKey(identity);
    const key = `${cacheName} ${identity.tenant}`;
    const made = this.#people.get(key) ?? new UserSignIn({
      cloud: cloudOf(identity), clientId: identity.clientId, tenant: identity.tenant, secrets: this.#settings.secrets, cacheName, network: this.#settings.network,
    });
    this.#people.set(key, made);
    return made;
  }

  async #identities(): Promise<readonly Identity[]> {
    const ofEnvironment = environmentIdentity(this.#settings.env)?.identity;
    const { identities } = await this.#file.read();
    return [...(ofEnvironment === undefined ? [] : [ofEnvironment]), ...identities.filter((one) => ofEnvironment === undefined || identityKey(one) !== identityKey(ofEnvironment))];
  }

  async #remember(identity: Identity): Promise<void> {
    const key = identityKey(identity);
    await this.#file.change((before) => ({ ...before, identities: [...before.identities.filter((one) => identityKey(one) !== key), identity].slice(-32) }));
  }

  async #isUsable(identity: Identity): Promise<boolean> {
    if (identity.kind !== 'service-principal' || identity.certificatePath !== undefined) return true;
    return await this.#secretOf(identity) !== undefined;
  }

  async #secretOf(identity: PrincipalIdentity): Promise<string | undefined> {
    if (this.#isOfEnvironment(identity)) return environmentIdentity(this.#settings.env)?.secret;
    return await this.#settings.secrets.get(identityKey(identity));
  }

  #isOfEnvironment(identity: Identity): boolean {
    const ofEnvironment = environmentIdentity(this.#settings.env)?.identity;
    return ofEnvironment !== undefined && identityKey(ofEnvironment) === identityKey(identity);
  }
}

function proofOf(identity: PrincipalIdentity, secret: string | undefined): Awaited<ReturnType<ServicePrincipalSettings['proof']>> {
  if (identity.certificatePath !== undefined) return { certificatePath: identity.certificatePath };
  if (secret !== undefined && secret !== '') return { secret };
  throw new OperatorError('SIGN_IN_NEEDED', `The secret of the service principal ${identity.clientId} is not kept here.`, 'Sign it in again: fieldcast sign-in --service-principal.');
}

function labelOf(identity: Identity): string {
  if (identity.kind === 'service-principal') return `service principal ${identity.clientId}`;
  return identity.clientId === undefined ? 'managed identity of this machine' : `managed identity ${identity.clientId}`;
}

function notSignedIn(): OperatorError {
  return new OperatorError('SIGN_IN_NEEDED', 'Nobody is signed in.', 'Sign in with `fieldcast sign-in`.');
}
