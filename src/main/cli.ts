// Entry of the command line: arguments in, exit code out. The first client of the engine's API.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { OperatorError, messageOf } from '../contract/errors.ts';
import { ingestProtocolSchema, type IngestProtocol } from '../contract/ingest.ts';
import { pairModeSchema, type PairMode } from '../contract/pair.ts';
import type { ShowPlan } from '../contract/plan.ts';
import type { ShowReport } from '../contract/report.ts';
import { MAX_SIDE_OUTPUTS } from '../contract/sideOutput.ts';
import { parseAudioSpec, parseSourceSpec, splitSoundSettings } from './capture/sourceSpec.ts';
import { registerAccountCommands } from './cli/accountCommands.ts';
import { registerControlCommands } from './cli/controlCommands.ts';
import { registerControlRoomCommands } from './cli/controlRoomCommands.ts';
import { registerCueCommand } from './cli/cueCommand.ts';
import { parseDestination } from './cli/destination.ts';
import { registerKeyCommands, withAskedKeys } from './cli/keyCommands.ts';
import { eventSettingsOf, type EventSettingsOptions } from './cli/eventSettingsOption.ts';
import { parseStreamPlace } from './cli/streamPlace.ts';
import { runEndpoints, runEvents, type EndpointsOptions, type EventsOptions } from './cli/eventCommands.ts';
import { parseDuration } from './cli/duration.ts';
import { EXIT_FAILED, EXIT_NOT_VERIFIED, EXIT_OK, EXIT_USAGE } from './cli/exitCodes.ts';
import { printDevices, printFindings, printUnfinished } from './cli/machineCommands.ts';
import { runRecordings } from './cli/recordingsCommand.ts';
import { parseRecordQuality } from './cli/recordQuality.ts';
import { runReport } from './cli/reportCommand.ts';
import { registerLadderCommands } from './cli/ladderCommands.ts';
import { readEncoderOption, readLadderOption, readUplinkOption } from './cli/ladderOption.ts';
import { runShow, type PlanningWish, type ShowRequest } from './cli/runShow.ts';
import { runService, type ServiceOptions } from './cli/serviceCommand.ts';
import { registerProtectionCommands } from './cli/protectionCommands.ts';
import { registerFilterCommands } from './cli/filterCommands.ts';
import { registerLibraryCommand } from './cli/libraryCommand.ts';
import { registerServicesCommand } from './cli/servicesCommand.ts';
import { registerUploadCommand } from './cli/uploadCommand.ts';
import { jsonPrinter, textPrinter } from './cli/showPrinter.ts';
import { parseProxy } from './publish/proxyChoice.ts';
import { ladderByName } from './encode/ladders.ts';
import { installFfmpegIfPossible } from './ffmpeg/install.ts';
import { fieldcastHome } from './show/home.ts';

const DEMO_SECONDS = 30;
const LADDER_HELP = '1080p | 720p | 480p | auto (planned for the source and this machine) | a list such as 1080p:4500,720p:2500 | FILE.json';
const ENCODER_HELP = 'auto (the best that was tried and keeps up) | NAME:PRESET, e.g. libx264:veryfast (default: libx264:superfast)';
/** Stands in the plan until the engine has chosen. */
const PLACE_HOLDER = '720p';

type ShowOptions = { readonly json?: boolean };
type LiveOptions = ShowOptions & {
  readonly source: readonly string[];
  readonly audio: string;
  readonly destination: string;
  readonly ladder: string;
  readonly encoder?: string;
  readonly uplink?: string;
  readonly for?: string;
  readonly rehearse?: boolean;
  readonly record?: string;
  readonly recordName?: string;
  readonly recordSplit?: string;
  readonly recordQuality?: string;
  readonly slateText?: string;
  readonly slatePicture?: string;
  readonly event?: string;
  readonly keepEvent?: boolean;
  readonly proxy?: string;
  readonly also?: readonly string[];
  readonly join?: string;
  readonly pair?: string;
  readonly ingest?: string;
} & EventSettingsOptions;

/** The entry beside this one: TypeScript from the source tree, JavaScript from a build. */
function entryPath(name: string): string {
  const source = path.join(import.meta.dirname, `${name}.ts`);
  return existsSync(source) ? source : path.join(import.meta.dirname, `${name}.js`);
}

