// Lists of the API: $filter, $orderby, $top and pages. Pages continue after the last item's key, so items may come and go in between.
import { badRequest } from './armError.ts';

/** A value to filter or sort by; dates as ISO strings, which compare as text. */
type Field = string | null;
export type ListableFields<T> = Readonly<Record<string, (item: T) => Field>>;
export type ListQuery = { readonly filter?: string; readonly orderBy?: string; readonly top?: string; readonly skipToken?: string };
export type Page<T> = { readonly items: readonly T[]; readonly skipToken: string | undefined };

type Condition = { readonly field: string; readonly operator: string; readonly value: string };
const CONDITION = /^\s*(?:properties\/)?([A-Za-z]+)\s+(eq|ne|gt|ge|lt|le)\s+(?:datetime)?('(?:[^']|'')*'|[0-9TZ:.+-]+)\s*/;
const MAX_QUERY = 2048;

/**
 * One page of `items`.
 *
 * @param fields What may be named in a filter or an order; `name` must be among them.
 * @throws ArmError 400 for a query that it cannot read.
 */
export function pageOf<T>(items: readonly T[], fields: ListableFields<T>, query: ListQuery, pageSize: number): Page<T> {
  const order = parseOrder(query.orderBy, fields);
  const conditions = parseFilter(query.filter, fields);
  const matching = items.filter((item) => conditions.every((condition) => holds(fields[condition.field]?.(item) ?? null, condition)));
  const keyOf = (item: T): [string, string] => [fields[order.field]?.(item) ?? '', fields['name']?.(item) ?? ''];
  const sign = order.descending ? -1 : 1;
  const sorted = matching.map((item) => ({ item, key: keyOf(item) })).sort((a, b) => sign * compareKeys(a.key, b.key));
  const after = parseToken(query.skipToken);
  const rest = after === undefined ? sorted : sorted.filter((one) => sign * compareKeys(one.key, after.key) > 0);
  const left = after?.left ?? parseTop(query.top);
  const size = Math.min(pageSize, left ?? pageSize);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const remaining = left === undefined ? undefined : left - page.length;
  const more = last !== undefined && rest.length > page.length && (remaining === undefined || remaining > 0);
  return { items: page.map((one) => one.item), skipToken: more ? makeToken(last.key, remaining) : undefined };
}

function parseOrder<T>(text: string | undefined, fields: ListableFields<T>): { field: string; descending: boolean } {
  if (text === undefined || text.trim() === '') return { field: 'name', descending: false };
  const match = /^\s*(?:properties\/)?([A-Za-z]+)(?:\s+(asc|desc))?\s*$/i.exec(text.slice(0, MAX_QUERY));
  const field = Object.keys(fields).find((one) => one.toLowerCase() === match?.[1]?.toLowerCase());
  if (match === null || field === undefined) throw badRequest(`The $orderby '${text.slice(0, 64)}' is not supported. Order by one of: ${Object.keys(fields).join(', ')}.`);
  return { field, descending: match[2]?.toLowerCase() === 'desc' };
}

function parseFilter<T>(text: string | undefined, fields: ListableFields<T>): Condition[] {
  const conditions: Condition[] = [];
  let rest = (text ?? '').trim();
  if (rest.length > MAX_QUERY) throw badRequest('The $filter is too long.');
  while (rest !== '') {
    const match = CONDITION.exec(rest);
    const field = Object.keys(fields).find((one) => one.toLowerCase() === match?.[1]?.toLowerCase());
    if (match === null || field === undefined) throw badRequest(`The $filter is not supported at '${rest.slice(0, 64)}'. Compare one of: ${Object.keys(fields).join(', ')}.`);
    conditions.push({ field, operator: match[2] ?? 'eq', value: literal(match[3] ?? '') });
    rest = rest.slice(match[0].length);
    if (rest === '') break;
    if (!/^and\s/i.test(rest)) throw badRequest(`The $filter is not supported at '${rest.slice(0, 64)}'. Conditions are joined by 'and'.`);
    rest = rest.slice(3);
  }
  return conditions;
}

function literal(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw badRequest(`The value '${text.slice(0, 64)}' in the $filter is neither a quoted text nor a date.`);
  return new Date(time).toISOString();
}

function holds(value: Field, condition: Condition): boolean {
  if (value === null) return condition.operator === 'ne';
  const order = compareText(value, condition.value);
  switch (condition.operator) {
    case 'eq': return order === 0;
    case 'ne': return order !== 0;
    case 'gt': return order > 0;
    case 'ge': return order >= 0;
    case 'lt': return order < 0;
    default: return order <= 0;
  }
}

/** Names compare without case, like those of resources. */
function compareText(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : Number(x > y);
}

function compareKeys(a: readonly [string, string], b: readonly [string, string]): number {
  return compareText(a[0], b[0]) || compareText(a[1], b[1]);
}

function parseTop(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw badRequest(`The $top '${text.slice(0, 64)}' is not a positive number.`);
  return Number(text);
}

function makeToken(key: readonly [string, string], left: number | undefined): string {
  return Buffer.from(JSON.stringify([...key, left ?? null])).toString('base64url');
}

function parseToken(token: string | undefined): { key: [string, string]; left: number | undefined } | undefined {
  if (token === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string') {
      return { key: [value[0], value[1]], left: typeof value[2] === 'number' ? value[2] : undefined };
    }
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest('The $skiptoken is invalid.');
}
