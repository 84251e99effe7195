// Makes an uploaded set of MP4 files with its `.ism` playable: cuts it once, in the background, when somebody wants its addresses.
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../contract/errors.ts';
import { MAX_MANIFEST_BYTES, parseServerManifest } from '../../transcode/serverManifest.ts';
import { readAssetDescription } from '../archive/assetFiles.ts';
import { HIDDEN_FOLDER, SCRATCH_FOLDER } from '../blob/blobName.ts';
import type { MediaPlane } from '../mediaPlane.ts';
import type { ServiceLog } from '../serviceLog.ts';
import { packageFiles, type PackagedFile } from './filePackager.ts';

type FoundSet = { readonly manifest: string; readonly modifiedMs: number; readonly files: readonly PackagedFile[] };

export class SetPackager {
  readonly #plane: Pick<MediaPlane, 'forgetAsset'>;
  readonly #log: ServiceLog;
  readonly #underWay = new Map<string, Promise<void>>();
  /** Folder → the manifest's time with which it failed: that is not tried again until another one is uploaded. */
  readonly #failed = new Map<string, number>();
  readonly #stop = new AbortController();

  constructor(plane: Pick<MediaPlane, 'forgetAsset'>, log: ServiceLog) {
    this.#plane = plane;
    this.#log = log;
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  /** Resolves when the folder's set is playable, when it holds none, or after `patienceMs` while the work goes on. Never rejects. */
  async prepare(assetDir: string, patienceMs: number): Promise<void> {
    const work = this.#underWay.get(assetDir) ?? this.#begin(assetDir);
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => { timer = setTimeout(resolve, patienceMs); });
    await Promise.race([work, enough]);
    clearTimeout(timer);
  }

  /** Ends what is under way; the next question begins it anew. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#underWay.values());
  }

  #begin(assetDir: string): Promise<void> {
    const work = this.#package(assetDir)
      .catch((error: unknown) => this.#log.error({ assetDir, error: messageOf(error) }, 'an uploaded set cannot be streamed'))
      .finally(() => this.#underWay.delete(assetDir));
    this.#underWay.set(assetDir, work);
    return work;
  }

  async #package(assetDir: string): Promise<void> {
    const { signal } = this.#stop;
    const found = signal.aborted || await readAssetDescription(assetDir) !== undefined ? undefined : await setIn(assetDir);
    if (found === undefined || this.#failed.get(assetDir) === found.modifiedMs) return;
    const scratch = path.join(assetDir, HIDDEN_FOLDER, SCRATCH_FOLDER);
    await rm(scratch, { recursive: true, force: true });
    try {
      await packageFiles(found.files, assetDir, scratch, path.basename(found.manifest, path.extname(found.manifest)), signal);
      this.#plane.forgetAsset(assetDir);
    } catch (error) {
      if (!signal.aborted) this.#failed.set(assetDir, found.modifiedMs);
      throw error;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

/** Undefined where there is no manifest, or where a file of it has not arrived yet. */
async function setIn(assetDir: string): Promise<FoundSet | undefined> {
  const names = await readdir(assetDir).catch((): string[] => []);
  const manifest = names.find((name) => /\.ism$/i.test(name));
  if (manifest === undefined) return undefined;
  const about = await stat(path.join(assetDir, manifest));
  if (!about.isFile() || about.size > MAX_MANIFEST_BYTES) return undefined;
  const tracks = parseServerManifest(await readFile(path.join(assetDir, manifest), 'utf8'));
  if (tracks.length === 0 || tracks.some(({ fileName }) => !names.includes(fileName))) return undefined;
  return {
    manifest, modifiedMs: about.mtimeMs,
    files: tracks.map(({ kind, fileName, bitrate }) => ({ file: path.join(assetDir, fileName), kind, ...(bitrate === undefined ? {} : { bitrate }) })),
  };
}
