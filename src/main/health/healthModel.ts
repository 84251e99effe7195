// One picture of a show's health from the figures of all its stages and what the service says: losses by place over the last minute and
// in total, and a judgement. Reads no clock, asks nobody.
import type { ConnectionReport, Health, Loss, RenditionReport } from '../../contract/report.ts';
import type { SideOutputReport } from '../../contract/sideOutput.ts';
import { judge, type ArrivalFacts } from './judgement.ts';
import { SlidingWindow } from './slidingWindow.ts';

/** What the service says it receives; its tracks are matched to renditions by their declared bitrate. */
export type ServiceTold = {
  readonly verdict: 'excellent' | 'good' | 'poor' | 'unknown';
  readonly sentences: readonly string[];
  readonly archiveFailed: boolean;
  readonly tracks: readonly { readonly kind: 'video' | 'audio'; readonly declaredKbps: number; readonly incomingKbps: number | undefined; readonly ageSeconds: number | undefined; readonly gaps: number | undefined }[];
};

export type StageFigures = {
  readonly renditions: readonly RenditionReport[];
  readonly connections: readonly ConnectionReport[];
  readonly sideOutputs?: readonly SideOutputReport[];
  readonly clock: { readonly lateTicks: number };
  readonly encoderLagFrames: number;
  readonly encoder?: { readonly shed: readonly string[] } | undefined;
};

const WINDOW_SECONDS = 60;
/** A few frames of the first moments are no rate. */
const SHORTEST_SECONDS = 10;

export class HealthModel {
  readonly #window = new SlidingWindow();
  #told: ServiceTold | undefined;
  #toldAtMs: number | undefined;
  #beganMs: number | undefined;
  #asksService = false;

  /** From now on the service is expected to say something. */
  expectService(nowMs: number): void {
    this.#asksService = true;
    this.#toldAtMs = nowMs;
  }

  serviceTold(told: ServiceTold, nowMs: number): void {
    this.#told = told;
    this.#toldAtMs = nowMs;
  }

  /** To be called about once a second with totals. */
  observe(figures: StageFigures, nowMs: number): { readonly renditions: RenditionReport[]; readonly health: Health } {
    this.#beganMs ??= nowMs;
    const { renditions, connections, sideOutputs = [], clock, encoderLagFrames, encoder } = figures;
    const [top] = renditions;
    const fps = top?.fps ?? 0;
    const losses: Loss[] = [];
    const lost = (place: Loss['place'], unit: Loss['unit'], total: number, rendition?: string, connection = 0): number => {
      const lastMinute = this.#window.growth(`${place} ${unit} ${rendition ?? ''} ${connection}`, total, nowMs);
      if (total > 0) losses.push({ place, unit, total, lastMinute, ...(rendition === undefined ? {} : { rendition }) });
      return lastMinute;
    };
    const repeatedFrames = lost('source', 'frames', top?.repeatedFrames ?? 0);
    const lateTicks = lost('clock', 'times', clock.lateTicks);
    const encoderDroppedFrames = Math.max(0, ...renditions.map((one) => lost('encoder', 'frames', one.droppedFrames, one.name)));
    for (const [index, { rendition, lostFrames = 0 }] of connections.entries()) lost('socket', 'frames', lostFrames, rendition, index);
    for (const { name, declaredKbps } of renditions) lost('service', 'times', this.#trackOf(declaredKbps)?.gaps ?? 0, name);
    const connectionFacts = connections.map((one, index) => ({
      rendition: one.rendition,
      isPublishing: one.state === 'publishing' || one.state === 'stopped',
      isHeld: one.state === 'held',
      queuedMs: one.queuedMs,
      droppedMs: lost('queue', 'ms', one.droppedMs, one.rendition, index),
      reconnects: lost('socket', 'times', one.reconnects, one.rendition, index),
      lastError: one.lastError,
    }));
    const arrivals = renditions.flatMap((one) => this.#arrivalOf(one));
    const elapsedSeconds = Math.min(WINDOW_SECONDS, Math.max(SHORTEST_SECONDS, (nowMs - this.#beganMs) / 1000));
    const judgement = judge({
      framesExpected: elapsedSeconds * fps, repeatedFrames, lateTicks, encoderLagFrames, framesPerSecond: fps, encoderDroppedFrames,
      resting: encoder?.shed ?? [],
      connections: connectionFacts, arrivals,
      sideOutputs: sideOutputs.flatMap(({ name, state, lastError }) => (state === 'waiting' || state === 'failed' || state === 'held' ? [{ name, state, lastError }] : [])),
      service: this.#told,
      serviceSilentSeconds: this.#asksService && this.#toldAtMs !== undefined ? (nowMs - this.#toldAtMs) / 1000 : 0,
    });
    return {
      renditions: renditions.map((one) => {
        const arrival = arrivals.find((other) => other.rendition === one.name);
        return arrival === undefined ? one : {
          ...one,
          arrived: {
            ...(arrival.incomingKbps === undefined ? {} : { incomingKbps: arrival.incomingKbps }),
            ...(arrival.ageSeconds === undefined ? {} : { ageSeconds: arrival.ageSeconds }),
          },
        };
      }),
      health: { ...judgement, losses },
    };
  }

  #arrivalOf({ name, declaredKbps }: RenditionReport): ArrivalFacts[] {
    const track = this.#trackOf(declaredKbps);
    return track === undefined ? [] : [{ rendition: name, declaredKbps, incomingKbps: track.incomingKbps, ageSeconds: track.ageSeconds }];
  }

  #trackOf(declaredKbps: number): ServiceTold['tracks'][number] | undefined {
    return this.#told?.tracks.find((one) => one.kind === 'video' && one.declaredKbps === declaredKbps);
  }
}
