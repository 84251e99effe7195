// `upload`: files and folders into an account, followed until the last of them is done. Ctrl-C leaves what the same command goes on with.
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { OperatorError } from '../../contract/errors.ts';
import { protectionNameSchema, protectionSchema, uploadEncodingSchema, uploadLimitSchema, type Protection, type UploadEncoding, type UploadState, type UploadStatus } from '../../contract/upload.ts';
import type { EngineClient } from '../api/client.ts';
import { uploadDestinationOf } from './destination.ts';
import { startEngineProcess, type EngineProcess } from './engineProcess.ts';
import { EXIT_FAILED, EXIT_OK } from './exitCodes.ts';
import { operatorErrorOf } from './runShow.ts';

export type UploadCommandContext = { readonly entry: string; readonly home: string; readonly say: (text: string) => void; readonly finish: (code: number) => void };

type Options = { readonly destination: string; readonly publish?: boolean; readonly encode: UploadEncoding; readonly protect: Protection; readonly protectWith?: string; readonly complete?: string; readonly evenIfWhole?: boolean; readonly limit?: number; readonly cancel?: string; readonly json?: boolean };

const OVER: ReadonlySet<UploadState> = new Set(['done', 'failed', 'cancelled', 'paused', 'interrupted']);
/** Without a terminal the figures of an upload are printed this often, ms. */
const PLAIN_EVERY_MS = 5000;

/** Adds the command to `program`. Its failures are OperatorErrors, thrown to the caller of `parseAsync`. */
export function registerUploadCommand(program: Command, context: UploadCommandContext): void {
  program.command('upload')
    .description('upload files and folders, each into an asset of its own; without a path: list uploads. What was interrupted goes on where it was')
    .argument('[paths...]', 'files and folders')
    .option('--destination <destination>', 'embedded | arm (the chosen account) | arm:ADDRESS', 'embedded')
    .addOption(new Option('--encode <how>', 'what is made of each file: by the service a set of renditions (adaptive; contentAware uses as little bitrate as it can) or its streams as they are (copy); on this computer before the upload a set of renditions (local); or nothing').choices(uploadEncodingSchema.options).default('none'))
    .option('--publish', 'make it public when it has arrived, and print its addresses')
    .addOption(new Option('--protect <how>', 'with --publish: encrypt with AES-128; everyone gets the key (open), or only the bearer of a token').choices(protectionSchema.options).default('none'))
    .option('--protect-with <protection>', 'with --publish: encrypt as this protection of the account says (`fieldcast protection`)', parseProtection)
    .option('--complete <recording>', 'upload this recording (its id is in `fieldcast recordings`) in place of what the service has of its show, at the same addresses')
    .option('--even-if-whole', 'with --complete: also where nothing is missing at the service')
    .option('--limit <kbit/s>', 'use at most this much of the line', parseLimit)
    .option('--cancel <upload>', 'end an upload for good and delete what has arrived of it')
    .option('--json', 'one JSON object a line')
    .action(async (paths: string[], options: Options) => {
      const engine = await startEngineProcess(context);
      try {
        context.finish(await run(engine, paths, options, context.say));
      } catch (error) {
        throw operatorErrorOf(error);
      } finally {
        await engine.shutdown();
      }
    });
}

async function run(engine: EngineProcess, paths: readonly string[], options: Options, say: (text: string) => void): Promise<number> {
  const { api } = engine;
  const print = options.json === true ? printJson : printText();
  if (options.cancel !== undefined) await api.upload.cancel.mutate(options.cancel);
  if (paths.length === 0 && options.complete === undefined) {
    for (const status of await api.upload.list.query()) print(status);
    return EXIT_OK;
  }
  if (options.limit !== undefined) await api.upload.limit.mutate({ kbps: options.limit });
  const ids = options.complete !== undefined ? await api.recordings.complete.mutate({
    id: options.complete, encode: options.encode === 'none' ? 'adaptive' : options.encode, evenIfWhole: options.evenIfWhole === true,
  }) : await api.upload.add.mutate({
    paths: paths.map((one) => path.resolve(one)), destination: uploadDestinationOf(options.destination), encode: options.encode, publish: options.publish === true, protection: options.protect,
    ...(options.protectWith === undefined ? {} : { policy: options.protectWith }),
  });
  const release = pauseOnInterrupt(api, ids, say);
  try {
    const ends = await follow(engine, new Set(ids), print);
    return ends.every(({ state }) => state === 'done') ? EXIT_OK : EXIT_FAILED;
  } finally {
    release();
  }
}

