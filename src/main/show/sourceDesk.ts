// The sources of a show: which one is on air, the slate in their place, and the sound. Each is supervised, so none of them ends a show.
import { OperatorError } from '../../contract/errors.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { MixEvent, SourceEvent, SourceReport } from '../../contract/report.ts';
import { createSource, type SourceOptions } from '../capture/createSource.ts';
import type { ProgramFormat } from '../capture/pictureFilter.ts';
import { makeSlate } from '../capture/slate.ts';
import { isUrl } from '../capture/sourceSpec.ts';
import { watchTimes } from '../capture/sourceWatch.ts';
import { openSupervised, type Attempt, type SupervisedSource } from '../capture/supervisedSource.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import type { FrameIndex, Timeline } from '../media/timeline.ts';
import type { AudioFeed, Source, VideoFeed } from '../capture/feed.ts';
import type { SourceMonitor } from '../monitor/sourceMonitor.ts';
import type { ProgramFeeds } from '../program/program.ts';
import { newestPicture, type NewestPicture } from './newestPicture.ts';
import { withDelayedSound } from './soundDelay.ts';
import { gainOfDb, withGain } from './soundGain.ts';

type Spec = Parameters<typeof createSource>[0];
/** Sources are numbered in the order of the plan; sound of its own is `audio`. */
type Slot = {
  readonly id: string;
  readonly spec: Spec;
  readonly wants: NonNullable<SourceOptions['wants']>;
  source: SupervisedSource | undefined;
  /** Said last of what was chosen of it. */
  note: string | undefined;
  /** At its gain; always the same object. */
  sound: AudioFeed | undefined;
  gainDb: number;
  offsetMs: number;
  /** What has passed off air of a source that is bound to the timeline and could not be taken yet. */
  owedFrames: number;
  owedSamples: number;
  /** Timeline index of its first frame. */
  dueFrame: number;
};
const SOUND_ID = 'audio';

export type DeskOptions = {
  readonly plan: Pick<ShowPlan, 'video' | 'otherVideo' | 'audio' | 'slate' | 'sound'>;
  readonly format: ProgramFormat;
  readonly ffmpeg: FfmpegInstall;
  /** What cameras are asked for; `format` by default. */
  readonly modeFor?: SourceOptions['modeFor'];
  readonly onChange: (event: SourceEvent | MixEvent) => void;
  /** Other feeds from the next tick on. */
  readonly onFeeds: (feeds: ProgramFeeds) => void;
  /** The device on air has given a picture, which goes out after its hold; valid during the call. */
  readonly onNewest: (picture: NewestPicture) => void;
  /** The picture is to wait for so many ticks, because some sound comes later than its picture. */
  readonly onPictureDelay: (frames: number) => void;
};

/** Where the program stands; what is bound to the timeline is made for it. */
export type DeskTime = { readonly timeline: Timeline; readonly startFrame: FrameIndex; readonly nextFrame: () => FrameIndex };

/** Between the start of a test source and its first frame. */
const FIRST_LEAD_SECONDS = 2;
const MAX_LEAD_SECONDS = 16;

export class SourceDesk {
  readonly #options: DeskOptions;
  readonly #slots: readonly Slot[];
  #slate: readonly Uint8Array[] = [];
  #slateFeed: VideoFeed | undefined;
  #picture = '1';
  /** Whose sound is heard; undefined for none at all. */
  #sound: string | undefined;
  #isSlateShown = false;
  #isMuted = false;
  #isStopped = false;
  #time: DeskTime | undefined;

