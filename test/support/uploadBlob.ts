// Puts one file into an asset with the storage client, as any other program would.
import path from 'node:path';
import type { AzureMediaServices } from '@azure/arm-mediaservices';
import { openContainer } from '../../src/main/upload/containerClient.ts';

export async function uploadBlob(client: AzureMediaServices, scope: readonly [string, string], ca: string, assetName: string, file: string): Promise<void> {
  const { assetContainerSasUrls } = await client.assets.listContainerSas(...scope, assetName, { permissions: 'ReadWrite', expiryTime: new Date(Date.now() + 600_000) });
  await openContainer(assetContainerSasUrls![0]!, ca).getBlockBlobClient(path.basename(file)).uploadFile(file);
}
