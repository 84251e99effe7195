// A command line with the account commands alone, as an entry of its own: what `fieldcast` does with them, without the engine around it.
import { Command } from 'commander';
import { OperatorError } from '../../src/contract/errors.ts';
import { registerAccountCommands } from '../../src/main/cli/accountCommands.ts';

const program = new Command('fieldcast').exitOverride();
const say = (text: string): void => void process.stderr.write(`${text}\n`);
registerAccountCommands(program, { home: process.env['FIELDCAST_HOME'] ?? '', say, finish: (code) => { process.exitCode = code; } });
try {
  await program.parseAsync(process.argv);
} catch (error) {
  say(error instanceof OperatorError ? `${error.message} ${error.action} [${error.code}]` : String(error));
  process.exitCode = 1;
}
