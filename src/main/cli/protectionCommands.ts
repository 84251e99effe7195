// `fieldcast protection`: DRM and AES-128 of an account from a form in a file, the secrets that forms name, and what plays where.
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { protectionFormSchema, protectionSecretSchema, type ProtectionForm } from '../../contract/contentProtection.ts';
import { protectionNameSchema } from '../../contract/upload.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { uploadDestinationOf } from './destination.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

export type ProtectionCommandContext = { readonly entry: string; readonly home: string; readonly finish: () => void };
type Scope = { readonly destination: string; readonly json?: boolean };

const MAX_FILE_BYTES = 96 * 1024;

/** Adds the commands to `program`. Their failures are OperatorErrors, thrown to the caller of `parseAsync`. */
export function registerProtectionCommands(program: Command, context: ProtectionCommandContext): void {
  const protection = program.command('protection').description('list the protections of an account: AES-128, PlayReady, Widevine, FairPlay')
    .option('--destination <destination>', 'embedded | arm (the chosen account) | arm:ADDRESS', 'embedded')
    .option('--json', 'one JSON object a line');
  const work = async (run: (command: MachineCommand, destination: ReturnType<typeof uploadDestinationOf>) => Promise<void>): Promise<void> => {
    const scope = protection.opts<Scope>();
    await run({ entry: context.entry, home: context.home, json: scope.json === true }, uploadDestinationOf(scope.destination));
    context.finish();
  };
  const say = (command: MachineCommand, json: object, ...lines: string[]): void => print(command.json ? [JSON.stringify(json)] : lines);

  protection.action(async () => work(async (command, destination) => {
    const found = await ask(command, async (api) => api.protection.list.query({ destination }));
    const lines = found.map(({ name, options, locators }) => `${name}: ${options.join(', ')}${locators.length === 0 ? '' : ` (of the addresses of ${locators.join(', ')})`}`);
    say(command, { type: 'protections', protections: found }, ...(lines.length === 0 ? ['There is no protection yet. Make one with `fieldcast protection put NAME --form FILE`.'] : lines));
  }));
  protection.command('table').description('what plays where').action(async () => work(async (command) => {
    const table = await ask(command, async (api) => api.protection.table.query());
    say(command, { type: 'players', table }, ...table.flatMap(({ player, clear, aes128, drm }) => [player, `    in the clear: ${clear}`, `    AES-128: ${aes128}`, `    DRM: ${drm}`]));
  }));
  const put = protection.command('put <name>').description('make a protection from a form, or change who gets its keys').requiredOption('--form <file>', 'JSON; its fields are in docs/on-demand.md');
  put.action(async (name: string) => work(async (command, destination) => {
    const form = await formIn(put.opts<{ form: string }>().form);
    const made = await ask(command, async (api) => api.protection.put.mutate({ destination, name: checked(protectionNameSchema, name), form }));
    say(command, { type: 'protection', ...made }, `${name} is there: ${made.sentences.join(', ')}, with the streaming policy ${made.streamingPolicy}.`, `Publish with it: fieldcast library --publish ASSET --protect-with ${name}`);
  }));
  protection.command('delete <name>').description('delete a protection that no address needs').action(async (name: string) => work(async (command, destination) => {
    await ask(command, async (api) => api.protection.remove.mutate({ destination, name: checked(protectionNameSchema, name) }));
    say(command, { type: 'deleted', protection: name }, `${name} is deleted.`);
  }));
  const secret = protection.command('secret [name]').description('keep a key or certificate for forms to name, read from a file; without a name: list them')
    .option('--from <file>', 'the file, or - for the standard input').option('--base64', 'the file is binary (a PFX): keep it in base64').option('--forget', 'forget it');
  secret.action(async (name: string | undefined) => work(async (command) => {
    const { from, base64 = false, forget = false } = secret.opts<{ from?: string; base64?: boolean; forget?: boolean }>();
    if (name === undefined) {
      const names = await ask(command, async (api) => api.protection.secrets.query());
      return say(command, { type: 'secrets', names }, ...(names.length === 0 ? ['No secret is kept.'] : names));
    }
    if (forget === (from !== undefined)) throw new OperatorError('SECRET_SOURCE', 'Nothing says where the secret is.', 'Give --from FILE (or - for the standard input), or --forget.');
    const value = from === undefined ? undefined : await secretIn(from, base64);
    await ask(command, async (api) => api.protection.keepSecret.mutate({ name: checked(protectionSecretSchema, name), ...(value === undefined ? {} : { value }) }));
    return say(command, { type: 'secret', name, kept: value !== undefined }, value === undefined ? `${name} is forgotten.` : `${name} is kept.`);
  }));
}

async function formIn(file: string): Promise<ProtectionForm> {
  const text = (await bytesOf(file)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OperatorError('PROTECTION_INVALID', `${file} is no JSON.`, 'See docs/on-demand.md for a form.');
  }
  const parsed = protectionFormSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OperatorError('PROTECTION_INVALID', `${file} is no form of a protection.`, parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'The form'}: ${message}.`).join(' '));
}

async function secretIn(file: string, isBinary: boolean): Promise<string> {
  const bytes = await bytesOf(file);
  const value = isBinary ? bytes.toString('base64') : bytes.toString('utf8').trim();
  if (value === '') throw new OperatorError('SECRET_SOURCE', 'The secret is empty.', 'Check the file.');
  return value;
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
    if (bytes.length <= MAX_FILE_BYTES) return bytes;
  } catch (error) {
    throw new OperatorError('FILE_UNREADABLE', `${file} cannot be read: ${messageOf(error)}.`, 'Check the path.', { cause: error });
  }
  throw new OperatorError('FILE_UNREADABLE', `${file} is larger than ${MAX_FILE_BYTES / 1024} KiB.`, 'Check the path.');
}

function checked(schema: typeof protectionNameSchema, name: string): string {
  const parsed = schema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new OperatorError('NAME_INVALID', `“${name.slice(0, 64)}” cannot be used: ${parsed.error.issues[0]?.message ?? ''}.`, 'Choose another name.');
}
