// `fieldcast cue …`: splices and data for the show that runs on this machine, from a terminal, a stream deck or a playout's script.
import type { Command } from 'commander';
import { cueRequestSchema, type CueInput } from '../../contract/cue.ts';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { askRunning } from './controlCommands.ts';
import { parseDuration } from './duration.ts';
import { EXIT_OK } from './exitCodes.ts';

type CueOptions = {
  readonly id?: string;
  readonly duration?: string;
  readonly preRoll?: string;
  readonly as?: string;
  readonly via?: string;
  readonly json?: boolean;
};

export function registerCueCommand(program: Command, { home, finish }: { readonly home: string; readonly finish: (code: number) => void }): void {
  const cue = program.command('cue').description('put an ad marker or data on the timeline of the show that runs on this machine');
  const give = async (input: Record<string, unknown>, options: CueOptions): Promise<void> => {
    const parsed = cueRequestSchema.safeParse({ ...input, ...commonOf(options) });
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new OperatorError('CUE_UNKNOWN', `The cue cannot be given: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(), 'See `fieldcast cue --help`.');
    }
    const receipt = await askRunning(home, async (api) => api.show.cue.mutate(parsed.data as CueInput));
    process.stdout.write(options.json === true ? `${JSON.stringify(receipt)}\n` : `${receipt.kind} ${receipt.id} at ${receipt.atUtc} (${receipt.atSeconds.toFixed(3)} s of the event)\n`);
    finish(EXIT_OK);
  };
  const common = (command: Command): Command => command
    .option('--id <id>', 'its name; letters, digits, . _ : and -')
    .option('--pre-roll <duration>', 'how long before its time it is sent; splices at least 4s', undefined)
    .option('--json', 'the answer as JSON');
  common(cue.command('out').description('a break begins, at the first keyframe after the pre-roll'))
    .option('--duration <duration>', 'how long the break lasts, e.g. 30s')
    .option('--as <form>', 'splice-insert | time-signal | simple | cue-point', 'splice-insert')
    .action(async (options: CueOptions) => give({ kind: 'out' }, options));
  common(cue.command('in').description('the break ends; without --id the last one'))
    .option('--as <form>', 'splice-insert | time-signal', 'splice-insert')
    .action(async (options: CueOptions) => give({ kind: 'in' }, options));
  cue.command('cancel').description('withdraw a splice at least 4 s before its time').argument('<id>', 'its name')
    .option('--json', 'the answer as JSON')
    .action(async (id: string, options: CueOptions) => give({ kind: 'cancel', id }, options));
  common(cue.command('scte35').description('a SCTE-35 message made elsewhere').argument('<base64>', 'the whole splice_info_section'))
    .action(async (section: string, options: CueOptions) => give({ kind: 'scte35', section }, options));
  common(cue.command('data').description('JSON for viewers').argument('<json>', 'any JSON value'))
    .option('--duration <duration>', 'how long it holds')
    .option('--via <way>', "stream (with the media) | https (the service's own call, at once)", 'stream')
    .action(async (json: string, options: CueOptions) => give({ kind: 'data', data: jsonOf(json) }, options));
}

function commonOf({ id, duration, preRoll, as, via }: CueOptions): Record<string, unknown> {
  return {
    ...(id === undefined ? {} : { id }),
    ...(duration === undefined ? {} : { durationSeconds: parseDuration(duration) }),
    ...(preRoll === undefined ? {} : { preRollSeconds: parseDuration(preRoll) }),
    ...(as === undefined ? {} : { as }),
    ...(via === undefined ? {} : { via }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatorError('CUE_UNKNOWN', `The data is no JSON: ${messageOf(error)}`, "Quote it for the shell: fieldcast cue data '{\"score\": 1}'.", { cause: error });
  }
}
