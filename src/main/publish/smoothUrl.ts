// Where a Smooth Streaming publisher posts to: `http(s)://HOST/TOKEN/ingest.isml/streams(NAME)` taken apart, and shown without what it keeps secret.
import { OperatorError } from '../../contract/errors.ts';

export type SmoothTarget = {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** From the first slash on. Holds the token. */
  readonly path: string;
};

const HIDDEN = '***';
/** Shorter texts are no secrets, and hiding them would make sentences unreadable. */
const MIN_SECRET_LENGTH = 4;

/** The address of one stream of a publishing point. @param base address up to `….isml` */
export function smoothStreamUrl(base: string, streamName: string): string {
  return `${base.replace(/\/+$/, '')}/streams(${streamName})`;
}

/** @throws OperatorError `SMOOTH_URL_INVALID`, which does not quote the URL */
export function parseSmoothUrl(url: string): SmoothTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || /[\s\p{Cc}]/u.test(url)) throw invalid('it is not a URL');
  const secure = parsed.protocol === 'https:';
  if (!secure && parsed.protocol !== 'http:') throw invalid(`it begins with ${parsed.protocol}//`);
  if (parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') throw invalid('it contains a user name, a password or a "#"');
  if (!/\.isml\/streams\([\w.-]{1,128}\)$/i.test(parsed.pathname)) throw invalid('it does not end in .isml/streams(NAME)');
  return {
    secure,
    // The brackets around an IPv6 address belong to the URL, not to the address.
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    path: `${parsed.pathname}${parsed.search}`,
  };
}

/** The address with everything hidden that may be a key. */
export function describeSmoothTarget(target: SmoothTarget): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${target.secure ? 'https' : 'http'}://${host}:${target.port}/${HIDDEN}/${pointOf(target)}/streams(${HIDDEN})`;
}

/** Hides by value, in a text of any origin, every part of the target that may be a key. */
export function smoothRedactor({ path }: SmoothTarget): (text: string) => string {
  const [, ...segments] = path.split(/[/?&=()]/);
  const secrets = [path, ...segments].filter((part) => part.length >= MIN_SECRET_LENGTH && !/^(streams|.*\.isml)$/i.test(part));
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text);
}

function pointOf({ path }: SmoothTarget): string {
  return /\/([\w.-]{1,32}\.isml)\/streams\(/i.exec(path)?.[1] ?? 'ingest.isml';
}

function invalid(why: string): OperatorError {
  return new OperatorError('SMOOTH_URL_INVALID', `The Smooth Streaming address cannot be used: ${why}.`, 'Copy the ingest address of the live event again.');
}
