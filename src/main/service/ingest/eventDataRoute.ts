// `POST …/<token>/ingest.isml/eventdata`: JSON for the viewers of a running event, stamped with the time at which it comes (media-services.md §4.3).
import type { FastifyInstance } from 'fastify';
import { MAX_DATA_BYTES } from '../../../contract/cue.ts';
import { isAddressAllowed } from '../addressRules.ts';
import { dataCue } from './cueMessage.ts';
import type { IngestGate } from './ingestConnection.ts';

/** Two requests a second for each event. */
const MIN_INTERVAL_MS = 500;
const BURST = 2;

/** The token in the path is the right to publish; an unknown one answers as if nothing were there. */
export function registerEventData(app: FastifyInstance, gate: IngestGate): void {
  const recent = new WeakMap<object, number[]>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_DATA_BYTES }, (_request, body, done) => { done(null, body); });
  app.post<{ Params: { token: string } }>('/:token/ingest.isml/eventdata', { bodyLimit: MAX_DATA_BYTES }, (request, reply) => {
    const channel = gate.channelOf(request.params.token.replaceAll('-', '').toLowerCase());
    if (!channel || !isAddressAllowed(channel.spec.ingestAllow, request.socket.remoteAddress ?? '')) return refuse(404, 'NotFound', 'There is no running live event behind this address.');
    const seconds = channel.reachedSeconds;
    if (seconds === undefined) return refuse(412, 'MPE_FRAGMENT_NOT_READY', 'No media has arrived yet, so there is no time at which the data could stand.');
    const nowMs = performance.now();
    const times = (recent.get(channel) ?? []).filter((time) => nowMs - time < MIN_INTERVAL_MS * BURST);
    if (times.length >= BURST) return refuse(429, 'TooManyRequests', 'Two requests a second are taken.');
    if (typeof request.body !== 'string' || !isJson(request.body)) return refuse(400, 'BadRequest', 'The body is no JSON.');
    recent.set(channel, [...times, nowMs]);
    channel.cueArrived({ type: 'cue', cue: dataCue(request.body, seconds) });
    return reply.code(200).send();

    function refuse(status: number, code: string, message: string): unknown {
      return reply.code(status).send({ error: { code, message } });
    }
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
