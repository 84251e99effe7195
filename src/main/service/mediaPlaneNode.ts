// The media half of the embedded service, put together: ingest, channels, archives, and what the origin shows of them.
import type { FastifyInstance } from 'fastify';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { AssetArchive } from './archive/assetArchive.ts';
import { loadStoredAsset } from './archive/storedAsset.ts';
import { Channel } from './ingest/channel.ts';
import type { IngestDeadlines, IngestGate } from './ingest/ingestConnection.ts';
import { registerEventData } from './ingest/eventDataRoute.ts';
import { defaultDeadlines } from './ingest/ingestConnection.ts';
import { openIngest } from './ingest/ingestServer.ts';
import { registerSmooth } from './ingest/smoothRoute.ts';
import type { MediaPlane } from './mediaPlane.ts';
import type { OriginSource, Presentation } from './origin/presentation.ts';
import type { ServiceLog } from './serviceLog.ts';
import { IngestJournal } from './telemetry/ingestJournal.ts';

export type MediaPlaneOptions = {
  readonly host: '127.0.0.1';
  /** Primary and secondary; 0 takes any free port. */
  readonly rtmpPorts: readonly [number, number];
  readonly rtmpsPorts: readonly [number, number];
  readonly tls: { readonly key: string; readonly cert: string };
  readonly log: ServiceLog;
  readonly deadlines?: IngestDeadlines;
};

export type NodeMediaPlane = MediaPlane & OriginSource & {
  readonly ports: { readonly rtmp: readonly [number, number]; readonly rtmps: readonly [number, number] };
  /** Takes what publishers send over HTTP on a listener. */
  mountIngest(app: FastifyInstance): void;
  /** Disconnects everyone and leaves running archives to be resumed. */
  close(): Promise<void>;
};

/** Assets that were played lately and that nothing writes any more. */
const MAX_STORED_ASSETS = 32;
/** Events whose ingest is remembered after they ended. */
const MAX_JOURNALS = 64;

/** @throws OperatorError `INGEST_PORT_TAKEN` */
export async function createMediaPlane(options: MediaPlaneOptions): Promise<NodeMediaPlane> {
  const { log } = options;
  const channels = new Map<string, Channel>();
  const journals = new Map<string, IngestJournal>();
  /** Running outputs by their folder; a promise while one is being opened. */
  const running = new Map<string, Promise<AssetArchive>>();
  const stored = new Map<string, Promise<Presentation | undefined>>();
  const gate: IngestGate = { channelOf: (token) => [...channels.values()].find((channel) => channel.spec.accessToken === token) };
  const ingest = await openIngest({ ...options, gate });

  async function startOutput(spec: Parameters<MediaPlane['startOutput']>[0]): Promise<void> {
    const channel = channels.get(spec.eventName);
    if (!channel) throw new OperatorError('EVENT_NOT_RUNNING', `The live event "${spec.eventName}" does not run.`, 'Start the live event first.');
    const opening = running.get(spec.assetDir);
    if (opening) {
      const archive = await opening;
      if (archive.spec.eventName === spec.eventName && archive.spec.outputName === spec.outputName) return;
      throw new OperatorError('ASSET_IN_USE', `The asset "${spec.assetName}" is being recorded into by another live output.`, 'Create a new asset for this output.');
    }
    const opened = AssetArchive.open(spec, channel, (failure) => {
      log.error({ eventName: spec.eventName, outputName: spec.outputName, code: failure.code }, `${failure.message} ${failure.action}`);
    });
    running.set(spec.assetDir, opened);
    stored.delete(spec.assetDir);
    try {
      channel.addOutput(await opened);
    } catch (error) {
      running.delete(spec.assetDir);
      throw error;
    }
  }

  async function stopOutput(eventName: string, outputName: string): Promise<void> {
    const archive = await channels.get(eventName)?.removeOutput(outputName);
    if (!archive) return;
    await archive.end();
    stored.delete(archive.spec.assetDir);
    running.delete(archive.spec.assetDir);
  }

  async function asset(assetDir: string): Promise<Presentation | undefined> {
    const growing = await running.get(assetDir)?.catch(() => undefined);
    if (growing) return growing;
    const known = stored.get(assetDir);
    if (known) return known;
    const loading = loadStoredAsset(assetDir).catch((error: unknown) => {
      log.error({ assetDir }, `An archive cannot be read: ${messageOf(error)}.`);
      return undefined;
    });
    stored.set(assetDir, loading);
    const [oldest] = stored.keys();
    if (stored.size > MAX_STORED_ASSETS && oldest !== undefined) stored.delete(oldest);
    const presentation = await loading;
    // Nothing there yet: look again the next time.
    if (!presentation) stored.delete(assetDir);
    return presentation;
  }

  /** The event's journal, which goes on when the event is started again. */
  function journalOf(eventName: string): IngestJournal {
    const journal = journals.get(eventName) ?? new IngestJournal();
    journal.reopened();
    journals.delete(eventName);
    journals.set(eventName, journal);
    const [oldest] = journals.keys();
    if (journals.size > MAX_JOURNALS && oldest !== undefined) journals.delete(oldest);
    return journal;
  }

  async function closeChannel(eventName: string): Promise<void> {
    const channel = channels.get(eventName);
    if (!channel) return;
    for (const outputName of channel.outputs.keys()) await stopOutput(eventName, outputName);
    channel.close();
    channels.delete(eventName);
  }

  return {
    ports: ingest.ports,
    mountIngest(app) {
      // A scope of its own: its parsers take any body.
      void app.register((scope, _options, done) => {
        registerEventData(scope, gate);
        done();
      });
      void app.register((scope, _options, done) => {
        registerSmooth(scope, { gate, log, idleMs: (options.deadlines ?? defaultDeadlines).idleMs });
        done();
      });
    },
    closeChannel,
    startOutput,
    stopOutput,
    asset,
    async openChannel(spec) {
      const known = channels.get(spec.eventName);
      if (known && JSON.stringify(known.spec) === JSON.stringify(spec)) return;
      await closeChannel(spec.eventName);
      channels.set(spec.eventName, new Channel(spec, log, journalOf(spec.eventName)));
    },
    allowIngest(eventName, allowed) { channels.get(eventName)?.allowIngest(allowed); },
    async manifestsOf(assetDir) {
      const presentation = await asset(assetDir);
      const hasMedia = presentation?.tracks.some((track) => track.segments.length > 0) ?? false;
      return presentation && hasMedia ? [{ manifestName: presentation.manifestName }] : [];
    },
    forgetAsset: (assetDir) => { stored.delete(assetDir); },
    ingestHistory: (eventName) => journals.get(eventName)?.history,
    telemetry: (eventName) => channels.get(eventName)?.telemetry() ?? [],
    preview: (eventName) => channels.get(eventName)?.window,
    outputFailure: (eventName, outputName) => channels.get(eventName)?.outputs.get(outputName)?.archive.failure,
    async close() {
      await ingest.close();
      for (const channel of channels.values()) channel.close();
      channels.clear();
      for (const opened of running.values()) await (await opened.catch(() => undefined))?.close();
      running.clear();
    },
  };
}
