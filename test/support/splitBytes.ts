// Cuts bytes into pieces the way a socket does: anywhere.

/** Pieces of the given sizes in turn (0 allowed) until the bytes are used up; the rest is the last piece. */
export function splitBytes(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const size of sizes) {
    if (from >= bytes.length) break;
    pieces.push(bytes.subarray(from, from + size));
    from += size;
  }
  if (from < bytes.length) pieces.push(bytes.subarray(from));
  return pieces;
}
