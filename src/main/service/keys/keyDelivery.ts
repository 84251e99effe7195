// Key delivery over HTTP: 16 bytes for a key's id, to whoever the content key policy allows. For players of any page.
import type { FastifyInstance } from 'fastify';
import { allowAnyPage } from '../origin/anyPage.ts';
import type { KeyDirectory } from '../mediaPlane.ts';
import { mayHaveKey } from './keyGate.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `GET` and `POST /keydelivery?kid=GUID`, with the token as `Authorization: Bearer` or `&token=`. */
export function registerKeyDelivery(app: FastifyInstance, directory: KeyDirectory): void {
  app.route<{ Querystring: Readonly<Record<string, string | string[] | undefined>> }>({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/keydelivery',
    handler: async (request, reply) => {
      allowAnyPage(request, reply);
      if (request.method === 'OPTIONS') return reply.status(204).header('cache-control', 'max-age=86400').send();
      void reply.header('cache-control', 'no-store');
      const { kid, token } = request.query;
      const found = typeof kid === 'string' && GUID.test(kid) ? directory.contentKey(kid) : undefined;
      if (found === undefined) return reply.status(404).send({ error: { code: 'ContentKeyNotFound', message: 'There is no content key of this id.' } });
      const given = /^Bearer[ =]+(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? (typeof token === 'string' ? token : undefined);
      const verdict = await mayHaveKey(found.options, found.id, given);
      if (verdict === 'given') return reply.type('application/octet-stream').send(Buffer.from(found.value, 'base64'));
      const message = verdict === 'tokenMissing' ? 'This key is given against a token.' : 'The token is not accepted for this key: it is expired, of another issuer or audience, or lacks a claim.';
      return reply.status(verdict === 'tokenMissing' ? 401 : 403).send({ error: { code: verdict === 'tokenMissing' ? 'TokenMissing' : 'TokenRefused', message } });
    },
  });
}
