// The engine's own log: JSON lines in the home folder, one file before the current one kept. Nothing secret is ever given to it.
import { mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import pino, { type Logger } from 'pino';

const MAX_FILE_BYTES = 5_000_000;

/** Opens `HOME/logs/engine.log`; a file that has grown too large becomes `engine.1.log`. */
export function openEngineLog(home: string): Logger {
  const dir = path.join(home, 'logs');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, 'engine.log');
  const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes > MAX_FILE_BYTES) renameSync(file, path.join(dir, 'engine.1.log'));
  return pino({ base: { pid: process.pid } }, pino.destination({ dest: file, sync: true, mode: 0o600 }));
}
