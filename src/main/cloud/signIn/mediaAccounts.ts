// Finds the Media Services accounts that an identity can see: tenants, their subscriptions, in them the accounts by resource group.
// What one subscription refuses is noted and does not hide the others.
import type { TokenCredential } from '@azure/core-auth';
import { z } from 'zod';
import { OperatorError } from '../../../contract/errors.ts';
import { ArmRefusal, createArmReader, type ArmReader } from './armReader.ts';
import type { Cloud } from './clouds.ts';
import type { SignInNetworkSettings } from './signInNetwork.ts';

export type MediaAccount = {
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  /** Tenant whose token reaches it; undefined where the identity belongs to one tenant anyway. */
  readonly tenantId: string | undefined;
  readonly location: string;
};

export type FoundAccounts = {
  /** By subscription, resource group and name. */
  readonly accounts: readonly MediaAccount[];
  readonly subscriptionCount: number;
  /** Where nobody could look, and why. */
  readonly notices: readonly { readonly where: string; readonly error: OperatorError }[];
};

export type AccountSearch = {
  readonly cloud: Cloud;
  /** A credential for one tenant, or for the identity's own. */
  readonly credentialFor: (tenantId: string | undefined) => TokenCredential;
  /** True: look through every tenant that the account belongs to; false: only its own. */
  readonly everyTenant: boolean;
  readonly network?: SignInNetworkSettings | undefined;
  readonly signal: AbortSignal;
};

const MAX_TENANTS = 50;
const MAX_SUBSCRIPTIONS = 1000;
const AT_ONCE = 4;
/** Answers of a resource manager that has never heard of Media Services: the provider is not registered, or was retired there. */
const NO_SUCH_PROVIDER = new Set(['InvalidResourceType', 'NoRegisteredProviderFound', 'MissingSubscriptionRegistration', 'InvalidResourceNamespace', 'ResourceNotFound']);

/** Text of a foreign service, made fit for a terminal and a window. */
const label = z.string().max(300).transform((text) => text.replaceAll(/\p{Cc}|\p{Cf}/gu, '').trim());
const tenantSchema = z.object({ tenantId: z.string().regex(/^[\w.-]{1,64}$/), displayName: label.optional().catch(undefined) });
const subscriptionSchema = z.object({ subscriptionId: z.string().regex(/^[\w-]{1,64}$/), displayName: label.catch(''), state: z.string().optional() });
const accountSchema = z.object({ id: z.string().max(600), location: label.catch('') });

/** Without an id: the identity’s own. */
type Tenant = { readonly id: string | undefined; readonly name: string };
type Subscription = { readonly id: string; readonly name: string; readonly tenantId: string | undefined; readonly reader: ArmReader };

/** @throws OperatorError when not even the list of subscriptions of one tenant could be read, or no subscription let itself be searched. */
export async function findMediaAccounts(search: AccountSearch): Promise<FoundAccounts> {
  const notices: { where: string; error: OperatorError }[] = [];
  const readerFor = (tenantId: string | undefined): ArmReader => createArmReader(search.cloud, search.credentialFor(tenantId), search.network ?? {});
  const tenants: readonly Tenant[] = search.everyTenant ? await tenantsOf(readerFor(undefined), search.signal) : [{ id: undefined, name: 'the tenant' }];
  const subscriptions = new Map<string, Subscription>();
  await eachOf(tenants, async (tenant) => {
    await noted(notices, tenant.name, search.signal, async () => {
      const reader = readerFor(tenant.id);
      for (const item of await reader.list('/subscriptions?api-version=2022-12-01', 'list the subscriptions', search.signal)) {
        const parsed = subscriptionSchema.safeParse(item);
        // Disabled and deleted ones refuse everything.
        if (!parsed.success || ['Disabled', 'Deleted'].includes(parsed.data.state ?? '')) continue;
        const { subscriptionId: id, displayName } = parsed.data;
        subscriptions.set(id.toLowerCase(), { id, name: displayName === '' ? id : displayName, tenantId: tenant.id, reader });
      }
    });
  });
  const [refused] = notices;
  if (refused !== undefined && notices.length === tenants.length) throw refused.error;
  if (subscriptions.size > MAX_SUBSCRIPTIONS) {
    throw new OperatorError('CLOUD_TOO_MANY_SUBSCRIPTIONS', `The account sees ${subscriptions.size} subscriptions, too many to look through.`, 'Sign in with --tenant to look through one tenant.');
  }
  const accounts: MediaAccount[] = [];
  const noticesBefore = notices.length;
  await eachOf([...subscriptions.values()], async (subscription) => {
    await noted(notices, subscription.name, search.signal, async () => {
      accounts.push(...await accountsIn(subscription, search.signal));
    });
  });
  const firstRefusal = notices[noticesBefore];
  if (firstRefusal !== undefined && notices.length - noticesBefore === subscriptions.size) throw firstRefusal.error;
  return { accounts: accounts.sort(bySubscription), subscriptionCount: subscriptions.size, notices };
}

