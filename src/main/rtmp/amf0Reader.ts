// Reads AMF0 values (Adobe Action Message Format AMF 0; section numbers are its own). Bounded in depth and in number of values.
import { AMF_MAX_DEPTH, AmfEcmaArray, AmfTypedObject, AmfXmlDocument, amfMarker, type AmfObject, type AmfValue } from './amf0Value.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

/** A referred object counts as often as it is referred to, so that a few bytes cannot unfold into millions of values. */
const DEFAULT_MAX_VALUES = 8192;

/**
 * All values of a message in order.
 * Throws RtmpProtocolError: `amf_truncated`, `amf_type` (AMF3, reserved and unknown types), `amf_limits`.
 */
export function readAmf0(bytes: Uint8Array, maxValues: number = DEFAULT_MAX_VALUES): AmfValue[] {
  const reader = new Amf0Reader(bytes, maxValues);
  const values: AmfValue[] = [];
  while (!reader.atEnd) values.push(reader.readValue(0).value);
  return values;
}

/** A value with what it weighs: how many values it holds and how deep it goes. */
type Weighed = { readonly value: AmfValue; readonly count: number; readonly height: number };

class Amf0Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #maxValues: number;
  #offset = 0;
  #valuesRead = 0;
  /** §2.9: complex values in the order of their markers; undefined while one is still open. */
  readonly #complex: (Weighed | undefined)[] = [];

  constructor(bytes: Uint8Array, maxValues: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#maxValues = maxValues;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  readValue(depth: number): Weighed {
    if (depth > AMF_MAX_DEPTH) throw new RtmpProtocolError('amf_limits', `An AMF0 value is nested deeper than ${AMF_MAX_DEPTH} levels.`);
    this.#spend(1);
    const marker = this.#bytes[this.#skip(1)];
    switch (marker) {
      case amfMarker.number:
        return leaf(this.#view.getFloat64(this.#skip(8)));
      case amfMarker.boolean:
        return leaf(this.#bytes[this.#skip(1)] !== 0);
      case amfMarker.string:
        return leaf(this.#text(this.#uint16()));
      case amfMarker.longString:
        return leaf(this.#text(this.#uint32()));
      case amfMarker.xmlDocument:
        return leaf(new AmfXmlDocument(this.#text(this.#uint32())));
      case amfMarker.null:
        return leaf(null);
      case amfMarker.undefined:
      case amfMarker.unsupported:
        return leaf(undefined);
      case amfMarker.date: {
        const date = new Date(this.#view.getFloat64(this.#skip(8)));
        this.#skip(2); // §2.13: time zone, reserved
        return leaf(date);
      }
      case amfMarker.reference:
        return this.#reference(depth);
      case amfMarker.object:
        return this.#open(() => this.#members(depth, (entries) => entries));
      case amfMarker.typedObject:
        return this.#open(() => {
          const className = this.#text(this.#uint16());
          return this.#members(depth, (entries) => new AmfTypedObject(className, entries));
        });
      case amfMarker.ecmaArray:
        return this.#open(() => {
          this.#skip(4); // §2.10: the count is advisory; peers write any number
          return this.#members(depth, (entries) => new AmfEcmaArray(entries));
        });
      case amfMarker.strictArray:
        return this.#open(() => this.#strictArray(depth));
      default:
        throw new RtmpProtocolError('amf_type', `AMF0 type ${marker} is not supported.`);
    }
  }

  /** §2.9: only finished values may be referred to; a cycle would be of no use to anybody and dangerous to some. */
  #reference(depth: number): Weighed {
    const target = this.#complex[this.#uint16()];
    if (target === undefined) throw new RtmpProtocolError('amf_type', 'An AMF0 reference points to nothing that is complete.');
    this.#spend(target.count);
    if (depth + target.height > AMF_MAX_DEPTH) throw new RtmpProtocolError('amf_limits', `An AMF0 value is nested deeper than ${AMF_MAX_DEPTH} levels.`);
    return target;
  }

  #open(read: () => Weighed): Weighed {
    const index = this.#complex.push(undefined) - 1;
    const weighed = read();
    this.#complex[index] = weighed;
    return weighed;
  }

  #members(depth: number, wrap: (entries: AmfObject) => AmfValue): Weighed {
    const entries = Object.create(null) as Record<string, AmfValue>;
    let count = 1;
    let height = 0;
    for (;;) {
      const keyBytes = this.#uint16();
      if (keyBytes === 0 && this.#bytes[this.#offset] === amfMarker.objectEnd) {
        this.#skip(1);
        return { value: wrap(entries), count, height: height + 1 };
      }
      const key = this.#text(keyBytes);
      const member = this.readValue(depth + 1);
      entries[key] = member.value;
      count += member.count;
      height = Math.max(height, member.height);
    }
  }

  #strictArray(depth: number): Weighed {
    const length = this.#uint32();
    if (length > this.#bytes.length - this.#offset) throw truncated();
    const values: AmfValue[] = [];
    let count = 1;
    let height = 0;
    for (let index = 0; index < length; index += 1) {
      const member = this.readValue(depth + 1);
      values.push(member.value);
      count += member.count;
      height = Math.max(height, member.height);
    }
    return { value: values, count, height: height + 1 };
  }

  #spend(values: number): void {
    this.#valuesRead += values;
    if (this.#valuesRead > this.#maxValues) throw new RtmpProtocolError('amf_limits', `An AMF0 message holds more than ${this.#maxValues} values.`);
  }

  #uint16(): number {
    return this.#view.getUint16(this.#skip(2));
  }

  #uint32(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  #text(byteLength: number): string {
    const start = this.#skip(byteLength);
    return utf8.decode(this.#bytes.subarray(start, start + byteLength));
  }

  /** Moves over `size` bytes that must be there and returns where they begin. */
  #skip(size: number): number {
    const start = this.#offset;
    if (size > this.#bytes.length - start) throw truncated();
    this.#offset = start + size;
    return start;
  }
}

// A byte order mark is a character like any other here; bad sequences become U+FFFD.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function leaf(value: AmfValue): Weighed {
  return { value, count: 1, height: 0 };
}

function truncated(): RtmpProtocolError {
  return new RtmpProtocolError('amf_truncated', 'An AMF0 value ends before its last byte.');
}
