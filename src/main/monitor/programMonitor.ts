// Looks at the program of one show as it passes: pictures and readings for whoever watches, alarms for the operator.
// It holds no frame beyond the call, and nothing of the show depends on it.
import { messageOf } from '../../contract/errors.ts';
import { AUDIO_CHANNELS } from '../../contract/ladder.ts';
import { beginPicture, pictureMessageBytes, USUAL_PICTURES_PER_SECOND, type PictureSize } from '../../contract/monitorStream.ts';
import { FramePool } from '../media/framePool.ts';
import { exactMsOfFrame, utcMsOfFrame, type FrameIndex, type Timeline } from '../media/timeline.ts';
import { AlarmBoard, type AlarmChange, type Expectation } from './alarmBoard.ts';
import { LevelMeter, merged, type LevelReading } from './levels.ts';
import { LoudnessMeter } from './loudness.ts';
import { LumaSample, type LumaVerdict } from './lumaSample.ts';
import type { MonitorHub } from './monitorHub.ts';
import { SmallPicture } from './smallPicture.ts';

const MAX_PICTURES_PER_SECOND = 30;
/** Half of 29.97 is as usual as half of 30, and a device's interval is a mean. */
const NEARLY = 0.97;
const LEAST_USUAL_PICTURES = USUAL_PICTURES_PER_SECOND * NEARLY;
/** Looks for alarms in a second of media time. */
const LOOKS_PER_SECOND = 4;
/** A reading covers at most this, so that meters move at 30 Hz or more; one sample more than a tick of 29.97 fps has. */
const MAX_READING_SAMPLES = 1602;

/** Counters since the beginning of the show. */
export type ProgramFigures = {
  readonly ticksWithoutPicture: number;
  readonly undeliveredSamples: number;
  readonly lateTicks: number;
  readonly encoderLagFrames: number;
  readonly diskSecondsLeft: number | undefined;
  readonly recordingStalledMs: number | undefined;
};

export type ProgramMonitorOptions = {
  readonly timeline: Timeline;
  /** Of the program's yuv420p frames. */
  readonly size: PictureSize;
  readonly hub: MonitorHub;
  readonly normal: Expectation;
  readonly figures: () => ProgramFigures;
  readonly onAlarm: (change: AlarmChange) => void;
  /** Called at most once: the monitor has broken and looks no more. */
  readonly onFailure: (error: Error) => void;
};

export class ProgramMonitor {
  readonly #options: ProgramMonitorOptions;
  readonly #framesPerPicture: number;
  readonly #framesPerUsualPicture: number;
  readonly #framesPerLook: number;
  readonly #small: SmallPicture;
  readonly #messages: FramePool;
  readonly #luma: LumaSample;
  readonly #levels = new LevelMeter();
  readonly #loudness = new LoudnessMeter();
  readonly #alarms: AlarmBoard;
  #frame = 0 as FrameIndex;
  #arrivals = 0;
  #sinceLook: LevelReading | undefined;
  #isBroken = false;
  #lastLook: { readonly frame: number; readonly figures: ProgramFigures } | undefined;

  constructor(options: ProgramMonitorOptions) {
    this.#options = options;
    const fps = options.timeline.frameRate.num / options.timeline.frameRate.den;
    this.#framesPerPicture = Math.max(1, Math.ceil(fps / MAX_PICTURES_PER_SECOND));
    // A whole number of the others, so that everybody is given the same drawings.
    this.#framesPerUsualPicture = Math.max(1, Math.floor(fps / LEAST_USUAL_PICTURES / this.#framesPerPicture)) * this.#framesPerPicture;
    this.#framesPerLook = Math.max(1, Math.round(fps / LOOKS_PER_SECOND));
    this.#small = new SmallPicture(options.size);
    this.#messages = new FramePool(pictureMessageBytes(this.#small.size));
    this.#luma = new LumaSample(options.size);
    this.#alarms = new AlarmBoard(options.normal);
  }

