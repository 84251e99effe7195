// What the page knows of the show, and how each event of the engine changes it. Pure; holds at most a bounded past.
import type { AlarmEvent, CueEvent, Failure, MixEvent, Playback, ShowEvent, ShowReport, ShowState, ShowStats, SourceEvent } from '../contract/report.ts';

/** How far the sliding figures look back. */
export const WINDOW_SECONDS = 60;
const MAX_LOG = 200;
const MAX_CUES = 50;
/** Figures come once a second. */
const CLOSEST_MS = 500;

export type Sample = { readonly atMs: number; readonly stats: ShowStats };
export type LogEntry = {
  readonly id: number;
  /** Missing where the engine told it afterwards, so that its time is not known. */
  readonly atMs: number | undefined;
  readonly text: string;
  readonly failure: Failure | undefined;
};

export type ShowView = {
  /** `outside`: this page was opened without an engine to talk to. */
  readonly link: 'outside' | 'connecting' | 'connected' | 'lost';
  readonly state: ShowState;
  /** The engine's last sentence, in English; empty where it has said none. */
  readonly sentence: string;
  /** When the state was entered, ms since 1970; undefined before the engine said so. */
  readonly stateSinceMs: number | undefined;
  readonly stats: ShowStats | undefined;
  /** The last {@link WINDOW_SECONDS} of figures, oldest first. */
  readonly samples: readonly Sample[];
  readonly warnings: readonly LogEntry[];
  readonly log: readonly LogEntry[];
  /** Raised and not yet over, oldest first. */
  readonly alarms: readonly AlarmEvent[];
  /** What became of sources that do not deliver now. */
  readonly lostSources: readonly SourceEvent[];
  /** What is on air and what stands ready; undefined before the first source is there. */
  readonly mix: MixEvent | undefined;
  /** The last break that was begun or ended. */
  readonly lastBreak: CueEvent | undefined;
  /** Cues of this show, whoever gave them, latest first. */
  readonly cues: readonly CueEvent[];
  readonly playback: Playback;
  readonly report: ShowReport | undefined;
  readonly engine: { readonly version: string; readonly pid: number; readonly home: string } | undefined;
  /** Until then what arrives is the past, told to a client that has just come. */
  readonly pastUntilMs: number;
};

export const nothingYet: ShowView = {
  link: 'connecting',
  state: 'idle',
  sentence: '',
  stateSinceMs: undefined,
  stats: undefined,
  samples: [],
  warnings: [],
  log: [],
  alarms: [],
  lostSources: [],
  mix: undefined,
  lastBreak: undefined,
  cues: [],
  playback: {},
  report: undefined,
  engine: undefined,
  pastUntilMs: 0,
};

/** The next view after one event of the show, which arrived at `nowMs`. */
export function afterEvent(view: ShowView, event: ShowEvent, nowMs: number): ShowView {
  switch (event.type) {
    case 'state': {
      const { state, sentence } = event;
      const fresh = state === 'preparing' ? { report: undefined, playback: {}, stats: undefined, samples: [], warnings: [], alarms: [], lostSources: [], mix: undefined, lastBreak: undefined, cues: [], log: [] } : {};
      const sinceMs = Date.parse(event.atUtc);
      return logged({ ...view, ...fresh, state, sentence, stateSinceMs: Number.isNaN(sinceMs) ? nowMs : sinceMs }, sentence, sinceMs, undefined);
    }
    case 'progress':
      return logged({ ...view, sentence: event.sentence }, event.sentence, known(view, nowMs), undefined);
    case 'warning': {
      const next = logged(view, event.failure.message, known(view, nowMs), event.failure);
      const entry = next.log.at(-1);
      return entry === undefined ? next : { ...next, warnings: [...view.warnings, entry].slice(-MAX_LOG) };
    }
    case 'alarm': {
      const others = view.alarms.filter((one) => one.code !== event.code);
      const next = { ...view, alarms: event.raised ? [...others, event] : others };
      return logged(next, event.message, Date.parse(event.atUtc), event.raised ? { code: event.code, message: event.message, action: event.action } : undefined);
    }
    case 'playback':
      return { ...view, playback: event.playback };
    case 'stats':
      return { ...view, state: event.state, stats: event, samples: sampled(view.samples, { atMs: nowMs, stats: event }) };
    case 'report':
      return { ...view, report: event, playback: event.playback, stats: undefined };
    case 'mix':
      return logged({ ...view, mix: event }, event.sentence, Date.parse(event.atUtc), undefined);
    case 'cue':
      return logged({
        ...view, ...(event.kind === 'out' || event.kind === 'in' ? { lastBreak: event } : {}),
        cues: [event, ...view.cues.filter((one) => one.id !== event.id || one.kind !== event.kind)].slice(0, MAX_CUES),
      }, event.sentence, Date.parse(event.atUtc), undefined);
    case 'source': {
      const others = view.lostSources.filter((one) => one.source !== event.source);
      const next = { ...view, lostSources: event.state === 'live' ? others : [...others, event] };
      return logged(next, event.sentence, Date.parse(event.atUtc), undefined);
    }
    default: {
      // What a newer engine tells besides has at least a sentence for the log.
      const { sentence } = event as { readonly sentence?: string };
      return sentence === undefined ? view : logged(view, sentence, known(view, nowMs), undefined);
    }
  }
}

/** The window with one more sample; of those that come closer together than a chart can show, the newest stands for all. */
function sampled(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const before = samples.at(-2);
  const kept = before !== undefined && next.atMs - before.atMs < CLOSEST_MS ? samples.slice(0, -1) : samples;
  const since = next.atMs - (WINDOW_SECONDS + 1) * 1000;
  return [...kept.filter((one) => one.atMs >= since), next];
}

/** Whether a show is under way, so that its settings are fixed. */
export function isRunning(state: ShowState): boolean {
  return state === 'preparing' || state === 'rehearsing' || state === 'live' || state === 'ending';
}

function known(view: ShowView, nowMs: number): number | undefined {
  return nowMs < view.pastUntilMs ? undefined : nowMs;
}

function logged(view: ShowView, text: string, atMs: number | undefined, failure: Failure | undefined): ShowView {
  const last = view.log.at(-1);
  const entry: LogEntry = { id: (last?.id ?? 0) + 1, atMs, text, failure };
  return { ...view, log: [...view.log, entry].slice(-MAX_LOG) };
}
