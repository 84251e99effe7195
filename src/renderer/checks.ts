// The checks of a rehearsal, each from what the engine measured or what this page saw played. Pure.
import { LONG_QUEUE_MS } from './health.ts';
import { lostInWindow } from './slidingFigures.ts';
import type { ShowView } from './showView.ts';

/** Below half of what is declared a service may leave a rendition out; above a tenth more the declaration is wrong. */
const LOWEST_SHARE = 0.5;
const HIGHEST_SHARE = 1.1;
/** Frames of a mean bitrate that says something. */
const SETTLED_FRAMES = 90;

export type CheckId = 'arriving' | 'preview' | 'bitrate' | 'dropped' | 'queue' | 'encoder' | 'picture';
export type Check = {
  readonly id: CheckId;
  readonly verdict: 'pass' | 'fix' | 'running';
  /** For the sentence and the figure beside it. */
  readonly values: Readonly<Record<string, number | string>>;
};

/** What this page sees of the service's preview. */
export type PreviewSight = { readonly plays: boolean; readonly delaySeconds: number | undefined };

/** Failing checks first, running ones last. Without figures all of them are running. */
export function rehearsalChecks(view: Pick<ShowView, 'stats' | 'samples'>, preview: PreviewSight): readonly Check[] {
  const order = { fix: 0, pass: 1, running: 2 };
  return [arriving(view), previewPlays(preview), bitrate(view), dropped(view), queue(view), encoder(view), picture(view)]
    .toSorted((a, b) => order[a.verdict] - order[b.verdict]);
}

type Figures = Pick<ShowView, 'stats' | 'samples'>;

function arriving({ stats }: Figures): Check {
  const connections = stats?.connections ?? [];
  const taken = connections.filter((one) => one.state === 'publishing' && one.sentBytes > 0).length;
  const whole = connections.length > 0 && taken === connections.length;
  const broken = connections.some((one) => one.state === 'waiting' || one.state === 'failed');
  return { id: 'arriving', verdict: whole ? 'pass' : broken ? 'fix' : 'running', values: { taken, all: connections.length } };
}

function previewPlays({ plays, delaySeconds }: PreviewSight): Check {
  return { id: 'preview', verdict: plays ? 'pass' : 'running', values: delaySeconds === undefined ? {} : { delaySeconds } };
}

function bitrate({ stats }: Figures): Check {
  const renditions = stats?.renditions ?? [];
  if (renditions.length === 0 || renditions.some((one) => one.frames < SETTLED_FRAMES)) return { id: 'bitrate', verdict: 'running', values: {} };
  const shares = renditions.map((one) => ({ name: one.name, share: one.actualKbps / one.declaredKbps }));
  const worst = shares.toSorted((a, b) => Math.abs(Math.log(b.share)) - Math.abs(Math.log(a.share)))[0];
  if (worst === undefined) return { id: 'bitrate', verdict: 'running', values: {} };
  const fits = shares.every(({ share }) => share >= LOWEST_SHARE && share <= HIGHEST_SHARE);
  return { id: 'bitrate', verdict: fits ? 'pass' : 'fix', values: { rendition: worst.name, percent: Math.round(worst.share * 100) } };
}

function dropped({ stats, samples }: Figures): Check {
  if (stats === undefined) return { id: 'dropped', verdict: 'running', values: {} };
  const lost = stats.renditions.map((one) => lostInWindow(samples, one.name));
  const frames = lost.reduce((sum, one) => sum + one.droppedFrames, 0);
  const ms = lost.reduce((sum, one) => sum + one.droppedMs, 0);
  return { id: 'dropped', verdict: frames + ms === 0 ? 'pass' : 'fix', values: { frames, ms } };
}

function queue({ stats }: Figures): Check {
  if (stats === undefined || stats.connections.length === 0) return { id: 'queue', verdict: 'running', values: {} };
  const ms = Math.max(...stats.connections.map((one) => one.queuedMs));
  return { id: 'queue', verdict: ms <= LONG_QUEUE_MS ? 'pass' : 'fix', values: { ms } };
}

function encoder({ stats }: Figures): Check {
  if (stats === undefined) return { id: 'encoder', verdict: 'running', values: {} };
  const frames = stats.encoderLagFrames;
  const fps = stats.renditions[0]?.fps ?? 30;
  return { id: 'encoder', verdict: frames <= fps ? 'pass' : 'fix', values: { frames } };
}

function picture({ stats, samples }: Figures): Check {
  const top = stats?.renditions[0];
  if (stats === undefined || top === undefined || samples.length < 3) return { id: 'picture', verdict: 'running', values: {} };
  const { repeatedFrames } = lostInWindow(samples, top.name);
  const first = samples[0];
  const last = samples.at(-1);
  const seconds = first === undefined || last === undefined ? 1 : Math.max(1, (last.atMs - first.atMs) / 1000);
  // A tenth of all frames repeated is a picture that visibly stutters.
  return { id: 'picture', verdict: repeatedFrames <= seconds * top.fps * 0.1 ? 'pass' : 'fix', values: { frames: repeatedFrames } };
}
