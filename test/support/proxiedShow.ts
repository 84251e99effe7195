// A whole show in this process (stage, chain, encoders) to an embedded service in its own, with a fault proxy before each ingest endpoint.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IngestProtocol } from '../../src/contract/ingest.ts';
import type { ShowPlan } from '../../src/contract/plan.ts';
import type { ShowEvent, ShowReport, ShowStats } from '../../src/contract/report.ts';
import type { LiveEventInfo, LiveService } from '../../src/main/cloud/liveService.ts';
import { realStageParts } from '../../src/main/show/parts.ts';
import { createStage, type Stage } from '../../src/main/show/stage.ts';
import { sharedUplink, startFaultProxy, type FaultProxy } from './faultProxy.ts';
import { until } from './until.ts';

const LADDER: ShowPlan['ladder'] = {
  name: 'tiny', frameRate: { num: 25, den: 1 }, gopSeconds: 1, audioKbps: 64,
  renditions: [{ name: '180p', width: 320, height: 180, declaredKbps: 500 }, { name: '108p', width: 192, height: 108, declaredKbps: 200 }],
};

export type ProxiedShow = {
  readonly stage: Stage;
  readonly home: string;
  readonly ladder: ShowPlan['ladder'];
  /** Declared bytes a second of all connections together. */
  readonly neededBytesPerSecond: number;
  /** Primary and secondary. */
  readonly proxies: readonly FaultProxy[];
  /** Of all connections together; undefined for no limit. */
  limitUplink(bytesPerSecond: number | undefined): void;
  readonly events: readonly ShowEvent[];
  latestStats(): ShowStats | undefined;
  /** Waits until an event is seen. */
  saw(what: string, condition: (event: ShowEvent) => boolean, deadlineMs?: number): Promise<void>;
  /** Ends the show in order and returns what it says. */
  end(): Promise<ShowReport>;
  close(): Promise<void>;
};

/** Starts the show and resolves once it is live. @param burstWelcome false: the service is treated as a cloud */
export async function startProxiedShow(settings: { readonly burstWelcome: boolean; readonly ladder?: ShowPlan['ladder']; readonly ingest?: IngestProtocol; readonly also?: NonNullable<ShowPlan['also']> }): Promise<ProxiedShow> {
  const ladder = settings.ladder ?? LADDER;
  const home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-network-'));
  const proxies = new Map<string, FaultProxy>();
  const uplink = sharedUplink();
  const proxied = async (info: LiveEventInfo): Promise<LiveEventInfo> => ({
    ...info,
    ingest: await Promise.all(info.ingest.filter((one) => one.secure).map(async (endpoint) => {
      const url = new URL(endpoint.url);
      const proxy = proxies.get(url.port) ?? await startFaultProxy(Number(url.port), uplink);
      proxies.set(url.port, proxy);
      url.port = String(proxy.port);
      return { ...endpoint, url: url.href };
    })),
  });
  const real = realStageParts({
    home, version: '0.0.0', execPath: process.execPath, onShutdown: () => undefined,
    entryPath: (name) => fileURLToPath(new URL(`../../src/main/${name}.ts`, import.meta.url)),
  });
  const stage = createStage({
    ...real,
    openDestination: async (plan, signal, onProgress) => {
      const destination = await real.openDestination(plan, signal, onProgress);
      if (destination.kind !== 'service') throw new Error('The embedded service was expected.');
      const { service } = destination;
      const behindProxies: LiveService = Object.create(service, {
        capabilities: { value: { ...service.capabilities, burstWelcome: settings.burstWelcome } },
        startEvent: { value: async (...args: Parameters<LiveService['startEvent']>) => proxied(await service.startEvent(...args)) },
      });
      return { ...destination, service: behindProxies };
    },
  });
  const events: ShowEvent[] = [];
  const watching = new AbortController();
  const watched = (async () => {
    for await (const event of stage.watch(watching.signal)) events.push(event);
  })().catch(() => undefined);
  const saw: ProxiedShow['saw'] = async (what, condition, deadlineMs = 30_000) => until(() => events.some(condition), what, deadlineMs);
  const close = async (): Promise<void> => {
    await stage.abortNow();
    watching.abort();
    await watched;
    for (const proxy of proxies.values()) await proxy.close();
    await rm(home, { recursive: true, force: true });
  };
  try {
    await stage.start({
      video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'embedded' }, ladder, rehearse: false, keepEvent: false,
      ...(settings.also === undefined ? {} : { also: [...settings.also] }),
      ...(settings.ingest === undefined ? {} : { ingest: settings.ingest }),
    });
    await until(() => events.some((event) => event.type === 'state' && (event.state === 'live' || event.state === 'failed')), 'the show to be live', 60_000);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    stage, home, ladder, events, saw, close,
    neededBytesPerSecond: ladder.renditions.reduce((sum, one) => sum + (one.declaredKbps + ladder.audioKbps) * 125, 0),
    proxies: [...proxies.values()],
    limitUplink: (bytesPerSecond) => { uplink.bytesPerSecond = bytesPerSecond; },
    latestStats: () => events.findLast((event) => event.type === 'stats'),
    end: async () => {
      stage.end();
      await until(() => events.some((event) => event.type === 'report'), 'the report', 120_000);
      const report = events.find((event) => event.type === 'report');
      if (report === undefined) throw new Error('There is no report.');
      return report;
    },
  };
}
