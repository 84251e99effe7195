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

const unreachable = 'Check the network connection and that the firewall lets RTMP out.';
const certificate = 'Check the address and the clock of this computer; where the server has a certificate authority of its own, add its certificate.';

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
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted('it vouches only for itself'),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted('its authority is not known here'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted('its authority is not known here'),
  UNABLE_TO_GET_ISSUER_CERT: untrusted('its authority is not known here'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted('its authority is not known here'),
  CERT_SIGNATURE_FAILURE: untrusted('its signature is wrong'),
  CERT_HAS_EXPIRED: untrusted('it has expired'),
  CERT_NOT_YET_VALID: untrusted('it is not valid yet'),
  CERT_REVOKED: untrusted('it was revoked'),
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted('it belongs to another name'),
};

function untrusted(why: string): Explanation {
  return {
    code: 'PUBLISH_CERTIFICATE', sentence: (host) => `The certificate of ${host} cannot be trusted: ${why}.`, action: certificate, retry: 'ifItWorkedBefore',
  };
}

/** The failure for an error of a socket. `host` is host and port. */
export function failureOfSocketError(error: Error, host: string): PublishFailure {
  const systemCode = (error as NodeJS.ErrnoException).code ?? '';
  const known = explanations[systemCode];
  if (known !== undefined) return new PublishFailure(known.code, known.sentence(host), known.action, known.retry, { cause: error });
  if (systemCode === 'EPROTO' || systemCode.startsWith('ERR_SSL') || systemCode.startsWith('ERR_TLS')) {
    return new PublishFailure('PUBLISH_TLS', `${host} does not speak TLS as RTMPS needs it (${systemCode}).`, 'Check that the port is the one for RTMPS, or use rtmp://.', 'always', { cause: error });
  }
  return new PublishFailure('PUBLISH_NETWORK', `The connection to ${host} failed (${systemCode || error.name}).`, unreachable, 'always', { cause: error });
}