/** Resolves with the last status of each of the uploads. */
async function follow(engine: EngineProcess, ids: ReadonlySet<string>, print: (status: UploadStatus) => void): Promise<readonly UploadStatus[]> {
  const over = new Map<string, UploadStatus>();
  const end = Promise.withResolvers<void>();
  const subscription = engine.api.upload.watch.subscribe(undefined, {
    onData: (status: UploadStatus) => {
      if (!ids.has(status.id)) return;
      print(status);
      if (OVER.has(status.state)) over.set(status.id, status);
      if (over.size === ids.size) end.resolve();
    },
    onError: (error) => end.reject(operatorErrorOf(error)),
  });
  void engine.exited.then(({ code, stderr }) => end.reject(new OperatorError(
    'ENGINE_DIED', `The engine ended unexpectedly (code ${code ?? 'none'}). ${stderr.trim().split('\n').slice(-3).join(' ')}`, 'Start the same upload again: it goes on where it was.',
  )));
  try {
    await end.promise;
    return [...over.values()];
  } finally {
    subscription.unsubscribe();
  }
}

function pauseOnInterrupt(api: EngineClient, ids: readonly string[], say: (text: string) => void): () => void {
  const onSignal = (): void => {
    say('Stopping. The same command goes on with what is missing.');
    // Waiting ones first, so that none of them begins when the running one stops.
    void Promise.all(ids.toReversed().map(async (id) => api.upload.pause.mutate(id))).catch((error: unknown) => say(operatorErrorOf(error).message));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => { for (const signal of signals) process.off(signal, onSignal); };
}

function parseLimit(text: string): number {
  const parsed = uploadLimitSchema.safeParse(Number(text));
  if (!parsed.success || parsed.data === null) throw new InvalidArgumentError('It is a number of kbit/s, at least 64.');
  return parsed.data;
}

function parseProtection(text: string): string {
  const parsed = protectionNameSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('It is the name of a protection, as `fieldcast protection` lists them.');
  return parsed.data;
}

function printJson(status: UploadStatus): void {
  process.stdout.write(`${JSON.stringify(status)}\n`);
}

/** A line for each change of state or sentence, and figures in place on a terminal or now and then elsewhere. */
function printText(): (status: UploadStatus) => void {
  const { stdout } = process;
  let said = '';
  let lineOpen = false;
  let figuresAtMs = performance.now();
  const line = (text: string): void => {
    stdout.write(`${lineOpen ? '\r\u001B[2K' : ''}${text}\n`);
    lineOpen = false;
  };
  return (status) => {
    const now = `${status.state.toUpperCase().padEnd(11)} ${path.basename(status.path)}: ${status.sentence}${status.failure === undefined ? '' : ` ${status.failure.action} [${status.failure.code}]`}`;
    if (now !== said) {
      line(now);
      if (OVER.has(status.state)) for (const text of resultLines(status)) line(text);
    }
    said = now;
    const shown = status.state === 'encoding' && status.encodedPercent !== undefined ? `${status.encodedPercent} %` : status.state === 'uploading' && status.sizeBytes > 0 ? figures(status) : undefined;
    if (shown === undefined) return;
    if (stdout.isTTY) {
      stdout.write(`\r\u001B[2K            ${shown}`);
      lineOpen = true;
    } else if (performance.now() - figuresAtMs >= PLAIN_EVERY_MS) {
      figuresAtMs = performance.now();
      line(`            ${shown}`);
    }
  };
}

function figures({ doneBytes, sizeBytes, bitsPerSecond, secondsLeft }: UploadStatus): string {
  const left = secondsLeft === undefined ? '' : `, ${secondsLeft} s left`;
  return `${Math.floor((doneBytes / sizeBytes) * 100)} %  ${(doneBytes / 1e6).toFixed(1)} of ${(sizeBytes / 1e6).toFixed(1)} MB  ${Math.round(bitsPerSecond / 1000)} kbit/s${left}`;
}

function resultLines({ id, assetName, result, state }: UploadStatus): string[] {
  const head = `            upload ${id}, asset ${assetName}`;
  if (state !== 'done' || result === undefined) return [head];
  return [
    head,
    ...result.files.slice(0, 10).map((file) => `            ${file.sha256}  ${file.blobName} (${file.sizeBytes} bytes)`),
    ...(result.files.length > 10 ? [`            and ${result.files.length - 10} more files`] : []),
    ...Object.entries(result.playback ?? {}).map(([name, url]) => `            ${name.padEnd(8)} ${url}`),
  ];
}
