// With which app registration, tenant and cloud a person signs in: what is asked for now, else what the environment says, else what was used last.
import type { Accounts } from './accounts.ts';
import { environmentCloud } from './environmentIdentity.ts';
import type { PersonIdentity } from './identity.ts';

export type AskedRegistration = { readonly clientId?: string | undefined; readonly tenant?: string | undefined; readonly cloud?: string | undefined };

/** Nothing is checked here; an empty client id means that none is known. */
export async function registrationFor(accounts: Pick<Accounts, 'lastRegistration'>, asked: AskedRegistration, env: NodeJS.ProcessEnv): Promise<PersonIdentity> {
  const { FIELDCAST_CLIENT_ID: clientId, FIELDCAST_TENANT: tenant, FIELDCAST_CLOUD: cloud } = env;
  const last = await accounts.lastRegistration(asked.cloud ?? cloud);
  const addresses = asked.cloud === undefined && cloud === undefined && last !== undefined
    ? { cloud: last.cloud, ...addressesOf(last) }
    : { ...(last === undefined ? {} : addressesOf(last)), ...environmentCloud(env), ...(asked.cloud === undefined ? {} : { cloud: asked.cloud }) };
  return {
    kind: 'user', ...addresses,
    clientId: asked.clientId ?? clientId ?? last?.clientId ?? '',
    tenant: asked.tenant ?? tenant ?? last?.tenant ?? 'organizations',
  };
}

function addressesOf({ authorityHost, armEndpoint, scope }: PersonIdentity): Pick<PersonIdentity, 'authorityHost' | 'armEndpoint' | 'scope'> {
  return { ...(authorityHost === undefined ? {} : { authorityHost }), ...(armEndpoint === undefined ? {} : { armEndpoint }), ...(scope === undefined ? {} : { scope }) };
}