/** Sentences for a person go to stderr, so that stdout holds nothing but the events under `--json`. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function show(request: ShowRequest, options: ShowOptions): Promise<ShowReport> {
  return runShow(request, {
    entry: entryPath('engine'),
    home: fieldcastHome(process.env),
    printer: options.json === true ? jsonPrinter(process.stdout) : textPrinter(process.stdout),
    say,
  });
}

/** @param isLadderGiven false where --ladder is only its default */
function planOf(options: LiveOptions, isLadderGiven = true): ShowPlan {
  const { for: duration, record, recordName, recordSplit, recordQuality, event, join, pair, proxy, slateText, slatePicture, also, ingest } = options;
  if (join !== undefined && event !== undefined && join !== event) throw new OperatorError('JOIN_UNCLEAR', '--join and --event name two events.', 'Give one of them.');
  const slate = {
    ...(slateText === undefined ? {} : { text: slateText }),
    ...(slatePicture === undefined ? {} : { picture: path.resolve(slatePicture) }),
  };
  const sources = options.source.map(splitSoundSettings);
  const audio = splitSoundSettings(options.audio);
  const [video, ...otherVideo] = sources.map(({ spec }) => parseSourceSpec(spec));
  const sound = Object.fromEntries([...sources.map((one, index) => [String(index + 1), one.sound] as const), ['audio', audio.sound] as const]
    .filter(([, settings]) => Object.keys(settings).length > 0));
  const ladder = readLadderOption(options.ladder);
  const encoder = options.encoder === undefined ? undefined : readEncoderOption(options.encoder);
  if (ladder === 'auto' && join !== undefined) throw new OperatorError('JOIN_UNCLEAR', 'The event that is joined brings its ladder.', 'Leave --ladder out.');
  if (video === undefined) throw new OperatorError('SOURCE_UNKNOWN', 'No source was given.', 'Give --source.');
  const settings = eventSettingsOf(options);
  return {
    video,
    audio: parseAudioSpec(audio.spec),
    destination: parseDestination(options.destination),
    ladder: ladder === 'auto' ? ladderByName(PLACE_HOLDER) : ladder,
    ...(encoder === undefined || encoder === 'auto' ? {} : { encoder }),
    rehearse: options.rehearse === true,
    keepEvent: options.keepEvent === true,
    ...(duration === undefined ? {} : { durationSeconds: parseDuration(duration) }),
    ...(record === undefined ? {} : { recordDir: path.resolve(record) }),
    ...((join ?? event) === undefined ? {} : { eventName: join ?? event }),
    ...(join === undefined ? {} : { join: isLadderGiven ? 'match' as const : 'adopt' as const }),
    ...(pair === undefined ? {} : { pair: pairModeOf(pair) }),
    ...(ingest === undefined ? {} : { ingest: ingestOf(ingest) }),
    ...(recordName === undefined ? {} : { recordName }),
    ...(recordSplit === undefined ? {} : { recordSplitSeconds: parseDuration(recordSplit) }),
    ...(recordQuality === undefined ? {} : { recordKbps: parseRecordQuality(recordQuality) }),
    ...(Object.keys(slate).length === 0 ? {} : { slate }),
    ...(proxy === undefined ? {} : { proxy: proxyOf(proxy) }),
    ...(also === undefined ? {} : { also: sideOutputsOf(also) }),
    ...(settings === undefined ? {} : { event: settings }),
    ...(otherVideo.length === 0 ? {} : { otherVideo }),
    ...(Object.keys(sound).length === 0 ? {} : { sound }),
  };
}

/** What is left to the engine's planner; nothing where ladder and encoder are given. */
function wishOf({ ladder, encoder, uplink }: Pick<LiveOptions, 'ladder' | 'encoder' | 'uplink'>, isPlanned = false): { readonly wish?: PlanningWish } {
  const uplinkKbps = uplink === undefined ? {} : { uplinkKbps: readUplinkOption(uplink) };
  if (ladder === 'auto' || isPlanned) return { wish: { chooses: 'ladder and encoder', ...uplinkKbps } };
  return encoder === 'auto' ? { wish: { chooses: 'encoder', ...uplinkKbps } } : {};
}

function sideOutputsOf(texts: readonly string[]): NonNullable<ShowPlan['also']> {
  const outputs = texts.map(parseStreamPlace);
  const twice = outputs.find(({ name }, index) => outputs.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined) throw new OperatorError('STREAM_PLACE_UNKNOWN', `Two outputs are called ${twice.name}.`, 'Put a name before one of them: --also second=youtube.');
  if (outputs.length > MAX_SIDE_OUTPUTS) throw new OperatorError('TOO_MANY_OUTPUTS', `A show has at most ${MAX_SIDE_OUTPUTS} outputs beside its main one.`, 'Leave some out.');
  return outputs;
}

