// Asks once a second whether a service that was started on demand is still needed, and acts on the answer.
import { messageOf } from '../../contract/errors.ts';
import type { ArmContext } from './arm/context.ts';
import type { Leases } from './leases.ts';
import { lifetimeVerdict } from './lifetime.ts';
import type { LiveEventRecord } from './records.ts';
import type { ServiceLog } from './serviceLog.ts';

export type LifetimeWatch = {
  readonly context: ArmContext;
  readonly leases: Leases;
  readonly lingerMs: number;
  readonly abandonedAfterMs: number;
  readonly stop: () => Promise<void>;
  readonly log: ServiceLog;
};

const CHECK_EVERY_MS = 1000;
const IDLE_STATES = new Set<LiveEventRecord['resourceState']>(['Stopped', 'StandBy']);

/** Begins to watch; the returned function ends it. */
export function watchLifetime(watch: LifetimeWatch): () => void {
  const { context, leases, lingerMs, abandonedAfterMs, log } = watch;
  let lastLeaseMs = performance.now();
  const check = (): void => {
    const nowMs = performance.now();
    if (leases.count() > 0) lastLeaseMs = nowMs;
    const active = context.store.liveEvents.list().filter((one) => !IDLE_STATES.has(one.resourceState));
    // An encoding that was asked for is finished also when its client has gone.
    if (context.jobs.isBusy || context.sets.isBusy) lastLeaseMs = nowMs;
    const verdict = lifetimeVerdict({
      nowMs, leases: leases.count(), lastLeaseMs, lingerMs, abandonedAfterMs,
      activeEvents: active.length + context.store.operations.count({ status: 'InProgress' }),
      lastIngestMs: nowMs - Math.min(...active.map((event) => idleMs(context, event)), nowMs),
    });
    if (verdict === 'stopEvents') stopAbandoned(context, active, log);
    if (verdict === 'end') {
      log.info({}, 'nobody uses the embedded service any more: it ends');
      void watch.stop();
    }
  };
  const timer = setInterval(() => {
    try {
      check();
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the lifetime of the service could not be checked');
    }
  }, CHECK_EVERY_MS);
  return () => clearInterval(timer);
}

/** Since the event last changed or last received anything, ms. */
function idleMs(context: ArmContext, event: LiveEventRecord): number {
  const arrivals = context.plane.telemetry(event.name).map((track) => track.lastArrivalUtcMs ?? 0);
  return Math.max(0, Date.now() - Math.max(Date.parse(event.modifiedAt), ...arrivals));
}

function stopAbandoned(context: ArmContext, events: readonly LiveEventRecord[], log: ServiceLog): void {
  for (const event of events) {
    if (event.resourceState !== 'Running') continue;
    log.warn({ event: event.name }, 'a live event that nobody feeds or watches over is stopped');
    try {
      context.operations.begin({ resource: 'liveEvent', eventName: event.name, action: 'stop', removeOutputs: true }, () => {
        context.store.liveEvents.replace({ ...event, resourceState: 'Stopping', provisioningState: 'InProgress' });
      });
    } catch (error) {
      log.warn({ event: event.name, error: messageOf(error) }, 'the live event could not be stopped');
    }
  }
}
