// Reads an FLV stream as it arrives (Adobe Flash Video File Format 10.1, annex E). Holds at most one unfinished tag.
import { ByteQueue } from './byteQueue.ts';
import { FLV_FILE_HEADER_BYTES, FLV_TAG_HEADER_BYTES, flvTagTypeIds, type FlvTag, type FlvTagType } from './flvTag.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

type Expecting =
  | { readonly part: 'fileHeader' }
  | { readonly part: 'skip'; readonly bytes: number }
  | { readonly part: 'tagHeader' }
  | { readonly part: 'tagBody'; readonly type: FlvTagType; readonly timestampMs: number; readonly bytes: number };

const tagTypes = new Map<number, FlvTagType>([
  [flvTagTypeIds.audio, 'audio'], [flvTagTypeIds.video, 'video'], [flvTagTypeIds.script, 'script'],
]);
/** Far above any frame of a ladder (60 Mbit/s for one second); below what one bad length may cost. */
const DEFAULT_MAX_TAG_BYTES = 8 * 1024 * 1024;

/**
 * Incremental FLV demuxer for a pipe or a file.
 * `push` takes any split of the bytes and returns the tags that they completed, in file order.
 */
export class FlvReader {
  readonly #queue = new ByteQueue();
  readonly #maxTagBytes: number;
  #expecting: Expecting = { part: 'fileHeader' };
  #previousTagBytes = 0;

  constructor(maxTagBytes: number = DEFAULT_MAX_TAG_BYTES) {
    this.#maxTagBytes = maxTagBytes;
  }

  /** Bytes of an unfinished tag; 0 at a clean end of a file. */
  get pendingBytes(): number {
    return this.#queue.length + (this.#expecting.part === 'tagBody' ? FLV_TAG_HEADER_BYTES : 0);
  }

  /** Throws RtmpProtocolError (`flv_header`, `flv_tag`) for bytes that are not FLV; the reader is of no use afterwards. */
  push(bytes: Uint8Array): FlvTag[] {
    this.#queue.push(bytes);
    const tags: FlvTag[] = [];
    for (;;) {
      const expecting = this.#expecting;
      const piece = this.#queue.take(this.#wanted(expecting));
      if (piece === undefined) return tags;
      switch (expecting.part) {
        case 'fileHeader':
          this.#expecting = { part: 'skip', bytes: readFileHeader(piece) };
          break;
        case 'skip':
          this.#expecting = { part: 'tagHeader' };
          break;
        case 'tagHeader':
          this.#expecting = this.#readTagHeader(piece);
          break;
        case 'tagBody':
          tags.push({ type: expecting.type, timestampMs: expecting.timestampMs, payload: piece });
          this.#previousTagBytes = FLV_TAG_HEADER_BYTES + expecting.bytes;
          this.#expecting = { part: 'tagHeader' };
          break;
      }
    }
  }

  #wanted(expecting: Expecting): number {
    switch (expecting.part) {
      case 'fileHeader':
        return FLV_FILE_HEADER_BYTES;
      case 'tagHeader':
        // PreviousTagSize (E.3) stands before each tag.
        return 4 + FLV_TAG_HEADER_BYTES;
      default:
        return expecting.bytes;
    }
  }

  #readTagHeader(piece: Uint8Array): Expecting {
    const view = viewOf(piece);
    const previous = view.getUint32(0);
    // Some writers leave PreviousTagSize at 0; any other value than the true one means that the position is lost.
    if (previous !== 0 && previous !== this.#previousTagBytes) {
      throw new RtmpProtocolError('flv_tag', `The FLV stream is damaged: a tag of ${this.#previousTagBytes} bytes is followed by the size ${previous}.`);
    }
    const first = view.getUint32(4);
    const typeId = first >>> 24;
    const type = tagTypes.get(typeId);
    if (type === undefined) throw new RtmpProtocolError('flv_tag', `The FLV stream has a tag of the unknown type ${typeId}.`);
    const bytes = first & 0xff_ffff;
    if (bytes > this.#maxTagBytes) throw new RtmpProtocolError('flv_tag', `An FLV tag of ${bytes} bytes is larger than the limit of ${this.#maxTagBytes}.`);
    const time = view.getUint32(8);
    return { part: 'tagBody', type, bytes, timestampMs: ((time >>> 8) | ((time & 0xff) << 24)) >>> 0 };
  }
}

/** Bytes between the end of the fixed header and the first PreviousTagSize (E.2: DataOffset). */
function readFileHeader(piece: Uint8Array): number {
  const view = viewOf(piece);
  if (view.getUint32(0) >>> 8 !== 0x46_4c56 || view.getUint8(3) !== 1) {
    throw new RtmpProtocolError('flv_header', 'These bytes are not an FLV stream of version 1.');
  }
  const dataOffset = view.getUint32(5);
  if (dataOffset < FLV_FILE_HEADER_BYTES || dataOffset > 1024) {
    throw new RtmpProtocolError('flv_header', `The FLV header claims a length of ${dataOffset} bytes.`);
  }
  return dataOffset - FLV_FILE_HEADER_BYTES;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
