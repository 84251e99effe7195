// Cross-origin headers of everything that players load: their pages may be of any origin.
import type { FastifyReply, FastifyRequest } from 'fastify';

/** There is nothing here that a cookie would open. */
export function allowAnyPage(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('access-control-allow-origin', '*')
    .header('access-control-expose-headers', 'content-length, content-range, accept-ranges, date')
    .header('access-control-allow-methods', 'GET, HEAD, POST, OPTIONS')
    .header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? 'range')
    .header('access-control-max-age', '86400')
    .header('timing-allow-origin', '*');
}
