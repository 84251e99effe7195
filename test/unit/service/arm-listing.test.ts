// Pages, filters and orders of lists, as properties.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListQuery, pageOf } from '../../../src/main/service/arm/listing.ts';

type Item = { readonly name: string; readonly created: string };
const fields = { name: (one: Item) => one.name, created: (one: Item) => one.created };
const items = fc.uniqueArray(
  fc.record({ name: fc.stringMatching(/^[a-zA-Z0-9 ü-]{1,8}$/), created: fc.integer({ min: 0, max: 5 }).map((n) => new Date(n * 1000).toISOString()) }),
  { selector: (one) => one.name.toLowerCase(), maxLength: 40 },
);

/** All pages of a query, one after the other. */
function pages(all: readonly Item[], query: ListQuery, size: number): Item[][] {
  const result: Item[][] = [];
  for (let skipToken: string | undefined, rounds = 0; rounds < 100; rounds += 1) {
    const page = pageOf(all, fields, { ...query, ...(skipToken === undefined ? {} : { skipToken }) }, size);
    result.push([...page.items]);
    skipToken = page.skipToken;
    if (skipToken === undefined) return result;
  }
  throw new Error('The pages do not end.');
}

describe('pages of a list', () => {
  it('hold every item once, whatever the page size and the order', () => {
    fc.assert(fc.property(items, fc.integer({ min: 1, max: 7 }), fc.constantFrom('name', 'name desc', 'created', 'properties/created desc'), (all, size, orderBy) => {
      const seen = pages(all, { orderBy }, size);
      expect(seen.flat().map((one) => one.name).sort()).toEqual(all.map((one) => one.name).sort());
      expect(seen.every((page) => page.length <= size)).toBe(true);
      const whole = pages(all, { orderBy }, 1000).flat();
      expect(seen.flat()).toEqual(whole);
    }));
  });

  it('end at $top', () => {
    fc.assert(fc.property(items, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 50 }), (all, size, top) => {
      expect(pages(all, { top: String(top) }, size).flat()).toHaveLength(Math.min(top, all.length));
    }));
  });

  it('lose and repeat nothing that stays, when other items go between two pages', () => {
    fc.assert(fc.property(items, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 39 }), (all, size, gone) => {
      const first = pageOf(all, fields, {}, size);
      if (first.skipToken === undefined) return;
      const rest = all.filter((_, index) => index !== gone);
      const second = pageOf(rest, fields, { skipToken: first.skipToken }, 1000);
      const expected = rest.filter((one) => !first.items.includes(one)).map((one) => one.name).sort();
      expect(second.items.map((one) => one.name).sort()).toEqual(expected);
    }));
  });

  it('understand doubled quotes and conditions joined by and', () => {
    const all = [{ name: "o'clock", created: '2020-01-01T00:00:00.000Z' }, { name: 'and', created: '2021-01-01T00:00:00.000Z' }];
    expect(pageOf(all, fields, { filter: "name eq 'o''clock'" }, 10).items).toEqual([all[0]]);
    expect(pageOf(all, fields, { filter: "name ne 'x' and properties/created ge 2021-01-01" }, 10).items).toEqual([all[1]]);
  });

  it('refuse any other text with a sentence, and never hang on it', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (filter) => {
      try {
        pageOf([], fields, { filter }, 10);
      } catch (error) {
        expect(error).toMatchObject({ status: 400 });
      }
    }));
  });
});
