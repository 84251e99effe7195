// Assembles the service: lock and store, certificates, ports, media plane, API, listeners; and takes it down again in the opposite order.
import { randomBytes, randomUUID } from 'node:crypto';
import { Server as TlsServer } from 'node:tls';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { SERVICE_DIR, type ServiceDescriptor } from '../../contract/embeddedService.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { finishRemovals } from './arm/assetRoutes.ts';
import { ChannelWork } from './arm/channelWork.ts';
import { type ArmContext, DEFAULT_LIMITS, type ServiceAccount, type ServiceLimits } from './arm/context.ts';
import { Lifecycle } from './arm/lifecycle.ts';
import { OperationRunner } from './arm/operationRunner.ts';
import { ensureDefaultEndpoint } from './arm/streamingEndpointRoutes.ts';
import { sweepStaged } from './blob/containerFiles.ts';
import { ensureCertificates, type ServiceCertificates } from './certificates.ts';
import { readDescriptor, removeDescriptor, writeDescriptor } from './descriptorFile.ts';
import { Leases } from './leases.ts';
import { JobRunner } from './jobs/jobRunner.ts';
import { performJobStep } from './jobs/jobWork.ts';
import { SetPackager } from './jobs/setPackager.ts';
import { createLocatorDirectory } from './locatorDirectory.ts';
import type { LocatorDirectory, MediaPlane } from './mediaPlane.ts';
import { type AskedPorts, choosePorts, type ChosenPorts, LISTEN_HOST, type PortName, portTaken } from './ports.ts';
import { createHttpServer, createHttpsServer } from './server.ts';
import type { ServiceLog } from './serviceLog.ts';
import { watchLifetime } from './lifetimeWatch.ts';
import { openStore, type Store } from './store.ts';

/** The media half as the process needs it. `close` ends archives at their last whole fragment; they go on after the next start. */
export type ServicePlane = MediaPlane & { close(): Promise<void> };

export type PlaneOptions = {
  readonly host: typeof LISTEN_HOST;
  readonly rtmpPorts: readonly [number, number];
  readonly rtmpsPorts: readonly [number, number];
  readonly tls: { readonly key: string; readonly cert: string };
  readonly home: string;
  readonly log: ServiceLog;
};

export type ServiceOptions<P extends ServicePlane> = {
  readonly home: string;
  readonly ports: AskedPorts;
  /** Ends by itself when nobody needs it, this long after the last lease, ms; undefined lives until it is stopped. */
  readonly lingerMs: number | undefined;
  /** After this time without a lease and without ingest a running event is stopped, where `lingerMs` is given; 15 min by default. */
  readonly abandonedAfterMs?: number;
  readonly limits?: Partial<ServiceLimits>;
  /** Longest wait for one answer of the media half, ms. */
  readonly planeTimeoutMs?: number;
  readonly log: ServiceLog;
  readonly createPlane: (options: PlaneOptions) => Promise<P>;
  readonly mountOrigin: (app: FastifyInstance, plane: P, directory: LocatorDirectory) => void;
};

export type RunningService = {
  readonly descriptor: ServiceDescriptor;
  /** Takes the service down; idempotent, bounded in time, never rejects. Running events go on at the next start. */
  stop(): Promise<void>;
  /** Resolves when it is down, for whatever reason. */
  readonly ended: Promise<void>;
};

/** Time for each part to end cleanly, ms; what has not ended by then is left to the next start. */
const CLOSE_TIMEOUT_MS = 5000;
/** Finished operations are forgotten after this time, ms. */
const OPERATION_MEMORY_MS = 24 * 3_600_000;
const ABANDONED_AFTER_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Starts the service of a home. Events that ran when it last ended run again, operations left open are finished.
 *
 * @throws OperatorError `SERVICE_ALREADY_RUNNING`, `SERVICE_PORT_TAKEN`, or what the store reports; nothing is left open then.
 */
