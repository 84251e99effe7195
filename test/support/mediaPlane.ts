// A running media half of the embedded service with its origin over HTTP, for tests: real sockets on free ports, everything in a temporary folder.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import { ensureCertificates } from '../../src/main/service/certificates.ts';
import type { IngestDeadlines } from '../../src/main/service/ingest/ingestConnection.ts';
import type { ChannelSpec, LocatorTarget, OutputSpec } from '../../src/main/service/mediaPlane.ts';
import { createMediaPlane, type NodeMediaPlane } from '../../src/main/service/mediaPlaneNode.ts';
import { registerOrigin } from '../../src/main/service/origin/routes.ts';

/** The plane as a process of its own. */
export const MEDIA_PLANE_ENTRY = fileURLToPath(new URL('./mediaPlaneEntry.ts', import.meta.url));

export type RunningPlane = {
  readonly plane: NodeMediaPlane;
  /** `http://127.0.0.1:port` of the origin. */
  readonly origin: string;
  readonly caPath: string;
  readonly homeDir: string;
  readonly logged: { readonly level: string; readonly fields: object; readonly sentence: string }[];
  /** Opens a channel and a preview locator for it. */
  openChannel(spec?: Partial<ChannelSpec>): Promise<ChannelSpec>;
  /** Begins an output in a fresh asset, with a locator. */
  startOutput(channel: ChannelSpec, spec?: Partial<OutputSpec>): Promise<OutputSpec & { readonly baseUrl: string }>;
  ingestUrl(channel: ChannelSpec, door?: 'rtmp' | 'rtmp2' | 'rtmps' | 'rtmps2'): string;
  previewUrl(channel: ChannelSpec): string;
  addLocator(target: LocatorTarget): string;
  /** Stops the plane as a crash of its owner would: nothing is ended. */
  close(keepFiles?: boolean): Promise<void>;
};

export async function runMediaPlane(options: { readonly deadlines?: IngestDeadlines; readonly homeDir?: string } = {}): Promise<RunningPlane> {
  const homeDir = options.homeDir ?? await mkdtemp(join(tmpdir(), 'fieldcast-plane-'));
  const { key, cert, caPath } = await ensureCertificates(join(homeDir, 'tls'));
  const logged: RunningPlane['logged'] = [];
  const entry = (level: string) => (fields: object, sentence: string): void => { logged.push({ level, fields, sentence }); };
  const plane = await createMediaPlane({
    host: '127.0.0.1', rtmpPorts: [0, 0], rtmpsPorts: [0, 0], tls: { key, cert },
    log: { info: entry('info'), warn: entry('warn'), error: entry('error') },
    ...(options.deadlines ? { deadlines: options.deadlines } : {}),
  });
  const locators = new Map<string, LocatorTarget>();
  const app = fastify();
  registerOrigin(app, plane, { resolve: (locatorId) => locators.get(locatorId), contentKey: () => undefined });
  plane.mountIngest(app);
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const { rtmp, rtmps } = plane.ports;
  const doors = { rtmp: `rtmp://127.0.0.1:${rtmp[0]}`, rtmp2: `rtmp://127.0.0.1:${rtmp[1]}`, rtmps: `rtmps://127.0.0.1:${rtmps[0]}`, rtmps2: `rtmps://127.0.0.1:${rtmps[1]}` };
  return {
    plane, origin, caPath, homeDir, logged,
    async openChannel(spec = {}) {
      const channel: ChannelSpec = {
        eventName: 'event-1', protocol: 'RTMP', accessToken: randomUUID().replaceAll('-', ''), previewLocator: randomUUID(), timelineZeroUtcSeconds: undefined, ingestAllow: undefined, ...spec,
      };
      locators.set(channel.previewLocator, { kind: 'preview', eventName: channel.eventName, allow: undefined });
      await plane.openChannel(channel);
      return channel;
    },
    async startOutput(channel, spec = {}) {
      const assetName = spec.assetName ?? `asset-${randomUUID()}`;
      const assetDir = join(homeDir, assetName);
      await mkdir(assetDir, { recursive: true });
      const output: OutputSpec = {
        eventName: channel.eventName, outputName: 'output-1', assetName, assetDir, manifestName: 'output', archiveWindowSeconds: 3600, ...spec,
      };
      await plane.startOutput(output);
      const locatorId = randomUUID();
      locators.set(locatorId, { kind: 'asset', assetName, assetDir, startTime: undefined, endTime: undefined, encryption: undefined });
      return { ...output, baseUrl: `${origin}/${locatorId}/${output.manifestName}.ism` };
    },
    ingestUrl: (channel, door = 'rtmp') => `${doors[door]}/live/${channel.accessToken}`,
    previewUrl: (channel) => `${origin}/${channel.previewLocator}/preview.ism`,
    addLocator(target) {
      const locatorId = randomUUID();
      locators.set(locatorId, target);
      return `${origin}/${locatorId}`;
    },
    async close(keepFiles = false) {
      await plane.close();
      await app.close();
      if (!keepFiles) await rm(homeDir, { recursive: true, force: true });
    },
  };
}
