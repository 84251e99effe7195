// `npm ci` refuses a lock that lacks an optional build for another system, and `npm install` drops such entries now and then.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>>; readonly resolved?: string };
const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as { packages: Record<string, Entry> };

/** Where Node would find `name` from the package at `path`: in its own node_modules or in those above. */
function isLocked(path: string, name: string): boolean {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in packages) return true;
    if (at === '') return false;
  }
}

test('every optional dependency is in the lock', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)).map((name) => `${name} (of ${path})`));
  expect(missing).toEqual([]);
});

test('the lock names no registry host, so any registry serves it', () => {
  expect(Object.entries(packages).filter(([, entry]) => entry.resolved?.startsWith('http')).map(([path]) => path)).toEqual([]);
});