  constructor(options: DeskOptions) {
    const { video, otherVideo = [], audio } = options.plan;
    this.#options = options;
    this.#sound = audio.kind === 'none' ? undefined : audio.kind === 'source' ? this.#picture : SOUND_ID;
    const slot = (id: string, spec: Spec, wants: Slot['wants']): Slot => ({ id, spec, wants, source: undefined, note: undefined, sound: undefined, gainDb: options.plan.sound?.[id]?.gainDb ?? 0, offsetMs: options.plan.sound?.[id]?.offsetMs ?? 0, owedFrames: 0, owedSamples: 0, dueFrame: 0 });
    this.#slots = [
      ...[video, ...otherVideo].map((spec, index) => slot(String(index + 1), spec, audio.kind === 'source' ? 'both' : 'video')),
      ...(audio.kind === 'none' || audio.kind === 'source' ? [] : [slot(SOUND_ID, audio, 'audio')]),
    ];
  }

  /** Before anything is opened; {@link open} does it where it was not done. @throws {OperatorError} of a slate that cannot be made. */
  async makeSlate(): Promise<void> {
    const { plan, format, ffmpeg } = this.#options;
    this.#slate = await makeSlate(plan.slate, format, ffmpeg);
    const frame = { pieces: this.#slate, arrivedAtMs: 0, sourceFrame: 0 };
    this.#slateFeed = { pacing: 'push', width: format.width, height: format.height, queued: [frame], take: () => frame, droppedFrames: 0, timing: undefined };
  }

  /**
   * Opens everything that is not open and not bound to the timeline.
   * @param onEach is told of each source whether it was opened; what could not be may be tried again.
   * @throws {OperatorError} of what cannot be opened, where there is no `onEach`; of the slate.
   */
  async open(onEach?: (id: string, error: unknown) => void): Promise<void> {
    if (this.#slateFeed === undefined) await this.makeSlate();
    const closed = this.#slots.filter(({ spec, source }) => spec.kind !== 'test' && source === undefined);
    await Promise.all(closed.map(async (slot) => {
      const opening = this.#openSlot(slot, undefined);
      await (onEach === undefined ? opening : opening.then(() => onEach(slot.id, undefined), (error: unknown) => onEach(slot.id, error)));
    }));
  }

  /** The test source shows the timeline itself, so it is made once that is known; it cannot fail for want of a device. */
  async openTimed(time: DeskTime): Promise<void> {
    this.#time = time;
    await Promise.all(this.#slots.map(async (slot) => (slot.spec.kind === 'test' ? this.#openSlot(slot, time) : undefined)));
  }

  feeds(): ProgramFeeds {
    return {
      video: this.#isSlateShown ? this.#slateFeed : this.#slots.find(({ id }) => id === this.#picture)?.source?.video,
      audio: this.#slots.find(({ id }) => id === this.#sound)?.sound,
    };
  }

  /**
   * A cut at the next tick. Sound of its own always stays.
   * @param audio whether the sound of the new source is heard with it.
   * @throws {OperatorError} `SOURCE_UNKNOWN`
   */
  switchTo(id: string, audio: 'follow' | 'stay'): void {
    const slot = this.#slots.find((one) => one.id === id && one.id !== SOUND_ID) ?? this.#refuse(id);
    this.#picture = id;
    if (audio === 'follow' && this.#options.plan.audio.kind === 'source') this.#sound = id;
    this.#changed(`On air: source ${id}, ${slot.source?.label ?? 'not open yet'}.`);
  }

  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
    this.#changed(isMuted ? 'The sound is muted.' : 'The sound is on.');
  }

  /** Its sound goes on; {@link mute} silences it. */
  showSlate(isShown: boolean): void {
    this.#isSlateShown = isShown;
    this.#changed(isShown ? 'The slate is shown.' : 'The slate is taken away.');
  }

  /** @throws {OperatorError} `SOURCE_UNKNOWN` */
  setGain(id: string, db: number): void {
    const slot = this.#slots.find((one) => one.id === id) ?? this.#refuse(id);
    slot.gainDb = db;
    this.#changed(`Source ${id} plays at ${db} dB.`);
  }

  /** @param ms by which its sound is heard later; negative: every picture waits for it. @throws {OperatorError} `SOURCE_UNKNOWN` */
  setOffset(id: string, ms: number): void {
    const slot = this.#slots.find((one) => one.id === id) ?? this.#refuse(id);
    slot.offsetMs = ms;
    this.#options.onPictureDelay(this.pictureDelayFrames);
    this.#changed(`The sound of source ${id} is ${ms === 0 ? 'heard as it comes' : `${Math.abs(ms)} ms ${ms > 0 ? 'later' : 'earlier'} against its picture`}.`);
  }

  /** Whole ticks, the same for all sources, so that a cut stays a cut; the rest is made up for by the sound. */
  get pictureDelayFrames(): number {
    const { num, den } = this.#options.format.frameRate;
    return Math.max(0, Math.ceil((Math.max(0, ...this.#slots.map(({ offsetMs }) => -offsetMs)) * num) / (1000 * den) - 1e-9));
  }

  /** Whether clients are shown a device's pictures as they come ({@link DeskOptions.onNewest}), and not what goes out now. */
  get isAhead(): boolean {
    return newestPicture(this.feeds().video) !== undefined;
  }

  /** A tick has passed: a source that is bound to the timeline and is not on air moves on with it, and each is shown to whoever looks. */
  passFrame(frame: FrameIndex, shown: readonly Uint8Array[], monitor: SourceMonitor): void {
    const onAir = this.#isSlateShown ? undefined : this.#picture;
    const moving = this.#offAir(onAir);
    for (const slot of this.#slots) {
      if (slot.id === SOUND_ID || slot.source === undefined) continue;
      const isTurn = monitor.isTurnOf(slot.id, frame);
      if (moving.includes(slot)) this.#moveOn(slot, (pieces) => { if (isTurn) monitor.offer(slot.id, frame, pieces); });
      else if (isTurn) {
        const pieces = slot.id === onAir ? newestPicture(this.feeds().video)?.pieces ?? shown : slot.source?.video?.queued.at(-1)?.pieces;
        if (pieces !== undefined) monitor.offer(slot.id, frame, pieces);
      }
    }
  }

  /** The sound of a tick has passed, in samples per channel, taken from `heard`. */
  passSound(samples: number, heard: AudioFeed | undefined): void {
    for (const slot of this.#offAir(this.#slots.find(({ sound }) => sound !== undefined && sound === heard)?.id)) {
      slot.owedSamples += samples;
      const taken = Math.min(slot.owedSamples, slot.source?.audio?.queuedSamples ?? 0);
      if (taken > 0 && slot.source?.audio?.take(taken) !== undefined) slot.owedSamples -= taken;
    }
  }

  /** What is on air, for clients that come later. */
  announce(): void {
    this.#changed('The sources are ready.');
  }

  reports(): SourceReport[] {
    return this.#slots.flatMap(({ id, source }) => {
      if (source === undefined) return [];
      const driftPpm = source.audio?.timing?.driftPpm;
      return [{ source: id, label: source.label, ...source.figures, ...(driftPpm === undefined ? {} : { driftPpm: Math.round(driftPpm * 10) / 10 }) }];
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#slots.map(async ({ source }) => source?.stop()));
  }

  #soundDelayMs(slot: Slot): number {
    const { num, den } = this.#options.format.frameRate;
    return slot.offsetMs + (this.pictureDelayFrames * 1000 * den) / num;
  }

  #offAir(onAir: string | undefined): Slot[] {
    const passed = (this.#time?.nextFrame() ?? 0) - 1;
    return this.#slots.filter((slot) => slot.spec.kind === 'test' && slot.id !== onAir && passed >= slot.dueFrame);
  }

  #moveOn(slot: Slot, look: (pieces: readonly Uint8Array[]) => void): void {
    slot.owedFrames += 1;
    while (slot.owedFrames > 0) {
      const frame = slot.source?.video?.take();
      if (frame === undefined) return;
      if (slot.owedFrames === 1) look(frame.pieces);
      if (frame.pieces === this.#slate) return;
      frame.lease?.release();
      slot.owedFrames -= 1;
    }
  }

  #refuse(id: string): never {
    throw new OperatorError('SOURCE_UNKNOWN', `There is no source ${id.slice(0, 40)} in this show.`, `Choose one of: ${this.#slots.map((slot) => slot.id).join(', ')}.`);
  }

  #changed(sentence: string): void {
    this.#options.onFeeds(this.feeds());
    this.#options.onChange({
      type: 'mix',
      picture: this.#picture,
      sound: this.#sound ?? 'none',
      slate: this.#isSlateShown,
      muted: this.#isMuted,
      sources: this.#slots.map(({ id, source, gainDb, offsetMs }) => ({ id, label: source?.label ?? '', gainDb, offsetMs })),
      sentence,
      atUtc: new Date().toISOString(),
    });
  }

  async #openSlot(slot: Slot, time: DeskTime | undefined): Promise<void> {
    const { spec } = slot;
    const isRemote = spec.kind === 'file' && isUrl(spec.path);
    const isOnChange = spec.kind === 'screen' && process.platform === 'darwin';
    let leadSeconds = FIRST_LEAD_SECONDS;
    const source = await openSupervised({
      open: async (attempt) => {
        if (time === undefined || attempt === 'first') return this.#attempt(slot, time, time?.startFrame);
        const { num, den } = time.timeline.frameRate;
        const startFrame = (time.nextFrame() + Math.ceil((leadSeconds * num) / den)) as FrameIndex;
        leadSeconds = Math.min(MAX_LEAD_SECONDS, leadSeconds * 2);
        return this.#attempt(slot, time, startFrame);
      },
      times: ({ video, audio }) => watchTimes((video ?? audio)?.pacing ?? 'push', isRemote, isOnChange),
      slate: this.#slate,
      onChange: (state, sentence) => {
        if (!this.#isStopped) this.#options.onChange({ type: 'source', source: slot.id, state, sentence, atUtc: new Date().toISOString() });
      },
    });
    slot.source = source;
    source.video?.onArrival?.(() => {
      if (this.#isSlateShown || slot.id !== this.#picture) return;
      const newest = newestPicture(source.video);
      if (newest !== undefined) this.#options.onNewest(newest);
    });
    slot.sound = source.audio === undefined
      ? undefined
      : withGain(source.audio, () => (this.#isMuted ? 0 : gainOfDb(slot.gainDb)));
    if (this.#isStopped) await source.stop();
  }

  async #attempt(slot: Slot, time: DeskTime | undefined, startFrame: FrameIndex | undefined): Promise<Attempt> {
    const { format, ffmpeg, modeFor } = this.#options;
    const open = async (options: SourceOptions): Promise<Source> => {
      const source = await createSource(slot.spec, format, ffmpeg, { wants: slot.wants, ...(modeFor === undefined ? {} : { modeFor }), ...options });
      if (source.note !== undefined && source.note !== slot.note) {
        slot.note = source.note;
        this.#options.onChange({ type: 'source', source: slot.id, state: 'live', sentence: source.note, atUtc: new Date().toISOString() });
      }
      return withDelayedSound(source, () => this.#soundDelayMs(slot));
    };
    if (time === undefined || startFrame === undefined) return { source: await open({}) };
    const source = await open({ test: { timeline: time.timeline, startFrame } });
    await source.ready.catch(() => undefined);
    if (time.nextFrame() > startFrame) {
      await source.stop();
      throw new OperatorError('SOURCE_LATE', `The ${source.label} came up too late for its place on the timeline.`, 'It is started again with more time.');
    }
    slot.owedFrames = 0;
    slot.owedSamples = 0;
    slot.dueFrame = startFrame;
    return { source, isDue: () => time.nextFrame() >= startFrame };
  }
}
