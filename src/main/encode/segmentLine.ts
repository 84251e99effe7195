// The encoder processes of a show in the order of their frames: the first one's packets go out, the others' wait for their turn. It starts and
// ends them, and decides neither when nor with what.
import { OperatorError } from '../../contract/errors.ts';
import type { VideoPacket, VideoTrackConfig } from '../media/packets.ts';
import { encodedRenditions } from './encodeSettings.ts';
import { EncoderSegment, type SegmentOptions, type Stretch } from './encoderSegment.ts';
import type { MissingCause, MissingFrames } from './missingFrames.ts';

/** How long a worker whose input is over may be silent before it has given its last packets, and how long it may take in all. */
const DRAIN_SILENT_MS = 4_000;
const DRAIN_MS = 12_000;
const DRAIN_LOOK_MS = 250;
/** What may wait for that; more than a minute of 1080p in seconds is a sign of something else. */
const MAX_WAITING_BYTES = 96 * 1024 * 1024;
const FLUSH_MS = 15_000;

export type LineEvents = {
  readonly onItem: (segment: EncoderSegment, item: VideoPacket | VideoTrackConfig) => void;
  /** Once for each: its process has gone; with the cause where that was not asked for. */
  readonly onEnd: (segment: EncoderSegment, error: OperatorError | undefined) => void;
  /** One begins inside a GOP, with an IDR of its own. */
  readonly onExtraIdr: (frame: number) => void;
};

export class SegmentLine {
  readonly #options: SegmentOptions;
  readonly #missing: MissingFrames;
  readonly #events: LineEvents;
  /** Ends of processes that are still giving their last packets. */
  readonly #leaving = new Set<Promise<unknown>>();
  #segments: EncoderSegment[] = [];

  constructor(options: SegmentOptions, missing: MissingFrames, events: LineEvents) {
    this.#options = options;
    this.#missing = missing;
    this.#events = events;
  }

  /** Those that are not through, in the order of the timeline. */
  get segments(): readonly EncoderSegment[] {
    return this.#segments;
  }

  /** The one whose packets go out. */
  get head(): EncoderSegment | undefined {
    return this.#segments.find((segment) => !segment.isClosed);
  }

  /** The one that is to be given this frame. */
  at(frame: number): EncoderSegment | undefined {
    return this.#segments.findLast((segment) => !segment.isClosed && segment.startFrame <= frame && frame < (segment.endFrame ?? Infinity));
  }

  start(stretch: Stretch): EncoderSegment {
    if (stretch.startFrame % this.#options.framesPerGop !== 0) this.#events.onExtraIdr(stretch.startFrame);
    const segment: EncoderSegment = new EncoderSegment(this.#options, stretch, {
      onItem: (item) => this.#events.onItem(segment, item),
      onSkipped: (rendition, from, end) => this.#missing.add(rendition, from, end, 'skipped'),
      onProgress: () => this.#advance(),
      onEnd: (error) => this.#events.onEnd(segment, error),
    });
    this.#segments = [...this.#segments, segment].toSorted((one, other) => one.startFrame - other.startFrame);
    this.#leave(segment.ended);
    this.#advance();
    return segment;
  }

  /** Its first frame has come, so the input of the one before it is over. Returns that one. */
  endInputBefore(segment: EncoderSegment): EncoderSegment | undefined {
    const before = this.#segments[this.#segments.indexOf(segment) - 1];
    if (before === undefined || before.isClosed) return undefined;
    before.endFrame = segment.startFrame;
    this.drain(before);
    return before;
  }

  /** Its input is over: it gives its last packets in time, or counts as dead. */
  drain(segment: EncoderSegment): void {
    segment.isDraining = true;
    this.#advance();
    let packets = segment.worker.packetsOut;
    let silentMs = 0;
    let drainedMs = 0;
    const timer = setInterval(() => {
      // One that is slow under load is not dead: another one would only add to the load.
      silentMs = packets === segment.worker.packetsOut ? silentMs + DRAIN_LOOK_MS : 0;
      drainedMs += DRAIN_LOOK_MS;
      packets = segment.worker.packetsOut;
      if (!segment.isClosed && (silentMs >= DRAIN_SILENT_MS || drainedMs >= DRAIN_MS)) segment.worker.fail(stuck('The video encoder did not give its last frames in time.'));
    }, DRAIN_LOOK_MS);
    timer.unref();
    this.#leave(segment.worker.finish(FLUSH_MS).finally(() => clearInterval(timer)));
  }

  /** It was never given a frame and will not be. */
  discard(segment: EncoderSegment, sentence: string): void {
    segment.isClosed = true;
    segment.worker.fail(stuck(sentence));
    this.#segments = this.#segments.filter((one) => one !== segment);
    this.#advance();
  }

  /** Nothing more of it is expected; its frames up to `end` that have not come are missing. */
  close(segment: EncoderSegment, end: number, cause: MissingCause): void {
    for (const { name } of encodedRenditions(this.#options.ladder, segment.settings)) this.#missing.add(name, segment.nextFrame, end, cause);
    segment.isClosed = true;
    this.#advance();
  }

  /** Ends the head where the packets behind it need too much memory. */
  limitWaiting(): void {
    const waitingBytes = this.#segments.reduce((sum, one) => sum + one.waitingBytes, 0);
    if (waitingBytes > MAX_WAITING_BYTES) this.#segments[0]?.worker.fail(stuck('The video encoder does not give its last frames.'));
  }

  /** Waits for the last packets of all, bounded in time; 0 ends them at once. */
  async finish(flushMs = FLUSH_MS): Promise<void> {
    for (const segment of this.#segments) {
      if (!segment.hasBegun) this.discard(segment, 'The show has ended before its first frame.');
      else if (!segment.isDraining) this.#leave(segment.worker.finish(flushMs));
      else if (flushMs === 0) segment.worker.fail(stuck('The show has ended.'));
    }
    await Promise.all(this.#leaving);
  }

  /** Lets the first worker that is not through give its packets. */
  #advance(): void {
    for (let head = this.#segments[0]; head !== undefined; head = this.#segments[0]) {
      head.letThrough();
      if (head.isComplete) head.isClosed = true;
      if (!head.isClosed) return;
      this.#segments = this.#segments.slice(1);
    }
  }

  #leave(end: Promise<unknown>): void {
    this.#leaving.add(end);
    void end.finally(() => this.#leaving.delete(end));
  }
}

function stuck(sentence: string): OperatorError {
  return new OperatorError('ENCODER_STUCK', sentence, 'Another one encodes what is missing; if there is none, choose a smaller ladder or a faster preset.');
}
