// CRC-64/NVME, the checksum of `x-ms-content-crc64`: reflected polynomial 0x9A6C9329AC4BC9B5, all ones in and out. Pure.

/** One remainder for each byte value, as two 32-bit halves: 64-bit integers would make each byte an allocation. */
const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let value = 0; value < 256; value += 1) {
  let [high, low] = [0, value];
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) {
      high ^= 0x9a6c9329;
      low ^= 0xac4bc9b5;
    }
  }
  HIGH[value] = high;
  LOW[value] = low;
}

/** Takes bytes piece by piece; `digest` gives the eight bytes, least significant first, as the header carries them. */
export class Crc64 {
  #high = 0xffff_ffff;
  #low = 0xffff_ffff;

  update(bytes: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    for (const byte of bytes) {
      const at = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (LOW[at] ?? 0);
      high = (high >>> 8) ^ (HIGH[at] ?? 0);
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(~this.#low >>> 0, 0);
    bytes.writeUInt32LE(~this.#high >>> 0, 4);
    return bytes;
  }
}
