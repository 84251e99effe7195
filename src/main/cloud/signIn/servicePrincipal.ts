// Tokens for an app registration that signs in by itself, with a client secret or a certificate. For computers without a person.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { TokenCredential } from '@azure/core-auth';
import { ConfidentialClientApplication, LogLevel, type NodeAuthOptions } from '@azure/msal-node';
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import type { Cloud } from './clouds.ts';
import { checkClientId, checkTenant } from './identity.ts';
import { SignInNetwork, type SignInNetworkSettings } from './signInNetwork.ts';
import { credentialOf } from './tokenCalls.ts';

export type ServicePrincipalSettings = {
  readonly cloud: Cloud;
  readonly clientId: string;
  readonly tenant: string;
  /** Asked for when the first token is needed, and again after a failure, so that a new secret is taken up. */
  readonly proof: () => Promise<{ readonly secret: string } | { readonly certificatePath: string }>;
  readonly network?: SignInNetworkSettings | undefined;
};

const MAX_PEM_BYTES = 64 * 1024;

/** @throws OperatorError SIGN_IN_NO_CLIENT_ID, BAD_TENANT; from `getToken` also SIGN_IN_CERTIFICATE_UNUSABLE, SIGN_IN_CERTIFICATE_EXPIRED. */
export function servicePrincipalCredential(settings: ServicePrincipalSettings): TokenCredential {
  checkClientId(settings.clientId);
  checkTenant(settings.tenant);
  const authority = `${settings.cloud.authorityHost}/${settings.tenant}`;
  const { origin, host } = new URL(authority);
  const network = new SignInNetwork((url) => url.origin === origin, settings.network ?? {});
  const context = () => ({
    clientId: settings.clientId, tenant: settings.tenant, host, account: `The service principal ${settings.clientId}`,
    clockAheadMs: network.clockAheadMs, networkFailure: network.lastFailure,
  });
  let application: ConfidentialClientApplication | undefined;
  return credentialOf(context, async ({ scopes, claims }) => {
    application ??= new ConfidentialClientApplication({
      auth: { clientId: settings.clientId, authority, knownAuthorities: [host], clientCapabilities: ['CP1'], ...await proven(await settings.proof()) },
      system: { networkClient: network, loggerOptions: { piiLoggingEnabled: false, logLevel: LogLevel.Error, loggerCallback: () => undefined } },
    });
    try {
      return await application.acquireTokenByClientCredential({ scopes, authority, ...(claims === undefined ? {} : { claims }) });
    } catch (error) {
      application = undefined;
      throw error;
    }
  });
}

async function proven(proof: Awaited<ReturnType<ServicePrincipalSettings['proof']>>): Promise<Partial<NodeAuthOptions>> {
  if ('secret' in proof) return { clientSecret: proof.secret };
  const pem = await readPem(proof.certificatePath);
  const certificatePem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0];
  const keyPem = /-----BEGIN (?<kind>(?:RSA )?PRIVATE KEY)-----[\s\S]+?-----END \k<kind>-----/.exec(pem)?.[0];
  if (certificatePem === undefined || keyPem === undefined) {
    throw unusable(proof.certificatePath, 'it does not hold both a certificate and its unencrypted private key in PEM form');
  }
  let certificate: X509Certificate;
  let privateKey: string;
  try {
    certificate = new X509Certificate(certificatePem);
    const key = createPrivateKey(keyPem);
    if (!certificate.checkPrivateKey(key)) throw new Error('the private key does not belong to the certificate');
    if (key.asymmetricKeyType !== 'rsa') throw new Error('the sign-in service accepts RSA keys only');
    privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch (error) {
    throw unusable(proof.certificatePath, messageOf(error));
  }
  if (Date.parse(certificate.validTo) < Date.now()) {
    throw new OperatorError(
      'SIGN_IN_CERTIFICATE_EXPIRED', `The certificate in ${proof.certificatePath} was valid until ${new Date(certificate.validTo).toISOString().slice(0, 10)}.`,
      'Create a new one, upload it to the app registration and put it in place of the old one; check this computer’s date as well.',
    );
  }
  return { clientCertificate: { thumbprintSha256: certificate.fingerprint256.replaceAll(':', ''), privateKey, x5c: certificatePem } };
}

async function readPem(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MAX_PEM_BYTES) throw new Error('it is not a small file');
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unusable(path, messageOf(error));
  }
}

function unusable(path: string, reason: string): OperatorError {
  return new OperatorError('SIGN_IN_CERTIFICATE_UNUSABLE', `${path} cannot be used to sign in: ${reason}.`, 'Give a PEM file with the certificate and its private key.');
}
