// The little that every handler needs of HTTP: path parameters, list answers, headers of long operations.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperationRecord } from '../records.ts';
import type { ArmContext } from './context.ts';
import { type ListableFields, type ListQuery, pageOf } from './listing.ts';
import { accountId, linkBase } from './resourceShape.ts';

/** Seconds that a client should wait between polls; quick operations have ended before the first answer. */
const RETRY_AFTER_SECONDS = '1';

/** A path parameter, decoded, in the letter case of the request. */
export function param(request: FastifyRequest, name: string): string {
  const value = (request.params as Readonly<Record<string, string | undefined>>)[name];
  return value ?? '';
}

/** A query parameter by its name without case; the first where it is repeated. */
export function queryOf(request: FastifyRequest, name: string): string | undefined {
  const query = request.query as Readonly<Record<string, string | readonly string[] | undefined>>;
  const key = Object.keys(query).find((one) => one.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? undefined : query[key];
  return typeof value === 'string' ? value : value?.[0];
}

/** `{value: […], "@odata.nextLink"?}`; the SDK follows nothing but that link (media-services.md §1.5). */
export function listAnswer<T>(
  context: ArmContext, request: FastifyRequest, items: readonly T[], fields: ListableFields<T>, shape: (item: T) => object,
): object {
  const text = (name: string): string | undefined => queryOf(request, name);
  const query: ListQuery = {
    ...optional('filter', text('$filter')), ...optional('orderBy', text('$orderby')),
    ...optional('top', text('$top')), ...optional('skipToken', text('$skiptoken')),
  };
  const page = pageOf(items, fields, query, context.limits.pageSize);
  const value = page.items.map(shape);
  if (page.skipToken === undefined) return { value };
  const next = new URL(request.url, linkBase(context.addresses, request.headers.host));
  next.searchParams.delete('$skiptoken');
  next.searchParams.append('$skiptoken', page.skipToken);
  return { value, '@odata.nextLink': next.href };
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [key in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: string });
}

/**
 * Answers a long operation that has begun: 201 for a create, else 202, with both polling links.
 *
 * @param resourceTail Path of the resource below the account, literals in lower case: `/liveevents/name`.
 */
export function operationAnswer(
  context: ArmContext, request: FastifyRequest, reply: FastifyReply,
  operation: OperationRecord, resourceTail: string, body: object | undefined,
): FastifyReply {
  const status = operation.task.action === 'create' ? 201 : 202;
  void reply.headers(operationHeaders(context, request, operation, resourceTail)).code(status);
  return body === undefined ? reply.send() : reply.send(body);
}

/** The headers with which the real service points at an operation. */
export function operationHeaders(context: ArmContext, request: FastifyRequest, operation: OperationRecord, resourceTail: string): Record<string, string> {
  const base = linkBase(context.addresses, request.headers.host);
  const version = `api-version=${encodeURIComponent(queryOf(request, 'api-version') ?? '')}`;
  const kind = operation.task.resource.toLowerCase();
  return {
    'azure-asyncoperation': `${base}${accountId(context, `/${kind}operations/${operation.id}`)}?${version}`,
    location: `${base}${accountId(context, `${resourceTail}/operationlocations/${operation.id}`)}?${version}`,
    'retry-after': RETRY_AFTER_SECONDS,
  };
}