/** A password in an argument can be read by everybody on the machine. */
function proxyOf(url: string): string {
  if (url !== 'none' && parseProxy(url).username !== undefined) {
    throw new OperatorError('PROXY_PASSWORD_IN_ARGUMENTS', 'An argument is no place for a password: other users of this computer can read it.', 'Put the whole address into the environment variable FIELDCAST_PROXY.');
  }
  return url;
}

function ingestOf(text: string): IngestProtocol {
  const protocol = ingestProtocolSchema.safeParse(text).data;
  if (protocol !== undefined) return protocol;
  throw new OperatorError('INGEST_UNKNOWN', `--ingest cannot be "${text}".`, 'Give rtmp or smooth.');
}

function pairModeOf(text: string): PairMode {
  const mode = pairModeSchema.safeParse(text).data;
  if (mode !== undefined) return mode;
  throw new OperatorError('PAIR_UNKNOWN', `--pair cannot be "${text}".`, 'Give one-each or both.');
}

/** A plain RTMP server and a rehearsal cannot be compared with an archive; there an orderly end is all there is. */
function exitCodeOf(report: ShowReport): number {
  if (report.outcome === 'failed') return EXIT_FAILED;
  return report.verified || report.playback.dash === undefined ? EXIT_OK : EXIT_NOT_VERIFIED;
}

