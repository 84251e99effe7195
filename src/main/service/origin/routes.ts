// The origin over HTTP: one route for everything behind a locator. Decides status, type, range and caching; builds no playlist itself.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isAddressAllowed } from '../addressRules.ts';
import type { LocatorDirectory, LocatorTarget } from '../mediaPlane.ts';
import { encryptedLength, encryptSegment, type SegmentEncryption } from '../keys/contentKeys.ts';
import { registerKeyDelivery } from '../keys/keyDelivery.ts';
import { allowAnyPage } from './anyPage.ts';
import { parseByteRange } from './byteRange.ts';
import { dashManifest } from './dashManifest.ts';
import { mediaPlaylist, multivariantPlaylist } from './hlsPlaylist.ts';
import { filtered, type MediaFilter } from './mediaFilter.ts';
import { parseOriginPath, type OriginRequest } from './originUrl.ts';
import type { OriginSource, Presentation, PresentedTrack } from './presentation.ts';
import { segmentAt } from './segmentSearch.ts';
import { showTracks } from './shownTracks.ts';

const HLS_TYPE = 'application/vnd.apple.mpegurl';
const DASH_TYPE = 'application/dash+xml';
/** Segments are named by their time on the timeline and never change. */
const IMMUTABLE = 'public, max-age=31536000, immutable';
const GUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';

/** Serves `/<locatorId>/<manifest>.ism/…`, for viewers of any page. Only paths that begin with a GUID are taken. */
export function registerOrigin(app: FastifyInstance, plane: OriginSource, directory: LocatorDirectory): void {
  app.route<{ Params: { locatorId: string } }>({
    method: ['GET', 'HEAD', 'OPTIONS'],
    url: `/:locatorId(^${GUID}$)/*`,
    handler: async (request, reply) => {
      allowAnyPage(request, reply);
      if (request.method === 'OPTIONS') return reply.status(204).header('cache-control', 'max-age=86400').send();
      const [path = ''] = request.url.split('?');
      const asked = parseOriginPath(path.slice(path.indexOf('/', 1) + 1));
      if (asked.what === 'fault') return fault(reply, asked.status, asked.code, asked.message);
      const target = directory.resolve(request.params.locatorId);
      const whole = target && await behind(target, request.socket.remoteAddress ?? '', plane);
      const filters = target && filtersFor(asked, target);
      if (whole && !filters) return fault(reply, 404, 'MPE_EGRESS_FILTER_NOT_FOUND', 'There is no filter of this name.');
      const shown = whole && filters && { ...whole, presentation: filtered(whole.presentation, filters) };
      if (shown?.presentation.manifestName !== asked.manifestName) {
        return fault(reply, 404, 'MPE_RESOURCE_NOT_FOUND', 'There is no such manifest behind this locator.');
      }
      return answer(asked, shown, request, reply);
    },
  });
  registerKeyDelivery(app, directory);
}

/** What a locator shows, and the key it is encrypted with. */
type Behind = { readonly presentation: Presentation; readonly encryption: SegmentEncryption | undefined };

async function behind(target: LocatorTarget, viewer: string, plane: OriginSource): Promise<Behind | undefined> {
  // Whoever may not watch a preview does not learn that there is one.
  if (target.kind === 'preview' && !isAddressAllowed(target.allow, viewer)) return undefined;
  if (target.kind === 'preview') return inTheClear(plane.preview(target.eventName));
  // startTime and endTime of a streaming locator say when it may be used.
  const now = Date.now();
  const isOpen = now >= (target.startTime?.getTime() ?? now) && now <= (target.endTime?.getTime() ?? now);
  const presentation = isOpen ? await plane.asset(target.assetDir) : undefined;
  return presentation && { presentation, encryption: target.encryption };
}

/** Those of the locator and those of the URL; segments are named by their own time, whatever a manifest lists. */
function filtersFor({ what, filters: names }: OriginRequest, { filters }: LocatorTarget): readonly MediaFilter[] | undefined {
  if (what === 'segment' || what === 'init') return [];
  const named = names.map((name) => filters?.named(name)).filter((one) => one !== undefined);
  const own = filters === undefined ? [] : filters.own;
  return own === undefined || named.length < names.length ? undefined : [...own, ...named];
}

function inTheClear(presentation: Presentation | undefined): Behind | undefined {
  return presentation && { presentation, encryption: undefined };
}

