// The sending half of the chunk stream (RTMP 1.0 §5.3): a message → its chunks in one piece of memory, copied once.
import { buildSetChunkSize, DEFAULT_CHUNK_SIZE, MAX_CHUNK_SIZE } from './controlMessages.ts';
import type { RtmpMessage } from './rtmpMessage.ts';

const EXTENDED = 0xff_ffff;
/** §5.3.1.2: message header by fmt. */
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;

type LastMessage = { readonly timestampMs: number; readonly typeId: number; readonly messageStreamId: number; readonly bytes: number };

/** Memory for so many bytes; its content does not matter. */
export type Allocate = (bytes: number) => Uint8Array;

const newMemory: Allocate = (bytes) => new Uint8Array(bytes);

export class ChunkWriter {
  readonly #allocate: Allocate;
  readonly #last = new Map<number, LastMessage>();
  #chunkSize = DEFAULT_CHUNK_SIZE;

  constructor(allocate: Allocate = newMemory) {
    this.#allocate = allocate;
  }

  /** The bytes that announce a chunk size (1 … 16777215); it holds for everything written afterwards. */
  setChunkSize(size: number): Uint8Array {
    if (!Number.isInteger(size) || size < 1 || size > MAX_CHUNK_SIZE) throw new RangeError(`A chunk size is 1 to ${MAX_CHUNK_SIZE} bytes.`);
    const bytes = this.write(buildSetChunkSize(size));
    this.#chunkSize = size;
    return bytes;
  }

  /**
   * The chunks of a message. Headers are as short as types 0 to 2 allow; a type 3 chunk only continues a message
   * (peers disagree about what its timestamp means at the start of one). Throws RangeError for what a header cannot hold.
   */
  write(message: RtmpMessage): Uint8Array {
    const { chunkStreamId, typeId, messageStreamId, head = NOTHING, payload } = message;
    const payloadBytes = head.length + payload.length;
    if (chunkStreamId < 2 || chunkStreamId > 65_599) throw new RangeError('A chunk stream id is 2 to 65599.');
    if (payloadBytes > 0xff_ffff) throw new RangeError('A message has at most 16777215 bytes.');
    const timestampMs = message.timestampMs >>> 0;
    const last = this.#last.get(chunkStreamId);
    this.#last.set(chunkStreamId, { timestampMs, typeId, messageStreamId, bytes: payloadBytes });
    const fmt = formatOf(last, { timestampMs, typeId, messageStreamId, bytes: payloadBytes });
    const timestampField = fmt === 0 || last === undefined ? timestampMs : (timestampMs - last.timestampMs) >>> 0;
    const extendedBytes = timestampField >= EXTENDED ? 4 : 0;
    const basicBytes = chunkStreamId < 64 ? 1 : chunkStreamId < 320 ? 2 : 3;
    const headerBytes = MESSAGE_HEADER_BYTES[fmt];
    const chunks = Math.max(1, Math.ceil(payloadBytes / this.#chunkSize));

    const bytes = this.#allocate(chunks * (basicBytes + extendedBytes) + headerBytes + payloadBytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let offset = 0;
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      offset = writeBasicHeader(view, offset, chunk === 0 ? fmt : 3, chunkStreamId);
      if (chunk === 0) {
        writeUint24(view, offset, Math.min(timestampField, EXTENDED));
        if (fmt <= 1) view.setUint32(offset + 3, ((payloadBytes << 8) | typeId) >>> 0);
        if (fmt === 0) view.setUint32(offset + 7, messageStreamId, true);
        offset += headerBytes;
      }
      // §5.3.1.3: it is repeated in the type 3 chunks of the message.
      if (extendedBytes > 0) view.setUint32(offset, timestampField);
      offset += extendedBytes;
      const from = chunk * this.#chunkSize;
      const to = Math.min(payloadBytes, from + this.#chunkSize);
      if (from < head.length) bytes.set(head.subarray(from, to), offset);
      if (to > head.length) bytes.set(payload.subarray(Math.max(0, from - head.length), to - head.length), offset + Math.max(0, head.length - from));
      offset += to - from;
    }
    return bytes;
  }
}

const NOTHING = new Uint8Array(0);

/** §5.3.1.2: type 0 at a start and where time runs backwards, type 1 for another length or type, else type 2. */
function formatOf(last: LastMessage | undefined, message: LastMessage): 0 | 1 | 2 {
  if (last === undefined || last.messageStreamId !== message.messageStreamId) return 0;
  if ((message.timestampMs - last.timestampMs) >>> 0 > 0x7fff_ffff) return 0;
  return last.typeId === message.typeId && last.bytes === message.bytes ? 2 : 1;
}

function writeUint24(view: DataView, offset: number, value: number): void {
  view.setUint8(offset, value >>> 16);
  view.setUint16(offset + 1, value & 0xffff);
}

/** §5.3.1.1. Returns the offset behind it. */
function writeBasicHeader(view: DataView, offset: number, fmt: number, chunkStreamId: number): number {
  const top = fmt << 6;
  if (chunkStreamId < 64) {
    view.setUint8(offset, top | chunkStreamId);
    return offset + 1;
  }
  if (chunkStreamId < 320) {
    view.setUint8(offset, top);
    view.setUint8(offset + 1, chunkStreamId - 64);
    return offset + 2;
  }
  view.setUint8(offset, top | 1);
  view.setUint16(offset + 1, chunkStreamId - 64, true);
  return offset + 3;
}
