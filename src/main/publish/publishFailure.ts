// Why a connection could not be made or did not last, as a sentence. Nothing in here holds a key.
import { OperatorError } from '../../contract/errors.ts';

/** `always`: the next attempt may succeed. `ifItWorkedBefore`: a refusal that stands, unless this publisher has been accepted once already. */
export type Retry = 'always' | 'ifItWorkedBefore';

export class PublishFailure extends OperatorError {
  readonly retry: Retry;

  constructor(code: string, message: string, action: string, retry: Retry = 'always', options?: { cause?: unknown }) {
    super(code, message, action, options);
    this.name = 'PublishFailure';
    this.retry = retry;
  }
}

type Explanation = { readonly code: string; readonly sentence: (host: string) => string; readonly action: string; readonly retry?: Retry };

const unreachable = 'Check the network connection and that the firewall lets the stream out.';
const clockOrService = 'Check date and time of this computer. If they are right, the service must renew its certificate.';
const ownAuthority = 'Check the address; where the server has a certificate authority of its own, add its certificate.';

/** Error codes of Node's sockets, name look-up and TLS. */
const explanations: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: { code: 'PUBLISH_REFUSED', sentence: (host) => `Nothing listens for the stream at ${host}.`, action: 'Check that the live event runs and that the port is right.' },
  ENOTFOUND: { code: 'PUBLISH_UNKNOWN_HOST', sentence: (host) => `The name of ${host} cannot be found.`, action: 'Check the ingest address and the network connection.' },
  EAI_AGAIN: { code: 'PUBLISH_UNKNOWN_HOST', sentence: (host) => `The name of ${host} cannot be looked up now.`, action: unreachable },
  ETIMEDOUT: { code: 'PUBLISH_UNREACHABLE', sentence: (host) => `${host} does not answer.`, action: unreachable },
  EHOSTUNREACH: { code: 'PUBLISH_UNREACHABLE', sentence: (host) => `${host} cannot be reached.`, action: unreachable },
  ENETUNREACH: { code: 'PUBLISH_UNREACHABLE', sentence: (host) => `There is no network towards ${host}.`, action: unreachable },
  ENETDOWN: { code: 'PUBLISH_UNREACHABLE', sentence: (host) => `There is no network towards ${host}.`, action: unreachable },
  ECONNRESET: { code: 'PUBLISH_CONNECTION_LOST', sentence: (host) => `${host} broke the connection.`, action: 'Fieldcast connects again by itself.' },
  EPIPE: { code: 'PUBLISH_CONNECTION_LOST', sentence: (host) => `${host} broke the connection.`, action: 'Fieldcast connects again by itself.' },
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted('PUBLISH_CERTIFICATE_AUTHORITY', 'it vouches only for itself', ownAuthority),
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority(),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority(),
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority(),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority(),
  CERT_SIGNATURE_FAILURE: untrusted('PUBLISH_CERTIFICATE', 'its signature is wrong', 'Do not send anything there: somebody may pretend to be the service.'),
  CERT_HAS_EXPIRED: untrusted('PUBLISH_CERTIFICATE_EXPIRED', 'it has expired', clockOrService),
  CERT_NOT_YET_VALID: untrusted('PUBLISH_CERTIFICATE_EXPIRED', 'it is not valid yet', clockOrService),
  CERT_REVOKED: untrusted('PUBLISH_CERTIFICATE', 'it was revoked', 'Ask the service’s owner.'),
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted('PUBLISH_CERTIFICATE_NAME', 'it belongs to another name', 'Check the ingest address; in a hotel or an office, sign in to the network first.'),
};

function untrusted(code: string, why: string, action: string): Explanation {
  return { code, sentence: (host) => `The certificate of ${host} cannot be trusted: ${why}.`, action, retry: 'ifItWorkedBefore' };
}

function unknownAuthority(): Explanation {
  return untrusted('PUBLISH_CERTIFICATE_AUTHORITY', 'its authority is not known here', ownAuthority);
}

/**
 * The failure of a connection that did not come about; undefined where the peer closed it without a word.
 * @param host host and port @param isTlsBegun the way stood, and TLS was being agreed on
 */
export function failureOfDial(error: unknown, host: string, isTlsBegun: boolean): PublishFailure | undefined {
  if (error instanceof PublishFailure) return error;
  if (isTlsBegun && isBreakingOff(error)) return failureOfTlsHandshake(host, error);
  return error instanceof Error && 'code' in error ? failureOfSocketError(error, host) : undefined;
}

function isBreakingOff(error: unknown): boolean {
  return error instanceof Error && (!('code' in error) || error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/** A peer that breaks off in the middle of the TLS handshake, mostly because it does not speak TLS. */
function failureOfTlsHandshake(host: string, cause?: unknown): PublishFailure {
  return new PublishFailure('PUBLISH_TLS', `${host} broke off while TLS was agreed on.`, 'Check that the port is the one for the encrypted stream, or use the address without TLS.', 'always', { cause });
}

/** The failure for an error of a socket. `host` is host and port. */
export function failureOfSocketError(error: Error, host: string): PublishFailure {
  const systemCode = (error as NodeJS.ErrnoException).code ?? '';
  const known = explanations[systemCode];
  if (known !== undefined) return new PublishFailure(known.code, known.sentence(host), known.action, known.retry, { cause: error });
  if (systemCode === 'EPROTO' || systemCode.startsWith('ERR_SSL') || systemCode.startsWith('ERR_TLS')) {
    return new PublishFailure('PUBLISH_TLS', `${host} does not speak TLS as it should (${systemCode}).`, 'Check that the port is the one for the encrypted stream, or use the address without TLS.', 'always', { cause: error });
  }
  return new PublishFailure('PUBLISH_NETWORK', `The connection to ${host} failed (${systemCode || error.name}).`, unreachable, 'always', { cause: error });
}
