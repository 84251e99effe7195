// `fieldcast filters`: which part of a stream viewers are offered, kept by the account or by one asset.
import { InvalidArgumentError, type Command } from 'commander';
import { OperatorError } from '../../contract/errors.ts';
import { filterFormSchema, filterNameSchema, type FilterEntry } from '../../contract/mediaFilter.ts';
import { uploadDestinationOf } from './destination.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

export type FilterCommandContext = { readonly entry: string; readonly home: string; readonly finish: () => void };
type Scope = { readonly destination: string; readonly asset?: string; readonly json?: boolean };
type PutOptions = {
  readonly only?: 'video' | 'audio'; readonly minKbps?: number; readonly maxKbps?: number; readonly language?: string; readonly firstKbps?: number;
  readonly from?: number; readonly to?: number; readonly window?: number; readonly backoff?: number; readonly endsLive?: boolean;
};

/** Adds the commands to `program`. Their failures are OperatorErrors, thrown to the caller of `parseAsync`. */
export function registerFilterCommands(program: Command, context: FilterCommandContext): void {
  const filters = program.command('filters').description('list filters, which offer viewers a part of a stream; of the account, or of one asset')
    .option('--destination <destination>', 'embedded | arm (the chosen account) | arm:ADDRESS', 'embedded')
    .option('--asset <asset>', 'of this asset')
    .option('--json', 'one JSON object a line');
  const work = (run: (command: MachineCommand, scope: Scope) => Promise<void>) => async (): Promise<void> => {
    const scope = filters.opts<Scope>();
    await run({ entry: context.entry, home: context.home, json: scope.json === true }, scope);
    context.finish();
  };
  filters.action(work(async (command, scope) => {
    const found = await ask(command, async (api) => api.filters.list.query(questionOf(scope)));
    if (command.json) return print([JSON.stringify({ type: 'filters', filters: found })]);
    print(found.length === 0 ? ['There is no filter yet. Make one with `fieldcast filters put NAME`.'] : found.flatMap(linesOf));
  }));
  const put = filters.command('put <name>').description('make a filter, or change the one of that name')
    .option('--only <kind>', 'video or audio', (text: string) => oneOf(text))
    .option('--min-kbps <kbit/s>', 'no rendition below this', number)
    .option('--max-kbps <kbit/s>', 'no rendition above this', number)
    .option('--language <language>', 'only sound in this language (ISO 639)')
    .option('--first-kbps <kbit/s>', 'the rendition with which players begin, or the next below it', number)
    .option('--from <seconds>', 'of the stream’s timeline', number)
    .option('--to <seconds>', 'of the stream’s timeline', number)
    .option('--window <seconds>', 'live: how far back viewers may go, at least 60', number)
    .option('--backoff <seconds>', 'live: how far behind the edge viewers stay, at most 300', number)
    .option('--ends-live', 'with --to: it holds for a running event, too');
  put.action(async (name: string) => work(async (command, scope) => {
    const { from, to, window, backoff, ...rest } = put.opts<PutOptions>();
    const parsed = filterFormSchema.safeParse({ ...rest, fromSeconds: from, toSeconds: to, windowSeconds: window, backoffSeconds: backoff });
    if (!parsed.success) throw refused(parsed.error.issues[0]?.message);
    await ask(command, async (api) => api.filters.put.mutate({ ...questionOf(scope), name: named(name), form: parsed.data }));
    print(command.json ? [JSON.stringify({ type: 'filter', name })] : [`The filter ${name} is there. Addresses use it as (…,filter=${name}).`]);
  })());
  const remove = filters.command('delete <name>').description('delete a filter that no address needs').option('--even-if-used', 'also where addresses stop playing by it');
  remove.action(async (name: string) => work(async (command, scope) => {
    await ask(command, async (api) => api.filters.remove.mutate({ ...questionOf(scope), name: named(name), evenIfUsed: remove.opts<{ evenIfUsed?: boolean }>().evenIfUsed === true }));
    print(command.json ? [JSON.stringify({ type: 'deleted', filter: name })] : [`The filter ${name} is deleted.`]);
  })());
}

function questionOf({ destination, asset }: Scope) {
  return { destination: uploadDestinationOf(destination), ...(asset === undefined ? {} : { assetName: asset }) };
}

function linesOf({ name, sentences, locators }: FilterEntry): string[] {
  return [`${name}${locators.length === 0 ? '' : `  (of the addresses of ${locators.join(', ')})`}`, ...sentences.map((sentence) => `    ${sentence}`)];
}

function named(name: string): string {
  const parsed = filterNameSchema.safeParse(name);
  if (!parsed.success) throw refused(parsed.error.issues[0]?.message);
  return parsed.data;
}

function refused(message = 'the filter cannot be understood'): OperatorError {
  return new OperatorError('FILTER_INVALID', `This is no filter: ${message}.`, 'See `fieldcast filters put --help`.');
}

function oneOf(text: string): string {
  if (text !== 'video' && text !== 'audio') throw new InvalidArgumentError('It is video or audio.');
  return text;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It is a number.');
  return value;
}
