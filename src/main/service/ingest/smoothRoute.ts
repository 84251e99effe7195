// `POST …/<token>/ingest.isml/streams(<name>)`: a Smooth Streaming encoder pushes fragmented MP4 in one long body (Fragmented MP4 Live Ingest).
// An empty body asks whether address and token are right. Holds no media.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { isAddressAllowed } from '../addressRules.ts';
import type { ServiceLog } from '../serviceLog.ts';
import type { Channel } from './channel.ts';
import type { IngestGate } from './ingestConnection.ts';
import { IngestRefusal } from './ingestRefusal.ts';
import { SmoothPublication } from './smoothPublication.ts';

export type SmoothSurroundings = { readonly gate: IngestGate; readonly log: ServiceLog; /** Without a byte. */ readonly idleMs: number };

export function registerSmooth(app: FastifyInstance, around: SmoothSurroundings): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => { done(null, payload); });
  app.post<{ Params: { token: string; stream: string } }>('/:token/ingest.isml/:stream', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
    const streamName = /^streams\(([\w.-]{1,128})\)$/i.exec(request.params.stream)?.[1];
    const channel = around.gate.channelOf(request.params.token.replaceAll('-', '').toLowerCase());
    if (streamName === undefined || !channel || channel.spec.protocol !== 'FragmentedMP4') return refuse(reply, 404, 'MPE_RESOURCE_NOT_FOUND', 'There is no running live event for fragmented MP4 behind this address.');
    if (!isAddressAllowed(channel.spec.ingestAllow, request.socket.remoteAddress ?? '')) {
      return refuse(reply, 403, 'MPE_INGEST_ENCODER_CONNECTION_DENIED', 'The live event does not allow publishers from this address.');
    }
    try {
      await receive(request, channel, streamName, around);
      return await reply.status(200).send();
    } catch (error) {
      if (!(error instanceof IngestRefusal)) throw error;
      around.log.warn({ eventName: channel.spec.eventName, code: error.code }, error.message);
      reply.header('connection', 'close');
      return refuse(reply, 400, error.code, error.message);
    }
  });
}

/** @throws IngestRefusal when the stream cannot be taken any further */
async function receive(request: FastifyRequest, channel: Channel, streamName: string, { log, idleMs }: SmoothSurroundings): Promise<void> {
  const body = request.body as Readable | undefined;
  if (body === undefined || body === null) return;
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  const connection = { disconnect: (refusal: IngestRefusal) => { refused.reject(refusal); } };
  let publication: SmoothPublication | undefined;
  let published: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClean = false;
  let outcome: IngestRefusal | undefined;
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      clearTimeout(timer);
      timer = setTimeout(() => refused.reject(new IngestRefusal('MPE_RTMP_SESSION_IDLE_TIMEOUT', 'The encoder sent nothing for too long.')), idleMs);
      const next = await Promise.race([chunks.next(), refused.promise]);
      if (next.done === true) break;
      if (publication === undefined) {
        channel.attach(connection);
        const encoder = (request.headers['user-agent'] ?? '').slice(0, 128);
        const address = request.socket.remoteAddress ?? '';
        publication = new SmoothPublication(channel, streamName, encoder, address);
        published = channel.journal.publisherCame({
          streamName, peer: { address, port: request.socket.remotePort ?? 0 }, encoder, tlsVersion: request.socket instanceof TLSSocket ? request.socket.getProtocol() ?? undefined : undefined,
        });
        log.info({ eventName: channel.spec.eventName, streamName }, 'A publisher has begun.');
      }
      publication.push(next.value);
      // An encoder that resends faster than it can be packaged is held back by TCP.
      await channel.catchingUp;
    }
    isClean = true;
  } catch (error) {
    // A body that breaks off is how encoders lose a connection; they come again.
    if (error instanceof IngestRefusal) outcome = error;
    else if (publication === undefined) return;
  } finally {
    clearTimeout(timer);
    publication?.end(isClean);
    channel.detach(connection);
    if (published !== undefined) channel.journal.publisherLeft(published, outcome?.code ?? 'MPE_CLIENT_DISCONNECTED', isClean ? 'Information' : 'Warning', request.socket.bytesRead);
  }
  if (outcome) throw outcome;
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.status(status).send({ error: { code, message } });
}
