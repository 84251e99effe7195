// HLS playlists over CMAF segments (RFC 8216bis): the multivariant playlist and the media playlist of one track. Pure.
import type { Cue } from '../packager/cue.ts';
import { cuesFrom, dateRangeLines } from './cueTags.ts';
import type { SegmentEncryption } from '../keys/contentKeys.ts';
import { changesBefore, changesBeforeOrWith, formatChangesOf } from './formatChanges.ts';
import type { PresentedSegment } from './presentation.ts';
import type { Shown, ShownTrack } from './shownTracks.ts';

/** FFmpeg reads only segments whose URL ends like a media file; the origin takes these URLs with and without it. */
const SEGMENT_SUFFIX = '.m4s';
const HEADER_SUFFIX = '.mp4';
const AUDIO_GROUP = 'audio';
/** Between segments that follow each other: rounding, and audio that is cut at its own frames. */
const LONGEST_SEAM_SECONDS = 0.25;
/** A hole of more segments than this is longer than any window. */
const MAX_GAP_ENTRIES = 100_000;

/** All renditions with the audio group that goes with each. @param filterTag `,filter=…` for the playlists behind it, or nothing */
export function multivariantPlaylist(shown: Shown, filterTag = ''): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  const [mainAudio] = shown.audio;
  if (shown.video.length > 0) {
    shown.audio.forEach((audio, position) => { lines.push(audioMedia(audio, position === 0, filterTag)); });
    for (const video of shown.video) lines.push(streamInf(video, mainAudio), mediaPlaylistUrl(video, filterTag));
  } else {
    for (const audio of shown.audio) lines.push(streamInf(audio, undefined), mediaPlaylistUrl(audio, filterTag));
  }
  return `${lines.join('\n')}\n`;
}

/**
 * Segments of one track. Numbers come from the timeline, so they stay the same over the sliding window and over restarts;
 * a number without a segment is written as a gap. On-demand video has no numbers to keep: where no track has anything
 * the hole is a discontinuity, which players that do not know gaps can pass too.
 */
