// Turns the codes with which Node reports a failed connection into sentences. Used for the API and for playback alike.
import { OperatorError } from '../../contract/errors.ts';

const CERTIFICATE_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_UNTRUSTED', 'CERT_REVOKED', 'CERT_SIGNATURE_FAILURE',
  'INVALID_CA', 'ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH',
]);

/** Connection failures that may heal by themselves; a wrong name or certificate does not. */
const TRANSIENT_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EHOSTDOWN', 'EAI_AGAIN',
  'ENOTFOUND', 'ERR_STREAM_PREMATURE_CLOSE', 'REQUEST_SEND_ERROR',
]);

/** True for connection failures after which another attempt makes sense. */
export function isTransientNetworkCode(code: string | undefined): boolean {
  return code !== undefined && TRANSIENT_CODES.has(code);
}

/**
 * The typed failure for a Node connection error, or undefined where `code` is none of a connection.
 * `subject` names the peer for the operator: `“Studio account” (api.example.com)`.
 */
export function networkFailure(code: string | undefined, subject: string): OperatorError | undefined {
  if (code === undefined) return undefined;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return new OperatorError(
      'CERTIFICATE_NOT_TRUSTED', `The certificate of ${subject} is not valid today (${code}).`,
      "Check this computer's date and time; if they are right, the service's owner must renew the certificate.",
    );
  }
  if (CERTIFICATE_CODES.has(code)) {
    return new OperatorError(
      'CERTIFICATE_NOT_TRUSTED', `The certificate of ${subject} is not trusted (${code}).`,
      'Check the address; if the service uses a certificate authority of its own, give its CA file in the settings.',
    );
  }
  switch (code) {
    case 'ECONNREFUSED':
      return new OperatorError('SERVICE_UNREACHABLE', `Nothing accepts connections at ${subject}.`, 'Check the address and port, and that the service runs.');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new OperatorError('SERVICE_UNREACHABLE', `The name of ${subject} could not be resolved.`, 'Check the address and this computer\'s network connection.');
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return new OperatorError('SERVICE_UNREACHABLE', `${subject} does not speak TLS as expected (${code}).`, 'Check whether the address needs http or https, and the port.');
    default:
      return isTransientNetworkCode(code)
        ? new OperatorError('SERVICE_UNREACHABLE', `The connection to ${subject} broke (${code}).`, 'Check the network connection, then try again.')
        : undefined;
  }
}
