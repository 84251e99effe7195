// `fieldcast report`: a support bundle, written by the engine that carries a show where there is one, else by one started for it.
import path from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import type { EngineClient } from '../api/client.ts';
import { askRunning } from './controlCommands.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

/** Its parts are bounded; this is more than all of them. */
const REPORT_MS = 90_000;

export async function runReport(command: MachineCommand, out: string | undefined): Promise<void> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\..*/g, '');
  const target = path.resolve(out ?? `fieldcast-report-${stamp}.zip`);
  const write = async (api: EngineClient) => api.engine.report.mutate({ out: target });
  const bundle = await askRunning(command.home, write, REPORT_MS).catch(async (error: unknown) => {
    if (error instanceof OperatorError && error.code === 'NO_SHOW') return ask(command, write);
    throw error;
  });
  if (command.json) return print([JSON.stringify({ type: 'supportBundle', ...bundle })]);
  print([`${bundle.path} (${Math.ceil(bundle.sizeBytes / 1024)} KiB, ${bundle.files.length} files).`, 'Secrets that Fieldcast knows, and what looks like one, are taken out. Look into it before you pass it on.']);
}
