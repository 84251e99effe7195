// Whether the control room is switched on, kept in the home folder. Missing or damaged means off.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { controlRoomChoiceSchema, type ControlRoomChoice } from '../../../contract/controlRoom.ts';
import { writeWhole } from '../../durable/wholeFile.ts';

/** Below FIELDCAST_HOME; only its owner can read what is in it. */
const CONTROL_ROOM_DIR = 'control-room';
const OFF: ControlRoomChoice = { on: false, port: 7443 };

export function controlRoomFolder(home: string): string {
  return path.join(home, CONTROL_ROOM_DIR);
}

export async function readControlRoomChoice(home: string): Promise<ControlRoomChoice> {
  try {
    return controlRoomChoiceSchema.parse(JSON.parse(await readFile(fileOf(home), 'utf8')));
  } catch {
    return OFF;
  }
}

export async function writeControlRoomChoice(home: string, choice: ControlRoomChoice): Promise<void> {
  await mkdir(controlRoomFolder(home), { recursive: true, mode: 0o700 });
  await writeWhole(fileOf(home), `${JSON.stringify(choice)}\n`);
}

const fileOf = (home: string): string => path.join(controlRoomFolder(home), 'settings.json');
