// The API half's calls on the media plane, each bounded in time, from the store's records. Writes no state.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TIMELINE_ZERO_TAG } from '../../../contract/eventTags.ts';
import type { AllowedRanges } from '../addressRules.ts';
import type { ChannelSpec, MediaPlane, OutputSpec } from '../mediaPlane.ts';
import { accessTokenKey, type AccessControl, type AssetRecord, type LiveEventRecord, type LiveOutputRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { ArmError } from './armError.ts';

/** A plane that has not answered by then is called failed, ms. Its late answer is ignored. */
const PLANE_TIMEOUT_MS = 30_000;

/** Opens, closes and records, as records say. */
export class ChannelWork {
  readonly #store: Store;
  readonly #plane: MediaPlane;
  readonly #assetsDir: string;
  readonly #timeoutMs: number;

  constructor(store: Store, plane: MediaPlane, assetsDir: string, timeoutMs = PLANE_TIMEOUT_MS) {
    this.#store = store;
    this.#plane = plane;
    this.#assetsDir = assetsDir;
    this.#timeoutMs = timeoutMs;
  }

  async open(event: LiveEventRecord): Promise<void> {
    await this.#bounded('open the live event', this.#plane.openChannel(channelSpecOf(event)));
  }

  /** Lets a running event follow its changed rules. */
  admit(event: LiveEventRecord): void {
    this.#plane.allowIngest(event.name, allowedBy(event.input.accessControl));
  }

  async close(eventName: string): Promise<void> {
    await this.#bounded('close the live event', this.#plane.closeChannel(eventName));
  }

  async record(output: LiveOutputRecord): Promise<void> {
    const asset = this.#store.assets.find({ name: output.assetName });
    if (asset === undefined) throw new ArmError(404, 'ResourceNotFound', `The asset '${output.assetName}' of the live output '${output.name}' is missing.`);
    const assetDir = assetDirOf(this.#assetsDir, asset);
    await mkdir(assetDir, { recursive: true, mode: 0o700 });
    await this.#bounded('start the live output', this.#plane.startOutput(outputSpecOf(output, assetDir)));
  }

  async end(output: LiveOutputRecord): Promise<void> {
    await this.#bounded('end the live output', this.#plane.stopOutput(output.eventName, output.name));
  }

  /** True where an asset's folder holds something to play. */
  async hasMedia(asset: AssetRecord): Promise<boolean> {
    return (await this.#plane.manifestsOf(assetDirOf(this.#assetsDir, asset))).length > 0;
  }

  async #bounded(what: string, work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new ArmError(500, 'OperationTimedOut', `The media plane did not ${what} within ${String(this.#timeoutMs / 1000)} s.`)), this.#timeoutMs);
    });
    try {
      await Promise.race([work, limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Folder of an asset's files; a container's name is checked when it is made. */
export function assetDirOf(assetsDir: string, asset: Pick<AssetRecord, 'container'>): string {
  return join(assetsDir, asset.container);
}

function channelSpecOf(event: LiveEventRecord): ChannelSpec {
  // Names of tags are case-insensitive in Azure Resource Manager.
  const zero = Object.entries(event.tags).find(([name]) => name.toLowerCase() === TIMELINE_ZERO_TAG.toLowerCase())?.[1];
  return {
    eventName: event.name,
    accessToken: accessTokenKey(event.input.accessToken),
    protocol: event.input.streamingProtocol,
    previewLocator: event.preview.previewLocator,
    timelineZeroUtcSeconds: zero !== undefined && /^\d{1,12}$/.test(zero) ? Number(zero) : undefined,
    ingestAllow: allowedBy(event.input.accessControl),
  };
}

/** Without an `allow` list nothing is said. A range without a prefix is one address. */
export function allowedBy(control: AccessControl | null): AllowedRanges {
  return control?.ip?.allow?.map(({ address, subnetPrefixLength }) => ({ address: address ?? '', prefixLength: subnetPrefixLength ?? 128 }));
}

function outputSpecOf(output: LiveOutputRecord, assetDir: string): OutputSpec {
  return {
    eventName: output.eventName, outputName: output.name, assetName: output.assetName, assetDir,
    manifestName: output.manifestName, archiveWindowSeconds: output.archiveWindowSeconds,
  };
}
