// Cues in manifests: EXT-X-DATERANGE for HLS (RFC 8216 §4.3.2.7), EventStream and InbandEventStream for DASH (SCTE 214-1, ISO/IEC 23009-1 §5.10). Pure.
import { DATA_SCHEME } from '../../../contract/cue.ts';
import { eventNumberOf, SPLICE_SCHEME, type Cue } from '../packager/cue.ts';
import { element } from './xmlElement.ts';

/** CLASS of splices in playlists; that of data is their scheme. */
const SPLICE_CLASS = 'urn:scte:scte35';
/** SCTE 214-1 §5.7: the binary section inside XML. */
const XML_SPLICE_SCHEME = 'urn:scte:scte35:2014:xml+bin';
/** Longer data are in the segments alone: a manifest is fetched again and again. */
const MAX_MANIFEST_BYTES = 16 * 1024;
const EVENT_TIMESCALE = 90_000;

/** Announced with every stream, so that a player which came before the first cue looks for it. */
export const inbandSchemes: readonly string[] = [SPLICE_SCHEME, DATA_SCHEME];

/** Those that a viewer of this window may still meet: what has not ended before its start. */
export function cuesFrom(cues: readonly Cue[], startSeconds: number): readonly Cue[] {
  return cues.filter((cue) => endOf(cue, cues) >= startSeconds && cue.payload.length <= MAX_MANIFEST_BYTES);
}

/** @param endSeconds how far the stream has come: a break that has passed by then has its duration, one that is under way has a planned one */
export function dateRangeLines(cues: readonly Cue[], zeroUtcMs: number, endSeconds: number): string[] {
  return cues.map((cue) => {
    // "In" and "out" of one break are two tags of one range, which begins with the break.
    const out = cue.meaning === 'in' ? cues.find((one) => one.meaning === 'out' && one.id === cue.id) ?? cue : cue;
    const back = cue.meaning === 'out' ? cues.find((one) => one.meaning === 'in' && one.id === cue.id) : undefined;
    const planned = out.durationSeconds;
    const whole = cue.meaning === 'in' ? cue.seconds - out.seconds : back ? back.seconds - out.seconds : planned;
    const hasEnded = cue.meaning === 'in' || cue.meaning === 'data' || back !== undefined || (planned !== undefined && out.seconds + planned <= endSeconds);
    const isData = cue.meaning === 'data';
    return `#EXT-X-DATERANGE:${Object.entries({
      ID: quoted(cue.id),
      CLASS: quoted(isData ? cue.scheme : SPLICE_CLASS),
      'START-DATE': quoted(new Date(Math.round(zeroUtcMs + out.seconds * 1000)).toISOString()),
      ...(whole === undefined || !hasEnded ? {} : { DURATION: decimal(whole) }),
      ...(planned === undefined || isData ? {} : { 'PLANNED-DURATION': decimal(planned) }),
      ...(isData
        ? { 'X-DATA-BASE64': quoted(Buffer.from(cue.payload).toString('base64')) }
        : { [cue.meaning === 'out' ? 'SCTE35-OUT' : cue.meaning === 'in' ? 'SCTE35-IN' : 'SCTE35-CMD']: `0x${Buffer.from(cue.payload).toString('hex').toUpperCase()}` }),
    }).map(([name, value]) => `${name}=${value}`).join(',')}`;
  });
}

/** One EventStream for each scheme, for a Period that begins at `fromSeconds`. */
export function eventStreams(cues: readonly Cue[], fromSeconds: number, toSeconds: number): string[] {
  const streams = new Map<string, string[]>();
  for (const cue of cues) {
    if (cue.seconds < fromSeconds || cue.seconds >= toSeconds) continue;
    const scheme = cue.meaning === 'data' ? cue.scheme : XML_SPLICE_SCHEME;
    streams.set(scheme, [...(streams.get(scheme) ?? []), eventOf(cue, fromSeconds)]);
  }
  return [...streams].map(([schemeIdUri, events]) => element('EventStream', { schemeIdUri, timescale: EVENT_TIMESCALE }, events));
}

function eventOf(cue: Cue, fromSeconds: number): string {
  const base64 = Buffer.from(cue.payload).toString('base64');
  const isData = cue.meaning === 'data';
  return element('Event', {
    presentationTime: Math.round((cue.seconds - fromSeconds) * EVENT_TIMESCALE),
    ...(cue.durationSeconds === undefined ? {} : { duration: Math.round(cue.durationSeconds * EVENT_TIMESCALE) }),
    id: eventNumberOf(cue),
    ...(isData ? { contentEncoding: 'base64' } : {}),
  }, [isData ? base64 : element('Signal', { xmlns: 'http://www.scte.org/schemas/35/2016' }, [element('Binary', {}, [base64])])]);
}

function endOf(cue: Cue, cues: readonly Cue[]): number {
  const back = cue.meaning === 'out' ? cues.find((one) => one.meaning === 'in' && one.id === cue.id) : undefined;
  return Math.max(back?.seconds ?? cue.seconds, cue.seconds + (cue.durationSeconds ?? 0));
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\r\n]/g, '')}"`;
}

function decimal(seconds: number): string {
  return String(Number(seconds.toFixed(6)));
}
