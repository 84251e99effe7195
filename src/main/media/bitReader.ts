// Reads bits from the most significant one on, with the Exp-Golomb codes of ITU-T H.264 §9.1. It never reads past its end.
import { MediaFormatError } from './formatError.ts';

export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** One bit. @throws MediaFormatError `truncated` */
  bit(): number {
    const byte = this.#bytes[this.#position >> 3];
    if (byte === undefined) throw new MediaFormatError('truncated', 'The bit stream ends inside a syntax element.');
    const bit = (byte >> (7 - (this.#position & 7))) & 1;
    this.#position += 1;
    return bit;
  }

  /** `count` bits (at most 32) as an unsigned number. */
  bits(count: number): number {
    let value = 0;
    for (let read = 0; read < count; read += 1) value = value * 2 + this.bit();
    return value;
  }

  /** ue(v): unsigned Exp-Golomb, at most 32 leading zeros (§9.1). */
  unsignedExpGolomb(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > 32) throw new MediaFormatError('invalid', 'An Exp-Golomb code has more than 32 leading zeros.');
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v): signed Exp-Golomb (§9.1.1). */
  signedExpGolomb(): number {
    const code = this.unsignedExpGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
