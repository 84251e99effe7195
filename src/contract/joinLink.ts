// Links by which a second instance finds the event of the first: `fieldcast://join/EVENT?to=DESTINATION`. Anybody can make one, so it holds
// no credentials and only ever fills in a form.
import { LINK_SCHEME } from './desktop.ts';
import { eventNameSchema } from './plan.ts';
import { uploadDestinationSchema, type UploadDestination } from './upload.ts';

export type JoinWish = { readonly eventName: string; readonly destination: UploadDestination };

const EMBEDDED = 'embedded';
const ACCOUNT = 'arm';

export function joinLinkOf({ eventName, destination }: JoinWish): string {
  const to = destination.kind === 'arm' ? destination.address : destination.home === undefined ? EMBEDDED : `${EMBEDDED}:${destination.home}`;
  return `${LINK_SCHEME}://join/${encodeURIComponent(eventName)}?to=${encodeURIComponent(to)}`;
}

/** Undefined for what is no such link. Without `to` it is the account that was chosen at sign-in. */
export function readJoinLink(text: string): JoinWish | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== `${LINK_SCHEME}:` || url.host !== 'join') return undefined;
  const eventName = eventNameSchema.safeParse(decoded(url.pathname.slice(1)));
  const to = url.searchParams.get('to') ?? ACCOUNT;
  const destination = uploadDestinationSchema.safeParse(
    to === EMBEDDED ? { kind: 'embedded' }
      : to.startsWith(`${EMBEDDED}:`) ? { kind: 'embedded', home: to.slice(EMBEDDED.length + 1) }
        : to === ACCOUNT || to.startsWith(`${ACCOUNT}:`) ? { kind: 'arm', address: to } : undefined,
  );
  return eventName.success && destination.success ? { eventName: eventName.data, destination: destination.data } : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
