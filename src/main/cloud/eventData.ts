// The `eventdata` call of a live event: timed JSON over HTTPS beside the RTMP ingest (media-services.md §4.3). One call, bounded, never repeated.
import { request } from 'node:https';
import { OperatorError } from '../../contract/errors.ts';
import { protocolOf } from './ingestEndpoints.ts';
import { networkFailure } from './networkFailure.ts';
import type { LiveEventInfo } from './liveService.ts';

const ANSWER_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Scheme to https, port and `/live` away, `ingest.isml/eventdata` behind the token. It holds the access token.
 * @param base where the service takes HTTPS, if that is not the host of its ingest
 */
export function eventDataUrlOf({ ingest }: Pick<LiveEventInfo, 'ingest'>, base: string | undefined): string | undefined {
  // The call belongs to RTMP events (media-services.md §4.3).
  const rtmp = ingest.filter((one) => protocolOf(one) === 'rtmp');
  const endpoint = rtmp.find((one) => one.secure) ?? rtmp[0];
  if (endpoint === undefined) return undefined;
  const { hostname, pathname } = new URL(endpoint.url);
  return `${base ?? `https://${hostname}`}${pathname.replace(/^\/live\b/, '').replace(/\/+$/, '')}/ingest.isml/eventdata`;
}

/** @throws OperatorError EVENT_DATA_REFUSED, or what the connection failed with */
export async function postEventData(url: string, json: string, { ca, signal }: { readonly ca: string | undefined; readonly signal: AbortSignal }): Promise<void> {
  const { host } = new URL(url);
  const status = await new Promise<number>((resolve, reject) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const call = request(url, {
      method: 'POST', signal: bounded, agent: false, ...(ca === undefined ? {} : { ca }),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) },
    }, (response) => {
      let received = 0;
      response.on('data', (bytes: Buffer) => {
        received += bytes.length;
        if (received > MAX_ANSWER_BYTES) response.destroy();
      });
      response.on('close', () => resolve(response.statusCode ?? 0));
    });
    call.on('error', (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
      reject(signal.aborted ? signal.reason as Error : networkFailure(code, host) ?? new OperatorError(
        'EVENT_DATA_NO_ANSWER', `${host} did not take the data within ${ANSWER_MS / 1000} s.`, 'Send it beside the media: leave --via out.', { cause: error },
      ));
    });
    call.end(json);
  });
  if (status >= 200 && status < 300) return;
  throw new OperatorError('EVENT_DATA_REFUSED', `${host} answered ${status} to the data.`, 'Send it beside the media: leave --via out.');
}
