// Reads the XML of manifests into a tree: elements, attributes, text. Strict, bounded, and without DTDs, so nothing can expand or be fetched.
import { MediaDamage } from './mediaFetch.ts';

export type XmlElement = {
  /** Local name, without its namespace prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
};

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 500_000;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

type Open = { name: string; qualified: string; attributes: Record<string, string>; children: XmlElement[]; text: string };

/** @throws MediaDamage for anything but one well-formed element with its comments and declaration. */
export function readXml(source: string): XmlElement {
  const xml = source.startsWith('\ufeff') ? source.slice(1) : source;
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let at = 0;
  while (at < xml.length) {
    const open = xml.indexOf('<', at);
    const text = xml.slice(at, open === -1 ? xml.length : open);
    const top = stack.at(-1);
    if (top !== undefined) top.text += decode(text);
    else if (text.trim() !== '') throw new MediaDamage('there is text outside of the XML document');
    if (open === -1) break;
    if (xml.startsWith('<!--', open)) at = after(xml, '-->', open + 4);
    else if (xml.startsWith('<?', open)) at = after(xml, '?>', open + 2);
    else if (xml.startsWith('<![CDATA[', open)) {
      at = after(xml, ']]>', open + 9);
      if (top !== undefined) top.text += xml.slice(open + 9, at - 3);
    } else if (xml.startsWith('<!', open)) throw new MediaDamage('the XML holds a document type, which a manifest never needs');
    else {
      const end = endOfTag(xml, open);
      const tag = xml.slice(open + 1, end);
      at = end + 1;
      if (tag.startsWith('/')) {
        const closed = stack.pop();
        if (closed === undefined || closed.qualified !== tag.slice(1).trim()) throw new MediaDamage('the XML elements are not nested properly');
        root = settle(closed, stack, root);
      } else {
        elements += 1;
        if (elements > MAX_ELEMENTS || stack.length >= MAX_DEPTH) throw new MediaDamage('the XML is too large or too deep');
        const element = readTag(tag.endsWith('/') ? tag.slice(0, -1) : tag);
        if (tag.endsWith('/')) root = settle(element, stack, root);
        else stack.push(element);
      }
    }
  }
  if (root === undefined || stack.length > 0) throw new MediaDamage('the XML document is incomplete');
  return root;
}

function settle(element: Open, stack: readonly Open[], root: XmlElement | undefined): XmlElement | undefined {
  const finished: XmlElement = { name: element.name, attributes: element.attributes, children: element.children, text: element.text.trim() };
  const parent = stack.at(-1);
  if (parent !== undefined) {
    parent.children.push(finished);
    return root;
  }
  if (root !== undefined) throw new MediaDamage('the XML document has two roots');
  return finished;
}

function readTag(tag: string): Open {
  const qualified = /^[A-Za-z_][\w.:-]*/.exec(tag)?.[0];
  if (qualified === undefined) throw new MediaDamage('an XML element has no name');
  const attributes: Record<string, string> = {};
  const pattern = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
  pattern.lastIndex = qualified.length;
  let end = pattern.lastIndex;
  for (let match = pattern.exec(tag); match !== null; match = pattern.exec(tag)) {
    attributes[local(match[1] ?? '')] = decode(match[2] ?? match[3] ?? '');
    end = pattern.lastIndex;
  }
  if (tag.slice(end).trim() !== '') throw new MediaDamage('an XML element has broken attributes');
  return { name: local(qualified), qualified, attributes, children: [], text: '' };
}

function local(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}

/** Position of the `>` that ends the tag at `open`; one in a quoted value does not. */
function endOfTag(xml: string, open: number): number {
  let quote: string | undefined;
  for (let at = open + 1; at < xml.length; at += 1) {
    const char = xml.charAt(at);
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return at;
  }
  throw new MediaDamage('the XML ends inside of an element');
}

function after(xml: string, mark: string, from: number): number {
  const found = xml.indexOf(mark, from);
  if (found === -1) throw new MediaDamage('the XML ends too early');
  return found + mark.length;
}

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w{1,8});/gi, (whole: string, entity: string) => {
    if (!entity.startsWith('#')) return NAMED[entity] ?? whole;
    const point = entity[1]?.toLowerCase() === 'x' ? Number.parseInt(entity.slice(2), 16) : Number.parseInt(entity.slice(1), 10);
    return point <= 0x10_ffff ? String.fromCodePoint(point) : whole;
  });
}
