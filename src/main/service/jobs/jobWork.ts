// Makes one output of a job: finds the input file, encodes it as its preset says, and cuts the result into the output asset.
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { OperatorError } from '../../../contract/errors.ts';
import { locateFfmpeg } from '../../ffmpeg/locate.ts';
import { planPreset } from '../../transcode/encodingPresets.ts';
import { factsOf, lookIntoFile, transcode } from '../../transcode/transcode.ts';
import { assetDirOf } from '../arm/channelWork.ts';
import { readAssetDescription } from '../archive/assetFiles.ts';
import { HIDDEN_FOLDER, SCRATCH_FOLDER } from '../blob/blobName.ts';
import { listNames, statBlob } from '../blob/containerFiles.ts';
import type { MediaPlane } from '../mediaPlane.ts';
import type { Store } from '../store.ts';
import { packageFiles, refuseStream, type PackagedFile } from './filePackager.ts';
import type { JobStep } from './jobRunner.ts';

export type JobPlaces = { readonly store: Store; readonly plane: Pick<MediaPlane, 'forgetAsset'>; readonly assetsDir: string };

const MEDIA_NAME = /\.(mp4|m4v|mov|mkv|webm|avi|ts|mts|m2ts|mpg|mpeg|wmv|flv|mxf|3gp|m4a|mp3|wav|aac|flac|ogg|opus)$/i;

/** @throws OperatorError for what the input, the preset or the disk is to blame. */
export async function performJobStep(places: JobPlaces, step: JobStep): Promise<void> {
  const { store, plane, assetsDir } = places;
  const { job, output, presetName, signal, onProgress } = step;
  const folderOf = (assetName: string): string => {
    const asset = store.assets.find({ name: assetName });
    if (asset === undefined) throw new OperatorError('INPUT_MISSING', `The asset "${assetName}" does not exist any more.`, 'Create it, and submit the job again.');
    return assetDirOf(assetsDir, asset);
  };
  const input = await inputFile(folderOf(job.input.assetName), job.input.files);
  const target = folderOf(output.assetName);
  await refuseStream(target);
  const scratch = path.join(target, HIDDEN_FOLDER, SCRATCH_FOLDER);
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  try {
    const { path: binary } = await locateFfmpeg();
    const info = await lookIntoFile(binary, input);
    const plan = planPreset(presetName, factsOf(info));
    let files: PackagedFile[] = [{ file: input }];
    if (plan.kind === 'encode') {
      const set = await transcode({ binary, input, info, plan, folder: scratch, signal, onProgress });
      files = set.videos.map((file, index) => ({ file, ...(plan.control === 'bitrate' ? { bitrate: (plan.rungs[index]?.kbps ?? 0) * 1000 } : {}) }));
      if (set.audio !== undefined) files.push({ file: set.audio, bitrate: (plan.audioKbps ?? 0) * 1000 });
    }
    await packageFiles(files, target, path.join(scratch, 'tracks'), manifestNameOf(input), signal);
    plane.forgetAsset(target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The named file, or the largest that looks like media. */
async function inputFile(folder: string, names: readonly string[]): Promise<string> {
  const [asked] = names;
  if (asked !== undefined) {
    const blob = await statBlob(folder, asked).catch(() => undefined);
    if (blob === undefined) throw new OperatorError('INPUT_MISSING', `The input asset has no file "${asked}".`, 'Upload it, and submit the job again.');
    return blob.file;
  }
  if (await readAssetDescription(folder) !== undefined) {
    throw new OperatorError('NOT_STREAMABLE', 'The input asset is a stream already; it needs no encoding.', 'Create a streaming locator for it.');
  }
  const candidates = (await listNames(folder)).filter((name) => MEDIA_NAME.test(name)).map((name) => path.join(folder, name));
  const sized = await Promise.all(candidates.map(async (file) => ({ file, sizeBytes: (await stat(file)).size })));
  const [largest] = sized.sort((one, other) => other.sizeBytes - one.sizeBytes);
  if (largest === undefined) throw new OperatorError('INPUT_MISSING', 'The input asset holds no media file.', 'Upload one into it, and submit the job again.');
  return largest.file;
}

/** What URLs may hold (see names.ts), of the input's name. */
function manifestNameOf(file: string): string {
  const name = path.basename(file, path.extname(file)).normalize('NFKD').replaceAll(/[^a-zA-Z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 100);
  return name === '' ? 'video' : name;
}
