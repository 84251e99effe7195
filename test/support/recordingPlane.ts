// A media half without media for tests of the API half: it keeps what it was asked on disk, one line for each call, and can hang or fail on demand.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { OperatorError } from '../../src/contract/errors.ts';
import type { AssetManifest, ChannelSpec, LocatorDirectory, MediaPlane, OutputSpec, TrackTelemetry } from '../../src/main/service/mediaPlane.ts';
import type { IngestHistory } from '../../src/main/service/telemetry/ingestHistory.ts';

type Call = { readonly call: 'openChannel' | 'closeChannel' | 'startOutput' | 'stopOutput' | 'close'; readonly name: string };
type Fault = (call: Call['call'], name: string) => Promise<void>;

/** Behaves like a real plane towards its caller: outputs need an open channel, and everything is idempotent. */
export class RecordingPlane implements MediaPlane {
  readonly channels = new Map<string, ChannelSpec>();
  readonly outputs = new Map<string, OutputSpec>();
  tracks: TrackTelemetry[] = [];
  history: IngestHistory | undefined;
  failure: OperatorError | undefined;
  /** Awaited before each call; throw or hang in it. */
  fault: Fault = async () => undefined;
  /** Awaited after each call has taken effect, before its caller learns of it. */
  delay: () => Promise<void> = async () => undefined;
  readonly #journal: string | undefined;

  constructor(journal?: string) {
    this.#journal = journal;
  }

  async openChannel(spec: ChannelSpec): Promise<void> {
    await this.#note('openChannel', spec.eventName);
    this.channels.set(spec.eventName, spec);
  }

  async closeChannel(eventName: string): Promise<void> {
    await this.#note('closeChannel', eventName);
    if ([...this.outputs.values()].some((one) => one.eventName === eventName)) throw new Error('closed with outputs');
    this.channels.delete(eventName);
  }

  async startOutput(spec: OutputSpec): Promise<void> {
    await this.#note('startOutput', `${spec.eventName}/${spec.outputName}`);
    if (!this.channels.has(spec.eventName)) throw new Error('output without a channel');
    if (!existsSync(spec.assetDir)) throw new Error('the folder of the asset is missing');
    if (!existsSync(join(spec.assetDir, 'manifest'))) appendFileSync(join(spec.assetDir, 'manifest'), spec.manifestName);
    this.outputs.set(`${spec.eventName}/${spec.outputName}`, spec);
  }

  async stopOutput(eventName: string, outputName: string): Promise<void> {
    await this.#note('stopOutput', `${eventName}/${outputName}`);
    this.outputs.delete(`${eventName}/${outputName}`);
  }

  async manifestsOf(assetDir: string): Promise<readonly AssetManifest[]> {
    const path = join(assetDir, 'manifest');
    return existsSync(path) ? [{ manifestName: readFileSync(path, 'utf8') }] : [];
  }

  forgetAsset(): void {}

  telemetry(): readonly TrackTelemetry[] {
    return this.tracks;
  }

  allowIngest(): void {}

  ingestHistory(): IngestHistory | undefined {
    return this.history;
  }

  outputFailure(): OperatorError | undefined {
    return this.failure;
  }

  async close(): Promise<void> {
    await this.#note('close', '');
  }

  async #note(call: Call['call'], name: string): Promise<void> {
    await this.fault(call, name);
    if (this.#journal !== undefined) appendFileSync(this.#journal, `${JSON.stringify({ call, name, pid: process.pid })}\n`);
    await this.delay();
  }
}

/** An origin that only tells what a locator resolves to. */
export function mountTellingOrigin(app: FastifyInstance, _plane: MediaPlane, directory: LocatorDirectory): void {
  app.get('/:locatorId/*', (request, reply) => {
    const target = directory.resolve((request.params as { locatorId: string }).locatorId);
    return target === undefined ? reply.code(404).send({}) : reply.send(target);
  });
}
