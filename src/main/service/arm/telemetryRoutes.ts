// What a live event's ingest tells: getStatus, getStreamEvents and getTrackIngestHeartbeats of the API (2022-11-01), answered at once;
// and our own exact counts beside them.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ingestHealth } from '../telemetry/ingestHealth.ts';
import { badRequest } from './armError.ts';
import { param, queryOf } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { knownEvent } from './liveEventRoutes.ts';
import { heartbeatShape, statusShape, streamEventShape } from './telemetryShape.ts';

const SINCE = '2022-11-01';

export function registerTelemetry(app: FastifyInstance, context: ArmContext): void {
  const { plane, store } = context;
  app.get('/liveEvents/:liveEventName/fieldcastTelemetry', (request) => plane.telemetry(knownEvent(context, param(request, 'liveEventName')).name));

  app.post('/liveEvents/:liveEventName/getStatus', (request) => {
    checkVersion(request);
    const event = knownEvent(context, param(request, 'liveEventName'));
    const nowUtcMs = Date.now();
    const history = plane.ingestHistory(event.name);
    const tracks = plane.telemetry(event.name);
    const failures = store.liveOutputs.list({ event_name: event.name }).flatMap(({ name }) => {
      const failure = plane.outputFailure(event.name, name);
      return failure === undefined ? [] : [`The live output "${name}" records no more. ${failure.message} ${failure.action}`];
    });
    return { value: [statusShape(event, history, tracks, ingestHealth(history, tracks, failures, nowUtcMs), nowUtcMs)] };
  });
  app.post('/liveEvents/:liveEventName/getStreamEvents', (request) => {
    checkVersion(request);
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    return { value: (plane.ingestHistory(name)?.events ?? []).map(streamEventShape) };
  });
  app.post('/liveEvents/:liveEventName/getTrackIngestHeartbeats', (request) => {
    checkVersion(request);
    const { name } = knownEvent(context, param(request, 'liveEventName'));
    return { value: (plane.ingestHistory(name)?.heartbeats ?? []).map(heartbeatShape) };
  });
}

/** These came with one version of the API and are unknown to those before it. */
function checkVersion(request: FastifyRequest): void {
  const version = queryOf(request, 'api-version') ?? '';
  if (version < SINCE) throw badRequest(`The api-version '${version.slice(0, 64)}' is invalid. The supported versions are '${SINCE}'.`, 'InvalidApiVersionParameter');
}
