// Reads the ingest URLs of a live event: what they speak, which are encrypted, which is primary and which secondary.
import type { IngestProtocol } from '../../contract/ingest.ts';
import type { IngestEndpoint } from './liveService.ts';

/** Ports of the real service, media-services.md §4.3. */
const ROLE_OF_PORT: Readonly<Record<string, IngestEndpoint['role']>> = { 1935: 'primary', 1936: 'secondary', 2935: 'primary', 2936: 'secondary' };

/**
 * RTMP(S) and Smooth Streaming endpoints in the service's order. The well-known ports decide the role where they tell the endpoints of a scheme apart;
 * else the order does, the first being primary. Anything else is left out.
 */
export function ingestEndpointsOf(endpoints: unknown): IngestEndpoint[] {
  if (!Array.isArray(endpoints)) return [];
  const urls: URL[] = [];
  for (const endpoint of endpoints as unknown[]) {
    const text = typeof endpoint === 'object' && endpoint !== null && 'url' in endpoint ? endpoint.url : undefined;
    if (typeof text !== 'string' || !URL.canParse(text)) continue;
    const url = new URL(text);
    if (!isRtmp(url) && !isPublishingPoint(url)) continue;
    if (url.hostname === '') continue;
    if (!urls.some((known) => known.href === url.href)) urls.push(url);
  }
  return urls.map((url) => {
    const siblings = urls.filter((other) => other.protocol === url.protocol);
    return { role: roleOf(url, siblings), secure: url.protocol === 'rtmps:' || url.protocol === 'https:', url: url.href.replace(/\/+$/, '') };
  });
}

export function protocolOf({ url }: Pick<IngestEndpoint, 'url'>): IngestProtocol {
  return url.startsWith('http') ? 'smooth' : 'rtmp';
}

function isRtmp({ protocol }: URL): boolean {
  return protocol === 'rtmp:' || protocol === 'rtmps:';
}

function isPublishingPoint({ protocol, pathname }: URL): boolean {
  return (protocol === 'http:' || protocol === 'https:') && /\.isml\/*$/i.test(pathname);
}

function roleOf(url: URL, siblings: readonly URL[]): IngestEndpoint['role'] {
  const roles = siblings.map((sibling) => ROLE_OF_PORT[sibling.port]);
  const portsTell = !roles.includes(undefined) && (siblings.length === 1 || new Set(roles).size > 1);
  if (portsTell) return ROLE_OF_PORT[url.port] ?? 'primary';
  return siblings.indexOf(url) === 0 ? 'primary' : 'secondary';
}
