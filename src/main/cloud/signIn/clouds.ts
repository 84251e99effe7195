// The clouds that people sign in to: where their sign-in, their resource manager and their portal are. Data only.
import { OperatorError } from '../../../contract/errors.ts';

export type Cloud = {
  /** As it is named in settings and on the command line. */
  readonly name: string;
  readonly title: string;
  /** Origin of the sign-in service, without a tenant. */
  readonly authorityHost: string;
  /** Base of the resource manager (ARM). */
  readonly armEndpoint: string;
  /** What a token for the resource manager is asked for with. */
  readonly scope: string;
  /** Where an administrator puts things right; undefined for a sign-in service of one's own. */
  readonly portal: string | undefined;
};

// Hosts: learn.microsoft.com/entra/identity-platform/authentication-national-cloud (sign-in, portal)
// and learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure, docs.azure.cn/en-us/articles/guidance/developerdifferences (ARM).
const CLOUDS = {
  public: {
    name: 'public', title: 'Azure',
    authorityHost: 'https://login.microsoftonline.com', armEndpoint: 'https://management.azure.com',
    scope: 'https://management.azure.com/.default', portal: 'https://portal.azure.com',
  },
  usgov: {
    name: 'usgov', title: 'Azure US Government',
    authorityHost: 'https://login.microsoftonline.us', armEndpoint: 'https://management.usgovcloudapi.net',
    scope: 'https://management.usgovcloudapi.net/.default', portal: 'https://portal.azure.us',
  },
  china: {
    name: 'china', title: 'Azure operated by 21Vianet (China)',
    authorityHost: 'https://login.partner.microsoftonline.cn', armEndpoint: 'https://management.chinacloudapi.cn',
    scope: 'https://management.chinacloudapi.cn/.default', portal: 'https://portal.azure.cn',
  },
} as const satisfies Record<string, Cloud>;

export const CLOUD_NAMES: readonly string[] = [...Object.keys(CLOUDS), 'custom'];

/** Addresses of a cloud that is not in the table, or that replace some of its. */
export type CloudAddresses = { readonly authorityHost?: string | undefined; readonly armEndpoint?: string | undefined; readonly scope?: string | undefined };

/**
 * The cloud of that name; `custom` has no addresses but the given ones.
 * @throws OperatorError UNKNOWN_CLOUD, BAD_AUTHORITY, BAD_ENDPOINT.
 */
export function cloudNamed(name: string, addresses: CloudAddresses = {}): Cloud {
  const known: Cloud | undefined = Object.hasOwn(CLOUDS, name) ? CLOUDS[name as keyof typeof CLOUDS] : undefined;
  if (known === undefined && name !== 'custom') {
    throw new OperatorError('UNKNOWN_CLOUD', `“${name}” is no cloud that Fieldcast knows.`, `Use one of: ${CLOUD_NAMES.join(', ')}.`);
  }
  const authorityHost = originOf(addresses.authorityHost ?? known?.authorityHost, 'BAD_AUTHORITY', 'sign-in service');
  const armEndpoint = originOf(addresses.armEndpoint ?? known?.armEndpoint, 'BAD_ENDPOINT', 'resource manager');
  const usual = known?.armEndpoint === armEndpoint ? known.scope : `${armEndpoint}/.default`;
  return {
    name, title: known?.title ?? new URL(authorityHost).host, authorityHost, armEndpoint,
    scope: addresses.scope ?? usual,
    portal: known?.authorityHost === authorityHost ? known.portal : undefined,
  };
}

/** Both take a secret with every request, so neither may be plain http or hold a password. */
function originOf(address: string | undefined, code: string, what: string): string {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.search !== '') {
    throw new OperatorError(code, `The address of the ${what} is missing or not an https address.`, `Give it like https://HOST, without a user name.`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
