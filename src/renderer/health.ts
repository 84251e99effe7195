// One light and one sentence for a running show, from the engine's figures. Pure; the worst finding wins.
import type { Failure } from '../contract/report.ts';
import { lostInWindow } from './slidingFigures.ts';
import { isRunning, type ShowView } from './showView.ts';

/** Media that waits longer than this will be seen as a delay that grows. */
export const LONG_QUEUE_MS = 1500;
/** An encoder takes frames in advance; two seconds are more than any needs. */
const LATE_ENCODER_SECONDS = 2;
/** How long a warning stays in the sentence; the log keeps it. */
const WARNING_MS = 30_000;

export type Health =
  | { readonly light: 'healthy' }
  | { readonly light: 'idle' }
  | { readonly light: 'degraded'; readonly finding: Finding };

export type Finding =
  | { readonly kind: 'link' }
  | { readonly kind: 'cutOff'; readonly lastError: string | undefined }
  | { readonly kind: 'someCutOff'; readonly renditions: readonly string[] }
  /** Not sent, for want of uplink; the bitrates are undefined where the uplink was not measured. */
  | { readonly kind: 'held'; readonly renditions: readonly string[]; readonly carriesKbps: number | undefined; readonly neededKbps: number | undefined }
  /** Not encoded, because this computer is too slow for all. */
  | { readonly kind: 'resting'; readonly renditions: readonly string[] }
  | { readonly kind: 'encoder'; readonly seconds: number }
  | { readonly kind: 'queue'; readonly rendition: string; readonly queuedMs: number }
  | { readonly kind: 'dropped'; readonly rendition: string; readonly frames: number }
  | { readonly kind: 'left'; readonly rendition: string; readonly ms: number }
  /** In the engine's own words. */
  | { readonly kind: 'said'; readonly sentence: string }
  | { readonly kind: 'failure'; readonly failure: Failure };

export function healthOf(view: ShowView, nowMs: number): Health {
  const finding = worstFinding(view, nowMs);
  if (finding !== undefined) return { light: 'degraded', finding };
  const measured = view.stats !== undefined && (view.state === 'live' || view.state === 'rehearsing');
  return { light: measured ? 'healthy' : 'idle' };
}

function worstFinding(view: ShowView, nowMs: number): Finding | undefined {
  if (view.link === 'lost') return { kind: 'link' };
  if (view.state === 'failed' && view.report?.failure !== undefined) return { kind: 'failure', failure: view.report.failure };
  if (!isRunning(view.state)) return undefined;
  if (view.stats !== undefined && view.state !== 'ending') {
    const found = worstFigure(view, view.stats);
    if (found !== undefined) return found;
  }
  const lost = view.lostSources.at(-1);
  if (lost !== undefined) return { kind: 'said', sentence: lost.sentence };
  const alarm = view.alarms.at(-1);
  if (alarm !== undefined) return { kind: 'failure', failure: alarm };
  // What a source or an alarm says of itself is nearer to the cause than what the whole looks like.
  if (view.stats !== undefined && view.state !== 'ending' && view.stats.health.light !== 'good') {
    const { sentence, action } = view.stats.health;
    return { kind: 'said', sentence: action === undefined ? sentence : `${sentence} ${action}` };
  }
  const warning = view.warnings.at(-1);
  if (warning?.failure !== undefined && warning.atMs !== undefined && nowMs - warning.atMs < WARNING_MS) return { kind: 'failure', failure: warning.failure };
  return undefined;
}

function worstFigure(view: ShowView, stats: NonNullable<ShowView['stats']>): Finding | undefined {
  const { connections, renditions } = stats;
  const wanted = connections.filter((one) => one.state !== 'held');
  const down = wanted.filter((one) => one.state !== 'publishing');
  if (down.length > 0) {
    if (down.length === wanted.length) return { kind: 'cutOff', lastError: down.find((one) => one.lastError !== undefined)?.lastError };
    return { kind: 'someCutOff', renditions: down.map((one) => one.rendition) };
  }
  const held = [...new Set(connections.flatMap((one) => (one.state === 'held' ? [one.rendition] : [])))];
  if (held.length > 0) return { kind: 'held', renditions: held, carriesKbps: stats.uplink?.carriesKbps, neededKbps: stats.uplink?.neededKbps };
  // What rests leaves media in its queue and frames out, and neither is a cause.
  const resting = stats.encoder?.shed ?? [];
  if (resting.length > 0) return { kind: 'resting', renditions: resting };
  const fps = renditions[0]?.fps ?? 30;
  if (stats.encoderLagFrames > fps * LATE_ENCODER_SECONDS) return { kind: 'encoder', seconds: stats.encoderLagFrames / fps };
  const longest = connections.toSorted((a, b) => b.queuedMs - a.queuedMs)[0];
  if (longest !== undefined && longest.queuedMs > LONG_QUEUE_MS) return { kind: 'queue', rendition: longest.rendition, queuedMs: longest.queuedMs };
  for (const { name } of renditions) {
    const lost = lostInWindow(view.samples, name);
    if (lost.droppedMs > 0) return { kind: 'left', rendition: name, ms: lost.droppedMs };
    if (lost.droppedFrames > 0) return { kind: 'dropped', rendition: name, frames: lost.droppedFrames };
  }
  return undefined;
}
