// What a Media Services API answered when it did not do what was asked, as an OperatorError with a sentence and a next action.
// Never carries the request, its headers or an unshortened answer: those hold tokens.
import { isRestError, type RestError } from '@azure/core-rest-pipeline';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { networkFailure } from './networkFailure.ts';
import type { SecretRegister } from './secretRegister.ts';

/** The machine-readable part of a refusal, kept as `cause`. */
export class ServiceFault extends Error {
  /** HTTP status, undefined where no answer came. */
  readonly status: number | undefined;
  /** `error.code` of the answer, e.g. `ResourceNotFound`. */
  readonly serviceCode: string | undefined;

  constructor(message: string, status: number | undefined, serviceCode: string | undefined) {
    super(message);
    this.name = 'ServiceFault';
    this.status = status;
    this.serviceCode = serviceCode;
  }
}

export type FaultContext = {
  /** The service as the operator knows it, with its host. */
  readonly subject: string;
  /** What was attempted: `start the live event “x”`. */
  readonly attempt: string;
  readonly secrets: SecretRegister;
};

/** Turns anything that a call of the SDK threw into an OperatorError; those pass through unchanged. */
export function operatorErrorOf(error: unknown, context: FaultContext): OperatorError {
  if (error instanceof OperatorError) return error;
  if (isRestError(error)) {
    return error.statusCode === undefined ? connectionError(error, context) : answerError(error, error.statusCode, context);
  }
  const failed = /^The long-running operation has failed(?:\. (?<code>[^.\s]+)\. (?<text>.*))?/s.exec(messageOf(error));
  if (failed !== null) return failedOperation(failed.groups?.['code'], failed.groups?.['text'], context);
  if (error instanceof Error && error.name === 'PollerCancelledError') {
    return withCause(context, 'CLOUD_OPERATION_CANCELLED', `${context.subject} cancelled the request to ${context.attempt}.`,
      'Try again; if it happens again, look at the service\'s own status page.', undefined, undefined, '');
  }
  return unexpectedAnswer(context, messageOf(error));
}

/** The answer was understood as HTTP but not as this API: a captive portal, a proxy's page, another kind of server. */
export function unexpectedAnswer(context: FaultContext, detail: string): OperatorError {
  return withCause(context, 'CLOUD_UNEXPECTED_ANSWER', `${context.subject} answered something that is not a Media Services API, when asked to ${context.attempt}.`,
    'Check the endpoint address; on a guest network, sign in to the network in a browser first.', undefined, undefined, detail);
}

/** True where the same request may succeed a little later: the network broke, or the service is busy or restarting. */
export function isTransient(error: OperatorError): boolean {
  return ['SERVICE_UNREACHABLE', 'CLOUD_NO_ANSWER', 'CLOUD_SERVICE_FAILED', 'CLOUD_THROTTLED'].includes(error.code);
}

/** True where what was asked for may still come about: it was given up, or the network or the sign-in failed meanwhile. */
export function mayGoOn(error: unknown): boolean {
  return error instanceof OperatorError && (isTransient(error) || ['CLOUD_CANCELLED', 'CLOUD_TIMEOUT', 'CLOUD_NOT_SIGNED_IN'].includes(error.code));
}

function connectionError(error: RestError, context: FaultContext): OperatorError {
  if (error.code === 'PARSE_ERROR') return unexpectedAnswer(context, 'the answer could not be parsed');
  return networkFailure(error.code, context.subject)
    ?? withCause(context, 'SERVICE_UNREACHABLE', `The connection to ${context.subject} failed (${error.code ?? 'unknown cause'}).`,
      'Check the network connection, then try again.', undefined, error.code, error.message);
}

function answerError(error: RestError, status: number, context: FaultContext): OperatorError {
  if (error.code === 'PARSE_ERROR') return unexpectedAnswer(context, `HTTP ${status}, the answer could not be parsed`);
  // Without an error body the SDK puts the whole answer into the message; such text is not for people.
  const spoken = error.code !== undefined && error.message !== error.response?.bodyAsText ? error.message : '';
  const { code, sentence, action } = describe(status, error, context);
  const quoted = context.secrets.redact(spoken);
  const said = quoted === '' ? '' : ` It says: ${quoted}${/[.!?…]$/.test(quoted) ? '' : '.'}`;
  return withCause(context, code, `${sentence}${said}`, action, status, error.code, spoken);
}

function describe(status: number, error: RestError, { subject, attempt }: FaultContext): { code: string; sentence: string; action: string } {
  switch (status) {
    case 401:
      return { code: 'CLOUD_NOT_SIGNED_IN', sentence: `${subject} does not accept the sign-in (401).`, action: 'Sign in again, or renew the access token.' };
    case 403:
      return {
        code: 'CLOUD_FORBIDDEN', sentence: `The signed-in account may not ${attempt} at ${subject} (403).`,
        action: 'Ask the owner of the account for the Contributor role on it, or choose another account.',
      };
    case 404:
      return {
        code: 'CLOUD_NOT_FOUND', sentence: `${subject} does not know what was asked for, to ${attempt} (404).`,
        action: 'Check the subscription, resource group, account and event names in the destination.',
      };
    case 409:
    case 412:
      return {
        code: 'CLOUD_CONFLICT', sentence: `${subject} cannot ${attempt} now (${status}): another operation is under way, or the name is taken.`,
        action: 'Wait until the other operation has finished and try again, or choose another name.',
      };
    case 429: {
      const wait = error.response?.headers.get('retry-after');
      return {
        code: 'CLOUD_THROTTLED', sentence: `${subject} received too many requests (429).`,
        action: wait !== undefined && /^\d{1,6}$/.test(wait) ? `Try again in ${wait} s.` : 'Wait a minute and try again.',
      };
    }
    default:
      break;
  }
  if (status >= 500 && status !== 501) {
    return { code: 'CLOUD_SERVICE_FAILED', sentence: `${subject} failed to ${attempt} (${status}).`, action: 'Try again in a minute; if it stays so, ask the service\'s owner.' };
  }
  if (status < 400) {
    return {
      code: 'CLOUD_UNEXPECTED_ANSWER', sentence: `${subject} answered ${status} when asked to ${attempt}, which Fieldcast cannot use.`,
      action: 'Check the endpoint address in the settings.',
    };
  }
  return { code: 'CLOUD_REFUSED', sentence: `${subject} refused to ${attempt} (${status}).`, action: 'Correct what the service names, then try again.' };
}

function failedOperation(serviceCode: string | undefined, text: string | undefined, context: FaultContext): OperatorError {
  const quoted = text === undefined ? '' : context.secrets.redact(text);
  const reason = quoted === '' ? 'It gave no reason.' : `It says: ${quoted}${/[.!?…]$/.test(quoted) ? '' : '.'}`;
  const named = serviceCode === undefined || serviceCode === 'None' ? '' : ` (${context.secrets.redact(serviceCode)})`;
  return withCause(context, 'CLOUD_OPERATION_FAILED', `${context.subject} tried to ${context.attempt} and failed${named}. ${reason}`,
    'Try again; if it fails again, choose another name or ask the service\'s owner.', undefined, serviceCode, text ?? '');
}

function withCause(
  context: FaultContext, code: string, message: string, action: string, status: number | undefined, serviceCode: string | undefined, detail: string,
): OperatorError {
  const redacted = context.secrets.redact(detail);
  return new OperatorError(code, context.secrets.redact(message), action, {
    cause: new ServiceFault(redacted, status, serviceCode === undefined ? undefined : context.secrets.redact(serviceCode)),
  });
}
