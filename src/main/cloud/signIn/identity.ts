// Who Fieldcast acts as: a person, a service principal or a managed identity, described without any secret. Values are checked here.
import { z } from 'zod';
import { OperatorError } from '../../../contract/errors.ts';
import type { Cloud } from './clouds.ts';
import { cloudNamed } from './clouds.ts';

const addresses = {
  cloud: z.string().max(32),
  authorityHost: z.string().max(512).optional(),
  armEndpoint: z.string().max(512).optional(),
  scope: z.string().max(512).optional(),
};

/** As it is written to `sign-in.json`. */
export const identitySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), clientId: z.string().max(64), tenant: z.string().max(253), ...addresses }),
  z.object({
    kind: z.literal('service-principal'), clientId: z.string().max(64), tenant: z.string().max(253), ...addresses,
    /** PEM file with certificate and private key, where it signs in by certificate rather than by secret. */
    certificatePath: z.string().max(4096).optional(),
  }),
  /** `clientId` names a user-assigned identity; without it the computer's own is used. */
  z.object({ kind: z.literal('managed-identity'), clientId: z.string().max(64).optional(), ...addresses }),
]);
export type Identity = z.infer<typeof identitySchema>;
export type PersonIdentity = Extract<Identity, { kind: 'user' }>;
export type PrincipalIdentity = Extract<Identity, { kind: 'service-principal' }>;

/** Names of no tenant in particular. */
export const ANY_TENANT: ReadonlySet<string> = new Set(['organizations', 'common', 'consumers']);

/** The same for the same identity in every process: the name under which the store keeps what belongs to it. */
export function identityKey(identity: Identity): string {
  const host = identity.cloud === 'custom' || identity.authorityHost !== undefined ? `/${new URL(cloudOf(identity).authorityHost).host.replaceAll(/[^a-z0-9.-]/g, '-')}` : '';
  const tenant = identity.kind === 'managed-identity' || ANY_TENANT.has(identity.tenant) ? '' : `/${identity.tenant}`;
  return `sign-in/${identity.kind}/${identity.cloud}${host}/${identity.clientId ?? 'system'}${tenant}`.toLowerCase();
}

/** @throws OperatorError as cloudNamed. */
export function cloudOf(identity: Identity): Cloud {
  return cloudNamed(identity.cloud, identity);
}

/** @throws OperatorError SIGN_IN_NO_CLIENT_ID. */
export function checkClientId(clientId: string | undefined): asserts clientId is string {
  if (clientId !== undefined && /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(clientId)) return;
  throw new OperatorError(
    'SIGN_IN_NO_CLIENT_ID', clientId === undefined || clientId === '' ? 'Fieldcast does not know which app registration to sign in with.' : 'The client id of the app registration is not a valid id.',
    'Register Fieldcast once as docs/sign-in.md describes (five minutes), then give the Application (client) ID with --client-id or FIELDCAST_CLIENT_ID.',
  );
}

/** A tenant becomes part of an address. @throws OperatorError BAD_TENANT. */
export function checkTenant(tenant: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(tenant)) return;
  throw new OperatorError('BAD_TENANT', 'The tenant is neither an id nor a domain.', 'Give the tenant’s id or domain, like contoso.onmicrosoft.com.');
}
