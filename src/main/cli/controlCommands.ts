// `fieldcast control …`: speaks to the engine that carries a show, from another terminal, a key of a stream deck or a script.
import path from 'node:path';
import type { Command } from 'commander';
import { OperatorError } from '../../contract/errors.ts';
import type { LiveOutputStatus } from '../../contract/liveOutput.ts';
import { connectEngine, type EngineClient } from '../api/client.ts';
import { readDescriptor } from '../show/engineDescriptor.ts';
import { EXIT_OK } from './exitCodes.ts';
import { operatorErrorOf } from './runShow.ts';

const ANSWER_MS = 5_000;

export type ControlSettings = { readonly home: string; readonly finish: (code: number) => void };

export function registerControlCommands(program: Command, { home, finish }: ControlSettings): void {
  const control = program.command('control').description('control the show that runs on this machine');
  const call = async (request: (api: EngineClient) => Promise<unknown>): Promise<void> => {
    await askRunning(home, request);
    finish(EXIT_OK);
  };
  control.command('switch')
    .description('put another source on air')
    .argument('<source>', 'its number in the order of --source, from 1')
    .option('--audio <audio>', 'follow (the sound of the new source) | stay (the sound goes on as it is)', 'follow')
    .action(async (source: string, options: { readonly audio: string }) => call(async (api) => api.show.switchTo.mutate({ source, audio: audioOf(options.audio) })));
  control.command('mute').description('silence the show').argument('<state>', 'on | off')
    .action(async (state: string) => call(async (api) => api.show.mute.mutate({ on: isOn(state) })));
  control.command('slate').description('show the slate instead of the picture').argument('<state>', 'on | off')
    .action(async (state: string) => call(async (api) => api.show.slate.mutate({ on: isOn(state) })));
  control.command('also').description('switch an output beside the main one on or off; on again also after it was refused').argument('<name>', 'its name').argument('<state>', 'on | off')
    .action(async (name: string, state: string) => call(async (api) => api.show.also.mutate({ name, on: isOn(state) })));
  control.command('outputs').description('list what records the event of the show, with how long it keeps and how far viewers may go back').option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: boolean }) => call(async (api) => {
      const outputs = await api.show.outputs.query();
      process.stdout.write(json === true ? `${JSON.stringify({ type: 'outputs', outputs })}\n` : `${outputLines(outputs).join('\n')}\n`);
    }));
  control.command('take-over').description('make this instance the owner of its event, so that it alone stops it')
    .action(async () => call(async (api) => api.show.takeOver.mutate()));
  control.command('record').description('begin or end the recording on this computer').argument('<state>', 'on | off')
    .option('--dir <folder>', 'where to, if the show was started without --record')
    .action(async (state: string, { dir }: { readonly dir?: string }) =>
      call(async (api) => (isOn(state) && dir !== undefined ? api.show.recordInto.mutate({ dir: path.resolve(dir) }) : api.show.record.mutate({ on: isOn(state) }))));
  control.command('gain').description('make the sound of a source louder or softer').argument('<source>', 'its number, or audio')
    .argument('<dB>', 'from -60 to 20; after -- where it is negative')
    .action(async (source: string, db: string) => call(async (api) => api.show.gain.mutate({ source, db: decibels(db) })));
  control.command('offset').description('let the sound of a source be heard later, or earlier, against its picture').argument('<source>', 'its number, or audio')
    .argument('<ms>', 'from -500 to 1000; after -- where it is negative')
    .action(async (source: string, ms: string) => call(async (api) => api.show.offset.mutate({ source, ms: milliseconds(ms) })));
  control.command('bitrate').description('give a rendition another actual bitrate from the next GOP on; its declared one stays')
    .argument('<rendition>', 'its name, e.g. 720p').argument('<kbps>', 'kbit/s: above half of the declared one, and not more than it')
    .action(async (rendition: string, kbps: string) => call(async (api) => api.show.bitrate.mutate({ rendition, kbps: kilobits(kbps) })));
  control.command('idr').description('begin anew with an IDR in every rendition, at the next possible frame')
    .action(async () => call(async (api) => api.show.idr.mutate()));
}

/** Asks the engine of this home that carries a show or a control room. @throws OperatorError NO_SHOW where there is none. */
export async function askRunning<T>(home: string, request: (api: EngineClient) => Promise<T>, limitMs = ANSWER_MS): Promise<T> {
  const found = await readDescriptor(home);
  if (found === undefined) throw new OperatorError('NO_SHOW', 'No show is running.', 'Start one with `fieldcast live`.');
  const connection = connectEngine(found);
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new OperatorError(
    'ENGINE_SILENT', `The engine (process ${found.pid}) does not answer.`, 'Look at the terminal or window in which the show runs.',
  )), limitMs);
  try {
    return await Promise.race([request(connection.api).catch((error: unknown) => { throw operatorErrorOf(error); }), limit.promise]);
  } finally {
    clearTimeout(timer);
    await connection.close();
  }
}

function outputLines(outputs: readonly LiveOutputStatus[]): string[] {
  const span = (seconds: number | undefined): string => (seconds === undefined ? 'as long as the service says' : `${Math.round(seconds / 6) / 10} min`);
  if (outputs.length === 0) return ['Nothing records the event: the show is not public.'];
  return outputs.map(({ name, state, ofShow, archiveSeconds, rewindSeconds }) =>
    `${name}  ${state}${ofShow ? ', of this show' : ''}  keeps ${span(archiveSeconds)}, viewers go back ${span(rewindSeconds ?? archiveSeconds)}`);
}

function audioOf(text: string): 'follow' | 'stay' {
  if (text === 'follow' || text === 'stay') return text;
  throw new OperatorError('CONTROL_UNKNOWN', `--audio cannot be "${text}".`, 'Give follow or stay.');
}

function isOn(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new OperatorError('CONTROL_UNKNOWN', `"${text}" is neither on nor off.`, 'Give on or off.');
}

function kilobits(text: string): number {
  const kbps = Number(text);
  if (text.trim() !== '' && Number.isFinite(kbps) && kbps > 0) return kbps;
  throw new OperatorError('CONTROL_UNKNOWN', `"${text}" is no bitrate.`, 'Give kbit/s, e.g. 1500.');
}

function decibels(text: string): number {
  const db = Number(text);
  if (text.trim() !== '' && db >= -60 && db <= 20) return db;
  throw new OperatorError('CONTROL_UNKNOWN', `"${text}" is no gain.`, 'Give decibels from -60 to 20.');
}

function milliseconds(text: string): number {
  const ms = Number(text);
  if (text.trim() !== '' && ms >= -500 && ms <= 1000) return ms;
  throw new OperatorError('CONTROL_UNKNOWN', `"${text}" is no offset.`, 'Give milliseconds from -500 to 1000.');
}
