// One worker's stretch of the timeline: what it was given, what it has given back, and what of that waits until the worker before it is
// through. It starts its process and never decides what comes after it.
import type { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { encodedRenditions, type EncodeSettings } from './encodeSettings.ts';
import type { HandoverCause } from './handoverPlan.ts';
import { PacketGate } from './packetGate.ts';
import type { KeptFrame } from './recentFrames.ts';
import { VideoWorker } from './videoWorker.ts';

export type SegmentOptions = {
  readonly binary: string;
  readonly ladder: Ladder;
  readonly framesPerGop: number;
  readonly env?: Readonly<Record<string, string>>;
};

export type Stretch = {
  readonly startFrame: number;
  /** The first frame that is not its own; undefined while nobody takes over. */
  readonly endFrame?: number | undefined;
  readonly settings: EncodeSettings;
  /** What to go back to if the receivers could not go on with what this one writes. */
  readonly settingsBefore?: EncodeSettings | undefined;
  /** Why it takes over from another in good order. */
  readonly cause?: HandoverCause | undefined;
  /** It stands in for one that has died: so many in a row gave nothing at all. */
  readonly barrenBefore?: number;
  /** What it encodes has been given up once, and another one follows it. */
  readonly isRetry?: boolean;
};

export type SegmentEvents = {
  /** In the order of the worker; frames only once all renditions have them. */
  readonly onItem: (item: VideoPacket | VideoTrackConfig) => void;
  readonly onSkipped: (rendition: string, from: number, end: number) => void;
  /** Everything before its `nextFrame` has come. */
  readonly onProgress: () => void;
  /** Once: the process has gone and its last packet was delivered; with the cause where that was not asked for. */
  readonly onEnd: (error: OperatorError | undefined) => void;
};

export class EncoderSegment {
  readonly startFrame: number;
  readonly settings: EncodeSettings;
  readonly settingsBefore: EncodeSettings | undefined;
  readonly cause: HandoverCause | undefined;
  readonly isRetry: boolean;
  readonly #barrenBefore: number;
  readonly worker: VideoWorker;
  /** Resolves after `onEnd`. */
  readonly ended: Promise<void>;
  endFrame: number | undefined;
  /** Nothing of it is expected any more. */
  isClosed = false;
  /** Its input is over. */
  isDraining = false;
  readonly #gate: PacketGate;
  #waiting: (VideoPacket | VideoTrackConfig)[] | undefined = [];
  #waitingBytes = 0;
  readonly #events: SegmentEvents;

  constructor(options: SegmentOptions, stretch: Stretch, events: SegmentEvents) {
    const { ladder } = options;
    const { settings, startFrame } = stretch;
    this.startFrame = startFrame;
    this.endFrame = stretch.endFrame;
    this.settings = settings;
    this.settingsBefore = stretch.settingsBefore;
    this.cause = stretch.cause;
    this.#barrenBefore = stretch.barrenBefore ?? 0;
    this.isRetry = stretch.isRetry ?? false;
    this.#events = events;
    const names = encodedRenditions(ladder, settings).map((rendition) => rendition.name);
    // Hardware encoders are told to make no B-frames; libx264 makes them unless it stands in for one of those.
    const reorders = settings.encoder.encoder === 'libx264' && settings.encoder.bFrames !== 0;
    this.#gate = new PacketGate(startFrame, names, reorders, { onPacket: (packet) => this.#pass(packet), onSkipped: events.onSkipped, onProgress: events.onProgress });
    this.worker = new VideoWorker({
      binary: options.binary, ladder, framesPerGop: options.framesPerGop, settings, startFrame,
      sink: { onConfig: (config) => this.#pass(config), onPacket: (packet) => this.#gate.add(reorders ? inDecodeOrder(packet) : packet) },
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    this.ended = this.worker.ended.then((error) => events.onEnd(error));
  }

  /** Every frame before this one has come out of it. */
  get nextFrame(): number {
    return this.#gate.nextFrame;
  }

  /** Frames that it was given and that have not come out. */
  get framesInside(): number {
    return Math.max(0, this.startFrame + this.worker.framesIn - this.#gate.nextFrame);
  }

  get hasBegun(): boolean {
    return this.worker.framesIn > 0;
  }

  get isComplete(): boolean {
    return this.endFrame !== undefined && this.#gate.nextFrame >= this.endFrame;
  }

  /** Workers in a row, this one included, that died without giving anything although they had frames. */
  get barren(): number {
    return this.hasBegun && this.#gate.nextFrame === this.startFrame ? this.#barrenBefore + 1 : 0;
  }

  /** Bytes that wait for the worker before it. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  push(frame: KeptFrame): void {
    this.worker.push(frame.pieces, frame.lease);
  }

  /** It is its turn: what has waited goes out, in order, and everything after it at once. */
  letThrough(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    for (const item of waiting) this.#events.onItem(item);
  }

  /** Its worker has ended in order: what is held is all there is. */
  releaseHeld(): void {
    this.#gate.releaseAll();
  }

  #pass(item: VideoPacket | VideoTrackConfig): void {
    if (this.#waiting === undefined) {
      this.#events.onItem(item);
      return;
    }
    this.#waiting.push(item);
    if ('data' in item) this.#waitingBytes += item.data.length;
  }
}

/**
 * An encoder with B-frames decodes an IDR one frame before it is shown, except when it was given that frame alone: then it would share its
 * decode time with the first frame of the next worker, and a service drops one of two that are equal.
 */
function inDecodeOrder(packet: VideoPacket): VideoPacket {
  if (!packet.isIdr || packet.decodeFrame < packet.frame) return packet;
  return { ...packet, decodeFrame: (packet.frame - 1) as VideoPacket['decodeFrame'] };
}