function createProgram(finish: (code: number) => void): Command {
  const program = new Command('fieldcast')
    .description('Live encoder: one source, a ladder of renditions, a live event that anyone can watch.')
    .version(packageJson.version)
    .exitOverride()
    .showHelpAfterError('(`fieldcast --help` shows what there is)');

  program.command('live')
    .description('go live from a source to a destination')
    .requiredOption('--source <source>', 'test | file:PATH | screen[:DISPLAY] | camera[:NAME]; several, to switch between them: the first is on air. Ends with ;gain=DB and ;offset=MS for its sound where wanted',
      (one: string, more: readonly string[] | undefined) => [...(more ?? []), one])
    .option('--audio <audio>', 'source (the sound of the source) | test | file:PATH | microphone[:NAME] | none', 'source')
    .requiredOption('--destination <destination>', 'embedded | arm (the chosen account) | arm:ADDRESS | youtube and others of `fieldcast platforms` | rtmp(s)://HOST/APP/KEY')
    .option('--ladder <ladder>', `${LADDER_HELP}; for a platform auto where nothing is said`, '720p')
    .option('--encoder <encoder>', ENCODER_HELP)
    .option('--uplink <kbps>', 'for auto: what the uplink carried when it was measured; half of it is used')
    .option('--for <duration>', 'end after this much time on air, e.g. 30s, 10m, 1h30m')
    .option('--rehearse', 'hold in a private rehearsal until Enter is pressed')
    .option('--record <dir>', 'record the top rendition into this folder')
    .option('--record-name <template>', 'name of the files, with {event} {date} {time} {part} {rendition} (default: "{event} {date} {time}")')
    .option('--record-split <duration>', 'begin a new file after this much time, e.g. 30m')
    .option('--record-quality <kbit/s>', 'encode once more for the recording, at this bitrate; costs as much CPU as another top rendition')
    .option('--slate-text <text>', 'words that viewers see while the source gives no picture (default: Be right back)')
    .option('--slate-picture <file>', 'a picture instead of words')
    .option('--proxy <url>', 'for the stream: http://, https:// or socks5://HOST:PORT, or none (default: what the environment says)')
    .option('--also <place>', 'send one rendition to a second place as well: youtube, NAME=twitch, linkedin:rtmps://HOST/APP, rtmps://HOST/APP, with @RENDITION behind it to choose one; its key comes from `fieldcast keys`, FIELDCAST_KEY_NAME or is asked for; several',
      (one: string, more: readonly string[] | undefined) => [...(more ?? []), one])
    .option('--ingest <protocol>', 'what the live event is fed with: rtmp | smooth (fragmented MP4 over HTTPS) (default: rtmp, or what the event takes)')
    .option('--event <name>', 'use the live event of this name (created where it is missing)')
    .option('--event-type <type>', 'for a new event: PassthroughBasic | PassthroughStandard | Standard | Premium1080P (the last two encode at the service)')
    .option('--hostname <prefix>', 'for a new event: first part of a host name that stays the same')
    .option('--low-latency [version]', 'for a new event: smaller buffers; v2 for low-latency HLS of events that encode')
    .option('--transcribe <language>', 'for a new event: a language to transcribe, e.g. en-US; several', (one: string, more: readonly string[] | undefined) => [...(more ?? []), one])
    .option('--allow-ingest <who>', 'for a new event: everyone (as it is) | this-computer | an address | a network; several', (one: string, more: readonly string[] | undefined) => [...(more ?? []), one])
    .option('--allow-preview <who>', 'the same for its preview', (one: string, more: readonly string[] | undefined) => [...(more ?? []), one])
    .option('--archive <duration>', 'how much the service records (default: 1h)')
    .option('--rewind <duration>', 'how far viewers may go back (default: all that is recorded)')
    .option('--manifest <name>', 'name of the manifest in the public addresses (default: show)')
    .option('--locator-id <guid>', 'GUID in the public addresses')
    .option('--public-from <time>', 'the public addresses work from then on')
    .option('--public-until <time>', 'and until then')
    .option('--streaming-policy <name>', 'a streaming policy of the account that does not encrypt')
    .option('--keep-event', 'leave the event running at the end; it goes on costing money')
    .option('--join <event>', 'be the second instance on this live event: its plan is taken over')
    .option('--pair <mode>', 'how two instances share the ingest endpoints: one-each | both')
    .option('--json', 'one JSON object a line; the last one is the report')
    .action(async (options: LiveOptions, command: Command) => {
      const isLadderGiven = command.getOptionValueSource('ladder') === 'cli';
      const plan = await withAskedKeys(planOf(options, isLadderGiven), { home: fieldcastHome(process.env), say });
      // A platform's limits and wishes are known: without a ladder of the operator's own its stream is planned for it.
      const isPlanned = !isLadderGiven && plan.destination.kind === 'rtmp' && plan.destination.platform !== undefined && plan.destination.platform !== 'generic';
      finish(exitCodeOf(await show({ kind: 'start', plan, ...wishOf(options, isPlanned) }, options)));
    });

  program.command('demo')
    .description(`go live for ${DEMO_SECONDS} s from a test picture to the embedded service, and verify that all of it arrived`)
    .option('--ladder <ladder>', LADDER_HELP, '720p')
    .option('--encoder <encoder>', ENCODER_HELP)
    .option('--json', 'one JSON object a line; the last one is the report')
    .action(async (options: ShowOptions & { readonly ladder: string; readonly encoder?: string }) => {
      await installFfmpegIfPossible(say);
      const plan = planOf({ ...options, source: ['test'], audio: 'source', destination: 'embedded', for: `${DEMO_SECONDS}s` });
      const report = await show({ kind: 'start', plan, ...wishOf(options) }, options);
      finish(report.verified ? EXIT_OK : EXIT_FAILED);
    });

  program.command('resume')
    .description('take up a show that an earlier run did not end, or list them')
    .argument('[show]', 'id of the show')
    .option('--end', 'only stop and remove what it left running')
    .option('--json', 'one JSON object a line')
    .action(async (showId: string | undefined, options: ShowOptions & { readonly end?: boolean }) => {
      if (showId === undefined) {
        await printUnfinished({ entry: entryPath('engine'), home: fieldcastHome(process.env), json: options.json === true });
        finish(EXIT_OK);
        return;
      }
      const report = await show({ kind: 'resume', showId, end: options.end === true }, options);
      finish(options.end === true && report.outcome === 'ended' ? EXIT_OK : exitCodeOf(report));
    });

  program.command('devices')
    .description('list cameras, microphones and screens')
    .option('--json', 'as JSON')
    .action(async (options: ShowOptions) => {
      await printDevices({ entry: entryPath('engine'), home: fieldcastHome(process.env), json: options.json === true });
      finish(EXIT_OK);
    });

  program.command('doctor')
    .description('tell what is found on this machine, what is missing, and what to do')
    .option('--json', 'as JSON')
    .action(async (options: ShowOptions) => {
      const healthy = await printFindings({ entry: entryPath('engine'), home: fieldcastHome(process.env), json: options.json === true });
      finish(healthy ? EXIT_OK : EXIT_FAILED);
    });

  program.command('report')
    .description('write a zip with logs, plans, health and facts of this machine for whoever helps you; secrets are taken out')
    .option('--out <file>', 'where to (default: a new file in this folder)')
    .option('--json', 'as JSON')
    .action(async (options: ShowOptions & { readonly out?: string }) => {
      await runReport({ entry: entryPath('engine'), home: fieldcastHome(process.env), json: options.json === true }, options.out);
      finish(EXIT_OK);
    });

  program.command('events')
    .description('list the live events of an account, and what of it still costs money')
    .option('--destination <destination>', 'embedded | arm (the chosen account) | arm:ADDRESS', 'embedded')
    .option('--stop <name>', 'stop this one, if Fieldcast has started it')
    .option('--stand-by <name>', 'bring this one to stand-by, from where it starts quickly; costs less than running')
    .option('--reset <name>', 'let this one forget its tracks; its recordings stay')
    .option('--by-stopping', 'with --reset: stop and start it where the service cannot reset')
    .option('--delete <name>', 'delete this one once it is stopped; its recordings stay')
    .option('--json', 'as JSON')
    .action(async (options: EventsOptions & ShowOptions) => {
      await runEvents({ entry: entryPath('engine'), home: fieldcastHome(process.env), json: options.json === true }, options);
      finish(EXIT_OK);
    });

  program.command('endpoints')
    .description('list the streaming endpoints of an account, or change one')
    .option('--destination <destination>', 'embedded | arm (the chosen account) | arm:ADDRESS', 'embedded')
    .option('--name <name>', 'which one to change (default: default)')
    .option('--start', 'let it run, which costs money')
    .option('--stop', 'stop it: nothing of the account plays any more')
    .option('--scale <units>', '0 (standard) to 10')
    .option('--cdn <state>', 'on | off; it is stopped for that moment')
    .option('--cdn-provider <name>', 'StandardVerizon | PremiumVerizon | StandardAkamai')
    .option('--cdn-profile <name>', 'of the CDN')
    .option('--json', 'as JSON')
    .action(async (options: EndpointsOptions & ShowOptions) => {
      await runEndpoints({ entry: entryPath('engine'), home: fieldcastHome(process.env), json: options.json === true }, options);
      finish(EXIT_OK);
    });

  program.command('recordings')
    .description('list what was recorded on this computer')
    .option('--repair', 'make plain files of what a crash has left in fragments')
    .option('--json', 'as JSON')
    .action(async (options: ShowOptions & { readonly repair?: boolean }) => {
      const isWell = await runRecordings({ entry: entryPath('engine'), home: fieldcastHome(process.env), json: options.json === true }, options.repair === true);
      finish(isWell ? EXIT_OK : EXIT_FAILED);
    });

  program.command('service')
    .description('run the embedded service until Ctrl-C, so that recordings and streams play')
    .option('--port <port>', 'HTTPS port of the API and of playback')
    .option('--http-port <port>', 'plain HTTP port of playback')
    .option('--verbose', 'show its log')
    .action(async (options: ServiceOptions) => {
      finish(await runService(entryPath('service'), fieldcastHome(process.env), options));
    });

  registerServicesCommand(program, { entry: entryPath('engine'), home: () => fieldcastHome(process.env), finish });
  registerLadderCommands(program, { entry: entryPath('engine'), home: () => fieldcastHome(process.env), finish });
  registerUploadCommand(program, { entry: entryPath('engine'), home: fieldcastHome(process.env), say, finish });
  registerLibraryCommand(program, { entry: entryPath('engine'), home: fieldcastHome(process.env), finish: () => finish(EXIT_OK) });
  registerFilterCommands(program, { entry: entryPath('engine'), home: fieldcastHome(process.env), finish: () => finish(EXIT_OK) });
  registerProtectionCommands(program, { entry: entryPath('engine'), home: fieldcastHome(process.env), finish: () => finish(EXIT_OK) });
  registerCueCommand(program, { home: fieldcastHome(process.env), finish });
  registerControlCommands(program, { home: fieldcastHome(process.env), finish });
  registerControlRoomCommands(program, { home: fieldcastHome(process.env), finish });
  registerKeyCommands(program, { home: fieldcastHome(process.env), say, finish });
  registerAccountCommands(program, { home: fieldcastHome(process.env), say, finish });
  return program;
}

async function main(): Promise<void> {
  let code = EXIT_OK;
  try {
    await createProgram((result) => { code = result; }).parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      code = error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    } else if (error instanceof OperatorError) {
      say(`${error.message} ${error.action} [${error.code}]`);
      code = EXIT_FAILED;
    } else {
      say(`Something unexpected happened: ${messageOf(error)}`);
      code = EXIT_FAILED;
    }
  }
  process.exitCode = code;
}

await main();
