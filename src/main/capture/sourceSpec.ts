// Reads the text form of a source (`--source`, `--audio`). Pure; looks at no file and no device.
import { OperatorError } from '../../contract/errors.ts';
import { audioSpecSchema, soundSettingsSchema, sourceSpecSchema, type AudioSpec, type SoundSettings, type SourceSpec } from '../../contract/source.ts';

const SOURCES = 'test, file:PATH_OR_URL, screen[:DISPLAY], microphone[:NAME], camera[:NAME]';
const AUDIO_SOURCES = 'test, file:PATH_OR_URL, microphone[:NAME], none, source (the sound of the video source)';

/** @throws {OperatorError} `SOURCE_UNKNOWN`, naming what there is. */
export function parseSourceSpec(text: string): SourceSpec {
  return parsed(text, sourceSpecSchema, SOURCES, '--source');
}

/** @throws {OperatorError} `SOURCE_UNKNOWN`, naming what there is. */
export function parseAudioSpec(text: string): AudioSpec {
  return parsed(text, audioSpecSchema, AUDIO_SOURCES, '--audio');
}

/**
 * Takes `;gain=DB` and `;offset=MS` off the end of a source's text.
 * @throws {OperatorError} `SOURCE_SETTING` for a number out of bounds.
 */
export function splitSoundSettings(text: string): { readonly spec: string; readonly sound: SoundSettings } {
  const found = /;(gain|offset)=([^;]*)$/.exec(text);
  if (found === null) return { spec: text, sound: {} };
  const before = splitSoundSettings(text.slice(0, found.index));
  const value = found[2]?.trim() === '' ? Number.NaN : Number(found[2]);
  const parsedSound = soundSettingsSchema.safeParse({ ...before.sound, [found[1] === 'gain' ? 'gainDb' : 'offsetMs']: value });
  if (!parsedSound.success) {
    throw new OperatorError('SOURCE_SETTING', `"${found[0].slice(1, 100)}" is no setting of a source.`, 'Give ;gain= from -60 to 20 (dB) and ;offset= from -500 to 1000 (ms).');
  }
  return { spec: before.spec, sound: parsedSound.data };
}

/** What the part after the colon is called in each kind. */
const DETAIL: Readonly<Record<string, string>> = { file: 'path', screen: 'display', microphone: 'name', camera: 'name' };

function parsed<Spec>(
  text: string, schema: { safeParse: (value: unknown) => { success: true; data: Spec } | { success: false } },
  choices: string, option: string,
): Spec {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  const action = `Give ${option} one of: ${choices}.`;
  if (kind === 'file' && rest === '') throw new OperatorError('SOURCE_UNKNOWN', 'A file source needs a path or a URL.', `Write ${option} file:PATH_OR_URL.`);
  const detail = DETAIL[kind];
  const isBareWithDetail = colon >= 0 && detail === undefined;
  const result = schema.safeParse({ kind, ...(rest === '' || detail === undefined ? {} : { [detail]: rest }) });
  if (!result.success || isBareWithDetail) throw new OperatorError('SOURCE_UNKNOWN', `There is no source "${text.slice(0, 200)}".`, action);
  return result.data;
}

/** The text form of a source, for labels. A URL is shown without user, password and query, which may hold secrets. */
export function labelOf(spec: SourceSpec | AudioSpec): string {
  switch (spec.kind) {
    case 'file': return `file ${withoutSecrets(spec.path)}`;
    case 'screen': return spec.display === undefined ? 'screen' : `screen ${spec.display}`;
    case 'microphone':
    case 'camera': return spec.name === undefined ? spec.kind : `${spec.kind} ${spec.name}`;
    case 'test': return 'test picture';
    case 'none': return 'silence';
    case 'source': return 'sound of the video source';
  }
}

/** True for what FFmpeg opens by a protocol, not by a path. A Windows drive (`C:\`) is a path. */
export function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(path) && !/^file:/i.test(path);
}

/** Parts of a URL that must not be shown: user and password, and the query, which may hold a token. */
export function secretsOfUrl(path: string): string[] {
  if (!isUrl(path)) return [];
  const credentials = /^[^:]+:\/\/([^/@?#]+)@/.exec(path)?.[1];
  const query = /\?([^#]+)/.exec(path)?.[1];
  return [credentials, ...(credentials?.split(':').slice(1) ?? []), query].filter((one): one is string => one !== undefined && one.length > 2);
}

function withoutSecrets(path: string): string {
  return secretsOfUrl(path).reduce((shown, secret) => shown.replaceAll(secret, '***'), path);
}
