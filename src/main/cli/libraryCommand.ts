// `fieldcast library`: what an account holds on demand, and what is public of it.
import { Option, type Command } from 'commander';
import { OperatorError } from '../../contract/errors.ts';
import type { LibraryAsset } from '../../contract/library.ts';
import { protectionSchema, type Protection } from '../../contract/upload.ts';
import { uploadDestinationOf } from './destination.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

export type LibraryCommandContext = { readonly entry: string; readonly home: string; readonly finish: () => void };

type Options = {
  readonly destination: string; readonly search?: string; readonly publish?: string; readonly unpublish?: string; readonly delete?: string;
  readonly evenIfPublic?: boolean; readonly protect: Protection; readonly protectWith?: string; readonly filter: readonly string[]; readonly testToken?: string; readonly addresses?: string; readonly json?: boolean;
};

/** Adds the command to `program`. Its failures are OperatorErrors, thrown to the caller of `parseAsync`. */
export function registerLibraryCommand(program: Command, context: LibraryCommandContext): void {
  program.command('library')
    .description('list the assets of an account, newest first, and change which of them are public')
    .option('--destination <destination>', 'embedded | arm (the chosen account) | arm:ADDRESS', 'embedded')
    .option('--search <text>', 'only those with this in their name or description')
    .option('--publish <asset>', 'make it public and print its addresses; those that it has stay')
    .addOption(new Option('--protect <how>', 'with --publish: encrypt with AES-128; everyone gets the key (open), or only the bearer of a token').choices(protectionSchema.options).default('none'))
    .option('--protect-with <name>', 'with --publish: encrypt as a protection that was made with `fieldcast protection put`')
    .option('--filter <name...>', 'with --publish: filters of the account or the asset that hold for all viewers (see `fieldcast filters`)', [])
    .option('--addresses <asset>', 'print the public addresses that it has, whatever its protection')
    .option('--test-token <asset>', 'print a token that opens its key for an hour, to try a player with')
    .option('--unpublish <asset>', 'take its addresses back; the media stays')
    .option('--delete <asset>', 'delete it with its media')
    .option('--even-if-public', 'with --delete: also where viewers still have its address')
    .option('--json', 'one JSON object a line')
    .action(async (options: Options) => {
      await run({ entry: context.entry, home: context.home, json: options.json === true }, options);
      context.finish();
    });
}

async function run(command: MachineCommand, options: Options): Promise<void> {
  const destination = uploadDestinationOf(options.destination);
  const { publish, unpublish, delete: removed, testToken, addresses, protect: protection, protectWith, filter, evenIfPublic = false, search } = options;
  if ([publish, unpublish, removed, testToken, addresses].filter((one) => one !== undefined).length > 1) throw new OperatorError('ONE_AT_A_TIME', 'One change at a time.', 'Give one of --publish, --unpublish, --delete, --addresses and --test-token.');
  const say = (json: object, ...lines: string[]): void => print(command.json ? [JSON.stringify(json)] : lines);
  if (publish !== undefined) {
    const playback = await ask(command, async (api) => api.library.publish.mutate({ destination, assetName: publish, protection, filters: [...filter], ...(protectWith === undefined ? {} : { policy: protectWith }) }));
    return say({ type: 'published', asset: publish, playback }, `${publish} is public.`, ...Object.entries(playback).map(([name, url]) => `${name.padEnd(8)} ${url}`));
  }
  if (addresses !== undefined) {
    const playback = await ask(command, async (api) => api.library.addresses.query({ destination, assetName: addresses }));
    return say({ type: 'addresses', asset: addresses, playback }, ...Object.entries(playback).map(([name, url]) => `${name.padEnd(8)} ${url}`));
  }
  if (testToken !== undefined) {
    const token = await ask(command, async (api) => api.library.testToken.mutate({ destination, assetName: testToken }));
    return say({ type: 'testToken', asset: testToken, token }, token);
  }
  if (unpublish !== undefined) {
    const count = await ask(command, async (api) => api.library.unpublish.mutate({ destination, assetName: unpublish }));
    return say({ type: 'unpublished', asset: unpublish, addresses: count }, count === 0 ? `${unpublish} was not public.` : `${unpublish} is not public any more; its media stays.`);
  }
  if (removed !== undefined) {
    await ask(command, async (api) => api.library.remove.mutate({ destination, assetName: removed, evenIfPublic }));
    return say({ type: 'deleted', asset: removed }, `${removed} is deleted.`);
  }
  const listing = await ask(command, async (api) => api.library.list.query({ destination, ...(search === undefined ? {} : { search }) }));
  if (command.json) return print([JSON.stringify({ type: 'library', ...listing })]);
  if (listing.assets.length === 0) return print([search === undefined ? 'The account holds no assets yet: recordings of shows and uploads become some.' : `Nothing has “${search}” in its name or description.`]);
  print([...listing.assets.map(assetLine), ...(listing.more ? ['There is more; narrow it down with --search.'] : [])]);
}

function assetLine({ name, createdAtUtc, locators, recordedBy }: LibraryAsset): string {
  const state = recordedBy !== undefined ? 'RECORDING' : locators.length > 0 ? 'public' : 'private';
  return `${state.padEnd(10)} ${(createdAtUtc ?? '').slice(0, 16).replace('T', ' ').padEnd(16)}  ${name}${recordedBy === undefined ? '' : ` (live event ${recordedBy.eventName})`}`;
}
