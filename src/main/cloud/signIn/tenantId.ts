// Finds the id behind a tenant's domain: everything that is kept for a tenant is kept under its id. Asks for public data only.
import { z } from 'zod';
import { OperatorError } from '../../../contract/errors.ts';
import type { Cloud } from './clouds.ts';
import { ENTRA_FAULTS } from './entraFaults.ts';
import { ANY_TENANT, checkTenant } from './identity.ts';
import { SignInNetwork, SignInNetworkError, type SignInNetworkSettings } from './signInNetwork.ts';

export const TENANT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const answerSchema = z.object({ issuer: z.string().optional(), error_description: z.string().optional() });

/**
 * `tenant` itself where it is an id or stands for any tenant, else the id that the domain's discovery document names as issuer
 * (learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
 * @throws OperatorError BAD_TENANT, SIGN_IN_UNKNOWN_TENANT, or why the service could not be asked.
 */
export async function tenantIdOf(cloud: Cloud, tenant: string, settings: SignInNetworkSettings): Promise<string> {
  checkTenant(tenant);
  if (ANY_TENANT.has(tenant) || TENANT_ID.test(tenant)) return tenant;
  const { origin } = new URL(cloud.authorityHost);
  const network = new SignInNetwork((url) => url.origin === origin, settings);
  try {
    const { body } = await network.sendGetRequestAsync<unknown>(`${cloud.authorityHost}/${tenant}/v2.0/.well-known/openid-configuration`);
    const answer = answerSchema.safeParse(body);
    const { issuer, error_description: refusal } = answer.success ? answer.data : {};
    const id = issuer !== undefined && URL.canParse(issuer) ? new URL(issuer).pathname.split('/').find((part) => TENANT_ID.test(part)) : undefined;
    if (id !== undefined) return id.toLowerCase();
    if (refusal !== undefined && refusal.includes('AADSTS')) throw unknownTenant(tenant);
    // A service that is not Entra may have tenants without ids.
    return tenant;
  } catch (error) {
    throw error instanceof SignInNetworkError ? error.failure : error;
  }
}

function unknownTenant(tenant: string): OperatorError {
  const fault = ENTRA_FAULTS.get(90_002);
  return new OperatorError(fault?.code ?? 'SIGN_IN_UNKNOWN_TENANT', `This cloud has no tenant “${tenant}”.`, fault?.action ?? 'Check the tenant.');
}
