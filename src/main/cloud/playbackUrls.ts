// Where viewers find a streaming locator: from what the service lists, or built by rule before anything has arrived.
import type { ListPathsResponse } from '@azure/arm-mediaservices';
import { createHash } from 'node:crypto';
import type { PlaybackUrls } from './liveService.ts';

/** Appends `(format=…)` to a manifest URL that has no format yet (media-services.md §4.8); keeps a query. */
export function withFormat(manifestUrl: string, format: 'm3u8-cmaf' | 'mpd-time-cmaf'): string {
  if (/\(format=/i.test(manifestUrl)) return manifestUrl;
  const [path = '', ...query] = manifestUrl.split('?');
  return [`${path.replace(/\/+$/, '')}(format=${format})`, ...query].join('?');
}

/**
 * Playback URLs of one manifest. `listPaths` is empty until data has arrived, so each protocol that it does not name
 * is built by the documented rule `/<locatorId>/<manifestName>.ism/manifest(format=…)`.
 */
export function playbackUrlsOf(base: string, locatorId: string, manifestName: string, paths: ListPathsResponse | undefined): PlaybackUrls {
  const root = base.replace(/\/+$/, '');
  const manifest = `/${locatorId}/${encodeURIComponent(manifestName)}.ism/manifest`;
  return {
    hls: root + (listedPath(paths, 'Hls', manifestName, 'm3u8-cmaf') ?? withFormat(manifest, 'm3u8-cmaf')),
    dash: root + (listedPath(paths, 'Dash', manifestName, 'mpd-time-cmaf') ?? withFormat(manifest, 'mpd-time-cmaf')),
  };
}

/**
 * The id under which an asset is published, known before the locator exists: an RFC 9562 version 8 UUID from its names,
 * so that a second attempt, also of another instance, arrives at the same viewer URL.
 */
export function locatorIdFor(accountId: string, assetName: string): string {
  const bytes = createHash('sha256').update(`fieldcast locator\n${accountId.toLowerCase()}\n${assetName}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Paths of one encryption scheme (and protocol) as they are listed; what could lead to another host is left out. */
export function listedPaths(paths: ListPathsResponse | undefined, encryptionScheme: string, protocol?: string): string[] {
  const groups = Array.isArray(paths?.streamingPaths) ? paths.streamingPaths : [];
  return groups
    .filter((group) => group.encryptionScheme === encryptionScheme && (protocol === undefined || group.streamingProtocol === protocol))
    .flatMap((group) => (Array.isArray(group.paths) ? group.paths : []))
    .filter((path): path is string => typeof path === 'string' && path.startsWith('/') && !path.startsWith('//'));
}

/** An unencrypted path of this manifest, CMAF where the service has it. */
function listedPath(paths: ListPathsResponse | undefined, protocol: string, manifestName: string, format: string): string | undefined {
  const candidates = listedPaths(paths, 'NoEncryption', protocol).filter((path) => decoded(path).includes(`/${manifestName}.ism/`));
  return candidates.find((path) => path.includes(`format=${format}`)) ?? candidates[0];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
