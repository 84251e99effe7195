// Where a publisher connects to: RTMP URLs taken apart, and shown without what they keep secret.
import { OperatorError } from '../../contract/errors.ts';

export type RtmpTarget = {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Everything between host and stream name, without slashes at its ends (`live/<token>`). */
  readonly app: string;
  /** Without query string; never empty. */
  readonly streamName: string;
  /** Behind the question mark; empty where there is none. */
  readonly query: string;
};

const DEFAULT_PORT = 1935;
const DEFAULT_SECURE_PORT = 443;
const HIDDEN = '***';
/** Shorter texts are no secrets, and hiding them would make sentences unreadable. */
const MIN_SECRET_LENGTH = 4;

/**
 * The parts of an `rtmp://` or `rtmps://` URL. The stream name is the last segment of its path, or `streamName` where that is given
 * (then the whole path is the app).
 * @throws OperatorError `RTMP_URL_INVALID`, `RTMP_URL_SCHEME`, `RTMP_URL_NO_APP`, `RTMP_URL_NO_STREAM_NAME`. None quotes the URL.
 */
export function parseRtmpUrl(url: string, streamName?: string): RtmpTarget {
  const parsed = parseUrl(url);
  const scheme = parsed.protocol;
  if (scheme !== 'rtmp:' && scheme !== 'rtmps:') {
    throw new OperatorError('RTMP_URL_SCHEME', `An ingest address begins with rtmp:// or rtmps://, not with ${scheme}//.`, 'Copy the RTMP ingest address of the live event.');
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
    throw invalid('it contains a user name, a password or a "#"');
  }
  const [name, nameQuery] = splitQuery(streamName ?? '');
  const segments = parsed.pathname.split('/').filter((segment) => segment !== '');
  const lastSegment = streamName === undefined && segments.length > 1 ? (segments.pop() ?? '') : name;
  if (segments.length === 0) {
    throw new OperatorError('RTMP_URL_NO_APP', 'The ingest address ends after the host.', 'Copy the whole address: rtmps://host:port/app/stream.');
  }
  if (lastSegment === '') {
    throw new OperatorError('RTMP_URL_NO_STREAM_NAME', 'The ingest address has no stream name behind the app.', 'Add a stream name: rtmps://host:port/app/stream.');
  }
  if (lastSegment.includes('/') || /[\s\p{Cc}]/u.test(lastSegment)) throw invalid('its stream name contains a slash or a space');
  const secure = scheme === 'rtmps:';
  return {
    secure,
    // The brackets around an IPv6 address belong to the URL, not to the address.
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? (secure ? DEFAULT_SECURE_PORT : DEFAULT_PORT) : Number(parsed.port),
    app: segments.join('/'),
    streamName: lastSegment,
    query: nameQuery === '' ? parsed.search.slice(1) : nameQuery,
  };
}

/** The stream name as it is published: with its query string. */
export function publishNameOf(target: RtmpTarget): string {
  return target.query === '' ? target.streamName : `${target.streamName}?${target.query}`;
}

/** The URL up to the app, as `connect` carries it. Holds the token. */
export function tcUrlOf(target: RtmpTarget): string {
  return `${originOf(target)}/${target.app}`;
}

/** The URL with the token and the stream name hidden: scheme, host, port and the first segment of an app that has several. Never throws. */
export function redactRtmpUrl(url: string): string {
  try {
    return describeTarget(parseRtmpUrl(url, undefined));
  } catch {
    return `rtmp://${HIDDEN}`;
  }
}

/** Like {@link redactRtmpUrl}, for a target. */
export function describeTarget(target: RtmpTarget): string {
  const [first = '', ...hidden] = target.app.split('/');
  return `${originOf(target)}/${[first, ...hidden.map(() => HIDDEN), HIDDEN].join('/')}`;
}

/** Hides by value, in a text of any origin, every part of the target that may be a key. */
export function redactor(target: RtmpTarget): (text: string) => string {
  const [, ...tokens] = target.app.split('/');
  const queryValues = target.query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const parts = [tcUrlOf(target), target.app, ...tokens, publishNameOf(target), target.streamName, target.query, ...queryValues];
  // An app of one segment ("live", "app") is no secret, and stands in many sentences.
  const secrets = parts.filter((part) => part.length >= MIN_SECRET_LENGTH && (tokens.length > 0 || part !== target.app))
    .flatMap((part) => [part, encodeURIComponent(part)])
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text);
}

function originOf(target: RtmpTarget): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${target.secure ? 'rtmps' : 'rtmp'}://${host}:${target.port}`;
}

function parseUrl(url: string): URL {
  if (/[\s\p{Cc}]/u.test(url)) throw invalid('it contains a space');
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw invalid('it is not a URL');
  }
  if (parsed.hostname === '' && /^rtmps?:$/.test(parsed.protocol)) throw invalid('it names no host');
  return parsed;
}

function splitQuery(name: string): [string, string] {
  const mark = name.indexOf('?');
  return mark < 0 ? [name, ''] : [name.slice(0, mark), name.slice(mark + 1)];
}

function invalid(why: string): OperatorError {
  return new OperatorError('RTMP_URL_INVALID', `The ingest address cannot be used: ${why}.`, 'Copy the RTMP ingest address of the live event again.');
}