export async function startService<P extends ServicePlane>(options: ServiceOptions<P>): Promise<RunningService> {
  // Disposed in the opposite order: what is opened first is closed last.
  const parts = new AsyncDisposableStack();
  try {
    return await assemble(options, parts);
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

async function assemble<P extends ServicePlane>(options: ServiceOptions<P>, parts: AsyncDisposableStack): Promise<RunningService> {
  const { home, log } = options;
  const serviceDir = join(home, SERVICE_DIR);
  const assetsDir = join(serviceDir, 'assets');
  const closing = (what: string, close: () => Promise<unknown>): void => parts.defer(() => within(what, close, log));

  const store = await lockedStore(serviceDir);
  closing('the store', async () => store.close());
  const account = accountOf(store);
  const token = store.settingOr('token', () => randomBytes(32).toString('base64url'));
  ensureDefaultEndpoint(store, account);
  forgetOldOperations(store);

  const tls = await ensureCertificates(join(serviceDir, 'certificates'));
  const ports = await choosePorts(store, options.ports);
  const plane = await options.createPlane({
    host: LISTEN_HOST, rtmpPorts: [ports.rtmp, ports.rtmpSecondary], rtmpsPorts: [ports.rtmps, ports.rtmpsSecondary], tls: { key: tls.key, cert: tls.cert }, home, log,
  });
  closing('the media plane', () => plane.close());

  const work = new ChannelWork(store, plane, assetsDir, options.planeTimeoutMs);
  const lifecycle = new Lifecycle(store, work, log);
  const operations = new OperationRunner(store, lifecycle.perform, log);
  const jobs = new JobRunner(store, (step) => performJobStep({ store, plane, assetsDir }, step), log);
  const sets = new SetPackager(plane, log);
  const context: ArmContext = {
    store, plane, operations, jobs, sets, account, assetsDir, log,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    addresses: { host: LISTEN_HOST, https: ports.https, http: ports.http, rtmp: [ports.rtmp, ports.rtmpSecondary], rtmps: [ports.rtmps, ports.rtmpsSecondary] },
  };
  await finishRemovals(context);
  await sweepStaged(assetsDir, Date.now());
  await lifecycle.restore();
  void operations.resume();
  jobs.resume();
  closing('encoding jobs', () => jobs.close());
  closing('sets that are being cut', () => sets.close());

  const instanceId = randomUUID();
  let accepts = true;
  const leases = new Leases(() => performance.now());
  const directory = createLocatorDirectory(store, assetsDir);
  const mountOrigin = (app: FastifyInstance): void => options.mountOrigin(app, plane, directory);
  const https = createHttpsServer({ tls, token, instanceId, context, leases, acceptsLeases: () => accepts, mountOrigin });
  await listen(https, 'https', ports.https);
  closing('the HTTPS listener', () => https.close());
  const http = createHttpServer(mountOrigin);
  await listen(http, 'http', ports.http);
  closing('the HTTP listener', () => http.close());
  closing('running operations', () => operations.close(CLOSE_TIMEOUT_MS));
  parts.defer(daily(log, async () => {
    forgetOldOperations(store);
    await renewCertificates(https, serviceDir, tls);
  }));

  const descriptor = describe(account, ports, { instanceId, token, caPath: tls.caPath });
  await writeDescriptor(serviceDir, descriptor);

  const ended = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      accepts = false;
      await parts.disposeAsync().catch((error: unknown) => log.error({ error: messageOf(error) }, 'the service did not end cleanly'));
      ended.resolve();
    })();
    return stopping;
  };
  // Removed first, so that nobody finds a service that is about to answer no more.
  closing('the descriptor', () => removeDescriptor(serviceDir, instanceId));
  if (options.lingerMs !== undefined) {
    parts.defer(watchLifetime({ context, leases, lingerMs: options.lingerMs, abandonedAfterMs: options.abandonedAfterMs ?? ABANDONED_AFTER_MS, stop, log }));
  }
  log.info({ endpoint: descriptor.endpoint, originHttp: descriptor.originHttp, ports: descriptor.ports }, 'the embedded service is ready');
  return { descriptor, stop, ended: ended.promise };
}

