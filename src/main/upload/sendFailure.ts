// What a failed call on storage means for an upload: try again, renew the signature, or give up with a sentence. Never repeats an address: it is signed.
import { isRestError } from '@azure/core-rest-pipeline';
import { OperatorError } from '../../contract/errors.ts';

export type SendVerdict =
  | { readonly kind: 'again'; readonly reason: string }
  | { readonly kind: 'renew' }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'stop'; readonly error: OperatorError };

/** @param what The file, as the operator knows it. */
export function judgeSendError(error: unknown, what: string): SendVerdict {
  if (error instanceof OperatorError) return { kind: 'stop', error };
  if (!isRestError(error)) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    // An aborted request is our own stall watch; the caller has looked at its own signal before.
    if (error instanceof Error && error.name === 'AbortError') return { kind: 'again', reason: 'nothing moved for too long' };
    return { kind: 'stop', error: new OperatorError('UPLOAD_FAILED', `${what} could not be sent (${code ?? (error instanceof Error ? error.name : 'unknown cause')}).`, 'Try again; if it happens again, look into the engine’s log.', { cause: error }) };
  }
  const status = error.statusCode;
  if (status === undefined) return { kind: 'again', reason: `the connection failed (${error.code ?? 'no answer'})` };
  const code = serviceCodeOf(error);
  // Which code an expired signature gets differs between servers; one that is refused although it is fresh is given up on by the caller.
  if (status === 401 || (status === 403 && code !== 'AuthorizationPermissionMismatch')) return { kind: 'renew' };
  if (code === 'Md5Mismatch') return { kind: 'damaged' };
  if (status === 408 || status === 429 || status === 500 || status === 502 || status === 503 || status === 504) return { kind: 'again', reason: `the storage answered ${status}` };
  return { kind: 'stop', error: refusalOf(status, code, what) };
}

/** True for the answer that there is no such blob or list yet. */
export function isMissing(error: unknown): boolean {
  return isRestError(error) && error.statusCode === 404 && serviceCodeOf(error) !== 'ContainerNotFound';
}

function refusalOf(status: number, code: string | undefined, what: string): OperatorError {
  switch (true) {
    case status === 404: return new OperatorError('ASSET_GONE', `The asset that ${what} goes to has been deleted.`, 'Upload it again, into a new asset.');
    case status === 507: return new OperatorError('DESTINATION_FULL', `${what} could not be stored: the disk of the destination is full.`, 'Free space there, then retry: what has arrived stays.');
    case status === 403: return new OperatorError('UPLOAD_FORBIDDEN', `The storage does not let ${what} be written (${code ?? status}).`, 'Check the network rules and rights of the storage account.');
    case code === 'ContainerBeingRecorded': return new OperatorError('ASSET_IN_USE', `${what} cannot be stored: a live event records into its asset.`, 'Wait for the end of the show, or upload it into another asset.');
    default: return new OperatorError('UPLOAD_REFUSED', `The storage refused ${what} (${status}${code === undefined ? '' : ` ${code}`}).`, 'Correct what the storage names, then retry.');
  }
}

function serviceCodeOf(error: { readonly code?: string; readonly details?: unknown }): string | undefined {
  const { details } = error;
  const fromBody = typeof details === 'object' && details !== null && 'errorCode' in details ? details.errorCode : undefined;
  return typeof fromBody === 'string' ? fromBody : error.code;
}
