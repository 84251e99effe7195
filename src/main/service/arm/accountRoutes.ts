// Routes of the account, which the service itself is: read only, one for each home.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notImplemented } from './armError.ts';
import { STORAGE_ACCOUNT } from './assetRoutes.ts';
import type { ArmContext } from './context.ts';
import { parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

const ACCOUNT_NAME = /^[a-z0-9]{3,24}$/;
const availabilitySchema = z.object({ name: z.string().max(256).nullish(), type: z.string().max(256).nullish() });

/** `…/mediaservices/{account}` itself; registered with that prefix. */
export function registerAccount(app: FastifyInstance, context: ArmContext): void {
  app.get('/', () => accountShape(context));
  for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
    app.route({
      method, url: '/',
      handler: () => {
        throw notImplemented('changes of its account');
      },
    });
  }
}

/** `…/mediaservices` below a resource group and below a subscription. */
export function accountList(context: ArmContext): object {
  return { value: [accountShape(context)] };
}

/** `POST …/locations/{location}/checkNameAvailability`. */
export function nameAvailability(context: ArmContext, body: unknown): object {
  const name = parseBody(availabilitySchema, body).name ?? '';
  if (!ACCOUNT_NAME.test(name)) {
    return { nameAvailable: false, reason: 'Invalid', message: 'An account name has 3 to 24 lower-case letters and digits.' };
  }
  if (name === context.account.accountName.toLowerCase()) {
    return { nameAvailable: false, reason: 'AlreadyExists', message: `The account name '${name}' is in use.` };
  }
  return { nameAvailable: true, reason: 'None', message: '' };
}

function accountShape(context: ArmContext): object {
  const { account } = context;
  return {
    name: account.accountName,
    id: accountId(context),
    type: 'Microsoft.Media/mediaservices',
    location: account.location,
    tags: {},
    properties: {
      mediaServiceId: account.mediaServiceId,
      storageAccounts: [{
        id: `/subscriptions/${account.subscriptionId}/resourceGroups/${account.resourceGroup}/providers/Microsoft.Storage/storageAccounts/${STORAGE_ACCOUNT}`,
        type: 'Primary',
      }],
      storageAuthentication: 'System',
      encryption: { type: 'SystemKey' },
      keyDelivery: { accessControl: { defaultAction: 'Allow', ipAllowList: [] } },
      publicNetworkAccess: 'Disabled',
      provisioningState: 'Succeeded',
      privateEndpointConnections: [],
    },
    systemData: systemData(account.createdAt, account.createdAt),
  };
}
