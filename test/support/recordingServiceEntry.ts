// Entry of a service process whose media half only records what it is asked; for tests that kill the process.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runServiceProcess } from '../../src/main/service/commandLine.ts';
import { mountTellingOrigin, RecordingPlane } from './recordingPlane.ts';

process.exit(await runServiceProcess(process.argv.slice(2), process.env, {
  createPlane: async ({ home }) => {
    mkdirSync(home, { recursive: true });
    const plane = new RecordingPlane(join(home, 'plane.jsonl'));
    // Leaves time to be killed in, before and after a call has taken effect.
    const slow = (): Promise<void> => pause(Number(process.env['RECORDING_PLANE_DELAY_MS'] ?? 0));
    plane.fault = slow;
    plane.delay = slow;
    return plane;
  },
  mountOrigin: mountTellingOrigin,
}));
