// The folder in which Fieldcast keeps its journals, the embedded service's state and its archives.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import envPaths from 'env-paths';
import { OperatorError, messageOf } from '../../contract/errors.ts';

/** `FIELDCAST_HOME`, or the system's place for an application's data. Created, readable by its owner alone. */
export function fieldcastHome(env: NodeJS.ProcessEnv): string {
  const home = path.resolve(env['FIELDCAST_HOME'] ?? envPaths('fieldcast', { suffix: '' }).data);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new OperatorError(
      'HOME_NOT_WRITABLE',
      `Fieldcast cannot write to its folder ${home} (${messageOf(error)}).`,
      'Make the folder writable, or name another one in FIELDCAST_HOME.',
      { cause: error },
    );
  }
  return home;
}
