// The embedded service for tests: in this process with a recording media half, or as a process of its own; with the real SDK pointed at it.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AzureMediaServices } from '@azure/arm-mediaservices';
import { DESCRIPTOR_FILE, SERVICE_DIR, type ServiceDescriptor, serviceDescriptorSchema } from '../../src/contract/embeddedService.ts';
import type { ServiceLimits } from '../../src/main/service/arm/context.ts';
import { startService } from '../../src/main/service/process.ts';
import { valueAt } from './specExamples.ts';
import { mountTellingOrigin, RecordingPlane } from './recordingPlane.ts';

/** Entry of a service with a recording media half, and the product's own. */
export const RECORDING_ENTRY = fileURLToPath(new URL('./recordingServiceEntry.ts', import.meta.url));
export const SERVICE_ENTRY = resolve(import.meta.dirname, '../../src/main/service.ts');
/** Any free ports, the same at each start of a home. */
const ANY_PORTS = { https: 0, http: 0, rtmp: 0, rtmpSecondary: 0, rtmps: 0, rtmpsSecondary: 0 } as const;
export const ANY_PORT_ARGS = ['port', 'http-port', 'rtmp-port', 'rtmp-secondary-port', 'rtmps-port', 'rtmps-secondary-port'].flatMap((name) => [`--${name}`, '0']);

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A home below the system's temporary folder, and its removal. */
export async function temporaryHome(): Promise<{ readonly home: string; readonly remove: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'fieldcast-service-'));
  return { home, remove: () => rm(home, { recursive: true, force: true }) };
}

/** An in-process service; its plane can be made to hang or fail. */
export async function startTestService(home: string, limits: Partial<ServiceLimits> = {}, options: { plane?: RecordingPlane; planeTimeoutMs?: number; lingerMs?: number; abandonedAfterMs?: number } = {}): Promise<TestService> {
  const plane = options.plane ?? new RecordingPlane();
  const service = await startService({
    home, ports: ANY_PORTS, lingerMs: options.lingerMs, limits, log: silent, planeTimeoutMs: options.planeTimeoutMs ?? 10_000,
    ...(options.abandonedAfterMs === undefined ? {} : { abandonedAfterMs: options.abandonedAfterMs }), createPlane: async () => plane, mountOrigin: mountTellingOrigin,
  });
  return { ...toolsOf(service.descriptor), plane, stop: () => service.stop(), ended: service.ended };
}

export type TestService = ReturnType<typeof toolsOf> & { readonly plane: RecordingPlane; readonly stop: () => Promise<void>; readonly ended: Promise<void> };

/** The SDK and raw requests against a running service. */
export function toolsOf(descriptor: ServiceDescriptor) {
  const ca = readFileSync(descriptor.caPath, 'utf8');
  const client = new AzureMediaServices({ getToken: async () => ({ token: descriptor.token, expiresOnTimestamp: Date.now() + 3_600_000 }) }, descriptor.subscriptionId, {
    endpoint: descriptor.endpoint, tlsOptions: { ca }, retryOptions: { maxRetries: 0 },
  });
  client.pipeline.removePolicy({ name: 'proxyPolicy' });
  const scope = [descriptor.resourceGroup, descriptor.accountName] as const;
  const account = `/subscriptions/${descriptor.subscriptionId}/resourceGroups/${descriptor.resourceGroup}/providers/Microsoft.Media/mediaservices/${descriptor.accountName}`;
  return { descriptor, ca, client, scope, account, raw: (method: string, path: string, options: RawOptions = {}) => rawRequest(descriptor, ca, method, path, options) };
}

type RawOptions = { readonly body?: unknown; readonly token?: string | null; readonly headers?: Readonly<Record<string, string>> };
export type RawAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly json: unknown; at(path: string): unknown; text(path: string): string };

function rawRequest(descriptor: ServiceDescriptor, ca: string, method: string, path: string, options: RawOptions): Promise<RawAnswer> {
  const token = options.token === undefined ? descriptor.token : options.token;
  return new Promise((done, fail) => {
    const call = httpsRequest(new URL(path, descriptor.endpoint), {
      method, ca, agent: false, timeout: 10_000,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(options.body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
      response.on('end', () => {
        const json: unknown = text === '' ? undefined : JSON.parse(text);
        done({ status: response.statusCode ?? 0, headers: response.headers, json, at: (path) => valueAt(json, path), text: (path) => String(valueAt(json, path)) });
      });
      response.on('error', fail);
    });
    call.on('error', fail);
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')));
    call.end(options.body === undefined ? undefined : typeof options.body === 'string' ? options.body : JSON.stringify(options.body));
  });
}

/** A service process that has said `ready` (or `failed`: see `said`). */
export type ServiceProcess = {
  readonly child: ChildProcess;
  readonly said: Readonly<Record<string, unknown>>;
  readonly exited: Promise<number | NodeJS.Signals>;
  /** What it has logged so far. */
  readonly log: () => string;
};

/** Starts `entry` for a home and waits, at most 20 s, for its first line. */
export async function spawnService(entry: string, home: string, args: readonly string[] = ANY_PORT_ARGS, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '--home', home, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { log += chunk; });
  const exited = new Promise<number | NodeJS.Signals>((done) => child.once('exit', (code, signal) => done(signal ?? code ?? -1)));
  const said = await new Promise<Record<string, unknown>>((done, fail) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error('The service said nothing within 20 s.'));
    }, 20_000);
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      done(JSON.parse(line) as Record<string, unknown>);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(new Error(`The service ended with ${String(code)} before it said anything.`));
    });
  });
  return { child, said, exited, log: () => log };
}

export async function readServiceDescriptor(home: string): Promise<ServiceDescriptor> {
  return serviceDescriptorSchema.parse(JSON.parse(await readFile(join(home, SERVICE_DIR, DESCRIPTOR_FILE), 'utf8')));
}
