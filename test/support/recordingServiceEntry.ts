// Entry of a service process whose media half only records what it is asked; for tests that kill the process.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runServiceProcess } from '../../src/main/service/commandLine.ts';
import { mountTellingOrigin, RecordingPlane } from './recordingPlane.ts';

process.exit(await runServiceProcess(process.argv.slice(2), process.env, {
  createPlane: async ({ home }) => {
    mkdirSync(home, { recursive: true });
    return new RecordingPlane(join(home, 'plane.jsonl'));
  },
  mountOrigin: mountTellingOrigin,
}));
