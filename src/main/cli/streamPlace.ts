// Reads where a single stream goes, for `--also` and for platforms as `--destination`: `youtube`, `church=youtube`, `linkedin:rtmps://…`,
// `rtmps://HOST/APP`, each with `@RENDITION` behind it where that is chosen. A key in it is refused: other users of the computer can read arguments.
import { OperatorError } from '../../contract/errors.ts';
import { PLATFORM_NAMES, platformNameSchema, platformOf, PLATFORMS } from '../../contract/platforms.ts';
import { sideOutputNameSchema, type SideOutput } from '../../contract/sideOutput.ts';

const SHAPE = `[NAME=]${PLATFORM_NAMES.filter((name) => name !== 'generic').join(' | ')}, PLATFORM:rtmps://HOST/APP or rtmps://HOST/APP, and @RENDITION behind it where one is to be chosen`;

/** True for a platform, and for any place with a name of its own; a plain RTMP address with its key is neither. */
export function isPlatformText(text: string): boolean {
  return /^[^=:/]+=/.test(text) || platformNameSchema.safeParse(/^([a-z]+)(?::|$)/.exec(text)?.[1]).success;
}

/** @throws OperatorError `STREAM_PLACE_UNKNOWN`, `STREAM_KEY_IN_ARGUMENTS` */
export function parseStreamPlace(text: string): SideOutput {
  const [, given, rest = '', rendition] = /^(?:([^=:/]*)=)?(.*?)(?:@([a-z0-9]{1,16}))?$/s.exec(text.trim()) ?? [];
  const [, named, address] = /^([a-z]+)(?::(rtmps?:\/\/.*))?$/is.exec(rest) ?? [];
  const platform = platformNameSchema.safeParse(named?.toLowerCase()).data;
  const server = /^rtmps?:\/\//i.test(rest) ? rest : platform === undefined ? undefined : address ?? PLATFORMS[platform].server;
  if (server === undefined) {
    const why = platform === undefined ? 'is none that Fieldcast knows' : `${PLATFORMS[platform].title} gives each stream an address of its own, which is missing`;
    throw new OperatorError('STREAM_PLACE_UNKNOWN', `A place to stream to ${platform === undefined ? why : `cannot be used: ${why}`}.`, platform === undefined ? `Write ${SHAPE}.` : `Write ${platform}:rtmps://HOST/APP.`);
  }
  const known = platform ?? platformOf(server);
  const name = (given ?? (known === 'generic' ? nameOfHost(server) : known)).toLowerCase();
  if (!sideOutputNameSchema.safeParse(name).success) {
    throw new OperatorError('STREAM_PLACE_UNKNOWN', 'The name of a place to stream to has other signs than small letters, digits and hyphens.', 'Choose a name such as church or channel-2.');
  }
  return { name, platform: known, server: withoutKey(server), ...(rendition === undefined ? {} : { rendition }) };
}

/** One segment is the app; with a slash at its end the whole path is. */
function withoutKey(server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || url.hostname === '' || url.pathname.replaceAll('/', '') === '') {
    throw new OperatorError('STREAM_PLACE_UNKNOWN', 'A place to stream to has no usable address.', 'Write it as rtmps://HOST/APP, without the stream key.');
  }
  const segments = url.pathname.split('/').filter((one) => one !== '');
  if ((segments.length > 1 && !server.endsWith('/')) || url.search !== '' || url.username !== '' || url.password !== '') {
    throw new OperatorError(
      'STREAM_KEY_IN_ARGUMENTS', 'An argument is no place for a stream key: other users of this computer can read it.',
      'Give the address up to its app (with a slash at its end where the app has several parts); the key comes from `fieldcast keys`, the environment, or is asked for.',
    );
  }
  return server.replace(/\/+$/, '');
}

function nameOfHost(server: string): string {
  const host = URL.canParse(server) ? new URL(server).hostname : '';
  return host.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 32).replaceAll(/-+$/g, '');
}
