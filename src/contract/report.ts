// What a show says about itself: one-line events while it runs and the report that closes it.
import { z } from 'zod';
import { recordingStatusSchema } from './recording.ts';
import { undeliveredSchema } from './undelivered.ts';
import { pairReportSchema, pairSchema, type PairEvent } from './pair.ts';
import { sideOutputReportSchema, type SideOutputEvent } from './sideOutput.ts';
import { cueReceiptSchema, type CueReceipt } from './cue.ts';

const SHOW_STATES = ['idle', 'preparing', 'rehearsing', 'live', 'ending', 'ended', 'failed'] as const;
/** DESIGN: `idle → preparing → rehearsing → live → ending → ended`, and `failed` from anywhere. */
export const showStateSchema = z.enum(SHOW_STATES);
export type ShowState = z.infer<typeof showStateSchema>;

/** A failure as it crosses a process: the fields of an OperatorError. */
export const failureSchema = z.object({ code: z.string(), message: z.string(), action: z.string() });
export type Failure = z.infer<typeof failureSchema>;

/** What the service says that it receives of a rendition. */
const arrivedSchema = z.object({
  incomingKbps: z.number().optional(),
  /** Since the last media arrived, as of the service's last look. */
  ageSeconds: z.number().optional(),
});

const renditionReportSchema = z.object({
  name: z.string(),
  width: z.int(),
  height: z.int(),
  fps: z.number(),
  declaredKbps: z.number(),
  /** Mean over the whole show, kbit/s of elementary stream. */
  actualKbps: z.number(),
  /** Elementary stream since the first frame; missing in the figures of an older engine. */
  encodedBytes: z.number().optional(),
  /** Encoded frames handed to the connections. */
  frames: z.int(),
  keyframes: z.int(),
  /** Ticks of the program clock that had to show the last frame again. */
  repeatedFrames: z.int(),
  /** Program frames that never became a packet of this rendition. */
  droppedFrames: z.int(),
  arrived: arrivedSchema.optional(),
});
export type RenditionReport = z.infer<typeof renditionReportSchema>;

const connectionReportSchema = z.object({
  rendition: z.string(),
  /** Ingest URL without its key. */
  endpoint: z.string(),
  /** `publishing` only once the server has taken media on this connection. */
  state: z.string(),
  sentBytes: z.number(),
  acknowledgedBytes: z.number(),
  reconnects: z.int(),
  /** Video frames that were sent, over all connections. */
  sentFrames: z.int(),
  /** From the loss of an accepted connection until the next one was accepted; 0 for one that never broke. */
  disconnectedMs: z.number(),
  queuedMs: z.number(),
  droppedMs: z.number(),
  /** Video frames that were on their way when a connection broke, and are not sent again. */
  lostFrames: z.int().optional(),
  /** What the server acknowledged in the last seconds, kbit/s: what the uplink carries of this connection while more waits. */
  estimatedKbps: z.number().optional(),
  /** What was written and not acknowledged takes so long to arrive, at the rate of the last seconds. */
  sendBufferMs: z.number().optional(),
  /** By pings where the server answers them, else by acknowledgements. */
  roundTripMs: z.number().optional(),
  /** Of one that waits: when it tries again, as of these figures, and how often in a row it has failed. */
  retry: z.object({ inMs: z.number(), failures: z.int() }).optional(),
  lastError: z.string().optional(),
});
export type ConnectionReport = z.infer<typeof connectionReportSchema>;

/** Whether the uplink carries a rendition together with all below it. */
const uplinkVerdictSchema = z.object({
  rendition: z.string(),
  verdict: z.enum(['fits', 'barely', 'tooMuch', 'measuring']),
  /** What is left beyond it, as a share of what it and all below it need; missing where it was not measured. */
  sparePercent: z.number().optional(),
  sentence: z.string(),
});

/** What the uplink carries, measured by acknowledgements at the real rates of the show; all connections together, kbit/s. */
/** `limited`: the uplink carried no more; `reached`: it carried all that was tried; `brokenOff`: a connection broke, or the show went live. */
const uplinkProbeStateSchema = z.enum(['running', 'limited', 'reached', 'brokenOff']);
export type UplinkProbeState = z.infer<typeof uplinkProbeStateSchema>;

const uplinkSchema = z.object({
  arrivingKbps: z.number(),
  /** Declared, picture and sound. */
  neededKbps: z.number(),
  carriesKbps: z.number(),
  /** True where it was seen to carry no more; false where no more was asked of it. */
  isLimit: z.boolean(),
  roundTripMs: z.number().optional(),
  /** The test of a rehearsal with more than the ladder needs; missing where there was none. */
  probe: uplinkProbeStateSchema.optional(),
  /** Highest rendition first. */
  verdicts: z.array(uplinkVerdictSchema),
});
export type Uplink = z.infer<typeof uplinkSchema>;

