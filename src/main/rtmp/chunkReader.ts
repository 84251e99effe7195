// The receiving half of the chunk stream (RTMP 1.0 §5.3): bytes in any split → whole messages, memory bounded.
import { CONTROL_CHUNK_STREAM, DEFAULT_CHUNK_SIZE, parseAbort, parseSetChunkSize } from './controlMessages.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

export type ChunkLimits = {
  /** Longest message taken. */
  readonly maxMessageBytes: number;
  /** Most chunk streams that a peer may use. */
  readonly maxChunkStreams: number;
  /** Most bytes held in unfinished messages of all chunk streams together. */
  readonly maxPartialBytes: number;
};

export const defaultChunkLimits: ChunkLimits = { maxMessageBytes: 8 << 20, maxChunkStreams: 64, maxPartialBytes: 16 << 20 };

/** Basic header, message header and extended timestamp at their longest (§5.3.1). */
const MAX_HEADER_BYTES = 3 + 11 + 4;
/** §5.3.1.2: message header by fmt. */
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
const EXTENDED = 0xff_ffff;
/** A message's buffer begins at most this long and grows with what really arrives, not with what was announced. */
const FIRST_BUFFER_BYTES = 8 << 10;

type ChunkStream = {
  readonly id: number;
  timestampMs: number;
  /** Value of the last timestamp field, or of the extended timestamp in its place. */
  timestampField: number;
  hasExtendedTimestamp: boolean;
  typeId: number;
  messageStreamId: number;
  messageBytes: number;
  /** The unfinished message, if there is one. */
  buffer: Uint8Array | undefined;
  filled: number;
};

export class ChunkReader {
  readonly #streams = new Map<number, ChunkStream>();
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  readonly #headerView = new DataView(this.#header.buffer);
  #headerBytes = 0;
  #limits: ChunkLimits;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #partialBytes = 0;
  /** The stream whose chunk is being read, and how much of its payload is still to come. */
  #current: ChunkStream | undefined;
  #chunkRest = 0;

  constructor(limits: ChunkLimits = defaultChunkLimits) {
    this.#limits = limits;
  }

  /** What the peer's chunks carry at most now (§5.4.1). */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Raises or lowers the longest message taken from now on. */
  setMaxMessageBytes(maxMessageBytes: number): void {
    this.#limits = { ...this.#limits, maxMessageBytes };
  }

  /**
   * Messages that these bytes completed, in order of their last chunk; Set Chunk Size and Abort are obeyed here and not returned.
   * Payloads are copies. Throws RtmpProtocolError; the reader is of no use afterwards.
   */
  push(bytes: Uint8Array): RtmpMessage[] {
    const messages: RtmpMessage[] = [];
    let offset = 0;
    while (offset < bytes.length) {
      const current = this.#current;
      if (current === undefined) {
        offset = this.#readHeader(bytes, offset, messages);
      } else {
        const step = Math.min(this.#chunkRest, bytes.length - offset);
        this.#append(current, bytes.subarray(offset, offset + step));
        offset += step;
        this.#chunkRest -= step;
        if (this.#chunkRest === 0) this.#endChunk(current, messages);
      }
    }
    return messages;
  }

  /** Collects header bytes; when they are complete, opens the chunk. Returns the new offset. */
  #readHeader(bytes: Uint8Array, from: number, messages: RtmpMessage[]): number {
    let offset = from;
    let wanted = this.#wantedHeaderBytes();
    while (this.#headerBytes < wanted) {
      const byte = bytes[offset];
      if (byte === undefined) return offset;
      this.#header[this.#headerBytes] = byte;
      this.#headerBytes += 1;
      offset += 1;
      wanted = this.#wantedHeaderBytes();
    }
    const leftover = this.#openChunk(messages);
    this.#headerBytes = 0;
    if (leftover !== undefined) messages.push(...this.push(leftover));
    return offset;
  }

  #basicHeaderBytes(): number {
    const low = (this.#header[0] ?? 0) & 0x3f;
    return low === 0 ? 2 : low === 1 ? 3 : 1;
  }

  /** §5.3.1: how long the header is, as far as the bytes at hand can tell; more than at hand while they cannot. */
  #wantedHeaderBytes(): number {
    if (this.#headerBytes === 0) return 1;
    const basic = this.#basicHeaderBytes();
    const fmt = this.#fmt();
    const withMessageHeader = basic + (MESSAGE_HEADER_BYTES[fmt] ?? 0);
    if (this.#headerBytes < withMessageHeader) return withMessageHeader;
    return withMessageHeader + (this.#announcesExtendedTimestamp(fmt, basic) ? 4 : 0);
  }

  #fmt(): number {
    return (this.#header[0] ?? 0) >> 6;
  }

  #announcesExtendedTimestamp(fmt: number, basic: number): boolean {
    // §5.3.1.3: in a type 3 chunk it is there if the last type 0, 1 or 2 chunk of the stream had one.
    if (fmt === 3) return this.#streams.get(this.#chunkStreamId(basic))?.hasExtendedTimestamp === true;
    return this.#headerView.getUint32(basic) >>> 8 === EXTENDED;
  }

  /** §5.3.1.1. */
  #chunkStreamId(basic: number): number {
    const [first = 0, second = 0, third = 0] = this.#header;
    if (basic === 1) return first & 0x3f;
    return basic === 2 ? second + 64 : third * 256 + second + 64;
  }

  /** Takes the collected header. Returns bytes that turned out to be payload. */
  #openChunk(messages: RtmpMessage[]): Uint8Array | undefined {
    const basic = this.#basicHeaderBytes();
    const fmt = this.#fmt();
    const stream = this.#streamOf(this.#chunkStreamId(basic), fmt);
    let leftover: Uint8Array | undefined;
    if (stream.buffer === undefined) {
      this.#beginMessage(stream, fmt, basic);
    } else if (fmt !== 3) {
      throw new RtmpProtocolError('chunk_header', `Chunk stream ${stream.id} begins a message inside another.`);
    } else if (stream.hasExtendedTimestamp && this.#headerView.getUint32(basic) !== stream.timestampField) {
      // Old Flash players and librtmp leave the extended timestamp out of type 3 chunks: what does not repeat it is payload.
      leftover = this.#header.slice(basic, basic + 4);
    }
    this.#current = stream;
    this.#chunkRest = Math.min(this.#chunkSize, stream.messageBytes - stream.filled);
    if (this.#chunkRest === 0) this.#endChunk(stream, messages);
    return leftover;
  }

  #streamOf(id: number, fmt: number): ChunkStream {
    const known = this.#streams.get(id);
    if (known !== undefined) return known;
    // A new stream begins with type 0; librtmp begins some with type 1, which lacks only the message stream id.
    if (fmt > 1) throw new RtmpProtocolError('chunk_header', `Chunk stream ${id} begins with a chunk of type ${fmt}.`);
    if (this.#streams.size >= this.#limits.maxChunkStreams) {
      throw new RtmpProtocolError('chunk_streams', `The peer uses more than ${this.#limits.maxChunkStreams} chunk streams.`);
    }
    const stream: ChunkStream = {
      id, timestampMs: 0, timestampField: 0, hasExtendedTimestamp: false, typeId: 0, messageStreamId: 0, messageBytes: 0, buffer: undefined, filled: 0,
    };
    this.#streams.set(id, stream);
    return stream;
  }