/** The store, which is also the lock of the home. */
async function lockedStore(serviceDir: string): Promise<Store> {
  try {
    return openStore(join(serviceDir, 'service.db'));
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== 'SERVICE_STORE_BUSY') throw error;
    const other = await readDescriptor(serviceDir);
    throw new OperatorError(
      'SERVICE_ALREADY_RUNNING',
      other === undefined ? 'An embedded service runs in this home already.' : `An embedded service runs in this home already (process ${String(other.pid)}, ${other.endpoint}).`,
      'Use that one, stop it first, or choose another home with FIELDCAST_HOME.', { cause: error },
    );
  }
}

function accountOf(store: Store): ServiceAccount {
  return store.transaction(() => ({
    subscriptionId: store.settingOr('subscriptionId', () => randomUUID()),
    resourceGroup: store.settingOr('resourceGroup', () => 'fieldcast'),
    accountName: store.settingOr('accountName', () => 'embedded'),
    location: store.settingOr('location', () => 'Local'),
    mediaServiceId: store.settingOr('mediaServiceId', () => randomUUID()),
    createdAt: store.settingOr('createdAt', () => new Date().toISOString()),
  }));
}

async function listen(app: FastifyInstance, name: PortName, port: number): Promise<void> {
  try {
    await app.listen({ host: LISTEN_HOST, port });
  } catch (error) {
    await app.close();
    // Another program took it between the choice and now.
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw portTaken(name, port, error);
    throw error;
  }
}

function forgetOldOperations(store: Store): void {
  store.forgetOperationsBefore(new Date(Date.now() - OPERATION_MEMORY_MS).toISOString());
}

/** What a service that runs for weeks has to do; the returned function ends it. */
function daily(log: ServiceLog, chores: () => Promise<void>): () => void {
  const timer = setInterval(() => {
    chores().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'a daily chore of the service failed'));
  }, DAY_MS);
  return () => clearInterval(timer);
}

/** Gives the listener a renewed certificate; the ingest takes it at the next start. */
async function renewCertificates(https: FastifyInstance, serviceDir: string, first: ServiceCertificates): Promise<void> {
  const next = await ensureCertificates(join(serviceDir, 'certificates'));
  if (next.cert !== first.cert && https.server instanceof TlsServer) https.server.setSecureContext({ key: next.key, cert: next.cert });
}

function describe(account: ServiceAccount, ports: ChosenPorts, own: { instanceId: string; token: string; caPath: string }): ServiceDescriptor {
  const https = `https://${LISTEN_HOST}:${String(ports.https)}`;
  return {
    version: 1, instanceId: own.instanceId, pid: process.pid, startedAtUtc: new Date().toISOString(),
    endpoint: https, token: own.token, caPath: own.caPath, originHttp: `http://${LISTEN_HOST}:${String(ports.http)}`, originHttps: https,
    ports: { https: ports.https, http: ports.http, rtmp: [ports.rtmp, ports.rtmpSecondary], rtmps: [ports.rtmps, ports.rtmpsSecondary] },
    subscriptionId: account.subscriptionId, resourceGroup: account.resourceGroup, accountName: account.accountName, location: account.location,
  };
}

/** Closes one part; a part that hangs or fails is logged and left behind. */
async function within(what: string, close: () => Promise<unknown>, log: ServiceLog): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('it took too long'), CLOSE_TIMEOUT_MS + 500);
  });
  const problem = await Promise.race([close().then(() => undefined, messageOf), limit]);
  clearTimeout(timer);
  if (problem !== undefined) log.warn({ part: what, problem }, 'a part of the service did not end cleanly');
}
