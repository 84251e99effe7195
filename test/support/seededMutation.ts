// Broken copies of good bytes, the same ones again for the same seed.

export type Random = { readonly seed: number; /** 0 ≤ x < 1 */ next(): number; /** 0 ≤ n < below */ below(below: number): number; pick<T>(from: readonly T[]): T };

/** mulberry32 (public domain): small, fast, good enough to choose bytes. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { seed, next, below, pick: (from) => from[below(from.length)]! };
}

const SPECIAL = [0, 1, 2, 3, 4, 8, 9, 18, 20, 0x7f, 0x80, 0xfe, 0xff];

/** A few bytes set, inserted, removed, repeated, or a length field made absurd; sometimes cut short. */
export function mutated(bytes: Uint8Array, random: Random, from = 0): Buffer {
  let body = Buffer.from(bytes);
  for (let left = 1 + random.below(6); left > 0 && body.length > from; left -= 1) {
    const at = from + random.below(body.length - from);
    switch (random.below(7)) {
      case 0: body[at] = random.pick(SPECIAL); break;
      case 1: body[at] = (body[at] ?? 0) ^ (1 << random.below(8)); break;
      case 2: body = Buffer.concat([body.subarray(0, at), Buffer.from([random.pick(SPECIAL)]), body.subarray(at)]); break;
      case 3: body = Buffer.concat([body.subarray(0, at), body.subarray(at + 1 + random.below(40))]); break;
      case 4: body = Buffer.concat([body.subarray(0, at), body.subarray(at, at + 1 + random.below(200)), body.subarray(at)]); break;
      case 5: for (let next = at; next < Math.min(body.length, at + 4); next += 1) body[next] = random.pick([0, 0x7f, 0xff]); break;
      default: body = body.subarray(0, at);
    }
  }
  return body;
}
