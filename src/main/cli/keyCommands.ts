// `fieldcast keys` and `fieldcast platforms`: stream keys kept by name, and what platforms take. A key comes from the standard input alone.
import type { Command } from 'commander';
import { OperatorError } from '../../contract/errors.ts';
import { PLATFORM_NAMES, PLATFORMS } from '../../contract/platforms.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import { sideOutputNameSchema } from '../../contract/sideOutput.ts';
import { forgetKey, keepKey, keptKey, keptKeyNames, keyVariableOf } from '../secrets/keptKey.ts';
import { openHeadlessSecretStore } from '../secrets/headlessSecretStore.ts';
import { EXIT_OK } from './exitCodes.ts';
import { readSecret } from './secretInput.ts';

type Context = { readonly home: string; readonly say: (text: string) => void; readonly finish: (code: number) => void };
type KeysOptions = { readonly set?: string; readonly forget?: string; readonly secrets?: string };

export function registerKeyCommands(program: Command, { home, say, finish }: Context): void {
  program.command('keys')
    .description('keep the stream keys of platforms and servers, and the keys of services, by name')
    .option('--set <name>', 'keep the key of this name; it is read from the standard input')
    .option('--forget <name>', 'forget the key of this name')
    .option('--secrets <place>', 'file: keep them in a file that only you can read')
    .action(async ({ set, forget, secrets }: KeysOptions) => {
      const store = openHeadlessSecretStore({ home, choice: secrets ?? process.env['FIELDCAST_SECRETS'], warn: say });
      if (!store.persistent) {
        throw new OperatorError('SECRETS_NOT_KEPT', 'Without the desktop app there is no safe place for keys, and they are not kept in a plain file unless you say so.', 'Say so with --secrets file or FIELDCAST_SECRETS=file; or put a key into FIELDCAST_KEY_NAME.');
      }
      if (set !== undefined) {
        await keepKey(nameOf(set), await readSecret(process.stdin, say, `key of ${nameOf(set)}`), store);
        say(`The key of ${set} is kept.`);
      }
      if (forget !== undefined) {
        await forgetKey(nameOf(forget), store);
        say(`The key of ${forget} is forgotten.`);
      }
      if (set === undefined && forget === undefined) {
        const names = await keptKeyNames(store);
        process.stdout.write(names.length === 0 ? 'No keys are kept.\n' : `${names.join('\n')}\n`);
      }
      finish(EXIT_OK);
    });

  program.command('platforms')
    .description('what platforms take and recommend, and where that is written')
    .option('--json', 'as JSON')
    .action(({ json }: { readonly json?: boolean }) => {
      process.stdout.write(json === true ? `${JSON.stringify({ type: 'platforms', platforms: PLATFORMS })}\n` : `${platformLines().join('\n')}\n`);
      finish(EXIT_OK);
    });
}

/** The plan with the keys that nobody has kept, asked for on a terminal; elsewhere the engine says which are missing. */
export async function withAskedKeys(plan: ShowPlan, { home, say }: Pick<Context, 'home' | 'say'>): Promise<ShowPlan> {
  const { destination, also } = plan;
  const keyName = destination.kind === 'rtmp' ? destination.keyName : undefined;
  if (!process.stdin.isTTY || (also === undefined && keyName === undefined)) return plan;
  const store = openHeadlessSecretStore({ home, choice: process.env['FIELDCAST_SECRETS'], warn: say });
  const asked = async (name: string): Promise<string | undefined> =>
    (await keptKey(name, process.env, store) === undefined ? readSecret(process.stdin, say, `stream key of ${name}`) : undefined);
  const mainKey = keyName === undefined ? undefined : await asked(keyName);
  const outputs: NonNullable<ShowPlan['also']> = [];
  for (const output of also ?? []) {
    const streamKey = await asked(output.name);
    outputs.push(streamKey === undefined ? output : { ...output, streamKey });
  }
  return {
    ...plan,
    ...(destination.kind === 'rtmp' && mainKey !== undefined ? { destination: { kind: 'rtmp' as const, url: `${destination.url}/${mainKey}`, ...(destination.platform === undefined ? {} : { platform: destination.platform }) } } : {}),
    ...(also === undefined ? {} : { also: outputs }),
  };
}

function nameOf(text: string): string {
  if (sideOutputNameSchema.safeParse(text).success) return text;
  throw new OperatorError('KEY_NAME', 'The name of a key has small letters, digits and hyphens.', `Use the name of the platform or the one before the = in --also; its variable is ${keyVariableOf('name')}.`);
}

function platformLines(): string[] {
  return PLATFORM_NAMES.filter((name) => name !== 'generic').flatMap((name) => {
    const { title, server, rungs, maxGopSeconds, maxAudioKbps, maxHours, sources } = PLATFORMS[name];
    return [
      `${name.padEnd(9)} ${title}: ${server ?? 'an address for each stream'}; a keyframe at least every ${maxGopSeconds} s, sound up to ${maxAudioKbps} kbit/s${maxHours === undefined ? '' : `, up to ${maxHours} hours`}`,
      ...rungs.map(({ height, fps, minKbps, maxKbps }) => `          ${height}p${fps}: ${minKbps} to ${maxKbps} kbit/s`),
      ...sources.map((source) => `          ${source}`),
    ];
  });
}
