// One Media Services account as the rest of the room uses it: the client, its names, its pace, and calls that end in time.
import type { AzureMediaServices } from '@azure/arm-mediaservices';
import type { TokenCredential } from '@azure/core-auth';
import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { OperatorError } from '../../contract/errors.ts';
import { orAborted } from './abortableWait.ts';
import { createArmClient, isLoopback, type ForgettingCredential } from './armClient.ts';
import type { ServiceCapabilities } from './liveService.ts';
import type { OperationPace } from './longOperation.ts';
import { SecretRegister } from './secretRegister.ts';
import { operatorErrorOf, unexpectedAnswer } from './serviceFault.ts';

export type MediaServicesSettings = {
  /** The operator's name for this account. */
  readonly label: string;
  /** Base of the API: `https://management.azure.com` or that of a compatible service, with an optional path prefix. */
  readonly endpoint: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
  /** Region for new events; the account's own where it is missing. */
  readonly location?: string | undefined;
  readonly credential: TokenCredential | ForgettingCredential;
  readonly credentialScopes?: string | undefined;
  /** PEM of a certificate authority to trust besides the system's, for the API and for ingest and playback. */
  readonly ca?: string | undefined;
  readonly capabilities: ServiceCapabilities;
  /** Base of viewer URLs instead of `https://<host name of the streaming endpoint>`. */
  readonly playbackBase?: string | undefined;
  /** Base of ingest over HTTPS, if that is not the host of the RTMP ingest. */
  readonly httpIngestBase?: string | undefined;
  readonly allowProxy: boolean;
  /** Turns requests and answers of this API into those of a service that differs from it. */
  readonly innermost?: PipelinePolicy | undefined;
  /** Default: `default`. */
  readonly streamingEndpointName?: string | undefined;
  /** Between two looks at a running operation, ms. Default 2000, on loopback 100. */
  readonly pollIntervalMs?: number | undefined;
  /** For one request and its whole answer, ms. Default 30 000, on loopback 10 000. */
  readonly requestTimeoutMs?: number | undefined;
  /** For any operation but a start, ms. Default 10 minutes. */
  readonly operationTimeoutMs?: number | undefined;
  /** For how long a service may need to show what it reported as done, ms. Default 15 000, on loopback 3000. */
  readonly settleMs?: number | undefined;
};

const OPERATION_TIMEOUT_MS = 600_000;
/** Retries and waits of one simple call together, ms. */
const CALL_TIMEOUT_MS = 90_000;
const LOOPBACK_PACE = { pollIntervalMs: 100, settleMs: 3000, forgiveMs: 10_000 };
const CLOUD_PACE = { pollIntervalMs: 2000, settleMs: 15_000, forgiveMs: 120_000 };

export class ArmAccount {
  readonly settings: MediaServicesSettings;
  readonly client: AzureMediaServices;
  readonly secrets = new SecretRegister();
  readonly pace: OperationPace;
  readonly operationTimeoutMs: number;
  /** `“Studio” (management.azure.com)`. */
  readonly subject: string;
  /** First two arguments of every operation of the SDK. */
  readonly names: readonly [resourceGroup: string, accountName: string];

  constructor(settings: MediaServicesSettings) {
    const url = URL.canParse(settings.endpoint) ? new URL(settings.endpoint) : undefined;
    this.settings = settings;
    this.subject = `“${settings.label}” (${url?.host ?? 'no address'})`;
    this.names = [settings.resourceGroup, settings.accountName];
    this.client = createArmClient({
      endpoint: settings.endpoint,
      subscriptionId: settings.subscriptionId,
      credential: settings.credential,
      credentialScopes: settings.credentialScopes,
      ca: settings.ca,
      allowProxy: settings.allowProxy,
      requestTimeoutMs: settings.requestTimeoutMs,
      subject: this.subject,
      secrets: this.secrets,
      innermost: settings.innermost,
    });
    const usual = url !== undefined && isLoopback(url) ? LOOPBACK_PACE : CLOUD_PACE;
    this.pace = {
      subject: this.subject,
      pollIntervalMs: settings.pollIntervalMs ?? usual.pollIntervalMs,
      settleMs: settings.settleMs ?? usual.settleMs,
      forgiveMs: usual.forgiveMs,
      toOperatorError: (error, attempt) => this.errorOf(error, attempt),
    };
    this.operationTimeoutMs = settings.operationTimeoutMs ?? OPERATION_TIMEOUT_MS;
  }

  /** Identity of the account across instances and names of services. */
  get id(): string {
    const { subscriptionId, resourceGroup, accountName } = this.settings;
    return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Media/mediaservices/${accountName}`;
  }

  errorOf(error: unknown, attempt: string): OperatorError {
    return operatorErrorOf(error, { subject: this.subject, attempt, secrets: this.secrets });
  }

  /** For answers that parse but are not what was asked for. */
  unexpected(attempt: string, detail: string): OperatorError {
    return unexpectedAnswer({ subject: this.subject, attempt, secrets: this.secrets }, detail);
  }

  /**
   * One simple call, ended by the signal or by its own deadline even where something below ignores both.
   * @throws OperatorError always, whatever the call threw.
   */
  async call<T>(attempt: string, signal: AbortSignal, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    try {
      return await orAborted(request(bounded), bounded);
    } catch (error) {
      if (signal.aborted) throw new OperatorError('CLOUD_CANCELLED', `The request to ${attempt} was cancelled.`, 'Nothing was changed by it; try again when you want to.');
      if (bounded.aborted && !(error instanceof OperatorError)) {
        throw new OperatorError('CLOUD_NO_ANSWER', `${this.subject} did not manage to ${attempt} within ${CALL_TIMEOUT_MS / 1000} s.`, 'Check the network connection, then try again.');
      }
      throw this.errorOf(error, attempt);
    }
  }

  /** Like {@link call}; undefined where the service answers 404. */
  async find<T>(attempt: string, signal: AbortSignal, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    return await this.call(attempt, signal, async (abortSignal) => {
      try {
        return await request(abortSignal);
      } catch (error) {
        if (isRestError(error) && error.statusCode === 404) return undefined;
        throw error;
      }
    });
  }
}
