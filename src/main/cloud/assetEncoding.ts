// Encodes an asset in the service: a transform with one built-in preset, a job of a name of its own, looked at until it has ended.
import type { Job } from '@azure/arm-mediaservices';
import { OperatorError } from '../../contract/errors.ts';
import { waitFor } from './abortableWait.ts';
import type { ArmAccount } from './armAccount.ts';
import type { EncodeAsset } from './liveService.ts';
import { ensureAsset } from './publication.ts';

/** A job that says nothing new for this long is given up here; it may still end at the service. */
const SILENT_JOB_MS = 30 * 60_000;
const OVER = new Set(['Finished', 'Error', 'Canceled']);

/**
 * Resolves when the output asset holds the encoded set. A job of this name that exists is followed, not made again; one that
 * failed is deleted and made anew.
 * @throws OperatorError `ENCODING_FAILED` with the service's words, `ENCODING_CANCELLED`, `ENCODING_SILENT`
 */
export async function encodeAsset(account: ArmAccount, encode: EncodeAsset): Promise<void> {
  const { assetName, outputAssetName, jobName, presetName, signal, onProgress, onShare } = encode;
  await ensureAsset(account, outputAssetName, signal);
  const transformName = transformOf(presetName);
  await account.call('prepare the encoding', signal, async (abortSignal) => account.client.transforms.createOrUpdate(...account.names, transformName, {
    description: 'Made by Fieldcast',
    outputs: [{ preset: { odataType: '#Microsoft.Media.BuiltInStandardEncoderPreset', presetName }, onError: 'StopProcessingJob', relativePriority: 'Normal' }],
  }, { abortSignal }));
  let job = await readJob(account, transformName, jobName, signal);
  if (job !== undefined && (job.state === 'Error' || job.state === 'Canceled')) {
    await account.call('delete the failed encoding', signal, async (abortSignal) => account.client.jobs.delete(...account.names, transformName, jobName, { abortSignal }));
    job = undefined;
  }
  job ??= await account.call('begin the encoding', signal, async (abortSignal) => account.client.jobs.create(...account.names, transformName, jobName, {
    input: { odataType: '#Microsoft.Media.JobInputAsset', assetName },
    outputs: [{ odataType: '#Microsoft.Media.JobOutputAsset', assetName: outputAssetName }],
  }, { abortSignal }));
  onProgress('Encoding in the service.');
  await follow(account, transformName, jobName, job, encode);
  onShare(1);
}

/** Ends the job if it runs; nothing where there is none. Its output asset is the caller's to delete. */
export async function cancelEncoding(account: ArmAccount, presetName: string, jobName: string, signal: AbortSignal): Promise<void> {
  const transformName = transformOf(presetName);
  const job = await readJob(account, transformName, jobName, signal);
  if (job === undefined || OVER.has(String(job.state))) return;
  await account.find('cancel the encoding', signal, async (abortSignal) => account.client.jobs.cancelJob(...account.names, transformName, jobName, { abortSignal }));
  const deadline = performance.now() + account.operationTimeoutMs;
  while (performance.now() < deadline) {
    const seen = await readJob(account, transformName, jobName, signal);
    if (seen === undefined || OVER.has(String(seen.state))) return;
    await waitFor(account.pace.pollIntervalMs, signal);
  }
}

async function follow(account: ArmAccount, transformName: string, jobName: string, begun: Job, { signal, onShare }: EncodeAsset): Promise<void> {
  let job: Job | undefined = begun;
  let told = '';
  let toldAtMs = performance.now();
  for (;;) {
    if (job === undefined) throw new OperatorError('ENCODING_FAILED', `${account.subject} does not know the encoding any more; somebody deleted it.`, 'Upload the file again.');
    const [output] = job.outputs ?? [];
    const state = String(job.state);
    if (state === 'Finished') return;
    if (state === 'Canceled') throw new OperatorError('ENCODING_CANCELLED', 'The encoding was cancelled at the service.', 'Retry to encode it again.');
    if (state === 'Error') {
      const said = typeof output?.error?.message === 'string' && output.error.message !== '' ? output.error.message : 'it gave no reason';
      throw new OperatorError('ENCODING_FAILED', `${account.subject} could not encode the file: ${said}`, output?.error?.retry === 'MayRetry' ? 'Retry.' : 'Check the file in a player, or choose another preset.');
    }
    const now = `${state} ${String(output?.progress)}`;
    if (now !== told) {
      told = now;
      toldAtMs = performance.now();
      if (typeof output?.progress === 'number') onShare(Math.min(1, Math.max(0, output.progress / 100)));
    } else if (performance.now() - toldAtMs > SILENT_JOB_MS) {
      throw new OperatorError('ENCODING_SILENT', `The encoding at ${account.subject} has made no progress for ${SILENT_JOB_MS / 60_000} minutes.`, 'Look at the job in the account; retry to follow it further.');
    }
    await waitFor(account.pace.pollIntervalMs, signal);
    job = await readJob(account, transformName, jobName, signal);
  }
}

async function readJob(account: ArmAccount, transformName: string, jobName: string, signal: AbortSignal): Promise<Job | undefined> {
  return account.find('read the encoding', signal, async (abortSignal) => account.client.jobs.get(...account.names, transformName, jobName, { abortSignal }));
}

/** One transform for each preset, shared by all uploads of the account. */
function transformOf(presetName: string): string {
  return `fieldcast-${presetName}`;
}
