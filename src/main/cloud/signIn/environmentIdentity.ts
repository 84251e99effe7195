// The identity that a machine is given by its environment, for headless use: FIELDCAST_CREDENTIAL and the variables that Azure's own tools read.
import { OperatorError } from '../../../contract/errors.ts';
import { checkClientId, checkTenant, type Identity } from './identity.ts';

/** The addresses that FIELDCAST_CLOUD and its relatives name. */
export function environmentCloud(env: NodeJS.ProcessEnv): Pick<Identity, 'cloud' | 'authorityHost' | 'armEndpoint' | 'scope'> {
  const { FIELDCAST_CLOUD: cloud, FIELDCAST_AUTHORITY: authorityHost, FIELDCAST_ARM_ENDPOINT: armEndpoint, FIELDCAST_ARM_SCOPE: scope } = env;
  return {
    cloud: cloud ?? 'public',
    ...(authorityHost === undefined ? {} : { authorityHost }), ...(armEndpoint === undefined ? {} : { armEndpoint }), ...(scope === undefined ? {} : { scope }),
  };
}

/**
 * Undefined where FIELDCAST_CREDENTIAL is not set.
 * @throws OperatorError BAD_CREDENTIAL_KIND, SIGN_IN_NO_CLIENT_ID, BAD_TENANT, SIGN_IN_NO_SECRET.
 */
export function environmentIdentity(env: NodeJS.ProcessEnv): { readonly identity: Identity; readonly secret: string | undefined } | undefined {
  const { FIELDCAST_CREDENTIAL: kind, AZURE_CLIENT_ID: clientId, AZURE_TENANT_ID: tenant, AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_CERTIFICATE_PATH: certificatePath } = env;
  switch (kind) {
    case undefined:
    case '':
      return undefined;
    case 'managed-identity':
      return { identity: { kind, ...environmentCloud(env), ...(clientId === undefined ? {} : { clientId }) }, secret: undefined };
    case 'service-principal':
      checkClientId(clientId);
      checkTenant(tenant ?? '');
      if ((secret ?? '') === '' && (certificatePath ?? '') === '') {
        throw new OperatorError('SIGN_IN_NO_SECRET', 'FIELDCAST_CREDENTIAL asks for a service principal, but there is neither a secret nor a certificate for it.', 'Set AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.');
      }
      return {
        identity: { kind, ...environmentCloud(env), clientId, tenant: tenant ?? '', ...(certificatePath === undefined || certificatePath === '' ? {} : { certificatePath }) },
        secret,
      };
    default:
      throw new OperatorError('BAD_CREDENTIAL_KIND', `FIELDCAST_CREDENTIAL is “${kind}”.`, 'Use `service-principal` or `managed-identity`, or leave it out and sign in.');
  }
}
