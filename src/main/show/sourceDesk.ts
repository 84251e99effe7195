// The sources of a show: which one is on air, the slate in their place, and the sound. Each is supervised, so none of them ends a show.
import { OperatorError } from '../../contract/errors.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { SourceEvent, SourceReport } from '../../contract/report.ts';
import { createSource, type SourceOptions } from '../capture/createSource.ts';
import type { ProgramFormat } from '../capture/pictureFilter.ts';
import { makeSlate } from '../capture/slate.ts';
import { isUrl } from '../capture/sourceSpec.ts';
import { watchTimes } from '../capture/sourceWatch.ts';
import { openSupervised, type Attempt, type SupervisedSource } from '../capture/supervisedSource.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import type { FrameIndex, Timeline } from '../media/timeline.ts';
import type { ProgramFeeds } from '../program/program.ts';

type Spec = Parameters<typeof createSource>[0];
/** Sources are numbered in the order of the plan; sound of its own is `audio`. */
type Slot = { readonly id: string; readonly spec: Spec; readonly wants: NonNullable<SourceOptions['wants']>; source: SupervisedSource | undefined };

export type DeskOptions = {
  readonly plan: Pick<ShowPlan, 'video' | 'audio' | 'slate'>;
  readonly format: ProgramFormat;
  readonly ffmpeg: FfmpegInstall;
  readonly onChange: (event: SourceEvent) => void;
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
  #isStopped = false;

  constructor(options: DeskOptions) {
    const { video, audio } = options.plan;
    this.#options = options;
    this.#slots = [
      { id: '1', spec: video, wants: audio.kind === 'source' ? 'both' : 'video', source: undefined },
      ...(audio.kind === 'none' || audio.kind === 'source' ? [] : [{ id: 'audio', spec: audio, wants: 'audio' as const, source: undefined }]),
    ];
  }

  /** Opens everything that is not bound to the timeline, and makes the slate. @throws {OperatorError} of what cannot be opened. */
  async open(): Promise<void> {
    const { plan, format, ffmpeg } = this.#options;
    this.#slate = await makeSlate(plan.slate, format, ffmpeg);
    await Promise.all(this.#slots.map(async (slot) => (slot.spec.kind === 'test' ? undefined : this.#openSlot(slot, undefined))));
  }

  /** The test source shows the timeline itself, so it is made once that is known; it cannot fail for want of a device. */
  async openTimed(time: DeskTime): Promise<void> {
    await Promise.all(this.#slots.map(async (slot) => (slot.spec.kind === 'test' ? this.#openSlot(slot, time) : undefined)));
  }

  feeds(): ProgramFeeds {
    const picture = this.#slots[0]?.source;
    const sound = this.#options.plan.audio.kind === 'source' ? picture : this.#slots.find((slot) => slot.id === 'audio')?.source;
    return { video: picture?.video, audio: sound?.audio };
  }

  reports(): SourceReport[] {
    return this.#slots.flatMap(({ id, source }) => (source === undefined ? [] : [{ source: id, label: source.label, ...source.figures }]));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#slots.map(async ({ source }) => source?.stop()));
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
    if (this.#isStopped) await source.stop();
  }

  async #attempt(slot: Slot, time: DeskTime | undefined, startFrame: FrameIndex | undefined): Promise<Attempt> {
    const { format, ffmpeg } = this.#options;
    if (time === undefined || startFrame === undefined) return { source: await createSource(slot.spec, format, ffmpeg, { wants: slot.wants }) };
    const source = await createSource(slot.spec, format, ffmpeg, { wants: slot.wants, test: { timeline: time.timeline, startFrame } });
    await source.ready.catch(() => undefined);
    if (time.nextFrame() > startFrame) {
      await source.stop();
      throw new OperatorError('SOURCE_LATE', `The ${source.label} came up too late for its place on the timeline.`, 'It is started again with more time.');
    }
    return { source, isDue: () => time.nextFrame() >= startFrame };
  }
}
