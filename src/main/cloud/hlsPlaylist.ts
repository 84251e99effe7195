// Reads HLS playlists (RFC 8216): the multivariant one and those of its renditions. Fetches nothing.
import { MediaDamage, type ByteRange } from './mediaFetch.ts';
import { MAX_SEGMENTS, MAX_TRACKS, type SegmentPromise } from './mediaPresentation.ts';

export type HlsVariant = { readonly url: string; readonly bandwidth: number; readonly resolution: string | undefined; readonly codecs: string | undefined };
/** An alternative rendition with a playlist of its own; those that are part of a variant's own segments are left out. */
export type HlsAudio = { readonly url: string; readonly name: string };
export type HlsMultivariant = { readonly kind: 'multivariant'; readonly variants: readonly HlsVariant[]; readonly audio: readonly HlsAudio[] };
export type HlsMedia = {
  readonly kind: 'media';
  readonly ended: boolean;
  readonly init: { readonly url: string; readonly range: ByteRange | undefined } | undefined;
  readonly segments: readonly SegmentPromise[];
};

/** @throws MediaDamage for what is no playlist. */
export function readHlsPlaylist(text: string, playlistUrl: string): HlsMultivariant | HlsMedia {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/).map((line) => line.trim());
  if (lines[0] !== '#EXTM3U') throw new MediaDamage('the text is no HLS playlist');
  return lines.some((line) => line.startsWith('#EXT-X-STREAM-INF:')) ? readMultivariant(lines, playlistUrl) : readMedia(lines, playlistUrl);
}

function readMultivariant(lines: readonly string[], base: string): HlsMultivariant {
  const variants: HlsVariant[] = [];
  const audio: HlsAudio[] = [];
  let pending: Record<string, string> | undefined;
  for (const line of lines) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) pending = attributesOf(line);
    else if (line.startsWith('#EXT-X-MEDIA:')) {
      const { TYPE, URI, NAME } = attributesOf(line);
      const url = URI === undefined ? undefined : resolved(URI, base);
      if (TYPE === 'AUDIO' && url !== undefined && !audio.some((known) => known.url === url)) audio.push({ url, name: NAME ?? '' });
    } else if (line !== '' && !line.startsWith('#') && pending !== undefined) {
      variants.push({ url: resolved(line, base), bandwidth: Number(pending['BANDWIDTH'] ?? 0) || 0, resolution: pending['RESOLUTION'], codecs: pending['CODECS'] });
      pending = undefined;
    }
    if (variants.length + audio.length > MAX_TRACKS) throw new MediaDamage('the HLS playlist has too many renditions');
  }
  if (variants.length === 0) throw new MediaDamage('the HLS playlist lists no variant');
  return { kind: 'multivariant', variants, audio };
}

function readMedia(lines: readonly string[], base: string): HlsMedia {
  const segments: SegmentPromise[] = [];
  let init: HlsMedia['init'];
  let seconds: number | undefined;
  let elapsed = 0;
  let range: ByteRange | undefined;
  let newTimeline = false;
  let declaredMissing = false;
  let ended = false;
  // Where a byte range without an offset begins: after the one before it in the same file (§4.3.2.2).
  let follows = { url: '', at: 0 };
  let rangeText: string | undefined;
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) {
      seconds = Number.parseFloat(line.slice(8));
      if (!Number.isFinite(seconds) || seconds < 0) throw new MediaDamage('a segment of the HLS playlist has no duration');
    } else if (line.startsWith('#EXT-X-BYTERANGE:')) rangeText = line.slice(17);
    else if (line === '#EXT-X-DISCONTINUITY') newTimeline = segments.length > 0;
    else if (line === '#EXT-X-GAP') declaredMissing = true;
    else if (line === '#EXT-X-ENDLIST') ended = true;
    else if (line.startsWith('#EXT-X-MAP:')) {
      const { URI, BYTERANGE } = attributesOf(line);
      if (URI === undefined) throw new MediaDamage('an HLS playlist has an initialisation section without an address');
      // A second map would need segments to point at their own; Media Services never changes it.
      init ??= { url: resolved(URI, base), range: BYTERANGE === undefined ? undefined : rangeOf(BYTERANGE, 0) };
    } else if (line !== '' && !line.startsWith('#') && seconds !== undefined) {
      const url = resolved(line, base);
      range = rangeText === undefined ? undefined : rangeOf(rangeText, follows.url === url ? follows.at : 0);
      follows = { url, at: range === undefined ? 0 : range.last + 1 };
      if (segments.length >= MAX_SEGMENTS) throw new MediaDamage('the HLS playlist has too many segments');
      segments.push({ url, range, atSeconds: elapsed, newTimeline, declaredMissing });
      elapsed += seconds;
      seconds = undefined;
      rangeText = undefined;
      newTimeline = false;
      declaredMissing = false;
    }
  }
  return { kind: 'media', ended, init, segments };
}

function rangeOf(text: string, follows: number): ByteRange {
  const parts = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(text);
  if (parts === null || Number(parts[1]) === 0) throw new MediaDamage('an HLS playlist holds a broken byte range');
  const first = parts[2] === undefined ? follows : Number(parts[2]);
  return { first, last: first + Number(parts[1]) - 1 };
}

/** Attribute list of a tag (§4.2); quoted values lose their quotes. */
function attributesOf(line: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const match of line.slice(line.indexOf(':') + 1).matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))(?:,|$)/g)) {
    found[match[1] ?? ''] = match[2] ?? match[3] ?? '';
  }
  return found;
}

function resolved(address: string, base: string): string {
  if (!URL.canParse(address, base)) throw new MediaDamage('an HLS playlist holds an unusable address');
  return new URL(address, base).href;
}
