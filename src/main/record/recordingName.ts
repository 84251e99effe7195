// Names of recordings, from a template of the operator's. Pure: one plain name that every file system takes, whatever an event is called.
import { OperatorError } from '../../contract/errors.ts';

export const DEFAULT_NAME_TEMPLATE = '{event} {date} {time}';
const PLACES = ['event', 'date', 'time', 'part', 'rendition'] as const;
/** File systems take 255 bytes; " (1000).mp4" and the name of a draft come behind. */
const MAX_NAME_BYTES = 200;
/** Names of devices on Windows, whatever stands behind their first dot. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|\s|$)/i;

export type NameFacts = {
  readonly event: string;
  /** Of the recording, not of its part. */
  readonly startedAt: Date;
  /** From 1. */
  readonly part: number;
  readonly rendition: string;
};

/** @throws OperatorError RECORD_NAME for a template with a place that there is not, or a folder in it */
export function checkNameTemplate(template: string): void {
  const unknown = template.replaceAll(new RegExp(`\\{(${PLACES.join('|')})\\}`, 'g'), '');
  const places = PLACES.map((one) => `{${one}}`).join(', ');
  if (/[{}]/.test(unknown)) throw new OperatorError('RECORD_NAME', `"${template}" is no name for recordings: a place in braces is not known.`, `Use ${places}.`);
  if (/[/\\]/.test(unknown)) throw new OperatorError('RECORD_NAME', `"${template}" names a folder.`, 'Give the folder with --record, and a plain name here.');
  if (template.trim() === '') throw new OperatorError('RECORD_NAME', 'The name for recordings is empty.', `Use ${places}.`);
}

/**
 * `{event}`, `{date}` (2026-01-31), `{time}` (14-05-09, local), `{part}` (02) and `{rendition}` filled in; what file systems refuse becomes
 * a hyphen. A template without `{part}` gets it at its end from the second part on.
 */
export function recordingName(template: string, { event, startedAt, part, rendition }: NameFacts): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const values: Record<(typeof PLACES)[number], string> = {
    event, rendition,
    date: `${startedAt.getFullYear()}-${two(startedAt.getMonth() + 1)}-${two(startedAt.getDate())}`,
    time: `${two(startedAt.getHours())}-${two(startedAt.getMinutes())}-${two(startedAt.getSeconds())}`,
    part: two(part),
  };
  // In one go: what an event is called is not a template.
  const filled = template.replace(/\.mp4$/i, '').replaceAll(/\{(event|date|time|part|rendition)\}/g, (_, place: keyof typeof values) => values[place]);
  const suffix = part > 1 && !template.includes('{part}') ? ` part ${two(part)}` : '';
  const plain = filled
    // oxlint-disable-next-line no-control-regex -- Windows refuses control characters in names.
    .replaceAll(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, '-')
    .replace(/^[\s.]+/, '');
  const stem = shortened(plain, MAX_NAME_BYTES - suffix.length).replace(/[\s.]+$/, '').replace(DEVICE, '-$1');
  return `${stem === '' ? 'recording' : stem}${suffix}.mp4`;
}

/** Cut between characters, so that it has at most so many bytes in UTF-8. */
function shortened(text: string, maxBytes: number): string {
  let bytes = 0;
  let result = '';
  for (const character of text.toWellFormed()) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    result += character;
  }
  return result;
}
