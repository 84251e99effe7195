// `fieldcast service`: the embedded service in the foreground, until Ctrl-C.
import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { z } from 'zod';
import { EXIT_FAILED } from './exitCodes.ts';

const saidSchema = z.union([
  z.object({ type: z.literal('ready'), endpoint: z.string(), originHttp: z.string(), originHttps: z.string() }),
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string(), action: z.string() }),
]);

export type ServiceOptions = { readonly port?: string; readonly httpPort?: string; readonly verbose?: boolean };

/** Resolves with the exit code of the service. Ctrl-C reaches it by itself: it stands in the same terminal group. */
export async function runService(entry: string, home: string, options: ServiceOptions): Promise<number> {
  const args = [
    entry, '--home', home,
    ...(options.port === undefined ? [] : ['--port', options.port]),
    ...(options.httpPort === undefined ? [] : ['--http-port', options.httpPort]),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', options.verbose === true ? 'inherit' : 'ignore'] });
  // A terminal sends Ctrl-C to both; a service manager sends SIGTERM to this process alone, so it is passed on.
  const passOn = (): void => { child.kill('SIGTERM'); };
  const wait = (): void => undefined;
  process.on('SIGTERM', passOn).on('SIGINT', wait);
  readline.createInterface({ input: child.stdout }).on('line', (line) => print(line));
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  process.off('SIGTERM', passOn).off('SIGINT', wait);
  return code ?? EXIT_FAILED;
}

function print(line: string): void {
  const said = saidSchema.parse(JSON.parse(line));
  if (said.type === 'failed') {
    process.stderr.write(`${said.message} ${said.action} [${said.code}]\n`);
    return;
  }
  process.stdout.write([
    'The embedded service runs. Streams and recordings play at the addresses that their shows reported.',
    `Playback   ${said.originHttp}`,
    `           ${said.originHttps}`,
    `API        ${said.endpoint}`,
    'Press Ctrl-C to end it.',
    '',
  ].join('\n'));
}
