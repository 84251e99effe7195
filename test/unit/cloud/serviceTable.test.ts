// The table of the services is that of the documentation, and every capability stands in it or decides something else.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { serviceRows, SERVICES } from '../../../src/main/cloud/serviceTable.ts';

it('is the one in the documentation', async () => {
  const docs = await readFile(new URL('../../../docs/services.md', import.meta.url), 'utf8');
  expect(docs).toContain(`| | ${SERVICES.map(({ title }) => title).join(' | ')} |`);
  for (const { what, words } of serviceRows()) expect(docs).toContain(`| ${what} | ${words.join(' | ')} |`);
});

it('shows every capability that differs between services, by a row that reads it', () => {
  const read = new Set<string>();
  const watched = SERVICES.map(({ capabilities }) => new Proxy(capabilities, { get: (target, key) => { read.add(String(key)); return Reflect.get(target, key) as unknown; } }));
  serviceRows(watched);
  // How often two instances write, how a type is spelled on the wire, and whether an event can be changed say nothing to an operator by themselves.
  const told = Object.keys(SERVICES[0]?.capabilities ?? {}).filter((key) => !['heartbeatMs', 'premiumType', 'canUpdate'].includes(key));
  expect([...read].toSorted()).toEqual(told.toSorted());
});
