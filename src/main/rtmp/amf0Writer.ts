// Writes AMF0 values (Adobe Action Message Format AMF 0; section numbers are its own). Never writes references.
import { AMF_MAX_DEPTH, AmfEcmaArray, AmfTypedObject, AmfXmlDocument, amfMarker, type AmfObject, type AmfValue } from './amf0Value.ts';

/** The values one after another. Throws RangeError for nesting beyond 32 levels (cycles, too) and for keys above 65535 bytes. */
export function writeAmf0(values: readonly AmfValue[]): Uint8Array {
  const out = new Amf0Writer();
  for (const value of values) out.value(value, 0);
  return out.bytes();
}

const utf8 = new TextEncoder();

class Amf0Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  value(value: AmfValue, depth: number): void {
    if (depth > AMF_MAX_DEPTH) throw new RangeError(`An AMF0 value may be nested ${AMF_MAX_DEPTH} levels deep.`);
    switch (typeof value) {
      case 'number':
        this.#marker(amfMarker.number);
        this.#float64(value);
        return;
      case 'boolean':
        this.#marker(amfMarker.boolean);
        this.#marker(value ? 1 : 0);
        return;
      case 'string':
        this.#string(value);
        return;
      case 'undefined':
        this.#marker(amfMarker.undefined);
        return;
      default:
        this.#complex(value, depth);
    }
  }

  #complex(value: Exclude<AmfValue, number | boolean | string | undefined>, depth: number): void {
    if (value === null) {
      this.#marker(amfMarker.null);
    } else if (value instanceof Date) {
      this.#marker(amfMarker.date);
      this.#float64(value.getTime());
      this.#uint16(0);
    } else if (value instanceof AmfEcmaArray) {
      this.#marker(amfMarker.ecmaArray);
      this.#uint32(Object.keys(value.entries).length);
      this.#members(value.entries, depth);
    } else if (value instanceof AmfTypedObject) {
      this.#marker(amfMarker.typedObject);
      this.#key(value.className);
      this.#members(value.entries, depth);
    } else if (value instanceof AmfXmlDocument) {
      this.#marker(amfMarker.xmlDocument);
      this.#longText(utf8.encode(value.text));
    } else if (Array.isArray(value)) {
      const items: readonly AmfValue[] = value;
      this.#marker(amfMarker.strictArray);
      this.#uint32(items.length);
      for (const item of items) this.value(item, depth + 1);
    } else {
      this.#marker(amfMarker.object);
      this.#members(value as AmfObject, depth);
    }
  }

  #members(entries: AmfObject, depth: number): void {
    for (const [key, member] of Object.entries(entries)) {
      this.#key(key);
      this.value(member, depth + 1);
    }
    this.#uint16(0);
    this.#marker(amfMarker.objectEnd);
  }

  #string(text: string): void {
    const bytes = utf8.encode(text);
    if (bytes.length > 0xffff) {
      this.#marker(amfMarker.longString);
      this.#longText(bytes);
      return;
    }
    this.#marker(amfMarker.string);
    this.#uint16(bytes.length);
    this.#raw(bytes);
  }

  #key(text: string): void {
    const bytes = utf8.encode(text);
    if (bytes.length > 0xffff) throw new RangeError('A key in AMF0 has at most 65535 bytes.');
    this.#uint16(bytes.length);
    this.#raw(bytes);
  }

  #longText(bytes: Uint8Array): void {
    this.#uint32(bytes.length);
    this.#raw(bytes);
  }

  // Room is made before the view is looked at: making it may replace the view.
  #float64(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value);
  }

  #uint32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value);
  }

  #uint16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, value);
  }

  #marker(byte: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, byte);
  }

  #raw(bytes: Uint8Array): void {
    const start = this.#room(bytes.length);
    this.#bytes.set(bytes, start);
  }

  /** Makes room for `size` bytes and returns where they begin. */
  #room(size: number): number {
    const start = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }
}
