// How a file is cut into blocks, and what each is called. Pure: the same file gives the same blocks in every run.

/** Blob service: at most this many blocks a blob. */
const MAX_BLOCKS = 50_000;
const MIB = 1024 * 1024;
/** Small enough that an interruption costs little, large enough that requests do not count. */
const BLOCK_BYTES = 4 * MIB;

/** Whole MiB; grows only for files of more than 195 GiB. */
export function blockSizeFor(fileBytes: number): number {
  return Math.max(BLOCK_BYTES, Math.ceil(fileBytes / MAX_BLOCKS / MIB) * MIB);
}

/**
 * The id of a block: its position (4 bytes) and the MD5 of its content (16 bytes), in base64. So a block that the
 * destination lists under this id is this block, whatever run or version of the file it came from.
 */
export function blockIdOf(index: number, md5: Uint8Array): string {
  const id = Buffer.alloc(4 + 16);
  id.writeUInt32BE(index);
  id.set(md5, 4);
  return id.toString('base64');
}