/** Something that viewers see or hear, or soon will; raised and, once it is over, cleared with the same code. */
export type AlarmEvent = {
  readonly type: 'alarm';
  readonly code: string;
  readonly raised: boolean;
  readonly message: string;
  readonly action: string;
  readonly atUtc: string;
};

const alarmReportSchema = z.object({
  code: z.string(),
  message: z.string(),
  action: z.string(),
  raisedAtUtc: z.string(),
  /** Missing for one that lasted to the end. */
  clearedAtUtc: z.string().optional(),
});
export type AlarmReport = z.infer<typeof alarmReportSchema>;

const holeSchema = z.object({ atSeconds: z.number(), lengthSeconds: z.number() });

const receivedTrackSchema = z.object({
  track: z.string(),
  kind: z.enum(['video', 'audio']),
  frames: z.int(),
  firstSeconds: z.number(),
  lastSeconds: z.number(),
  /** Media that is missing, and media that is there twice. */
  gaps: z.array(holeSchema),
  overlaps: z.array(holeSchema),
});
export type ReceivedTrack = z.infer<typeof receivedTrackSchema>;

const playbackSchema = z.object({
  preview: z.string().optional(),
  hls: z.string().optional(),
  dash: z.string().optional(),
});
export type Playback = z.infer<typeof playbackSchema>;

/** Milliseconds since the show was asked for. */
const timingsSchema = z.object({
  toIngestMs: z.number().optional(),
  toPreviewMs: z.number().optional(),
  toPublicMs: z.number().optional(),
});
export type Timings = z.infer<typeof timingsSchema>;

/** `held`: the last picture stands; `slate`: the slate is shown; `silent`: sound is silence; `restarting`: an attempt to bring it back begins. */
export type SourceHealth = 'live' | 'held' | 'slate' | 'silent' | 'restarting';

/** Sources are numbered from 1 in the order of the plan; sound of its own is `audio`. */
const sourceReportSchema = z.object({
  source: z.string(),
  label: z.string(),
  restarts: z.int(),
  /** Time without new media, by what stood in for it, ms. */
  heldMs: z.number(),
  slateMs: z.number(),
  /** Also of the sound alone, where the picture went on. */
  silentMs: z.number(),
  /** How much faster than this machine's the clock of the sound device is, in millionths; missing until it is known. */
  driftPpm: z.number().optional(),
});
export type SourceReport = z.infer<typeof sourceReportSchema>;

/** Frames of the event's timeline that one rendition (or `audio`) does not have, both ends included. */
const missingRangeSchema = z.object({
  rendition: z.string(),
  firstFrame: z.int(),
  lastFrame: z.int(),
  /** `died`: their encoder ended; `overload`: given up to catch up; `shed`: left out on purpose to save work; `skipped`: the encoder left them out. */
  cause: z.enum(['died', 'overload', 'shed', 'skipped']),
});

const encoderReportSchema = z.object({
  /** Encoder and preset of the moment. */
  encoder: z.string(),
  /** Renditions that are not encoded at the moment, because this computer is too slow for all. */
  shed: z.array(z.string()),
  /** Actual bitrates that were asked for, kbit/s, by rendition. */
  targetKbps: z.record(z.string(), z.number()),
  /** Media time that is inside the encoder, now and at most. */
  lagMs: z.number(),
  maxLagMs: z.number(),
  /** Times that one worker took over from another in good order, and that one ended unasked. */
  handovers: z.int(),
  failures: z.int(),
  /** Frames that show the picture before them, because too many waited. */
  replacedFrames: z.int(),
  missing: z.array(missingRangeSchema),
});
export type EncoderReport = z.infer<typeof encoderReportSchema>;

export const showReportSchema = z.object({
  type: z.literal('report'),
  showId: z.string(),
  eventName: z.string().optional(),
  outcome: z.enum(['ended', 'failed']),
  failure: failureSchema.optional(),
  onAirSeconds: z.number(),
  renditions: z.array(renditionReportSchema),
  audio: z.object({ frames: z.int(), silenceMs: z.number() }),
  clock: z.object({ lateTicks: z.int(), maxLateMs: z.number() }),
  keyframesAligned: z.boolean(),
  connections: z.array(connectionReportSchema),
  /** Outputs beside the main one. */
  sideOutputs: z.array(sideOutputReportSchema).default([]),
  uplink: uplinkSchema.optional(),
  /** Read back from the public stream as a viewer would; empty where a destination cannot be read back. */
  received: z.array(receivedTrackSchema),
  playback: playbackSchema,
  /** True only if every frame that was sent has been found in what the service serves. */
  verified: z.boolean(),
  /** Why it is verified, or what is wrong; one sentence each. */
  verification: z.array(z.string()),
  recording: recordingStatusSchema.optional(),
  sources: z.array(sourceReportSchema).default([]),
  /** Missing where nothing was encoded. */
  encoder: encoderReportSchema.optional(),
  undelivered: z.array(undeliveredSchema).default([]),
  /** In the order in which they were given; the latest ones of a very long list. */
  cues: z.array(cueReceiptSchema).default([]),
  warnings: z.array(failureSchema),
  /** In the order in which they were raised; the latest ones of a very long list. */
  alarms: z.array(alarmReportSchema),
  timings: timingsSchema,
  /** Missing where the destination knows no events. */
  pair: pairReportSchema.optional(),
});
export type ShowReport = z.infer<typeof showReportSchema>;

