// What may be done to the assets of an account: nothing that a live output still needs, nothing public without being told so.
import { OperatorError } from '../../contract/errors.ts';
import type { MediaLibrary } from '../cloud/liveService.ts';

/** @throws OperatorError `NO_SUCH_ASSET`, `ASSET_RECORDING`, `ASSET_PUBLIC` */
export async function removeAsset(library: MediaLibrary, assetName: string, evenIfPublic: boolean, signal: AbortSignal): Promise<void> {
  const { locators, recordedBy } = await library.readAsset(assetName, signal);
  if (recordedBy !== undefined) {
    throw new OperatorError(
      'ASSET_RECORDING', `The live event “${recordedBy.eventName}” records into “${assetName}” (output “${recordedBy.outputName}”).`, 'End the show first.',
    );
  }
  if (locators.length > 0 && !evenIfPublic) {
    const addresses = locators.length === 1 ? 'Its public address' : `Its ${locators.length} public addresses`;
    throw new OperatorError('ASSET_PUBLIC', `“${assetName}” is public. ${addresses} would stop playing: ${locators.join(', ')}.`, 'Delete it with `--even-if-public` when nobody is to watch it any more.');
  }
  await library.deleteAsset(assetName, signal);
}
