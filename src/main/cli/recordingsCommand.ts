// `fieldcast recordings`: what was recorded on this computer, and finishing what a crash has left in fragments.
import type { RecordingNotes, RepairedFile } from '../../contract/recording.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

/** True when nothing that was to be repaired is left as it was. */
export async function runRecordings(command: MachineCommand, repair: boolean): Promise<boolean> {
  if (!repair) {
    const recordings = await ask(command, async (api) => api.recordings.list.query());
    if (command.json) print([JSON.stringify({ type: 'recordings', recordings })]);
    else print(recordings.length === 0 ? ['Nothing has been recorded yet.'] : recordings.flatMap(recordingLines));
    return true;
  }
  const files = await ask(command, async (api) => api.recordings.repair.mutate());
  if (command.json) print([JSON.stringify({ type: 'repaired', files })]);
  else print(files.length === 0 ? ['Every recording is whole: there is nothing to repair.'] : files.map(repairedLine));
  return files.every(({ state }) => state !== 'fragmented');
}

const STATES = { recording: 'BEING WRITTEN, or left by a crash', fragmented: 'in fragments', finished: 'whole', missing: 'NOT THERE' } as const;

function recordingLines({ id, startedAtUtc, event, rendition, files, undelivered }: RecordingNotes): string[] {
  const missing = undelivered.reduce((sum, { fromSeconds, toSeconds }) => sum + toSeconds - fromSeconds, 0);
  return [
    `${startedAtUtc.slice(0, 19).replace('T', ' ')} UTC  ${event}, ${rendition}${undelivered.length === 0 ? '' : `; ${missing.toFixed(1)} s of tracks were not delivered to the service; \`fieldcast upload --complete ${id}\` puts the recording in its place`}`,
    ...files.map(({ path, sizeBytes, state }) => `           ${path}${sizeBytes === 0 ? '' : ` (${(sizeBytes / 1e6).toFixed(1)} MB)`}: ${STATES[state]}`),
  ];
}

function repairedLine({ path, state, problem }: RepairedFile): string {
  return state === 'finished' ? `repaired   ${path}` : state === 'missing' ? `not there  ${path}` : `NOT        ${problem ?? path}`;
}
