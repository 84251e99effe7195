// `fieldcast encoders` and `fieldcast ladder`: what this machine encodes with, and the ladder that follows, with its reasons.
import type { Command } from 'commander';
import { OperatorError } from '../../contract/errors.ts';
import { type EncodersReport } from '../../contract/ladderPlan.ts';
import { EVENT_TYPES, type EventType } from '../../contract/eventSettings.ts';
import { parseSourceSpec } from '../capture/sourceSpec.ts';
import { parseDestination } from './destination.ts';
import { EXIT_FAILED, EXIT_OK } from './exitCodes.ts';
import { readLadderOption, readSizeOption, readUplinkOption } from './ladderOption.ts';
import { ladderPlanLines, ladderText } from './ladderPlanText.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

type Settings = { readonly entry: string; readonly home: () => string; readonly finish: (code: number) => void };
type EncodersOptions = { readonly ladder: string; readonly probeAgain?: boolean; readonly json?: boolean };
type LadderOptions = {
  readonly source?: string; readonly size?: string; readonly eventType: string; readonly uplink?: string; readonly destination?: string; readonly ladder: string;
  readonly estimate?: boolean; readonly json?: boolean;
};

export function registerLadderCommands(program: Command, { entry, home, finish }: Settings): void {
  const commandOf = (options: { readonly json?: boolean }): MachineCommand => ({ entry, home: home(), json: options.json === true });

  program.command('encoders')
    .description('find out by trying which encoders of this machine carry a ladder, and how fast; kept until machine, driver or FFmpeg change')
    .option('--ladder <ladder>', 'the ladder that each has to carry: a name, a list such as 1080p:4500,720p:2500, or a .json file', '1080p')
    .option('--probe-again', 'try again, also where it is known')
    .option('--json', 'as JSON')
    .action(async (options: EncodersOptions) => {
      const ladder = readLadderOption(options.ladder);
      const report = await ask(commandOf(options), async (api) => api.engine.encoders.query({ ...(ladder === 'auto' ? {} : { ladder }), again: options.probeAgain === true }));
      print(options.json === true ? [JSON.stringify({ type: 'encoders', ...report })] : encoderLines(report));
      finish(report.encoders.some((one) => one.verdict === 'works') ? EXIT_OK : EXIT_FAILED);
    });

  program.command('ladder')
    .description('plan a ladder and an encoder for a source, and say why; starts no show')
    .option('--source <source>', 'look at this source: test | file:PATH | screen[:DISPLAY] | camera[:NAME]')
    .option('--size <size>', 'instead of a source: WIDTHxHEIGHT[@FPS]')
    .option('--event-type <type>', EVENT_TYPES.join(' | '), 'PassthroughStandard')
    .option('--uplink <kbps>', 'what the uplink carried when it was measured, kbit/s')
    .option('--destination <destination>', 'instead of --uplink: what was last seen to be the limit towards embedded | arm | arm:ADDRESS | rtmp[s]://…')
    .option('--ladder <ladder>', 'check this ladder instead: a name, a list, or a .json file', 'auto')
    .option('--estimate', 'do not try the encoders where that was not done yet')
    .option('--json', 'as JSON')
    .action(async (options: LadderOptions) => {
      const ladder = readLadderOption(options.ladder);
      const plan = await ask(commandOf(options), async (api) => api.ladder.plan.query({
        ...(options.source === undefined ? {} : { video: parseSourceSpec(options.source) }),
        ...(options.size === undefined ? {} : { source: readSizeOption(options.size) }),
        ...(options.uplink === undefined ? {} : { uplinkKbps: readUplinkOption(options.uplink) }),
        ...(options.destination === undefined ? {} : { destination: parseDestination(options.destination) }),
        ...(ladder === 'auto' ? {} : { ladder }),
        eventType: eventTypeOf(options.eventType),
        measure: options.estimate !== true,
      }));
      print(options.json === true ? [JSON.stringify({ type: 'ladder', ...plan })] : ladderPlanLines(plan));
      finish(EXIT_OK);
    });
}

function encoderLines(report: EncodersReport): string[] {
  return [
    `Ladder     ${ladderText(report.ladder)}`,
    `FFmpeg     ${report.ffmpeg}, ${report.fromCache ? 'tried' : 'tried now,'} ${report.probedAtUtc.slice(0, 16).replace('T', ' ')} UTC`,
    ...report.encoders.flatMap((one) => [
      `${one.verdict === 'works' ? 'works' : 'refused'}    ${one.verdict === 'works' ? '  ' : ''}${one.sentence}`,
      ...(one.renditions ?? []).map(({ name, declaredKbps, actualKbps, errorPercent }) => `           ${name.padEnd(6)} ${declaredKbps} kbit/s declared, ${actualKbps} came (${errorPercent > 0 ? '+' : ''}${errorPercent} %)`),
    ]),
  ];
}

function eventTypeOf(text: string): EventType {
  const found = EVENT_TYPES.find((one) => one === text);
  if (found === undefined) throw new OperatorError('UNKNOWN_EVENT_TYPE', `There is no event type "${text.slice(0, 60)}".`, `Give one of: ${EVENT_TYPES.join(', ')}.`);
  return found;
}
