// The cues of an archived asset: one JSON object a line, appended as they come. What a crash tore off is left out when it is read.
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CueBoard, type CueChange } from '../packager/cue.ts';

const CUE_FILE = 'cues.jsonl';
/** A day of two a second would be more; the oldest give way. */
const LIMITS = { maxCues: 20_000, maxBytes: 32 * 1024 * 1024 };

const lineSchema = z.union([
  z.object({
    cue: z.object({
      meaning: z.enum(['out', 'in', 'other', 'data']), id: z.string(), seconds: z.number(), durationSeconds: z.number().nullable(), scheme: z.string(), payload: z.base64(),
    }),
  }),
  z.object({ cancelled: z.string() }),
]);

/** Every cue that counts, of an archive that may still grow. Empty where there are none. @throws when the file cannot be read */
export async function readCues(assetDir: string): Promise<CueBoard> {
  const board = new CueBoard(LIMITS);
  const text = await readFile(path.join(assetDir, CUE_FILE), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  for (const line of text.split('\n')) {
    const change = changeOf(line);
    if (change) board.apply(change);
  }
  return board;
}

/** @throws the file system's error */
export async function appendCue(assetDir: string, change: CueChange): Promise<void> {
  const line = 'cancelled' in change ? change
    : { cue: { ...change.cue, durationSeconds: change.cue.durationSeconds ?? null, payload: Buffer.from(change.cue.payload).toString('base64') } };
  // It begins with a line break: behind a line that a crash has torn it stays whole.
  await appendFile(path.join(assetDir, CUE_FILE), `\n${JSON.stringify(line)}`, { mode: 0o600 });
}

function changeOf(line: string): CueChange | undefined {
  if (line === '') return undefined;
  let parsed;
  try {
    parsed = lineSchema.safeParse(JSON.parse(line));
  } catch {
    return undefined;
  }
  if (!parsed.success) return undefined;
  if ('cancelled' in parsed.data) return parsed.data;
  const { cue } = parsed.data;
  return { cue: { ...cue, durationSeconds: cue.durationSeconds ?? undefined, payload: Buffer.from(cue.payload, 'base64') } };
}
