// One upload from path to asset: cleans up after itself whatever happens, and leaves at the destination what a later run can go on with.
import path from 'node:path';
import type { MediaLibrary } from '../cloud/liveService.ts';
import type { UploadEncoding, UploadResult } from '../../contract/upload.ts';
import { BlockHasher } from './blockHasher.ts';
import { openContainer } from './containerClient.ts';
import { sendFile } from './fileSender.ts';
import type { RateLimit } from './rateLimit.ts';
import type { SourceFile } from './sourceFiles.ts';
import type { UploadRecord } from './uploadJournal.ts';

const PRESETS: Readonly<Record<Exclude<UploadEncoding, 'none' | 'local'>, string>> = {
  copy: 'CopyAllBitrateNonInterleaved', adaptive: 'AdaptiveStreaming', contentAware: 'ContentAwareEncoding',
};

/** A service may cut an uploaded set before it names its addresses; the embedded one does, as fast as its disk is. */
const SET_SETTLE_MS = 10 * 60_000;

/** The job and the asset that an encoding in the service makes, always of the same names; undefined where there is none. */
export function encodingOf({ encode, assetName }: Pick<UploadRecord, 'encode' | 'assetName'>): { readonly presetName: string; readonly jobName: string; readonly outputAssetName: string } | undefined {
  return encode === 'none' || encode === 'local' ? undefined : { presetName: PRESETS[encode], jobName: assetName, outputAssetName: `${assetName}-stream` };
}

/** The service names a stream after its file; one that takes over another's addresses has to have its name, which a set of ours has. */
function named(files: readonly SourceFile[], { replaces, encode }: Pick<UploadRecord, 'replaces' | 'encode'>): readonly SourceFile[] {
  return replaces === undefined || encode === 'local' ? files : files.map((file) => ({ ...file, blobName: `${replaces.manifestName}${path.extname(file.path)}` }));
}

/** An account opened for uploads. */
export type OpenLibrary = {
  readonly library: Pick<MediaLibrary, 'ensureAsset' | 'deleteAsset' | 'writableContainer' | 'encodeAsset' | 'cancelEncoding' | 'publishAsset' | 'moveAddresses'>;
  /** PEM of the authority that its storage needs besides the system's. */
  readonly ca: string | undefined;
  readonly close: () => Promise<void>;
};

export type RunEvents = {
  /** Files and bytes are known, and going to be sent. */
  readonly onSource: (files: readonly SourceFile[]) => void;
  readonly onSentence: (sentence: string) => void;
  /** 0 to 1 */
  readonly onEncoding: (share: number) => void;
  readonly onPublishing: () => void;
  readonly onStored: (bytes: number) => void;
  readonly onMoved: (bytes: number) => void;
};

export type RunSettings = {
  readonly open: (signal: AbortSignal, onProgress: (sentence: string) => void) => Promise<OpenLibrary>;
  /** What is sent; where it has to be encoded on this computer, that happens here. */
  readonly files: (signal: AbortSignal) => Promise<readonly SourceFile[]>;
  readonly limit: RateLimit;
  readonly patience: { readonly giveUpMs: number; readonly stallMs: number };
};

/** @throws OperatorError; the signal's reason when it aborts. */
export async function runUpload(record: UploadRecord, settings: RunSettings, events: RunEvents, signal: AbortSignal): Promise<UploadResult> {
  const files = named(await settings.files(signal), record);
  events.onSource(files);
  const { library, ca, close } = await settings.open(signal, events.onSentence);
  const hasher = new BlockHasher();
  try {
    await library.ensureAsset(record.assetName, signal);
    const sent: UploadResult['files'] = [];
    for (const [index, file] of files.entries()) {
      const sentence = files.length === 1 ? `Uploading “${file.blobName}”.` : `Uploading “${file.blobName}” (${index + 1} of ${files.length}).`;
      events.onSentence(sentence);
      sent.push(await sendFile(file, {
        open: async (opening) => openContainer(await library.writableContainer(record.assetName, opening), ca),
        limit: settings.limit,
        ...settings.patience,
        onTrouble: (reason) => events.onSentence(reason === undefined ? sentence : `Waiting to go on with “${file.blobName}”: ${reason}.`),
      }, hasher, events, signal));
    }
    const encoding = encodingOf(record);
    if (encoding !== undefined) {
      events.onEncoding(0);
      await library.encodeAsset({ ...encoding, assetName: record.assetName, signal, onProgress: events.onSentence, onShare: events.onEncoding });
    }
    const streamName = encoding?.outputAssetName ?? record.assetName;
    const options = { signal, onProgress: events.onSentence, ...(record.encode === 'local' ? { settleMs: SET_SETTLE_MS } : {}) };
    if (record.replaces !== undefined && record.encode !== 'none') {
      events.onPublishing();
      return { files: sent, playback: await library.moveAddresses(record.replaces.assetName, streamName, options) };
    }
    if (!record.publish) return { files: sent };
    events.onPublishing();
    const playback = await library.publishAsset(streamName, { protection: record.protection, policy: record.policy }, options);
    return { files: sent, playback };
  } finally {
    await Promise.all([close(), hasher.close()]);
  }
}