  #beginMessage(stream: ChunkStream, fmt: number, basic: number): void {
    if (fmt <= 2) {
      const field = this.#headerView.getUint32(basic) >>> 8;
      stream.hasExtendedTimestamp = field === EXTENDED;
      stream.timestampField = stream.hasExtendedTimestamp ? this.#headerView.getUint32(basic + (MESSAGE_HEADER_BYTES[fmt] ?? 0)) : field;
    }
    if (fmt <= 1) {
      stream.messageBytes = this.#headerView.getUint32(basic + 2) & 0xff_ffff;
      stream.typeId = this.#header[basic + 6] ?? 0;
    }
    // §5.3.1.2.1: the message stream id is the one little-endian number.
    if (fmt === 0) stream.messageStreamId = this.#headerView.getUint32(basic + 7, true);
    // §5.3.1.2.4: behind a type 0 chunk the delta of a type 3 chunk is that chunk's timestamp.
    stream.timestampMs = fmt === 0 ? stream.timestampField : (stream.timestampMs + stream.timestampField) >>> 0;
    if (stream.messageBytes > this.#limits.maxMessageBytes) {
      throw new RtmpProtocolError('message_size', `A message of ${stream.messageBytes} bytes is larger than the limit of ${this.#limits.maxMessageBytes}.`);
    }
    stream.buffer = new Uint8Array(Math.min(stream.messageBytes, FIRST_BUFFER_BYTES));
    stream.filled = 0;
  }

  #append(stream: ChunkStream, piece: Uint8Array): void {
    let buffer = stream.buffer ?? new Uint8Array(0);
    const filled = stream.filled + piece.length;
    this.#partialBytes += piece.length;
    if (this.#partialBytes > this.#limits.maxPartialBytes) {
      throw new RtmpProtocolError('message_size', `Unfinished messages hold more than ${this.#limits.maxPartialBytes} bytes.`);
    }
    if (filled > buffer.length) {
      const grown = new Uint8Array(Math.min(stream.messageBytes, Math.max(filled, buffer.length * 2)));
      grown.set(buffer.subarray(0, stream.filled));
      buffer = grown;
      stream.buffer = grown;
    }
    buffer.set(piece, stream.filled);
    stream.filled = filled;
  }

  #endChunk(stream: ChunkStream, messages: RtmpMessage[]): void {
    this.#current = undefined;
    if (stream.filled < stream.messageBytes) return;
    const payload = stream.buffer ?? new Uint8Array(0);
    this.#giveUp(stream);
    if (stream.typeId === messageType.setChunkSize) {
      this.#chunkSize = parseSetChunkSize(payload);
    } else if (stream.typeId === messageType.abort) {
      const aborted = this.#streams.get(parseAbort(payload));
      if (aborted !== undefined && aborted.id !== CONTROL_CHUNK_STREAM) this.#giveUp(aborted);
    } else {
      messages.push({ chunkStreamId: stream.id, timestampMs: stream.timestampMs, typeId: stream.typeId, messageStreamId: stream.messageStreamId, payload });
    }
  }

  #giveUp(stream: ChunkStream): void {
    this.#partialBytes -= stream.filled;
    stream.buffer = undefined;
    stream.filled = 0;
  }
}
