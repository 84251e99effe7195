// Reads `--destination`. What lies behind an address is checked by the engine; here only its kind is decided.
import path from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import type { Destination } from '../../contract/plan.ts';
import { isPlatformText, parseStreamPlace } from './streamPlace.ts';
import type { UploadDestination } from '../../contract/upload.ts';

/** `embedded`, `embedded:HOME` (the service of another home on this machine), `arm` (the account chosen after `fieldcast sign-in`), `arm:…`, a platform (`youtube`), `rtmp://…` or `rtmps://…`; throws an OperatorError that names them otherwise. */
export function parseDestination(text: string): Destination {
  if (text === 'embedded') return { kind: 'embedded' };
  if (text.startsWith('embedded:') && text.length > 'embedded:'.length) return { kind: 'embedded', home: path.resolve(text.slice('embedded:'.length)) };
  if (text === 'arm' || /^(arm|ravnur|mkio):/.test(text)) return { kind: 'arm', address: text };
  if (/^rtmps?:\/\//i.test(text)) return { kind: 'rtmp', url: text };
  if (isPlatformText(text)) {
    const { name, server, platform, rendition } = parseStreamPlace(text);
    if (rendition !== undefined) throw new OperatorError('STREAM_PLACE_UNKNOWN', 'Only outputs beside the main one choose a rendition with @.', `Choose the main one's with --ladder, for example --ladder ${rendition}.`);
    return { kind: 'rtmp', url: server, keyName: name, platform };
  }
  // The text itself is not repeated: it may be a mistyped address with a key in it.
  throw new OperatorError(
    'UNKNOWN_DESTINATION',
    'The destination is none that Fieldcast knows.',
    'Use `embedded`, `embedded:FOLDER`, `arm` (after `fieldcast sign-in`), `arm:https://HOST/subscriptions/…/mediaservices/ACCOUNT`, the same with `ravnur:`, `mkio:project/NAME`, `youtube` and other names of `fieldcast platforms`, or `rtmp://` / `rtmps://` with a stream key.',
  );
}

/** Where files can lie. @throws OperatorError also `NOT_FOR_FILES` */
export function uploadDestinationOf(text: string): UploadDestination {
  const destination = parseDestination(text);
  if (destination.kind === 'embedded' || destination.kind === 'arm') return destination;
  throw new OperatorError('NOT_FOR_FILES', 'A plain RTMP server takes no files.', 'Use `embedded`, `arm` or `arm:ADDRESS`.');
}
