// Tokens for the identity that Azure gives to a virtual machine or app itself: no secret at all. Works inside Azure only.
import type { TokenCredential } from '@azure/core-auth';
import { AuthError, LogLevel, ManagedIdentityApplication } from '@azure/msal-node';
import { OperatorError } from '../../../contract/errors.ts';
import { checkClientId } from './identity.ts';
import { SignInNetwork, SignInNetworkError } from './signInNetwork.ts';
import { credentialOf } from './tokenCalls.ts';

/** Where Azure's hosts answer (learn.microsoft.com/azure/virtual-machines/instance-metadata-service), and the variables by which they say otherwise. */
const METADATA_SERVICE = 'http://169.254.169.254';
const ENDPOINT_VARIABLES = ['IDENTITY_ENDPOINT', 'IMDS_ENDPOINT', 'MSI_ENDPOINT', 'AZURE_POD_IDENTITY_AUTHORITY_HOST'];
/** It is on the same host or not there; an address without a machine would otherwise be waited for long. */
const REQUEST_TIMEOUT_MS = 5000;

/** `clientId`: of a user-assigned identity; without it the one of the machine. `getToken` rejects with MANAGED_IDENTITY_NOT_HERE elsewhere. */
export function managedIdentityCredential(clientId: string | undefined, env: NodeJS.ProcessEnv): TokenCredential {
  if (clientId !== undefined) checkClientId(clientId);
  const origins = new Set([METADATA_SERVICE, ...ENDPOINT_VARIABLES.flatMap((name) => originsOf(env[name]))]);
  const network = new SignInNetwork((url) => origins.has(url.origin), { allowProxy: false, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const context = () => ({
    clientId: clientId ?? 'of this machine', tenant: 'of this machine', host: 'of this machine', account: 'The managed identity',
    networkFailure: network.lastFailure,
  });
  const application = new ManagedIdentityApplication({
    ...(clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } }),
    clientCapabilities: ['CP1'],
    system: { networkClient: network, loggerOptions: { piiLoggingEnabled: false, logLevel: LogLevel.Error, loggerCallback: () => undefined } },
  });
  return credentialOf(context, async ({ scopes, claims }) => {
    try {
      return await application.acquireToken({ resource: (scopes[0] ?? '').replace(/\/\.default$/, ''), ...(claims === undefined ? {} : { claims }) });
    } catch (error) {
      throw error instanceof AuthError ? refused(error, clientId) : error;
    }
  });
}

function refused(error: AuthError, clientId: string | undefined): OperatorError {
  if (error instanceof SignInNetworkError || error.errorCode === 'network_error') {
    return new OperatorError(
      'MANAGED_IDENTITY_NOT_HERE', 'This computer has no managed identity: it is not in Azure, or its identity service does not answer.',
      'Turn the identity on for the virtual machine, or sign in another way (docs/sign-in.md).',
    );
  }
  const whose = clientId === undefined ? 'this machine' : `the client id ${clientId}`;
  return new OperatorError(
    'MANAGED_IDENTITY_REFUSED', `Azure gives no token to the managed identity of ${whose}.`,
    'Check that the identity is assigned to this machine, and its client id.', { cause: new Error(error.errorCode.slice(0, 100)) },
  );
}

function originsOf(address: string | undefined): string[] {
  return address !== undefined && URL.canParse(address) ? [new URL(address).origin] : [];
}