/** True when each word of `filter` occurs in one of the account's names. */
export function matchesFilter(account: MediaAccount, filter: string): boolean {
  const text = [account.name, account.resourceGroup, account.subscriptionName, account.subscriptionId, account.location].join('\n').toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

async function tenantsOf(reader: ArmReader, signal: AbortSignal): Promise<readonly Tenant[]> {
  const items = await reader.list('/tenants?api-version=2022-12-01', 'list the tenants', signal);
  const tenants = items.flatMap((item) => {
    const parsed = tenantSchema.safeParse(item);
    return parsed.success ? [{ id: parsed.data.tenantId, name: parsed.data.displayName ?? parsed.data.tenantId }] : [];
  });
  if (tenants.length > MAX_TENANTS) {
    throw new OperatorError('CLOUD_TOO_MANY_TENANTS', `The account belongs to ${tenants.length} tenants, too many to look through.`, 'Sign in with --tenant to look through one of them.');
  }
  return tenants;
}

async function accountsIn(subscription: Subscription, signal: AbortSignal): Promise<MediaAccount[]> {
  let items: readonly unknown[];
  try {
    items = await subscription.reader.list(
      `/subscriptions/${subscription.id}/providers/Microsoft.Media/mediaservices?api-version=2021-11-01`,
      `list the Media Services accounts of the subscription “${subscription.name}”`, signal,
    );
  } catch (error) {
    if (error instanceof OperatorError && error.cause instanceof ArmRefusal && NO_SUCH_PROVIDER.has(error.cause.armCode)) return [];
    throw error;
  }
  return items.flatMap((item) => {
    const parsed = accountSchema.safeParse(item);
    const names = parsed.success ? /^\/subscriptions\/[^/]+\/resourceGroups\/(?<group>[\w.()-]{1,90})\/providers\/Microsoft\.Media\/mediaservices\/(?<name>[\w-]{1,64})$/i.exec(parsed.data.id)?.groups : undefined;
    if (!parsed.success || names?.['group'] === undefined || names['name'] === undefined) return [];
    return [{
      name: names['name'], resourceGroup: names['group'], location: parsed.data.location,
      subscriptionId: subscription.id, subscriptionName: subscription.name, tenantId: subscription.tenantId,
    }];
  });
}

async function noted(notices: { where: string; error: OperatorError }[], where: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof OperatorError) || signal.aborted) throw error;
    notices.push({ where, error });
  }
}

/** A few at once: a resource manager throttles by the number of reads (12 000 an hour, but in bursts far fewer). */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
    for (const item of queue) await work(item);
  }));
}

function bySubscription(a: MediaAccount, b: MediaAccount): number {
  const key = (one: MediaAccount): string => `${one.subscriptionName}\n${one.resourceGroup}\n${one.name}`.toLowerCase();
  return key(a) < key(b) ? -1 : 1;
}