  /**
   * One frame of the program, in order. The pieces are only read, and only during the call.
   * @param isAhead clients are shown something newer, by {@link arrived}.
   */
  frame(frame: FrameIndex, pieces: readonly Uint8Array[], isAhead = false): void {
    this.#frame = frame;
    this.#apart(() => {
      if (!isAhead && frame % this.#framesPerPicture === 0) this.#offerPicture(pieces, frame % this.#framesPerUsualPicture === 0);
      if (frame % this.#framesPerLook === 0) this.#look(frame, this.#luma.look(pieces));
    });
  }

  /**
   * A picture of the device on air, which goes out a little later. It is shown at once: to wait for the tick would make it older.
   * @param intervalMs between two of them.
   */
  arrived(pieces: readonly Uint8Array[], intervalMs: number): void {
    const perPicture = Math.max(1, Math.ceil((1000 / MAX_PICTURES_PER_SECOND / intervalMs) * NEARLY));
    const perUsual = Math.max(1, Math.floor(1000 / LEAST_USUAL_PICTURES / intervalMs / perPicture)) * perPicture;
    this.#arrivals += 1;
    this.#apart(() => {
      if (this.#arrivals % perPicture === 0) this.#offerPicture(pieces, this.#arrivals % perUsual === 0);
    });
  }

  /** The samples that follow the frame given last: 48 kHz, stereo, interleaved. */
  sound(samples: Float32Array): void {
    this.#apart(() => this.#meter(samples));
  }

  /** An error here must not reach the clock, in whose tick it happens. */
  #apart(work: () => void): void {
    if (this.#isBroken) return;
    try {
      work();
    } catch (error) {
      this.#isBroken = true;
      this.#options.onFailure(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #meter(samples: Float32Array): void {
    this.#loudness.push(samples);
    const count = samples.length / AUDIO_CHANNELS;
    const readings = Math.max(1, Math.ceil(count / MAX_READING_SAMPLES));
    const { timeline, hub } = this.#options;
    for (let index = 0; index < readings; index += 1) {
      const [from, to] = [Math.floor((count * index) / readings), Math.floor((count * (index + 1)) / readings)];
      const reading = this.#levels.push(samples.subarray(from * AUDIO_CHANNELS, to * AUDIO_CHANNELS));
      this.#sinceLook = this.#sinceLook === undefined ? reading : merged(this.#sinceLook, reading);
      const utcMs = utcMsOfFrame(timeline, this.#frame + index / readings);
      hub.offerMeters({ frame: this.#frame, utcMs }, reading, this.#loudness.reading);
    }
  }

  #offerPicture(pieces: readonly Uint8Array[], isUsual: boolean): void {
    const { hub, timeline } = this.#options;
    hub.offerPicture({ frame: this.#frame, utcMs: utcMsOfFrame(timeline, this.#frame) }, isUsual, (stamp) => {
      const message = this.#messages.acquire();
      this.#small.draw(pieces, beginPicture(message.bytes, stamp, this.#small.size));
      return message;
    });
  }

  #look(frame: FrameIndex, luma: LumaVerdict): void {
    const { timeline: { frameRate }, figures: currentFigures, onAlarm } = this.#options;
    const [last, sound, figures] = [this.#lastLook, this.#sinceLook, currentFigures()];
    this.#lastLook = { frame, figures };
    this.#sinceLook = undefined;
    if (last === undefined || sound === undefined) return;
    const changes = this.#alarms.look(exactMsOfFrame(frame, frameRate), {
      ...luma,
      ticks: frame - last.frame,
      ticksWithoutPicture: figures.ticksWithoutPicture - last.figures.ticksWithoutPicture,
      lateTicks: figures.lateTicks - last.figures.lateTicks,
      soundPeak: Math.max(...sound.channels.map(({ peak }) => peak)),
      clippedRuns: sound.clippedRuns,
      samples: sound.samples,
      undeliveredSamples: figures.undeliveredSamples - last.figures.undeliveredSamples,
      encoderLagMs: exactMsOfFrame(figures.encoderLagFrames, frameRate),
      diskSecondsLeft: figures.diskSecondsLeft,
      recordingStalledMs: figures.recordingStalledMs,
    });
    for (const change of changes) onAlarm(change);
  }
}
