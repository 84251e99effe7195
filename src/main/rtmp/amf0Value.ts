// What AMF0 can say (Adobe Action Message Format AMF 0), as JavaScript values.

/**
 * Object, null, undefined, number, boolean, string and long string are themselves; a strict array is an array;
 * a date is a Date (its reserved time zone is dropped); "unsupported" reads as undefined; a reference reads as what it refers to.
 */
export type AmfValue =
  | number | boolean | string | null | undefined | Date
  | AmfEcmaArray | AmfTypedObject | AmfXmlDocument
  | readonly AmfValue[] | AmfObject;

/** Objects that are read have no prototype, so no key is special. */
export type AmfObject = { readonly [key: string]: AmfValue };

/** §2.10: an associative array; `onMetaData` is one by custom. */
export class AmfEcmaArray {
  readonly entries: AmfObject;

  constructor(entries: AmfObject) {
    this.entries = entries;
  }
}

/** §2.18: an object with the name of its class. */
export class AmfTypedObject {
  readonly className: string;
  readonly entries: AmfObject;

  constructor(className: string, entries: AmfObject) {
    this.className = className;
    this.entries = entries;
  }
}

/** §2.17: XML text that nobody here parses. */
export class AmfXmlDocument {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** §2.1: type markers. */
export const amfMarker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  movieClip: 0x04,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  recordSet: 0x0e,
  xmlDocument: 0x0f,
  typedObject: 0x10,
  avmPlusObject: 0x11,
} as const;

/** Nesting that a message of ours or of a peer may have. RTMP needs three levels. */
export const AMF_MAX_DEPTH = 32;

/** The named members of a value, whichever kind of object it is; undefined for all else. */
export function amfMembersOf(value: AmfValue): AmfObject | undefined {
  if (value instanceof AmfEcmaArray || value instanceof AmfTypedObject) return value.entries;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (value instanceof Date || value instanceof AmfXmlDocument) return undefined;
  return value as AmfObject;
}
