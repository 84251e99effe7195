// The DASH MPD (ISO/IEC 23009-1, isoff-live) over CMAF segments: SegmentTimeline with $Time$, one Period for each run of equal formats. Pure.
import type { Cue } from '../packager/cue.ts';
import { cuesFrom, eventStreams, inbandSchemes } from './cueTags.ts';
import { formatChangesOf } from './formatChanges.ts';
import type { PresentedSegment } from './presentation.ts';
import type { Shown, ShownTrack } from './shownTracks.ts';
import { element } from './xmlElement.ts';

export type DashSurroundings = { readonly isLive: boolean; readonly zeroUtcMs: number; readonly nowUtcMs: number; readonly windowSeconds: number; readonly cues: readonly Cue[] };

type Period = { readonly startSeconds: number; readonly endSeconds: number };

/** Players that begin this many segments behind the live edge do not run dry between two of our GOPs. */
const DELAY_SEGMENTS = 3;

export function dashManifest(shown: Shown, about: DashSurroundings): string {
  const target = shown.targetSeconds;
  const common = {
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019',
    minBufferTime: duration(target),
    maxSegmentDuration: duration(target + 1),
  };
  const kind = about.isLive
    ? {
        type: 'dynamic', availabilityStartTime: utc(about.zeroUtcMs), publishTime: utc(about.nowUtcMs), minimumUpdatePeriod: duration(target),
        timeShiftBufferDepth: duration(about.windowSeconds), suggestedPresentationDelay: duration(target * DELAY_SEGMENTS),
      }
    : { type: 'static', mediaPresentationDuration: duration(shown.endSeconds - shown.startSeconds) };
  const cues = cuesFrom(about.cues, shown.startSeconds);
  const periods = periodsOf(shown, about.isLive).map((period) => periodElement(shown, period, about.isLive, cues)).filter((one) => one !== '');
  // The value is the server's clock at this answer: no second request, and nothing to cache wrongly because manifests are not cached.
  const timing = about.isLive ? [element('UTCTiming', { schemeIdUri: 'urn:mpeg:dash:utc:direct:2014', value: utc(about.nowUtcMs) })] : [];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('MPD', { ...common, ...kind }, [...periods, ...timing])}\n`;
}

function periodElement(shown: Shown, period: Period, isLive: boolean, cues: readonly Cue[]): string {
  const sets = [shown.video, shown.audio].map((tracks, position) => adaptationSet(tracks, position === 0 ? 'video' : 'audio', period, shown.video.length === 0));
  const start = isLive ? period.startSeconds : period.startSeconds - shown.startSeconds;
  // The id is its time on the timeline: the same in every update of the manifest.
  const attributes = { id: `t${Math.round(period.startSeconds * 1000)}`, start: duration(start) };
  const events = eventStreams(cues, period.startSeconds, period.endSeconds);
  return sets.every((set) => set === '') ? '' : element('Period', attributes, [...events, ...sets.filter((set) => set !== '')]);
}

function adaptationSet(tracks: readonly ShownTrack[], kind: 'video' | 'audio', period: Period, isAlone: boolean): string {
  const representations = tracks.map((track) => representation(track, period)).filter((one) => one !== '');
  if (representations.length === 0) return '';
  const attributes = {
    id: kind === 'video' ? '1' : '2', contentType: kind, mimeType: `${kind}/mp4`, segmentAlignment: 'true', startWithSAP: '1', lang: 'und',
  };
  // Cues are in the segments of the video, and of the sound where it is alone.
  const carriesCues = kind === 'video' || isAlone;
  const inband = carriesCues ? inbandSchemes.map((schemeIdUri) => element('InbandEventStream', { schemeIdUri, value: '' })) : [];
  return element('AdaptationSet', attributes, [...inband, element('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value: 'main' }), ...representations]);
}

function representation({ track, segments }: ShownTrack, period: Period): string {
  const { identity, formats } = track;
  const { timescale, kind, declaredBitrate } = identity;
  const inside = segments.filter((segment) => isInside(segment, timescale, period));
  const formatId = inside[0]?.formatId;
  const format = formatId === undefined ? undefined : formats[formatId];
  if (!format || formatId === undefined) return '';
  const picture = format.video && {
    width: format.video.width, height: format.video.height,
    ...(format.video.frameRate ? { frameRate: `${format.video.frameRate.num}/${format.video.frameRate.den}` } : {}),
  };
  const sound = format.audio && { audioSamplingRate: format.audio.sampleRate };
  const channels = format.audio && element('AudioChannelConfiguration', {
    schemeIdUri: 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011', value: format.audio.channels,
  });
  const template = element('SegmentTemplate', {
    timescale,
    presentationTimeOffset: Math.round(period.startSeconds * timescale),
    initialization: `QualityLevels(${declaredBitrate})/Fragments(${kind}=i${formatId || ''},format=mpd-time-cmaf)`,
    media: `QualityLevels(${declaredBitrate})/Fragments(${kind}=$Time$,format=mpd-time-cmaf)`,
  }, [element('SegmentTimeline', {}, timeline(inside))]);
  return element('Representation', { id: identity.name, bandwidth: declaredBitrate, codecs: format.codec, ...picture, ...sound }, [channels ?? '', template].filter((one) => one !== ''));
}

/** S elements: a time where the one before does not end, a count of repetitions of equal durations. */
function timeline(segments: readonly PresentedSegment[]): string[] {
  const runs: { readonly t: number | undefined; readonly d: number; repeats: number; end: number }[] = [];
  for (const { startTicks, durationTicks } of segments) {
    const last = runs.at(-1);
    if (last && last.end === startTicks && last.d === durationTicks) {
      last.repeats += 1;
      last.end += durationTicks;
    } else {
      runs.push({ t: last?.end === startTicks ? undefined : startTicks, d: durationTicks, repeats: 0, end: startTicks + durationTicks });
    }
  }
  return runs.map(({ t, d, repeats }) => element('S', { ...(t === undefined ? {} : { t }), d, ...(repeats > 0 ? { r: repeats } : {}) }));
}

/**
 * A new Period begins wherever a track comes from another encoder, for all tracks together. Live, the first one begins with the
 * timeline and changes outside the window count too, so that Periods stay the same while the window slides.
 */
function periodsOf(shown: Shown, isLive: boolean): Period[] {
  const first = isLive ? 0 : shown.startSeconds;
  const starts = [first, ...formatChangesOf([...shown.video, ...shown.audio].map(({ track }) => track)).filter((change) => change > first)];
  return starts.map((startSeconds, position) => ({ startSeconds, endSeconds: starts[position + 1] ?? Number.POSITIVE_INFINITY }));
}

/** By its middle: audio segments begin a few milliseconds before or after the video that they go with. */
function isInside(segment: PresentedSegment, timescale: number, period: Period): boolean {
  const middle = (segment.startTicks + segment.durationTicks / 2) / timescale;
  return middle >= period.startSeconds && middle < period.endSeconds;
}

function duration(seconds: number): string {
  return `PT${Number(seconds.toFixed(6))}S`;
}

function utc(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
