// Repeats an API request after failures that heal by themselves; never longer than its own small bounds.
// The SDK's policy would wait as long as any Retry-After says and takes 4-6 s to report a refused connection.
import { isRestError, type PipelinePolicy, type PipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { waitFor } from './abortableWait.ts';
import { isTransientNetworkCode } from './networkFailure.ts';

export type RetryBounds = { readonly maxRetries: number; readonly baseDelayMs: number; readonly maxDelayMs: number };

const RETRIED_STATUS = new Set([408, 429, 500, 502, 503, 504]);

export function boundedRetryPolicy(bounds: RetryBounds): PipelinePolicy {
  return {
    name: 'boundedRetryPolicy',
    async sendRequest(request, next) {
      for (let attempt = 0; ; attempt += 1) {
        const delay = attempt < bounds.maxRetries ? bounds.baseDelayMs * 2 ** attempt : undefined;
        try {
          const response = await next(request);
          const wait = delay === undefined ? undefined : delayAfter(response, delay, bounds.maxDelayMs);
          if (wait === undefined) return response;
          await pause(wait, request);
        } catch (error) {
          if (delay === undefined || !isRestError(error) || !isTransientNetworkCode(error.code)) throw error;
          await pause(Math.min(delay, bounds.maxDelayMs), request);
        }
      }
    },
  };
}

/** Undefined where the answer is final, or where the service asks for more patience than a request has. */
function delayAfter(response: PipelineResponse, delayMs: number, maxDelayMs: number): number | undefined {
  if (!RETRIED_STATUS.has(response.status)) return undefined;
  const asked = retryAfterMs(response.headers.get('retry-after'));
  const wait = asked ?? delayMs;
  return wait <= maxDelayMs ? wait : undefined;
}

/** Value of a Retry-After header in ms: seconds or an HTTP date (RFC 9110 §10.2.3). */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

async function pause(ms: number, request: PipelineRequest): Promise<void> {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  if (request.abortSignal?.aborted === true) cancel();
  request.abortSignal?.addEventListener('abort', cancel);
  await waitFor(ms, controller.signal);
  request.abortSignal?.removeEventListener('abort', cancel);
  if (controller.signal.aborted) throw new DOMException('The request was cancelled.', 'AbortError');
}
