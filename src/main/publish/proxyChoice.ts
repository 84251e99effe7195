// Which proxy, if any, a connection goes through: what the operator said, then what the environment says. Opens nothing; never shows a password.
import { OperatorError } from '../../contract/errors.ts';

export type Proxy = {
  readonly kind: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** Both or neither. */
  readonly username?: string;
  readonly password?: string;
};

const KINDS: Readonly<Record<string, { readonly kind: Proxy['kind']; readonly port: number }>> = {
  'http:': { kind: 'http', port: 80 },
  'https:': { kind: 'https', port: 443 },
  'socks5:': { kind: 'socks5', port: 1080 },
  // The name of the destination is looked up by the proxy in any case.
  'socks5h:': { kind: 'socks5', port: 1080 },
};

/** @throws OperatorError `PROXY_INVALID`; it does not quote the address. */
export function parseProxy(url: string): Proxy {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const kind = KINDS[parsed?.protocol ?? ''];
  if (parsed === undefined || kind === undefined || parsed.hostname === '') {
    throw new OperatorError('PROXY_INVALID', 'The address of the proxy cannot be used.', 'Give http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT.');
  }
  return {
    kind: kind.kind,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? kind.port : Number(parsed.port),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) }),
  };
}

/** Host and port alone. */
export function describeProxy({ kind, host, port }: Proxy): string {
  return `${kind}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * The proxy for a target, in this order: none for this computer itself; the operator's own choice (`--proxy`, then `FIELDCAST_PROXY`; `none`
 * means none); none for what `NO_PROXY` names; `HTTPS_PROXY` for RTMPS; `ALL_PROXY`. Each in lower case as well.
 * @throws OperatorError `PROXY_INVALID`
 */
export function proxyFor(target: { readonly secure: boolean; readonly host: string }, chosen: string | undefined, env: NodeJS.ProcessEnv): Proxy | undefined {
  if (target.host === 'localhost' || target.host === '::1' || target.host.startsWith('127.')) return undefined;
  const own = chosen ?? env['FIELDCAST_PROXY'];
  if (own !== undefined && own !== '') return own === 'none' ? undefined : parseProxy(own);
  const said = (name: string): string | undefined => [env[name.toLowerCase()], env[name]].find((value) => value !== undefined && value !== '');
  if (isExempt(target.host, said('NO_PROXY') ?? '')) return undefined;
  const url = (target.secure ? said('HTTPS_PROXY') : undefined) ?? said('ALL_PROXY');
  return url === undefined ? undefined : parseProxy(url);
}

/** `*`, a name with all below it (`example.com`, `.example.com`), or an address. Ports are not told apart. */
function isExempt(host: string, list: string): boolean {
  return list.split(',').map((one) => one.trim().toLowerCase().replace(/^\*?\./, '').replace(/:\d+$/, '')).some((one) => (
    one === '*' || (one !== '' && (host.toLowerCase() === one || host.toLowerCase().endsWith(`.${one}`)))
  ));
}
