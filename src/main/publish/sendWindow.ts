// How much may be on its way on one connection. Node cannot bound the kernel's socket buffer, which takes megabytes that nobody can
// drop any more; acknowledgements can. Reads no clock.
import { AckSteps } from './ackSteps.ts';

/** Media that may be on its way beyond what the server has taken without a word yet. */
const IN_FLIGHT_MS = 1500;

export class SendWindow {
  readonly #inFlightBytes: number;
  readonly #steps: AckSteps;

  /** @param ackWindowBytes what the server was asked to acknowledge after; it may take more */
  constructor(bytesPerSecond: number, ackWindowBytes: number) {
    this.#inFlightBytes = (bytesPerSecond * IN_FLIGHT_MS) / 1000;
    this.#steps = new AckSteps(ackWindowBytes);
  }

  /** @param byte count of all bytes that the server has acknowledged */
  acknowledged(byte: number): void {
    this.#steps.acknowledged(byte);
  }

  /** True while more may be written; always with a server that does not acknowledge. */
  isOpenAt(sentBytes: number): boolean {
    const { stepBytes, acknowledgedBytes } = this.#steps;
    return stepBytes === undefined || sentBytes - acknowledgedBytes < 2 * stepBytes + this.#inFlightBytes;
  }
}
