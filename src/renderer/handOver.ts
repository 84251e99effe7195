// Hands a file to the engine as bytes, where a browser does not tell its path: in pieces, and on where it was after any interruption.
import { z } from 'zod';
import { dropUrl } from '../contract/ownFiles.ts';
import type { ReceivedFile } from '../contract/upload.ts';

const PIECE_BYTES = 4 * 1024 * 1024;
/** For one piece, ms. */
const PIECE_MS = 30_000;
/** Attempts without a byte of progress. */
const MAX_VAIN = 8;
const PAUSE_MS = 1000;

const answerSchema = z.object({ receivedBytes: z.int().min(0) });

export type HandOverSettings = {
  /** Tells the engine of the file; asked again after each interruption, since the engine may be another one by then. */
  readonly begin: () => Promise<{ readonly received: ReceivedFile; readonly base: string; readonly key: string }>;
  readonly onSent: (bytes: number) => void;
  readonly signal: AbortSignal;
  /** Between two attempts, ms. Default 1000. */
  readonly pauseMs?: number;
};

/** @returns the path under which the engine has it. @throws the last reason after {@link MAX_VAIN} attempts in vain, and the signal's */
export async function handOver(file: File, { begin, onSent, signal, pauseMs = PAUSE_MS }: HandOverSettings): Promise<string> {
  let vain = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      const { received, base, key } = await begin();
      let at = received.receivedBytes;
      onSent(at);
      while (at < file.size) {
        const next = await put(dropUrl(base, key, received.id, at), file.slice(at, at + PIECE_BYTES), signal);
        if (next <= at) throw new Error('The engine takes no more of it.');
        at = next;
        vain = 0;
        onSent(at);
      }
      return received.path;
    } catch (error) {
      signal.throwIfAborted();
      vain += 1;
      if (vain >= MAX_VAIN || isRefusal(error)) throw error;
      await new Promise((resolve) => { setTimeout(resolve, pauseMs); });
    }
  }
}

async function put(url: string, body: Blob, signal: AbortSignal): Promise<number> {
  const answer = await fetch(url, { method: 'PUT', body, signal: AbortSignal.any([signal, AbortSignal.timeout(PIECE_MS)]) });
  if (!answer.ok) throw new Error(`The engine answers with ${answer.status}.`);
  return answerSchema.parse(await answer.json()).receivedBytes;
}

/** A refusal in words does not get better by asking again. */
function isRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'data' in error && typeof error.data === 'object' && error.data !== null && 'failure' in error.data && error.data.failure !== undefined;
}