async function answer(asked: OriginRequest, shown: Behind, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { presentation, encryption } = shown;
  if (asked.what === 'manifest') {
    if (asked.isEncrypted !== (encryption !== undefined)) {
      return fault(reply, 404, 'MPE_RESOURCE_NOT_FOUND', encryption ? 'This locator delivers (format=m3u8-cmaf,encryption=cbc).' : 'This locator delivers in the clear.');
    }
    if (encryption && asked.format === 'dash') return fault(reply, 415, 'MPE_FORMAT_NOT_SUPPORTED', 'Encrypted content is delivered as HLS: (format=m3u8-cmaf,encryption=cbc).');
    return manifest(asked.format, presentation, asked.filters, reply);
  }
  const track = presentation.tracks.find(({ identity }) => identity.kind === asked.kind && identity.declaredBitrate === asked.bitrate);
  if (!track) return fault(reply, 404, 'MPE_EGRESS_TRACK_NOT_FOUND', 'There is no such track.');
  if (asked.what === 'mediaPlaylist') return playlist(track, shown, reply);
  if (asked.what === 'segment') return segment(asked.startTicks, track, shown, request, reply);
  const init = await presentation.init(track.identity.name, asked.formatId);
  if (!init) return fault(reply, 404, 'MPE_RESOURCE_NOT_FOUND', 'The track has no such header.');
  // A resumed archive may have replaced a header, so this one is asked for again.
  return bytes(init.length, async (range) => (range ? init.subarray(range.start, range.end + 1) : init), 'no-cache', asked.kind, request, reply);
}

function manifest(format: 'hls' | 'dash', presentation: Presentation, filters: readonly string[], reply: FastifyReply): FastifyReply {
  const shown = showTracks(presentation);
  const { isLive, zeroUtcMs = 0, windowSeconds, cues } = presentation;
  if (!shown) return notReady(reply, presentation);
  if (format === 'hls') return text(reply, HLS_TYPE, multivariantPlaylist(shown, filters.length === 0 ? '' : `,filter=${filters.map(encodeURIComponent).join(';')}`));
  return text(reply, DASH_TYPE, dashManifest(shown, { isLive, zeroUtcMs, windowSeconds, cues, nowUtcMs: Date.now() }));
}

function playlist(track: PresentedTrack, { presentation, encryption }: Behind, reply: FastifyReply): FastifyReply {
  const shown = showTracks(presentation);
  const own = shown && [...shown.video, ...shown.audio].find((one) => one.track.identity.name === track.identity.name);
  if (!own) return notReady(reply, presentation);
  return text(reply, HLS_TYPE, mediaPlaylist(shown, own, presentation, encryption));
}

async function segment(
  startTicks: number, track: PresentedTrack, { presentation, encryption }: Behind, request: FastifyRequest, reply: FastifyReply,
): Promise<FastifyReply> {
  const found = segmentAt(track.segments, startTicks);
  const last = track.segments.at(-1);
  if (!found) {
    const isAhead = presentation.isLive && startTicks > (last?.startTicks ?? -1);
    return isAhead ? notReady(reply, presentation) : fault(reply, 404, 'MPE_EGRESS_TIMESTAMP_NOT_FOUND', 'No segment begins at this time.');
  }
  const { name, kind } = track.identity;
  if (encryption === undefined) return bytes(found.sizeBytes, (range) => presentation.read(name, found, range), IMMUTABLE, kind, request, reply);
  return bytes(encryptedLength(found.sizeBytes), async (range) => {
    const clear = await presentation.read(name, found, undefined);
    const whole = clear && encryptSegment(clear, encryption);
    return range ? whole?.subarray(range.start, range.end + 1) : whole;
  }, IMMUTABLE, kind, request, reply);
}

async function bytes(
  sizeBytes: number, read: (range: { start: number; end: number } | undefined) => Promise<Uint8Array | undefined>,
  caching: string, kind: 'video' | 'audio', request: FastifyRequest, reply: FastifyReply,
): Promise<FastifyReply> {
  const range = parseByteRange(request.headers.range, sizeBytes);
  reply.header('accept-ranges', 'bytes');
  if (range === 'unsatisfiable') return reply.status(416).header('content-range', `bytes */${sizeBytes}`).send();
  const content = await read(range === 'whole' ? undefined : range);
  if (!content) return fault(reply, 404, 'MPE_EGRESS_TIMESTAMP_NOT_FOUND', 'The segment has left the window.');
  if (range !== 'whole') reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`);
  return reply.header('cache-control', caching).type(`${kind}/mp4`).send(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
}

function text(reply: FastifyReply, type: string, body: string): FastifyReply {
  return reply.header('cache-control', 'no-cache').type(type).send(body);
}

function notReady(reply: FastifyReply, presentation: Presentation): FastifyReply {
  const message = 'Nothing has arrived that could be played yet.';
  return presentation.isLive ? fault(reply, 412, 'MPE_FRAGMENT_NOT_READY', message) : fault(reply, 404, 'MPE_RESOURCE_NOT_FOUND', message);
}

function fault(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.status(status).header('cache-control', 'no-store').type('application/json').send({ error: { code, message } });
}
