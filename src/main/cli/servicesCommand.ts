// `fieldcast services`: what each service can do, and what each type of live event takes, as the engine goes by it. Asks no service.
import type { Command } from 'commander';
import { EVENT_TYPES } from '../../contract/eventSettings.ts';
import { EXIT_OK } from './exitCodes.ts';
import { ask, print } from './machineCommands.ts';

type Settings = { readonly entry: string; readonly home: () => string; readonly finish: (code: number) => void };

export function registerServicesCommand(program: Command, { entry, home, finish }: Settings): void {
  program.command('services')
    .description('what the services can do that a destination may be, and what each type of live event takes')
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { services, rows, eventTypes } = await ask({ entry, home: home(), json: json === true }, async (api) => api.engine.services.query());
      print(json === true ? [JSON.stringify({ type: 'services', services, eventTypes })] : [
        ...rows.flatMap(({ what, words }) => [what.replaceAll('`', ''), ...services.map(({ word, title }, index) => `    ${word.padEnd(9)} ${title.padEnd(15)} ${words[index] ?? ''}`)]),
        'types of live events',
        ...EVENT_TYPES.map((type) => {
          const { totalKbps, renditionKbps, maxFps, longSide, shortSide, encodes } = eventTypes[type];
          return `    ${type.padEnd(20)} up to ${longSide}×${shortSide} at ${maxFps}, ${renditionKbps} kbit/s each and ${totalKbps} in all${encodes ? '; one rendition, and the service makes the ladder' : ''}`;
        }),
      ]);
      finish(EXIT_OK);
    });
}
