// Reads a DASH manifest (ISO/IEC 23009-1) with segment templates into its tracks. Fetches nothing.
import { secondsOfDuration } from './isoDuration.ts';
import { MediaDamage } from './mediaFetch.ts';
import { MAX_SEGMENTS, MAX_TRACKS, type MediaPresentation, type SegmentPromise, type TrackPromise } from './mediaPresentation.ts';
import { readXml, type XmlElement } from './xmlReader.ts';

/** @throws MediaDamage for what is no MPD, or one whose segments are not described by templates. */
export function readDashManifest(text: string, manifestUrl: string): MediaPresentation {
  const mpd = readXml(text);
  if (mpd.name !== 'MPD') throw new MediaDamage('the XML is no DASH manifest');
  const tracks = new Map<string, TrackPromise>();
  const base = baseOf(mpd, manifestUrl);
  const total = durationSeconds(mpd.attributes['mediaPresentationDuration']);
  const periods = childrenNamed(mpd, 'Period');
  periods.forEach((period, index) => {
    const start = durationSeconds(period.attributes['start']) ?? 0;
    const next = durationSeconds(periods[index + 1]?.attributes['start']);
    const end = durationSeconds(period.attributes['duration']) ?? (next === undefined ? total : next - start);
    readPeriod(period, baseOf(period, base), index > 0, end, tracks);
  });
  if (tracks.size === 0) throw new MediaDamage('the DASH manifest has no representations');
  return { live: mpd.attributes['type'] === 'dynamic', tracks: [...tracks.values()] };
}

function readPeriod(period: XmlElement, base: string, later: boolean, periodSeconds: number | undefined, tracks: Map<string, TrackPromise>): void {
  for (const set of childrenNamed(period, 'AdaptationSet')) {
    const setBase = baseOf(set, base);
    for (const representation of childrenNamed(set, 'Representation')) {
      const template = mergedTemplate(period, set, representation);
      const id = representation.attributes['id'] ?? '';
      const bandwidth = wholeNumber(representation.attributes['bandwidth'], 0, 'bandwidth');
      const address = (pattern: string | undefined, values: { number?: number; time?: number }): string => {
        if (pattern === undefined) throw new MediaDamage('a segment template names no files');
        return resolved(fill(pattern, { RepresentationID: id, Bandwidth: bandwidth, Number: values.number, Time: values.time }), baseOf(representation, setBase));
      };
      const segments = times(template, periodSeconds).map(({ time, number }, index): SegmentPromise => ({
        url: address(template.attributes['media'], { number, time }),
        range: undefined,
        atSeconds: time / template.timescale,
        newTimeline: later && index === 0,
        declaredMissing: false,
      }));
      const known = tracks.get(id);
      if (known === undefined && tracks.size >= MAX_TRACKS) throw new MediaDamage('the DASH manifest has too many representations');
      tracks.set(id, {
        name: id,
        bandwidth,
        init: known?.init ?? { url: address(template.attributes['initialization'], {}), range: undefined },
        segments: [...known?.segments ?? [], ...segments],
      });
    }
  }
}

type Template = { readonly attributes: Readonly<Record<string, string>>; readonly timescale: number; readonly timeline: XmlElement | undefined };

/** Templates are inherited attribute by attribute (§5.3.9.1). */
function mergedTemplate(...levels: readonly XmlElement[]): Template {
  let attributes: Record<string, string> = {};
  let timeline: XmlElement | undefined;
  let found = false;
  for (const level of levels) {
    const template = childrenNamed(level, 'SegmentTemplate')[0];
    if (template === undefined) continue;
    found = true;
    attributes = { ...attributes, ...template.attributes };
    timeline = childrenNamed(template, 'SegmentTimeline')[0] ?? timeline;
  }
  if (!found) throw new MediaDamage('a representation has no segment template, and other ways of naming segments are not understood');
  const timescale = wholeNumber(attributes['timescale'], 1, 'timescale');
  if (timescale === 0) throw new MediaDamage('a timescale is 0');
  return { attributes, timescale, timeline };
}

/** Start time (in the template's timescale) and number of each segment. */
function times(template: Template, periodSeconds: number | undefined): { time: number; number: number }[] {
  const startNumber = wholeNumber(template.attributes['startNumber'], 1, 'startNumber');
  const found: { time: number; number: number }[] = [];
  const add = (time: number): void => {
    if (found.length >= MAX_SEGMENTS) throw new MediaDamage('the DASH manifest has too many segments');
    found.push({ time, number: startNumber + found.length });
  };
  const periodEnd = periodSeconds === undefined ? undefined : periodSeconds * template.timescale;
  if (template.timeline === undefined) {
    const duration = wholeNumber(template.attributes['duration'], 0, 'duration');
    if (duration === 0 || periodEnd === undefined) throw new MediaDamage('the segments have neither a timeline nor a known number');
    for (let time = 0; time < periodEnd; time += duration) add(time);
    return found;
  }
  const entries = childrenNamed(template.timeline, 'S');
  let time = 0;
  entries.forEach((entry, index) => {
    time = wholeNumber(entry.attributes['t'], time, 'S@t');
    const duration = wholeNumber(entry.attributes['d'], 0, 'S@d');
    if (duration === 0) throw new MediaDamage('a segment of the timeline has no duration');
    let repeats: number;
    if (entry.attributes['r'] === '-1') {
      const next = entries[index + 1]?.attributes['t'];
      const until = next === undefined ? periodEnd : wholeNumber(next, 0, 'S@t');
      if (until === undefined) throw new MediaDamage('the timeline repeats a segment without end');
      repeats = Math.max(0, Math.ceil((until - time) / duration) - 1);
    } else repeats = wholeNumber(entry.attributes['r'], 0, 'S@r');
    for (let count = 0; count <= repeats; count += 1) {
      add(time);
      time += duration;
    }
  });
  return found;
}

/** `$Name$`, `$Name%05d$` and `$$` (§5.3.9.4.4). */
function fill(pattern: string, values: Readonly<Record<string, string | number | undefined>>): string {
  return pattern.replace(/\$(?:(\w+)(?:%0(\d{1,2})d)?)?\$/g, (_whole: string, name: string | undefined, width: string | undefined) => {
    if (name === undefined) return '$';
    const value = values[name];
    if (value === undefined) throw new MediaDamage(`a segment template uses $${name}$, which is not known`);
    return width === undefined ? String(value) : String(value).padStart(Number(width), '0');
  });
}

function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

function baseOf(element: XmlElement, outer: string): string {
  const own = childrenNamed(element, 'BaseURL')[0]?.text;
  return own === undefined || own === '' ? outer : resolved(own, outer);
}

function resolved(address: string, base: string): string {
  if (!URL.canParse(address, base)) throw new MediaDamage('a segment has no usable address');
  return new URL(address, base).href;
}

function wholeNumber(text: string | undefined, otherwise: number, what: string): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) throw new MediaDamage(`${what} is “${text.slice(0, 24)}” in the DASH manifest`);
  return value;
}

/** @throws MediaDamage for what is no duration */
function durationSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = secondsOfDuration(text);
  if (seconds === undefined) throw new MediaDamage(`“${text.slice(0, 24)}” is no duration`);
  return seconds;
}
