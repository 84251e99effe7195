// `npm run bench [piece…]`: runs the pieces beside it one after the other and prints their rows. A bound that is missed is an exit code.
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { messageOf } from '../../src/contract/errors.ts';
import type { BenchRow } from './benchRow.ts';

/** In this order; each is `test/bench/NAME.ts` with `run(): Promise<BenchRow[]>`. The soak, the endurance of uploads, the pair and the faults of networks are started by their own names. */
const PIECES = ['clock', 'pipeline', 'encoding', 'overload', 'suspend', 'publisher', 'monitor', 'latency', 'ui', 'show', 'upload'];
/** No piece takes longer on the smallest machine; one that hangs must not look like one that works. */
const PIECE_LIMIT_MS = 20 * 60_000;

type Piece = {
  readonly run: () => Promise<readonly BenchRow[]>;
  /** Where it has been asked for more time than the others have. */
  readonly limitMs?: number;
};

async function load(name: string): Promise<Piece> {
  const file = new URL(`./${name}.ts`, import.meta.url);
  if (!/^[a-z][a-zA-Z]*$/.test(name) || !existsSync(file)) throw new Error(`There is no bench piece ${name}; there are ${PIECES.join(', ')}.`);
  const piece: unknown = await import(file.href);
  if (typeof piece !== 'object' || piece === null || !('run' in piece) || typeof piece.run !== 'function') {
    throw new Error(`test/bench/${name}.ts exports no run().`);
  }
  return piece as Piece;
}

async function bounded<T>(work: Promise<T>, name: string, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} has not ended after ${limitMs / 60_000} minutes.`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function line({ name, value, unit, atMost, note }: BenchRow): string {
  const bound = atMost === undefined ? '' : `  at most ${atMost} ${unit}: ${value <= atMost ? 'holds' : 'MISSED'}`;
  return `${name.padEnd(56)} ${value.toFixed(3).padStart(10)} ${unit}${bound}${note === undefined ? '' : `\n    ${note}`}`;
}

// A number is the length of a piece that has one, in minutes.
const asked = process.argv.slice(2).filter((word) => !(Number(word) > 0));
const names = asked.length > 0 ? asked : PIECES;
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
let missed = 0;
for (const name of names) {
  console.log(`\n${name}`);
  try {
    const piece = await load(name);
    for (const row of await bounded(piece.run(), name, Math.max(PIECE_LIMIT_MS, piece.limitMs ?? 0))) {
      console.log(line(row));
      if (row.atMost !== undefined && row.value > row.atMost) missed += 1;
    }
  } catch (error) {
    console.log(`  failed: ${messageOf(error)}`);
    missed += 1;
  }
}
// A piece that hangs may hold handles; the verdict is out.
process.exit(missed > 0 ? 1 : 0);
