// Reads lists from a resource manager (ARM): bounded in time, size and pages, to its own host only. It never writes.
import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy, createEmptyPipeline, createPipelineRequest, isRestError, proxyPolicy, tlsPolicy,
  type HttpClient, type Pipeline, type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { OperatorError } from '../../../contract/errors.ts';
import { orAborted } from '../abortableWait.ts';
import { isLoopback } from '../armClient.ts';
import { createBoundedHttpClient } from '../boundedHttpClient.ts';
import { boundedRetryPolicy } from '../boundedRetry.ts';
import { networkFailure } from '../networkFailure.ts';
import { SecretRegister } from '../secretRegister.ts';
import type { Cloud } from './clouds.ts';
import { clockSentence } from './signInError.ts';
import type { SignInNetworkSettings } from './signInNetwork.ts';

export type ArmReader = {
  /** All items of a list, page after page. `what` completes “may not …”: “list the subscriptions”. @throws OperatorError. */
  readonly list: (path: string, what: string, signal: AbortSignal) => Promise<readonly unknown[]>;
};

/** The refusal's own code, kept as `cause`. */
export class ArmRefusal extends Error {
  readonly status: number;
  readonly armCode: string;

  constructor(status: number, armCode: string) {
    super(`${status} ${armCode}`);
    this.name = 'ArmRefusal';
    this.status = status;
    this.armCode = armCode;
  }
}

const REQUEST_TIMEOUT_MS = 20_000;
const LIST_TIMEOUT_MS = 90_000;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_PAGES = 50;
const RETRY = { maxRetries: 2, baseDelayMs: 500, maxDelayMs: 10_000 };
const pageSchema = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() });
const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string().catch('') }) });

export function createArmReader(cloud: Cloud, credential: TokenCredential, network: SignInNetworkSettings): ArmReader {
  const { origin, host } = new URL(cloud.armEndpoint);
  const secrets = new SecretRegister();
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(boundedRetryPolicy(RETRY), { phase: 'Retry' });
  // Answers a claims challenge with a new token once, which is how access that was withdrawn is noticed.
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: cloud.scope }), { phase: 'Sign' });
  if (network.ca !== undefined) pipeline.addPolicy(tlsPolicy({ ca: network.ca }));
  if (network.allowProxy !== false && !isLoopback(new URL(origin))) pipeline.addPolicy(proxyPolicy());
  const subject = `The resource manager (${host})`;
  const client = createBoundedHttpClient({ origin, requestTimeoutMs: network.requestTimeoutMs ?? REQUEST_TIMEOUT_MS, maxBodyBytes: MAX_BODY_BYTES, subject });
  return {
    list: async (path, what, signal) => {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
      const items: unknown[] = [];
      let url: string | undefined = `${cloud.armEndpoint}${path}`;
      for (let page = 0; url !== undefined; page += 1) {
        if (page >= MAX_PAGES) throw new OperatorError('CLOUD_UNEXPECTED_ANSWER', `${subject} gives a list that does not end, when asked to ${what}.`, 'Try again; if it stays so, report it.');
        const response = await sendTo({ pipeline, client, subject, url, what, bounded, signal });
        if (response.status !== 200) throw refusalOf(response, subject, what, secrets);
        const parsed = pageSchema.safeParse(jsonOf(response.bodyAsText));
        if (!parsed.success) throw notArm(subject, what);
        items.push(...parsed.data.value);
        url = parsed.data.nextLink ?? undefined;
        if (url !== undefined && !URL.canParse(url)) throw notArm(subject, what);
      }
      return items;
    },
  };
}

type Call = {
  readonly pipeline: Pipeline; readonly client: HttpClient; readonly subject: string; readonly url: string; readonly what: string;
  /** Ends with `signal`, or when the list has taken too long. */
  readonly bounded: AbortSignal; readonly signal: AbortSignal;
};

async function sendTo({ pipeline, client, subject, url, what, bounded, signal }: Call): Promise<PipelineResponse> {
  try {
    return await orAborted(pipeline.sendRequest(client, createPipelineRequest({ url, abortSignal: bounded })), bounded);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (signal.aborted) throw new OperatorError('CLOUD_CANCELLED', `The request to ${what} was cancelled.`, 'Try again when you want to.');
    if (bounded.aborted) throw new OperatorError('CLOUD_NO_ANSWER', `${subject} did not manage to ${what} within ${LIST_TIMEOUT_MS / 1000} s.`, 'Check the network connection, then try again.');
    throw networkFailure(isRestError(error) ? error.code : undefined, subject.replace(/^T/, 't'))
      ?? new OperatorError('SERVICE_UNREACHABLE', `The connection to ${subject.replace(/^T/, 't')} failed.`, 'Check the network connection, then try again.');
  }
}

function refusalOf(response: PipelineResponse, subject: string, what: string, secrets: SecretRegister): OperatorError {
  const parsed = refusalSchema.safeParse(jsonOf(response.bodyAsText));
  const armCode = parsed.success && /^\w{1,80}$/.test(parsed.data.error.code) ? parsed.data.error.code : '';
  const cause = new ArmRefusal(response.status, armCode);
  const { status } = response;
  if (status === 401) {
    const serverMs = Date.parse(response.headers.get('date') ?? '');
    const clock = clockSentence(Number.isFinite(serverMs) ? Date.now() - serverMs : undefined);
    if (clock !== undefined) return new OperatorError('CLOCK_WRONG', `${clock} The access token is therefore not valid.`, 'Set the clock (best: automatically from the network), then sign in again.', { cause });
    if (armCode === 'InvalidAuthenticationTokenTenant') {
      return new OperatorError('SIGN_IN_WRONG_TENANT', `What is asked for belongs to another tenant than the sign-in (${armCode}).`, 'Sign in with --tenant and the tenant of the subscription.', { cause });
    }
    return new OperatorError('CLOUD_NOT_SIGNED_IN', `${subject} does not accept the sign-in (401${armCode === '' ? '' : ` ${armCode}`}).`, 'Sign in again; check that cloud and address belong together.', { cause });
  }
  if (status === 403) {
    return new OperatorError(
      'CLOUD_NO_ROLE', `The signed-in account may not ${what} (403${armCode === '' ? '' : ` ${armCode}`}).`,
      'Ask an owner of the subscription for a role there: Reader to find accounts, Contributor on the Media Services account to go live. A new role takes some minutes to be felt.', { cause },
    );
  }
  if (status === 429) return new OperatorError('CLOUD_THROTTLED', `${subject} received too many requests (429).`, 'Wait a minute and try again.', { cause });
  if (status >= 500) return new OperatorError('CLOUD_SERVICE_FAILED', `${subject} failed to ${what} (${status}).`, 'Try again in a minute.', { cause });
  if (!parsed.success) return notArm(subject, what);
  return new OperatorError('CLOUD_REFUSED', `${subject} refused to ${what} (${status}${armCode === '' ? '' : ` ${armCode}`}): ${secrets.redact(parsed.data.error.message)}`, 'Correct what it names, then try again.', { cause });
}

function notArm(subject: string, what: string): OperatorError {
  return new OperatorError('CLOUD_UNEXPECTED_ANSWER', `${subject} answered something that is not a resource manager’s, when asked to ${what}.`, 'Check the address; on a guest network, sign in to the network in a browser first.');
}

function jsonOf(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
