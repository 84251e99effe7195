// Which frames another worker is to take over at, and when it must be started for that. Bounded; knows no process.
import { OperatorError } from '../../contract/errors.ts';

export type HandoverCause = 'bitrate' | 'idr' | 'step-down' | 'step-up';
export type PlannedHandover = { readonly frame: number; readonly cause: HandoverCause };

/** Each is a process for a moment. */
const MAX_PLANNED = 16;

export class HandoverPlan {
  readonly #framesPerGop: number;
  readonly #warmUpFrames: number;
  #planned: PlannedHandover[] = [];

  constructor(framesPerGop: number, warmUpFrames: number) {
    this.#framesPerGop = framesPerGop;
    this.#warmUpFrames = warmUpFrames;
  }

  /** Two at one frame become one; settings matter more than the IDR, which comes with them. @throws OperatorError `TOO_MANY_HANDOVERS` */
  add(handover: PlannedHandover): void {
    const known = this.#planned.find((one) => one.frame === handover.frame);
    if (known === undefined && this.#planned.length >= MAX_PLANNED) {
      throw new OperatorError('TOO_MANY_HANDOVERS', `${MAX_PLANNED} changes of the encoder are waiting already.`, 'Wait until they are through.');
    }
    this.addAgain(handover);
  }

  /** One that was due and is still to be. */
  addAgain(handover: PlannedHandover): void {
    const known = this.#planned.find((one) => one.frame === handover.frame);
    const merged = known !== undefined && known.cause !== 'idr' ? known : handover;
    this.#planned = [...this.#planned.filter((one) => one !== known), merged].toSorted((one, other) => one.frame - other.frame);
  }

  /**
   * At the first GOP boundary for which a worker can be warm and that lies behind every worker that has been started: those have the
   * settings of before. @returns the frame. @throws OperatorError as {@link add}
   */
  addAtBoundary(nextFrame: number, cause: HandoverCause, started: readonly { readonly startFrame: number }[]): number {
    const earliest = Math.max(nextFrame + this.#warmUpFrames, ...started.map((one) => one.startFrame + 1));
    const frame = Math.ceil(earliest / this.#framesPerGop) * this.#framesPerGop;
    this.add({ frame, cause });
    return frame;
  }

  /** Those whose worker must be started now, in order; they are forgotten. */
  takeDue(nextFrame: number): readonly PlannedHandover[] {
    const due = this.#planned.filter((one) => one.frame <= nextFrame + this.#warmUpFrames);
    if (due.length > 0) this.#planned = this.#planned.slice(due.length);
    return due;
  }

  clear(): void {
    this.#planned = [];
  }
}
