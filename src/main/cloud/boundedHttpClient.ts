// The last hop of every API request: bounded in time and size, and only ever to the one origin that the credential is meant for.
// The SDK's own client bounds neither the body's length nor the time that it takes, and polls operation URLs on any host.
import { createDefaultHttpClient, type HttpClient, type PipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { OperatorError } from '../../contract/errors.ts';
import { orAborted } from './abortableWait.ts';

export type HttpBounds = {
  /** Scheme, host and port of the endpoint. */
  readonly origin: string;
  /** From the first byte sent to the last byte received, ms. */
  readonly requestTimeoutMs: number;
  /** Of a decoded answer. */
  readonly maxBodyBytes: number;
  readonly subject: string;
};

/** Code of the refusal to leave the endpoint's origin; the long-operation driver knows another way then. */
export const FOREIGN_HOST = 'CLOUD_FOREIGN_HOST';

/** @throws OperatorError CLOUD_FOREIGN_HOST, CLOUD_NO_ANSWER, CLOUD_ANSWER_TOO_LARGE (from `sendRequest`). */
export function createBoundedHttpClient(bounds: HttpBounds): HttpClient {
  const inner = createDefaultHttpClient();
  return { sendRequest: async (request) => await send(inner, bounds, request) };
}

async function send(inner: HttpClient, bounds: HttpBounds, request: PipelineRequest): Promise<PipelineResponse> {
  const { origin, host } = new URL(request.url);
  if (origin !== bounds.origin) {
    throw new OperatorError(
      FOREIGN_HOST, `${bounds.subject} refers to another host (${host}); Fieldcast does not send its sign-in there.`,
      'Check the endpoint address in the settings; if it is right, tell the service\'s owner.',
    );
  }
  const controller = new AbortController();
  const cancel = (): void => controller.abort(new DOMException('The request was cancelled.', 'AbortError'));
  const expire = (): void => controller.abort(new OperatorError(
    'CLOUD_NO_ANSWER', `${bounds.subject} accepted the connection but gave no complete answer within ${Math.round(bounds.requestTimeoutMs / 1000)} s.`,
    'Try again; if it stays so, check the service and the network between.',
  ));
  const timer = setTimeout(expire, bounds.requestTimeoutMs);
  if (request.abortSignal?.aborted === true) cancel();
  else request.abortSignal?.addEventListener('abort', cancel);
  try {
    const response = await orAborted(inner.sendRequest({
      ...request, abortSignal: controller.signal, timeout: 0, streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
    }), controller.signal);
    const text = await orAborted(readBody(response.readableStreamBody, bounds), controller.signal);
    return { status: response.status, headers: response.headers, request, bodyAsText: text };
  } catch (error) {
    // Ends the socket of an answer that was not read to its end.
    controller.abort(error);
    throw error;
  } finally {
    clearTimeout(timer);
    request.abortSignal?.removeEventListener('abort', cancel);
  }
}

async function readBody(stream: NodeJS.ReadableStream | undefined, bounds: HttpBounds): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bounds.maxBodyBytes) {
      throw new OperatorError(
        'CLOUD_ANSWER_TOO_LARGE', `${bounds.subject} sent an answer of more than ${Math.round(bounds.maxBodyBytes / 1024)} KiB.`,
        'Check the endpoint address: this is not how a Media Services API answers.',
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
