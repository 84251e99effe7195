// Routes of account filters and asset filters: named rules about tracks and time, which URLs and streaming locators refer to.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DEFAULT_TIMESCALE, type MediaFilter } from '../origin/mediaFilter.ts';
import type { MediaFilterRecord } from '../records.ts';
import { ArmError, badRequest, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import { ASSET_TYPE } from './assetRoutes.ts';
import type { ArmContext } from './context.ts';
import { checkMediaName } from './names.ts';
import { parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

/** Documented account limit, media-services.md §4.1; the same for each asset. */
const MAX_FILTERS = 100;
const MIN_WINDOW_SECONDS = 60;
const MAX_BACKOFF_SECONDS = 300;
/** An int64; what JSON carries of it. */
const ticks = z.number().min(0).max(2 ** 63).nullish();
const BITRATES = /^\d{0,12}\s*-?\s*\d{0,12}$/;

const conditionSchema = z.object({
  property: z.enum(['Unknown', 'Type', 'Name', 'Language', 'FourCC', 'Bitrate']), operation: z.enum(['Equal', 'NotEqual']), value: z.string().max(256),
});
const bodySchema = z.object({
  properties: z.object({
    presentationTimeRange: z.object({
      startTimestamp: ticks, endTimestamp: ticks, presentationWindowDuration: ticks, liveBackoffDuration: ticks,
      timescale: z.number().positive().max(2 ** 53).nullish(), forceEndTimestamp: z.boolean().nullish(),
    }).nullish(),
    firstQuality: z.object({ bitrate: z.int().positive() }).nullish(),
    tracks: z.array(z.object({ trackSelections: z.array(conditionSchema).max(20) })).max(50).nullish(),
  }).nullish(),
});
type Properties = NonNullable<z.infer<typeof bodySchema>['properties']>;

/** Where filters of one kind lie: of the account, or of the asset in the path. */
type Scope = { readonly path: string; readonly parameter: string; readonly type: string; readonly assetOf: (request: FastifyRequest) => string };

export function registerFilters(app: FastifyInstance, context: ArmContext): void {
  register(app, context, { path: '/accountFilters', parameter: 'filterName', type: 'Microsoft.Media/mediaservices/accountFilters', assetOf: () => '' });
  register(app, context, {
    path: '/assets/:assetName/assetFilters', parameter: 'filterName', type: `${ASSET_TYPE}/assetFilters`,
    assetOf: (request) => {
      const name = param(request, 'assetName');
      const asset = context.store.assets.find({ name });
      if (asset === undefined) throw resourceNotFound(ASSET_TYPE, name);
      return asset.name;
    },
  });
}

function register(app: FastifyInstance, context: ArmContext, scope: Scope): void {
  const { store } = context;
  const find = (request: FastifyRequest): MediaFilterRecord | undefined => store.filters.find({ asset_name: scope.assetOf(request), name: param(request, scope.parameter) });
  const known = (request: FastifyRequest): MediaFilterRecord => {
    const found = find(request);
    if (found === undefined) throw resourceNotFound(scope.type, param(request, scope.parameter));
    return found;
  };
  const one = `${scope.path}/:${scope.parameter}`;
  app.get(scope.path, (request) => listAnswer(context, request, store.filters.list({ asset_name: scope.assetOf(request) }), { name: (filter) => filter.name }, (filter) => shapeOf(context, scope, filter)));
  app.get(one, (request) => shapeOf(context, scope, known(request)));
  app.put(one, (request, reply) => put(context, scope, request, reply, find(request)));
  app.patch(one, (request) => shapeOf(context, scope, store.transaction(() => {
    const before = known(request);
    const { presentationTimeRange, firstQuality, tracks } = parseBody(bodySchema, request.body).properties ?? {};
    const next: MediaFilterRecord = {
      ...before, modifiedAt: new Date().toISOString(),
      ...checked({
        presentationTimeRange: presentationTimeRange === undefined ? before.presentationTimeRange : presentationTimeRange,
        firstQuality: firstQuality === undefined ? before.firstQuality : firstQuality,
        tracks: tracks === undefined ? before.tracks.map(({ trackSelections }) => ({ trackSelections: [...trackSelections] })) : tracks,
      }),
    };
    store.filters.replace(next);
    return next;
  })));
  app.delete(one, (request, reply) => {
    const filter = find(request);
    if (filter !== undefined) store.filters.remove({ asset_name: filter.assetName, name: filter.name });
    return reply.code(filter === undefined ? 204 : 200).send();
  });
}

function put(context: ArmContext, scope: Scope, request: FastifyRequest, reply: FastifyReply, before: MediaFilterRecord | undefined): FastifyReply {
  const { store } = context;
  const name = before?.name ?? param(request, scope.parameter);
  const assetName = scope.assetOf(request);
  checkMediaName('filter', name);
  // What stands between the filters of a URL.
  if (/[;,()]/.test(name)) throw badRequest(`The filter name '${name.slice(0, 64)}' is invalid: URLs carry it, so it has none of ;,().`, 'InvalidResourceName');
  const content = checked(parseBody(bodySchema, request.body).properties ?? {});
  const now = new Date().toISOString();
  const filter: MediaFilterRecord = { name, assetName, ...content, createdAt: before?.createdAt ?? now, modifiedAt: now };
  store.transaction(() => {
    if (before !== undefined) return store.filters.replace(filter);
    if (store.filters.count({ asset_name: assetName }) >= MAX_FILTERS) throw new ArmError(403, 'QuotaExceeded', `There are ${String(MAX_FILTERS)} filters already, which is the limit.`);
    return store.filters.insert(filter);
  });
  return reply.code(before === undefined ? 201 : 200).send(shapeOf(context, scope, filter));
}

/** @throws ArmError 400 */
function checked({ presentationTimeRange: range, firstQuality, tracks }: Properties): MediaFilter {
  const seconds = (value: number | null | undefined): number | undefined => (value === null || value === undefined ? undefined : value / (range?.timescale ?? DEFAULT_TIMESCALE));
  const [start, end, window, backoff] = [seconds(range?.startTimestamp), seconds(range?.endTimestamp), seconds(range?.presentationWindowDuration), seconds(range?.liveBackoffDuration)];
  if (start !== undefined && end !== undefined && end <= start) throw badRequest("The value of 'presentationTimeRange.endTimestamp' is not after 'startTimestamp'.");
  if (window !== undefined && window < MIN_WINDOW_SECONDS) throw badRequest(`The value of 'presentationTimeRange.presentationWindowDuration' is less than ${MIN_WINDOW_SECONDS} seconds.`);
  if (backoff !== undefined && backoff > MAX_BACKOFF_SECONDS) throw badRequest(`The value of 'presentationTimeRange.liveBackoffDuration' is more than ${MAX_BACKOFF_SECONDS} seconds.`);
  if (range?.forceEndTimestamp === true && end === undefined) throw badRequest("'presentationTimeRange.forceEndTimestamp' needs an endTimestamp.");
  for (const { property, value } of (tracks ?? []).flatMap(({ trackSelections }) => trackSelections)) {
    if (property === 'Type' && !/^(audio|video|text)$/i.test(value)) throw badRequest(`The value '${value.slice(0, 64)}' of a condition on 'Type' is none of Audio, Video and Text.`);
    if (property === 'Bitrate' && (!BITRATES.test(value) || !/\d/.test(value))) throw badRequest(`The value '${value.slice(0, 64)}' of a condition on 'Bitrate' is no bitrate or range such as 3000000-5000000.`);
  }
  return {
    presentationTimeRange: range === undefined || range === null ? null : Object.fromEntries(Object.entries(range).filter(([, value]) => value !== null && value !== undefined)),
    firstQuality: firstQuality ?? null,
    tracks: tracks ?? [],
  };
}

function shapeOf(context: ArmContext, scope: Scope, { name, assetName, presentationTimeRange, firstQuality, tracks, createdAt, modifiedAt }: MediaFilterRecord): object {
  return {
    name,
    id: accountId(context, `${scope.path.replace(':assetName', assetName)}/${name}`),
    type: scope.type,
    properties: {
      ...(presentationTimeRange === null ? {} : { presentationTimeRange }),
      ...(firstQuality === null ? {} : { firstQuality }),
      tracks,
    },
    systemData: systemData(createdAt, modifiedAt),
  };
}
