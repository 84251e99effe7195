// What the answers of all resources have in common: ids, systemData, links of long operations.
import type { ArmContext, ServiceAddresses } from './context.ts';

/** `/subscriptions/…/providers/Microsoft.Media/mediaservices/{account}{tail}`; the tail's literals in lower case where the real service has them so. */
export function accountId(context: ArmContext, tail = ''): string {
  const { subscriptionId, resourceGroup, accountName } = context.account;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Media/mediaservices/${accountName}${tail}`;
}

type SystemData = {
  readonly createdBy: string; readonly createdByType: string; readonly createdAt: string;
  readonly lastModifiedBy: string; readonly lastModifiedByType: string; readonly lastModifiedAt: string;
};

/** Who made a resource and when. This service has one user. */
export function systemData(createdAt: string, modifiedAt: string): SystemData {
  return { createdBy: 'fieldcast', createdByType: 'Application', createdAt, lastModifiedBy: 'fieldcast', lastModifiedByType: 'Application', lastModifiedAt: modifiedAt };
}

/**
 * Base of absolute links in answers: the address that the client itself used where it is one of ours (its guard against
 * foreign hosts compares, media-services.md §1.2), else the service's own.
 */
export function linkBase(addresses: ServiceAddresses, hostHeader: string | undefined): string {
  const port = String(addresses.https);
  const own = [`${addresses.host}:${port}`, `127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  const asked = hostHeader?.toLowerCase();
  return `https://${asked !== undefined && own.includes(asked) ? asked : `${addresses.host}:${port}`}`;
}
