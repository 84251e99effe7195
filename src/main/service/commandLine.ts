// The service as a process: options and environment in, exit code out. stdout gets one line of JSON, `ready` or `failed`; the log goes to stderr.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { EXIT_ALREADY_RUNNING } from '../../contract/embeddedService.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import type { LocatorDirectory } from './mediaPlane.ts';
import type { AskedPorts, PortName } from './ports.ts';
import { type PlaneOptions, type ServicePlane, startService } from './process.ts';

/** The media half, given by the entry. */
export type MediaHalf<P extends ServicePlane> = {
  readonly createPlane: (options: PlaneOptions) => Promise<P>;
  readonly mountOrigin: (app: FastifyInstance, plane: P, directory: LocatorDirectory) => void;
};

const DEFAULT_LINGER_MS = 30_000;
const PORT_OPTIONS = {
  'port': 'https', 'http-port': 'http', 'rtmp-port': 'rtmp', 'rtmp-secondary-port': 'rtmpSecondary',
  'rtmps-port': 'rtmps', 'rtmps-secondary-port': 'rtmpsSecondary',
} as const satisfies Record<string, PortName>;

type Options = { readonly home: string; readonly ports: AskedPorts; readonly lingerMs: number | undefined };

/**
 * Runs until the service ends: by SIGINT, SIGTERM or SIGHUP, or by itself under `--on-demand`.
 *
 * @param argv Arguments after the script's name: `--home DIR [--on-demand] [--port N] [--http-port N] [--rtmp-port N] …`.
 * @returns 0, 1 for a failure that `failed` explains, {@link EXIT_ALREADY_RUNNING}.
 */
export async function runServiceProcess<P extends ServicePlane>(argv: readonly string[], env: NodeJS.ProcessEnv, media: MediaHalf<P>): Promise<number> {
  // Synchronous, so that the last lines before an end are not lost.
  const log = pino({ name: 'fieldcast-service', timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
  try {
    const service = await startService({ ...parseOptions(argv, env), ...media, log });
    const stop = (): void => void service.stop();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    const { endpoint, originHttp, originHttps, ports, pid } = service.descriptor;
    say({ type: 'ready', pid, endpoint, originHttp, originHttps, ports });
    await service.ended;
    return 0;
  } catch (error) {
    if (!(error instanceof OperatorError)) log.fatal({ error: messageOf(error), stack: error instanceof Error ? error.stack : undefined }, 'the embedded service could not start');
    const known = error instanceof OperatorError ? error : new OperatorError('SERVICE_FAILED', `The embedded service could not start: ${messageOf(error)}`, 'Its log says more.');
    say({ type: 'failed', code: known.code, message: known.message, action: known.action });
    return known.code === 'SERVICE_ALREADY_RUNNING' ? EXIT_ALREADY_RUNNING : 1;
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv): Options {
  const options = Object.fromEntries([...Object.keys(PORT_OPTIONS), 'home'].map((name) => [name, { type: 'string' as const }]));
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({ args: [...argv], options: { ...options, 'on-demand': { type: 'boolean' as const } }, strict: true, allowPositionals: false }));
  } catch (error) {
    throw badOption(messageOf(error));
  }
  const home = values['home'] ?? env['FIELDCAST_HOME'];
  if (typeof home !== 'string' || home === '') throw badOption('The home folder is missing.', 'Give it with --home DIR or FIELDCAST_HOME.');
  const ports: { [name in PortName]?: number } = {};
  for (const [option, name] of Object.entries(PORT_OPTIONS)) {
    const text = values[option];
    if (typeof text === 'string') ports[name] = portNumber(option, text);
  }
  return { home: resolve(home), ports, lingerMs: values['on-demand'] === true ? lingerOf(env) : undefined };
}

function portNumber(option: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw badOption(`--${option} ${text} is not a port.`, 'A port is a number from 1 to 65535, or 0 for any free one.');
  return port;
}

function lingerOf(env: NodeJS.ProcessEnv): number {
  const text = env['FIELDCAST_SERVICE_LINGER_MS'];
  if (text === undefined || text === '') return DEFAULT_LINGER_MS;
  if (!/^\d{1,9}$/.test(text)) throw badOption(`FIELDCAST_SERVICE_LINGER_MS=${text} is not a number of milliseconds.`);
  return Number(text);
}

function badOption(message: string, action = 'Correct the option and start again.'): OperatorError {
  return new OperatorError('SERVICE_OPTION', message, action);
}
