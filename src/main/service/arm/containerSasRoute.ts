// `listContainerSas`: two signed URLs of an asset's container, on the service's own blob endpoint.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { BLOB_ROOT } from '../blob/blobRoutes.ts';
import { blobKeys } from '../blob/blobKeys.ts';
import { containerSas } from '../blob/sas.ts';
import { badRequest, resourceNotFound } from './armError.ts';
import { param } from './armHttp.ts';
import { ASSET_TYPE } from './assetRoutes.ts';
import type { ArmContext } from './context.ts';
import { parseBody } from './requestBody.ts';
import { linkBase } from './resourceShape.ts';

/** Documented: less than 24 hours from now. */
const MAX_LIFE_MS = 24 * 3_600_000;
const DEFAULT_LIFE_MS = 3_600_000;
const PERMISSIONS = { Read: 'rl', ReadWrite: 'rcwl', ReadWriteDelete: 'rcwdl' } as const;

const bodySchema = z.object({
  permissions: z.enum(['Read', 'ReadWrite', 'ReadWriteDelete']).nullish(),
  expiryTime: z.string().max(64).refine((text) => !Number.isNaN(Date.parse(text)), 'it is not a date and time').nullish(),
});

export function registerContainerSas(app: FastifyInstance, context: ArmContext): void {
  app.post('/assets/:assetName/listContainerSas', (request) => {
    const name = param(request, 'assetName');
    const asset = context.store.assets.find({ name });
    if (asset === undefined) throw resourceNotFound(ASSET_TYPE, name);
    const { permissions, expiryTime } = parseBody(bodySchema, request.body);
    const now = Date.now();
    const expiresAt = new Date(expiryTime ?? now + DEFAULT_LIFE_MS);
    if (expiresAt.getTime() <= now || expiresAt.getTime() > now + MAX_LIFE_MS) {
      throw badRequest('The SAS URL expiration time must be in the future and less than 24 hours from now.');
    }
    const base = `${linkBase(context.addresses, request.headers.host)}${BLOB_ROOT}/${asset.container}`;
    return { assetContainerSasUrls: blobKeys(context.store).map((key) => `${base}?${containerSas(key, asset.container, PERMISSIONS[permissions ?? 'Read'], expiresAt)}`) };
  });
}
