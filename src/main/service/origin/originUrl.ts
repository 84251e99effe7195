// What a delivery URL asks for, behind the locator: manifests, media playlists, headers and segments of one `.ism`. Pure.

export type ManifestFormat = 'hls' | 'dash';

export type OriginRequest = { readonly manifestName: string; /** Names, as the URL has them. */ readonly filters: readonly string[] } & (
  | { readonly what: 'manifest'; readonly format: ManifestFormat; /** `(…,encryption=cbc)`: AES-128 of whole segments. */ readonly isEncrypted: boolean }
  | { readonly what: 'mediaPlaylist'; readonly kind: 'video' | 'audio'; readonly bitrate: number }
  | { readonly what: 'init'; readonly kind: 'video' | 'audio'; readonly bitrate: number; readonly formatId: number }
  | { readonly what: 'segment'; readonly kind: 'video' | 'audio'; readonly bitrate: number; readonly startTicks: number }
);

export type OriginUrlFault = {
  readonly what: 'fault';
  readonly status: 400 | 404 | 415;
  readonly code: 'MPE_BAD_URL_SYNTAX' | 'MPE_RESOURCE_NOT_FOUND' | 'MPE_FORMAT_NOT_SUPPORTED';
  readonly message: string;
};

const FORMATS = new Map<string, ManifestFormat>([['m3u8-cmaf', 'hls'], ['mpd-time-cmaf', 'dash'], ['mpd-time-csf', 'dash']]);
const MAX_PATH_CHARACTERS = 2048;
/** Documented: three in a URL, ten at a locator. */
const MAX_FILTERS = 3;

/**
 * Reads the path behind `/<locatorId>/` (delivery URLs of Media Services; literals without regard to case).
 * @param path still percent-encoded, without query
 */
export function parseOriginPath(path: string): OriginRequest | OriginUrlFault {
  if (path.length > MAX_PATH_CHARACTERS) return badSyntax('The URL is too long.');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return badSyntax('The URL has a broken percent-encoding.');
  }
  const [ism = '', ...rest] = decoded.split('/');
  const manifestName = /^([^/\\]{1,260})\.ism$/i.exec(ism)?.[1];
  if (manifestName === undefined) return { what: 'fault', status: 404, code: 'MPE_RESOURCE_NOT_FOUND', message: 'There is nothing under this name.' };
  const [first = '', second, ...more] = rest;
  if (more.length > 0) return badSyntax('The URL has too many segments.');
  return second === undefined ? manifestRequest(manifestName, first) : levelRequest(manifestName, first, second);
}

/** `manifest(format=m3u8-cmaf)`, also with `.m3u8` or `.mpd` behind it. */
function manifestRequest(manifestName: string, text: string): OriginRequest | OriginUrlFault {
  const match = /^manifest(?:\(([^()]*)\))?(\.m3u8|\.mpd)?$/i.exec(text);
  if (!match) return badSyntax('Behind the .ism stands "manifest(format=…)" or "QualityLevels(…)/…".');
  const tags = tagsOf(match[1] ?? '');
  if (!tags) return badSyntax('A tag in the parentheses has no value.');
  const fault = refusedTag(tags);
  if (fault) return fault;
  const named = tags.get('format');
  const suffix = match[2]?.toLowerCase();
  const format = named === undefined ? suffixFormat(suffix) : FORMATS.get(named);
  if (format) return { what: 'manifest', manifestName, filters: filtersOf(tags), format, isEncrypted: tags.has('encryption') };
  return { what: 'fault', status: 415, code: 'MPE_FORMAT_NOT_SUPPORTED', message: 'This origin delivers (format=m3u8-cmaf) and (format=mpd-time-cmaf).' };
}

function suffixFormat(suffix: string | undefined): ManifestFormat | undefined {
  if (suffix === '.m3u8') return 'hls';
  return suffix === '.mpd' ? 'dash' : undefined;
}

/** `QualityLevels(2500000)/Manifest(video,format=…)` and `QualityLevels(2500000)/Fragments(video=60000,format=…)`. */
function levelRequest(manifestName: string, level: string, noun: string): OriginRequest | OriginUrlFault {
  const bitrate = wholeNumber(/^QualityLevels\((\d{1,12})\)$/i.exec(level)?.[1]);
  const [, verb, inside] = /^(Manifest|Fragments)\(([^()]*)\)(?:\.m3u8|\.m4s|\.mp4)?$/i.exec(noun) ?? [];
  if (bitrate === undefined || verb === undefined || inside === undefined) return badSyntax('A quality level is asked for as QualityLevels(<bitrate>)/Manifest(…) or …/Fragments(…).');
  const [subject = '', ...tail] = inside.split(',');
  const tags = tagsOf(tail.join(','));
  if (!tags) return badSyntax('A tag in the parentheses has no value.');
  const fault = refusedTag(tags);
  if (fault) return fault;
  const format = tags.get('format');
  if (format !== undefined && !FORMATS.has(format)) return { what: 'fault', status: 415, code: 'MPE_FORMAT_NOT_SUPPORTED', message: 'Segments are CMAF.' };
  if (verb.toLowerCase() === 'manifest') {
    const kind = kindOf(subject);
    return kind ? { what: 'mediaPlaylist', manifestName, filters: filtersOf(tags), kind, bitrate } : badSyntax('A media playlist is of "video" or "audio".');
  }
  const [name = '', place = ''] = subject.split('=');
  const kind = kindOf(name);
  if (!kind) return badSyntax('A fragment is of "video" or "audio".');
  const formatId = /^i(\d{0,4})$/i.exec(place)?.[1];
  if (formatId !== undefined) return { what: 'init', manifestName, filters: [], kind, bitrate, formatId: Number(formatId) };
  const startTicks = wholeNumber(/^\d{1,16}$/.exec(place)?.[0]);
  return startTicks === undefined ? badSyntax('A fragment is named by its time or by "i".') : { what: 'segment', manifestName, filters: [], kind, bitrate, startTicks };
}

function tagsOf(text: string): Map<string, string> | undefined {
  const tags = new Map<string, string>();
  for (const part of text.split(',').filter((one) => one !== '')) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(part.trim()) ?? [];
    if (name === undefined || value === undefined) return undefined;
    tags.set(name.toLowerCase(), value.toLowerCase());
  }
  return tags;
}

/** Tags that would change what is delivered and that this origin does not have; others (audio-only=false, …) change nothing. */
function refusedTag(tags: ReadonlyMap<string, string>): OriginUrlFault | undefined {
  const encryption = tags.get('encryption');
  if (encryption !== undefined && encryption !== 'cbc') return { what: 'fault', status: 415, code: 'MPE_FORMAT_NOT_SUPPORTED', message: 'This origin encrypts with (encryption=cbc) or not at all.' };
  if (filtersOf(tags).length > MAX_FILTERS) return badSyntax(`A URL names at most ${MAX_FILTERS} filters.`);
  return undefined;
}

/** `filter=a;b` */
function filtersOf(tags: ReadonlyMap<string, string>): string[] {
  return (tags.get('filter') ?? '').split(';').map((name) => name.trim()).filter((name) => name !== '');
}

function kindOf(text: string): 'video' | 'audio' | undefined {
  const lower = text.toLowerCase();
  return lower === 'video' || lower === 'audio' ? lower : undefined;
}

function wholeNumber(digits: string | undefined): number | undefined {
  const value = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}

function badSyntax(message: string): OriginUrlFault {
  return { what: 'fault', status: 400, code: 'MPE_BAD_URL_SYNTAX', message };
}