const lossSchema = z.object({
  /** Where on the way from the camera to the service. */
  place: z.enum(['source', 'clock', 'encoder', 'queue', 'socket', 'service']),
  rendition: z.string().optional(),
  lastMinute: z.number(),
  total: z.number(),
  unit: z.enum(['frames', 'ms', 'times']),
});
export type Loss = z.infer<typeof lossSchema>;

const healthSchema = z.object({
  light: z.enum(['good', 'degraded', 'bad']),
  word: z.string(),
  /** So that the light is not told by its colour alone. */
  shape: z.enum(['circle', 'triangle', 'octagon']),
  sentence: z.string(),
  /** What to do next; missing where nothing needs to be done. */
  action: z.string().optional(),
  losses: z.array(lossSchema),
});
export type Health = z.infer<typeof healthSchema>;

/** The figures of a running show, once a second. */
export const showStatsSchema = z.object({
  type: z.literal('stats'),
  state: showStateSchema,
  /** Missing where the destination knows no events. */
  eventName: z.string().optional(),
  /** When the event was started last, which is when its costs begin; missing until it is open. */
  eventSinceUtc: z.string().optional(),
  /** True where an event that runs is billed. */
  isBilled: z.boolean().optional(),
  /** Of all processors of this computer, percent. */
  cpuPercent: z.number().optional(),
  /** Since the first public segment could be fetched; 0 before. */
  onAirSeconds: z.number(),
  /** Media time of the program since its first frame. */
  programSeconds: z.number(),
  renditions: z.array(renditionReportSchema),
  connections: z.array(connectionReportSchema),
  /** Missing where there are none. */
  sideOutputs: z.array(sideOutputReportSchema).optional(),
  uplink: uplinkSchema.optional(),
  encoderLagFrames: z.int(),
  encoder: encoderReportSchema.optional(),
  /** Missing while nothing has been recorded. */
  recording: recordingStatusSchema.optional(),
  health: healthSchema,
  /** Missing where the destination knows no events, and until the event is open. */
  pair: pairSchema.optional(),
});
export type ShowStats = z.infer<typeof showStatsSchema>;

/** The figures of one second or one minute of a show: growth within it, or the state at its end. */
export type HistoryPoint = {
  readonly programSeconds: number;
  readonly light: Health['light'];
  readonly encoderLagFrames: number;
  readonly renditions: readonly { readonly name: string; readonly frames: number; readonly droppedFrames: number; readonly repeatedFrames: number }[];
  readonly connections: readonly {
    readonly rendition: string;
    readonly endpoint: string;
    readonly state: string;
    readonly sentKbps: number;
    /** Of a minute the longest. */
    readonly queuedMs: number;
    readonly droppedMs: number;
    readonly roundTripMs?: number;
  }[];
};

/** Each second of the last minute and each minute of the show, oldest first. */
export type FigureHistory = { readonly seconds: readonly HistoryPoint[]; readonly minutes: readonly HistoryPoint[] };

/** A source was lost, stood in for, started again, or is back. */
export type SourceEvent = {
  readonly type: 'source';
  readonly source: string;
  readonly state: SourceHealth;
  readonly sentence: string;
  readonly atUtc: string;
};

/** A cue was put on the timeline. */
export type CueEvent = CueReceipt & { readonly type: 'cue'; readonly sentence: string };

/** What is on air, after each change of it. */
export type MixEvent = {
  readonly type: 'mix';
  /** Ids of sources, as in {@link SourceEvent}; `sound` may be `none`. */
  readonly picture: string;
  readonly sound: string;
  /** The slate is shown in place of the picture, because the operator wants it. */
  readonly slate: boolean;
  readonly muted: boolean;
  readonly sources: readonly { readonly id: string; readonly label: string; readonly gainDb: number; readonly offsetMs: number }[];
  readonly sentence: string;
  readonly atUtc: string;
};

/** The encoder goes on in another way, because the operator wants it. */
export type EncoderEvent = { readonly type: 'encoder'; readonly sentence: string; readonly atUtc: string };

/** Everything that a client of a show is told, in order. */
export type ShowEvent =
  | { readonly type: 'state'; readonly state: ShowState; readonly sentence: string; readonly atUtc: string }
  | { readonly type: 'progress'; readonly sentence: string }
  | { readonly type: 'warning'; readonly failure: Failure }
  | { readonly type: 'playback'; readonly playback: Playback }
  | SourceEvent
  | MixEvent
  | EncoderEvent
  | AlarmEvent
  | PairEvent
  | SideOutputEvent
  | CueEvent
  | ShowStats
  | ShowReport;
