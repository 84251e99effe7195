// The live outputs of an event as the service tells them (media-services.md §4.2). Makes and ends none: publication.ts does.
import type { LiveOutput } from '@azure/arm-mediaservices';
import type { LiveOutputStatus } from '../../contract/liveOutput.ts';
import type { ArmAccount } from './armAccount.ts';
import { secondsOfDuration } from './isoDuration.ts';

/** Documented: three for each event; more than this is a list without an end. */
const MAX_OUTPUTS = 100;
/** @param ownName the output of the show that asks. Empty for an event that is gone. @throws OperatorError the service's refusals */
export async function listOutputs(account: ArmAccount, eventName: string, ownName: string | undefined, signal: AbortSignal): Promise<LiveOutputStatus[]> {
  const attempt = `list the outputs of the live event “${eventName}”`;
  return await account.find(attempt, signal, async (abortSignal) => {
    const found: LiveOutputStatus[] = [];
    for await (const output of account.client.liveOutputs.list(...account.names, eventName, { abortSignal })) {
      if (typeof output.name === 'string') found.push(statusOf(output, output.name, ownName));
      if (found.length >= MAX_OUTPUTS) throw account.unexpected(attempt, 'the list does not end');
    }
    return found;
  }) ?? [];
}

function statusOf(output: LiveOutput, name: string, ownName: string | undefined): LiveOutputStatus {
  const { resourceState, assetName, manifestName, created } = output;
  const archiveSeconds = secondsOfDuration(output.archiveWindowLength);
  const rewindSeconds = secondsOfDuration(output.rewindWindowLength);
  return {
    name,
    state: resourceState ?? 'unknown',
    assetName: assetName ?? '',
    ...(typeof manifestName === 'string' && manifestName !== '' ? { manifestName } : {}),
    ...(created instanceof Date && !Number.isNaN(created.getTime()) ? { createdUtc: created.toISOString() } : {}),
    ...(archiveSeconds === undefined ? {} : { archiveSeconds }),
    ...(rewindSeconds === undefined ? {} : { rewindSeconds }),
    ofShow: name === ownName,
  };
}
