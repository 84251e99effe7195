// What encoders say about cues over RTMP (Signaling Timed Metadata in Live Streaming §2.1), as cues of the timeline. Pure.
import { DATA_SCHEME, MAX_DATA_BYTES } from '../../../contract/cue.ts';
import { MediaFormatError } from '../../media/formatError.ts';
import { buildSplice, MAX_SECTION_BYTES, parseSplice } from '../../media/scte35.ts';
import { amfMembersOf, type AmfObject, type AmfValue } from '../../rtmp/amf0Value.ts';
import { crc32 } from 'node:zlib';
import { SPLICE_SCHEME, type Cue } from '../packager/cue.ts';

export type CueMessage =
  | { readonly type: 'cue'; readonly cue: Cue }
  | { readonly type: 'cancel'; readonly id: string }
  /** It means to be a cue and is none; the sentence is for the log. */
  | { readonly type: 'invalid'; readonly sentence: string };

/** An event of a day that is longer is a mistake in the unit. */
const LONGEST_SECONDS = 24 * 3600;
/** 49 days of milliseconds, and more: no encoder counts further. */
const LATEST_SECONDS = 2 ** 33;
const SCTE35_TYPES: ReadonlySet<string> = new Set(['scte35', SPLICE_SCHEME]);

/**
 * @param atSeconds time of the message itself, for data that name none
 * @returns undefined for messages of another name
 */
export function parseCueMessage(name: string, values: readonly AmfValue[], atSeconds: number): CueMessage | undefined {
  const [value] = values;
  switch (name) {
    case 'onAdCue': return adCue(amfMembersOf(value));
    case 'onCuePoint': return cuePoint(amfMembersOf(value));
    case 'onUserDataEvent': return typeof value === 'string' ? userData(value, atSeconds) : invalid('onUserDataEvent carries no text');
    default: return undefined;
  }
}

/** JSON that arrived without a time, over the `eventdata` call. */
export function dataCue(json: string, seconds: number): Cue {
  return { meaning: 'data', id: `data-${crc32(json).toString(16)}-${Math.round(seconds * 1000)}`, seconds, durationSeconds: undefined, scheme: DATA_SCHEME, payload: Buffer.from(json) };
}

/** A SCTE-35 section with its time. */
function spliceMessage(section: Uint8Array, id: string | undefined, seconds: number, durationSeconds: number | undefined): CueMessage {
  try {
    const info = parseSplice(section);
    const known = id ?? `splice-${info.eventId ?? crc32(section)}`;
    if (info.meaning === 'cancel') return { type: 'cancel', id: known };
    return { type: 'cue', cue: { meaning: info.meaning, id: known, seconds, durationSeconds: durationSeconds ?? info.durationSeconds, scheme: SPLICE_SCHEME, payload: section } };
  } catch (error) {
    if (error instanceof MediaFormatError) return invalid(error.message);
    throw error;
  }
}

function adCue(members: AmfObject | undefined): CueMessage {
  if (!members) return invalid('onAdCue carries no object');
  const { cue, type } = members;
  const id = plainId(members['id']);
  const seconds = timeOf(members['time']);
  const durationSeconds = durationOf(members['duration']);
  if (seconds === undefined) return invalid('onAdCue has no time');
  if (typeof type === 'string' && SCTE35_TYPES.has(type)) {
    if (typeof cue !== 'string' || cue.length > 2 * MAX_SECTION_BYTES) return invalid('onAdCue has no SCTE-35 section');
    return spliceMessage(new Uint8Array(Buffer.from(cue, 'base64')), id, seconds, durationSeconds);
  }
  // The documentation of 2018 says the word in `cue`, that of 2019 in `type`.
  if (cue === 'SpliceOut' || type === 'SpliceOut') return spliceOut(id, seconds, durationSeconds);
  return invalid('onAdCue is of an unknown type');
}

function cuePoint(members: AmfObject | undefined): CueMessage | undefined {
  // Cue points of other names are chapters and captions of players.
  if (members?.['name'] !== 'scte35') return undefined;
  const parameters = amfMembersOf(members['parameters']) ?? {};
  const seconds = timeOf(members['time']);
  if (seconds === undefined) return invalid('onCuePoint has no time');
  return spliceOut(plainId(parameters['id'] ?? parameters['Id']), seconds, durationOf(parameters['duration']));
}

function spliceOut(id: string | undefined, seconds: number, durationSeconds: number | undefined): CueMessage {
  const known = id ?? `splice-${Math.round(seconds * 1000)}`;
  const payload = buildSplice({ meaning: 'out', eventId: crc32(known), seconds, durationSeconds, command: 'spliceInsert' });
  return { type: 'cue', cue: { meaning: 'out', id: known, seconds, durationSeconds, scheme: SPLICE_SCHEME, payload } };
}

/** One event in an EventStream of DASH. */
function userData(xml: string, atSeconds: number): CueMessage {
  if (xml.length > 2 * MAX_DATA_BYTES) return invalid('onUserDataEvent is too long');
  const match = /^\s*(?:<\?xml[^>]*\?>\s*)?<EventStream\b([^>]*)>\s*<Event\b([^>]*)>([^<]*)<\/Event>\s*<\/EventStream>\s*$/.exec(xml);
  if (!match) return invalid('onUserDataEvent is no EventStream with one event of text');
  const stream = attributesOf(match[1] ?? '');
  const event = attributesOf(match[2] ?? '');
  const timescale = Number(stream.get('timescale') ?? 1000);
  if (!(timescale > 0)) return invalid('onUserDataEvent has no timescale');
  const scheme = stream.get('schemeIdUri') ?? DATA_SCHEME;
  if (scheme === SPLICE_SCHEME || !/^[!-~]{1,255}$/.test(scheme)) return invalid('onUserDataEvent has a scheme that is none');
  const text = unescaped(match[3] ?? '');
  const payload = event.get('contentEncoding')?.toLowerCase() === 'base64' ? Buffer.from(text, 'base64') : Buffer.from(text, 'utf8');
  if (payload.length > MAX_DATA_BYTES) return invalid('onUserDataEvent is too long');
  const seconds = event.has('presentationTime') ? timeOf(Number(event.get('presentationTime')) / timescale) : atSeconds;
  if (seconds === undefined) return invalid('onUserDataEvent has no time');
  return { type: 'cue', cue: {
    meaning: 'data', id: plainId(event.get('id')) ?? `data-${crc32(payload).toString(16)}-${Math.round(seconds * 1000)}`, seconds,
    durationSeconds: durationOf(Number(event.get('duration') ?? Number.NaN) / timescale), scheme, payload,
  } };
}

function attributesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/([A-Za-z:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name = '', double, single]) => [name, unescaped(double ?? single ?? '')]));
}

function unescaped(text: string): string {
  const entities: { readonly [name: string]: string } = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_whole, name: string) => entities[name] ?? '');
}

/** Ids stand in playlists and XML. */
function plainId(value: AmfValue): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, 64).replaceAll(/[^A-Za-z0-9._:-]/g, '_') : undefined;
}

function timeOf(value: AmfValue): number | undefined {
  return typeof value === 'number' && value >= 0 && value < LATEST_SECONDS ? value : undefined;
}

/** 0 means unknown; Elemental writes numbers as text. */
function durationOf(value: AmfValue): number | undefined {
  const seconds = typeof value === 'string' ? Number(value) : value;
  return typeof seconds === 'number' && seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
}

function invalid(sentence: string): CueMessage {
  return { type: 'invalid', sentence: `A cue was ignored: ${sentence}.` };
}
