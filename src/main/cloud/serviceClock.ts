// How far this computer's clock is from the service's, from the times that its answers carry. Changes no clock.
import { createPipelineRequest } from '@azure/core-rest-pipeline';
import { SERVICE_TIME_HEADER } from '../../contract/embeddedService.ts';
import { OperatorError } from '../../contract/errors.ts';
import { waitFor } from './abortableWait.ts';
import type { ArmAccount } from './armAccount.ts';
import type { ClockReading } from './liveService.ts';

/** Of the account in the SDK (media-services.md §1.3). */
const API_VERSION = '2021-11-01';
const EXACT_SAMPLES = 5;
/** Each halves what a clock of whole seconds leaves open, so that what stays is the round trip. */
const SECOND_SAMPLES = 8;
const GOOD_ENOUGH_MS = 15;

/** One answer: local times around it, and the service's time within it. `resolutionMs`: 1 for an exact time, 1000 for `Date`. */
export type ClockSample = { readonly sentAtMs: number; readonly receivedAtMs: number; readonly serviceMs: number; readonly resolutionMs: number };

/** Local time + offset = service time; it lies between the two. */
export type OffsetBounds = { readonly fromMs: number; readonly toMs: number };

/** What a further sample leaves of the bounds; that sample alone where a clock was set in between. */
export function narrowed(bounds: OffsetBounds | undefined, { sentAtMs, receivedAtMs, serviceMs, resolutionMs }: ClockSample): OffsetBounds {
  const own = { fromMs: serviceMs - receivedAtMs, toMs: serviceMs + resolutionMs - sentAtMs };
  if (bounds === undefined) return own;
  const both = { fromMs: Math.max(bounds.fromMs, own.fromMs), toMs: Math.min(bounds.toMs, own.toMs) };
  return both.fromMs <= both.toMs ? both : own;
}

/** How long to wait so that a request meets the service at a change of its second as the middle of the bounds has it, ms. */
export function waitForSecond({ fromMs, toMs }: OffsetBounds, nowMs: number, roundTripMs: number): number {
  const arrivesAtMs = nowMs + roundTripMs / 2 + (fromMs + toMs) / 2;
  return (1000 - (((arrivesAtMs % 1000) + 1000) % 1000)) % 1000;
}

/** Up to eight requests, at most some nine seconds. @throws OperatorError CLOCK_NOT_TOLD, and where the service cannot be reached */
export async function readServiceClock(account: ArmAccount, signal: AbortSignal): Promise<ClockReading> {
  let bounds: OffsetBounds | undefined;
  let roundTripMs = 0;
  for (let count = 0; count < SECOND_SAMPLES; count += 1) {
    if (bounds !== undefined && bounds.toMs - bounds.fromMs > GOOD_ENOUGH_MS * 2 && roundTripMs > 0) {
      await waitFor(waitForSecond(bounds, Date.now(), roundTripMs), signal);
    }
    const sample = await takeSample(account, signal);
    const isExact = sample.resolutionMs === 1;
    // Only where the second is all that is told does a request wait for it.
    roundTripMs = isExact ? 0 : sample.receivedAtMs - sample.sentAtMs;
    bounds = narrowed(bounds, sample);
    if (isExact ? count + 1 >= EXACT_SAMPLES : bounds.toMs - bounds.fromMs <= GOOD_ENOUGH_MS * 2) break;
  }
  if (bounds === undefined) throw notTold(account);
  return { offsetMs: (bounds.fromMs + bounds.toMs) / 2, uncertaintyMs: (bounds.toMs - bounds.fromMs) / 2 };
}

async function takeSample(account: ArmAccount, signal: AbortSignal): Promise<ClockSample> {
  const base = account.settings.endpoint.replace(/\/+$/, '');
  return await account.call('read its clock', signal, async (abortSignal) => {
    const request = createPipelineRequest({ url: `${base}${account.id}?api-version=${API_VERSION}`, method: 'GET', abortSignal, allowInsecureConnection: base.startsWith('http:') });
    const sentAtMs = Date.now();
    const { headers } = await account.client.sendRequest(request);
    const receivedAtMs = Date.now();
    const exact = headers.get(SERVICE_TIME_HEADER);
    if (exact !== undefined && /^\d{1,15}$/.test(exact)) return { sentAtMs, receivedAtMs, serviceMs: Number(exact), resolutionMs: 1 };
    const second = Date.parse(headers.get('date') ?? '');
    if (Number.isNaN(second)) throw notTold(account);
    return { sentAtMs, receivedAtMs, serviceMs: second, resolutionMs: 1000 };
  });
}

function notTold(account: ArmAccount): OperatorError {
  return new OperatorError('CLOCK_NOT_TOLD', `${account.subject} does not tell its time, so the clock of this computer cannot be compared with it.`, 'Set the clock from the network on both computers.');
}