export function mediaPlaylist(shown: Shown, track: ShownTrack, about: { readonly isLive: boolean; readonly zeroUtcMs: number | undefined; readonly cues: readonly Cue[] }, encryption?: SegmentEncryption): string {
  const { identity } = track.track;
  const [first] = track.segments;
  const key = encryption === undefined ? [] : [keyLine(encryption)];
  const changes = formatChangesOf([...shown.video, ...shown.audio].map((one) => one.track));
  const changesGone = first === undefined ? 0 : changesBefore(changes, first, identity.timescale);
  const body = segmentLines(track, about.zeroUtcMs, key, changes, (from, to) => !about.isLive && isProgrammeBreak(shown, from, to));
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${body.includes('#EXT-X-GAP') ? 8 : 7}`,
    `#EXT-X-TARGETDURATION:${shown.targetSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${about.isLive ? first?.sequence ?? 0 : 0}`,
    ...(about.isLive && changesGone > 0 ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${changesGone}`] : []),
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(about.isLive ? [] : ['#EXT-X-PLAYLIST-TYPE:VOD']),
    `#EXT-X-MAP:URI="Fragments(${identity.kind}=i${first?.formatId || ''},format=m3u8-cmaf)${HEADER_SUFFIX}"`,
    ...key,
    ...(about.zeroUtcMs === undefined ? [] : dateRangeLines(cuesFrom(about.cues, shown.startSeconds), about.zeroUtcMs, shown.endSeconds)),
    ...body,
    ...(about.isLive ? [] : ['#EXT-X-ENDLIST']),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * RFC 8216bis §6.2.4: discontinuities have the same number in all playlists, so a change of one track is one of all.
 * @param changes of the format, s @param isBreak whether the whole programme has a hole between two times, s
 */
function segmentLines(track: ShownTrack, zeroUtcMs: number | undefined, key: readonly string[], changes: readonly number[], isBreak: (from: number, to: number) => boolean): string[] {
  const { kind, timescale } = track.track.identity;
  const lines: string[] = [];
  let previous: PresentedSegment | undefined;
  let changesPassed = 0;
  for (const segment of track.segments) {
    const startSeconds = segment.startTicks / timescale;
    const missing = previous ? Math.min(MAX_GAP_ENTRIES, segment.sequence - previous.sequence - 1) : 0;
    const hasNewFormat = previous !== undefined && previous.formatId !== segment.formatId;
    const endSeconds = previous ? (previous.startTicks + previous.durationTicks) / timescale : startSeconds;
    const breaks = (missing > 0 || startSeconds - endSeconds > LONGEST_SEAM_SECONDS) && isBreak(endSeconds, startSeconds);
    if (previous && missing > 0 && !breaks) lines.push(...gapLines(kind, previous, segment, missing, timescale));
    const changesNow = Math.max(changesPassed, (breaks ? changesBeforeOrWith : changesBefore)(changes, segment, timescale));
    const isChange = previous !== undefined && changesPassed < changesNow;
    changesPassed = changesNow;
    if (hasNewFormat || breaks || isChange) lines.push('#EXT-X-DISCONTINUITY');
    if (hasNewFormat) {
      // A key holds for the headers behind it, too, and headers are in the clear.
      if (key.length > 0) lines.push('#EXT-X-KEY:METHOD=NONE');
      lines.push(`#EXT-X-MAP:URI="Fragments(${kind}=i${segment.formatId || ''},format=m3u8-cmaf)${HEADER_SUFFIX}"`, ...key);
    }
    if (zeroUtcMs !== undefined && (!previous || missing > 0 || breaks || hasNewFormat || isChange)) {
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(zeroUtcMs + startSeconds * 1000)).toISOString()}`);
    }
    lines.push(`#EXTINF:${(segment.durationTicks / timescale).toFixed(6)},`, `Fragments(${kind}=${segment.startTicks},format=m3u8-cmaf)${SEGMENT_SUFFIX}`);
    previous = segment;
  }
  return lines;
}

/** True when for a part of the time no track has anything; at such an edge some tracks may lack a segment more than others. */
function isProgrammeBreak(shown: Shown, fromSeconds: number, toSeconds: number): boolean {
  const spans = [...shown.video, ...shown.audio].flatMap(({ track: { identity: { timescale } }, segments }) => segments
    .map(({ startTicks, durationTicks }) => ({ start: startTicks / timescale, end: (startTicks + durationTicks) / timescale }))
    .filter(({ start, end }) => end > fromSeconds && start < toSeconds));
  spans.sort((one, other) => one.start - other.start);
  let covered = fromSeconds;
  for (const { start, end } of spans) {
    if (start - covered > LONGEST_SEAM_SECONDS) return true;
    covered = Math.max(covered, end);
  }
  return toSeconds - covered > LONGEST_SEAM_SECONDS;
}

/** RFC 8216bis §4.4.4.7: the segment's place is kept, its URL is not to be loaded. */
function gapLines(kind: string, previous: PresentedSegment, next: PresentedSegment, missing: number, timescale: number): string[] {
  const from = previous.startTicks + previous.durationTicks;
  const step = (next.startTicks - from) / missing;
  return Array.from({ length: missing }, (_, position) => [
    '#EXT-X-GAP', `#EXTINF:${(step / timescale).toFixed(6)},`, `Fragments(${kind}=${Math.round(from + position * step)},format=m3u8-cmaf)${SEGMENT_SUFFIX}`,
  ]).flat();
}

/** The service's own address is from the root: the same for every listener. */
function keyLine({ keyId, keyUrl, iv }: SegmentEncryption): string {
  return `#EXT-X-KEY:METHOD=AES-128,URI=${quoted(keyUrl ?? `/keydelivery?kid=${keyId}`)},IV=0x${Buffer.from(iv).toString('hex')}`;
}

function audioMedia(audio: ShownTrack, isDefault: boolean, filterTag: string): string {
  const format = audio.track.formats[0];
  return `#EXT-X-MEDIA:${attributes({
    TYPE: 'AUDIO', 'GROUP-ID': quoted(AUDIO_GROUP), NAME: quoted(isDefault ? 'audio' : audio.track.identity.name),
    DEFAULT: isDefault ? 'YES' : 'NO', AUTOSELECT: isDefault ? 'YES' : 'NO',
    CHANNELS: quoted(String(format?.audio?.channels ?? 2)), URI: quoted(mediaPlaylistUrl(audio, filterTag)),
  })}`;
}

function streamInf(main: ShownTrack, audio: ShownTrack | undefined): string {
  const format = main.track.formats.at(-1);
  const codecs = [format?.codec, audio?.track.formats.at(-1)?.codec].filter((codec) => codec !== undefined);
  const rate = format?.video?.frameRate;
  return `#EXT-X-STREAM-INF:${attributes({
    BANDWIDTH: String(peakOf(main) + (audio ? peakOf(audio) : 0)),
    'AVERAGE-BANDWIDTH': String(main.averageBitrate + (audio?.averageBitrate ?? 0)),
    ...(format?.video ? { RESOLUTION: `${format.video.width}x${format.video.height}` } : {}),
    ...(rate ? { 'FRAME-RATE': (rate.num / rate.den).toFixed(3) } : {}),
    CODECS: quoted(codecs.join(',')),
    ...(audio ? { AUDIO: quoted(AUDIO_GROUP) } : {}),
  })}`;
}

/** A quiet beginning must not promise a lower rate than was declared. */
function peakOf(track: ShownTrack): number {
  return Math.max(track.peakBitrate, track.track.identity.declaredBitrate);
}

function mediaPlaylistUrl({ track: { identity } }: ShownTrack, filterTag: string): string {
  return `QualityLevels(${identity.declaredBitrate})/Manifest(${identity.kind},format=m3u8-cmaf${filterTag})`;
}

function attributes(values: { readonly [name: string]: string }): string {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`).join(',');
}

/** RFC 8216 §4.2: a quoted string holds no quotes and no line breaks. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\r\n]/g, '')}"`;
}
