// `sign-in`, `sign-out` and `accounts`: who may use which Media Services account from this computer. No secret is ever an argument.
import type { Command } from 'commander';
import { OperatorError } from '../../contract/errors.ts';
import { Accounts, type FoundAccount } from '../cloud/signIn/accounts.ts';
import { environmentCloud } from '../cloud/signIn/environmentIdentity.ts';
import { cloudOf } from '../cloud/signIn/identity.ts';
import { registrationFor } from '../cloud/signIn/registration.ts';
import { openSystemBrowser } from '../cloud/signIn/systemBrowser.ts';
import { openHeadlessSecretStore } from '../secrets/headlessSecretStore.ts';
import { EXIT_OK } from './exitCodes.ts';
import { printFindings } from './accountPrinter.ts';
import { readSecret } from './secretInput.ts';

export type AccountCommandContext = { readonly home: string; readonly say: (text: string) => void; readonly finish: (code: number) => void };

type SecretsOption = { readonly secrets?: string };
type SignInOptions = SecretsOption & {
  readonly deviceCode?: boolean;
  readonly tenant?: string;
  readonly cloud?: string;
  readonly clientId?: string;
  readonly servicePrincipal?: boolean;
  readonly certificate?: string;
};
type AccountsOptions = SecretsOption & { readonly filter?: string; readonly choose?: string; readonly json?: boolean };

/** Adds the three commands to `program`. Their failures are OperatorErrors, thrown to the caller of `parseAsync`. */
export function registerAccountCommands(program: Command, context: AccountCommandContext): void {
  const { home, say, finish } = context;
  const open = (options: SecretsOption): { readonly accounts: Accounts; readonly keeps: boolean } => {
    const secrets = openHeadlessSecretStore({ home, choice: options.secrets ?? process.env['FIELDCAST_SECRETS'], warn: say });
    return { accounts: new Accounts({ home, secrets, env: process.env, warn: say }), keeps: secrets.persistent };
  };

  program.command('sign-in')
    .description('sign in to Azure, so that Fieldcast can use its Media Services accounts')
    .option('--device-code', 'show a code to enter on any other device, instead of opening a browser here')
    .option('--tenant <tenant>', 'id or domain of the organisation; without it the account’s own')
    .option('--cloud <cloud>', 'public | usgov | china | custom (addresses in FIELDCAST_AUTHORITY and FIELDCAST_ARM_ENDPOINT)')
    .option('--client-id <id>', 'the app registration, once (docs/sign-in.md); it is remembered')
    .option('--service-principal', 'sign in as the app registration itself; its secret is read from the standard input')
    .option('--certificate <file>', 'with --service-principal: PEM file with certificate and key, instead of a secret')
    .option('--secrets <place>', 'file: keep the sign-in in a file that only you can read')
    .action(async (options: SignInOptions) => {
      const { accounts, keeps } = open(options);
      if (!keeps) throw nowhereToKeep();
      say(options.servicePrincipal === true ? await signInPrincipal(accounts, options, say) : await signInPerson(accounts, options, say));
      finish(EXIT_OK);
    });

  program.command('sign-out')
    .description('forget a signed-in account with everything that belongs to it')
    .argument('[account]', 'user name or client id, or `all`; not needed where there is only one')
    .option('--secrets <place>', 'file: where the sign-in was kept')
    .action(async (who: string | undefined, options: SecretsOption) => {
      const { accounts, keeps } = open(options);
      if (!keeps) throw nowhereToKeep();
      const forgotten = await accounts.signOut(who);
      say(forgotten.length === 0 ? 'Nobody was signed in.' : `Signed out: ${forgotten.join(', ')}. The browser may still be signed in; that is its own matter.`);
      finish(EXIT_OK);
    });

  program.command('accounts')
    .description('list the Media Services accounts that the signed-in accounts can use')
    .option('--filter <text>', 'only accounts with these words in their name, resource group, subscription or region')
    .option('--choose <name>', 'use this account from now on')
    .option('--json', 'as JSON')
    .option('--secrets <place>', 'file: where the sign-in was kept')
    .action(async (options: AccountsOptions) => {
      const { accounts } = open(options);
      const findings = await accounts.find(options.filter, new AbortController().signal);
      if (options.choose !== undefined) await accounts.choose(theOne(findings.accounts, options.choose));
      printFindings(findings, await accounts.choice(), options.json === true, say);
      finish(EXIT_OK);
    });
}

async function signInPerson(accounts: Accounts, options: SignInOptions, say: (text: string) => void): Promise<string> {
  const identity = await registrationFor(accounts, options, process.env);
  const { title } = cloudOf(identity);
  const byCode = options.deviceCode === true;
  const show = ({ address, code, minutes }: { readonly address: string; readonly code: string; readonly minutes: number }): void => {
    say(`Open ${address} on any device and enter the code ${code} (within ${minutes} minutes). Enter it only if you started this sign-in yourself.`);
  };
  const account = await (async () => {
    if (byCode) return await accounts.signIn(identity, { kind: 'device-code', show });
    try {
      return await accounts.signIn(identity, {
        kind: 'browser', openBrowser: openSystemBrowser,
        onAddress: (url) => say(`Signing in to ${title} in your browser. If none opens, open this address on this computer:\n${url}`),
      });
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== 'NO_BROWSER') throw error;
      say(`${error.message} Signing in with a code instead.`);
      return await accounts.signIn(identity, { kind: 'device-code', show });
    }
  })();
  return `Signed in to ${title} as ${account.username} (tenant ${account.tenantId}). List what you can use with \`fieldcast accounts\`.`;
}

async function signInPrincipal(accounts: Accounts, options: SignInOptions, say: (text: string) => void): Promise<string> {
  const cloud = { ...environmentCloud(process.env), ...(options.cloud === undefined ? {} : { cloud: options.cloud }) };
  const clientId = options.clientId ?? process.env['FIELDCAST_CLIENT_ID'] ?? '';
  const tenant = options.tenant ?? process.env['FIELDCAST_TENANT'];
  if (tenant === undefined) throw new OperatorError('BAD_TENANT', 'A service principal belongs to one tenant, which was not named.', 'Give the tenant with --tenant.');
  const { certificate } = options;
  const secret = certificate === undefined ? await readSecret(process.stdin, say) : undefined;
  await accounts.addServicePrincipal({ kind: 'service-principal', ...cloud, clientId, tenant, ...(certificate === undefined ? {} : { certificatePath: certificate }) }, secret);
  return `Signed in as the service principal ${clientId} (tenant ${tenant}). List what it can use with \`fieldcast accounts\`.`;
}

function theOne(found: readonly FoundAccount[], name: string): FoundAccount {
  const [only, second] = found.filter((account) => account.name.toLowerCase() === name.toLowerCase());
  if (only === undefined) throw new OperatorError('UNKNOWN_ACCOUNT', `There is no Media Services account “${name}” among those found.`, 'List them with `fieldcast accounts`.');
  if (second !== undefined) throw new OperatorError('UNKNOWN_ACCOUNT', `Several Media Services accounts are called “${name}”.`, 'Tell them apart with --filter and the subscription or resource group.');
  return only;
}

function nowhereToKeep(): OperatorError {
  return new OperatorError(
    'SECRETS_NOT_KEPT', 'Without the desktop app there is no safe place for the sign-in, and it is not kept in a plain file unless you say so.',
    'Say so with --secrets file or FIELDCAST_SECRETS=file; or give the machine an identity of its own with FIELDCAST_CREDENTIAL (docs/sign-in.md).',
  );
}
