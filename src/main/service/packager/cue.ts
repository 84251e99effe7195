// What stands on a channel's timeline beside its media, and which of it still counts: one copy of each, however many connections bring it.
import { crc32 } from 'node:zlib';

/** Scheme of SCTE-35 sections inside segments (SCTE 214-3). */
export const SPLICE_SCHEME = 'urn:scte:scte35:2013:bin';

export type Cue = {
  readonly meaning: 'out' | 'in' | 'other' | 'data';
  /** Plain characters; the messages about one break share it. */
  readonly id: string;
  /** On the timeline. */
  readonly seconds: number;
  readonly durationSeconds: number | undefined;
  readonly scheme: string;
  /** splice_info_section(), or the data as it was sent. */
  readonly payload: Uint8Array;
};

/** A change of the list: a cue that is new or replaces one, or the withdrawal of splices. */
export type CueChange = { readonly cue: Cue } | { readonly cancelled: string };

/** Number under which players know the cue; the same in every rendition and every manifest. */
export function eventNumberOf({ id, meaning }: Cue): number {
  return crc32(`${meaning}:${id}`);
}

const SAME_TIME_SECONDS = 0.001;
const MAX_CANCELLED = 1024;

export type BoardLimits = { readonly maxCues: number; readonly maxBytes: number };

/** The cues in order of time. The oldest give way when there are too many. */
export class CueBoard {
  readonly #limits: BoardLimits;
  #cues: readonly Cue[] = [];
  #bytes = 0;
  readonly #cancelled = new Set<string>();

  constructor(limits: BoardLimits) {
    this.#limits = limits;
  }

  get cues(): readonly Cue[] {
    return this.#cues;
  }

  /** True when the list has changed. What has passed is not changed any more. */
  take(cue: Cue, nowSeconds: number): boolean {
    if (this.#cancelled.has(momentOf(cue))) return false;
    const known = this.#cues.find((one) => one.id === cue.id && one.meaning === cue.meaning);
    if (known && (isSame(known, cue) || known.seconds <= nowSeconds || cue.seconds <= nowSeconds)) return false;
    this.#set([...this.#cues.filter((one) => one !== known), cue].sort((one, other) => one.seconds - other.seconds));
    return true;
  }

  /** Withdraws the splices of this id that are still to come; true when there were any. */
  cancel(id: string, nowSeconds: number): boolean {
    const gone = this.#cues.filter((cue) => cue.id === id && cue.meaning !== 'data' && cue.seconds > nowSeconds);
    if (gone.length === 0) return false;
    // A slower connection may bring the same announcement after its withdrawal.
    for (const cue of gone) this.#cancelled.add(momentOf(cue));
    for (const oldest of this.#cancelled) if (this.#cancelled.size > MAX_CANCELLED) this.#cancelled.delete(oldest);
    this.#set(this.#cues.filter((cue) => !gone.includes(cue)));
    return true;
  }

  /** A change that another board has decided. */
  apply(change: CueChange): void {
    if ('cue' in change) this.take(change.cue, Number.NEGATIVE_INFINITY);
    else this.cancel(change.cancelled, Number.NEGATIVE_INFINITY);
  }

  #set(cues: readonly Cue[]): void {
    let kept = cues;
    this.#bytes = cues.reduce((sum, { payload }) => sum + payload.length, 0);
    while (kept.length > this.#limits.maxCues || (this.#bytes > this.#limits.maxBytes && kept.length > 1)) {
      this.#bytes -= kept[0]?.payload.length ?? 0;
      kept = kept.slice(1);
    }
    this.#cues = kept;
  }
}

function momentOf({ id, meaning, seconds }: Cue): string {
  return `${meaning}:${id}@${Math.round(seconds * 1000)}`;
}

function isSame(one: Cue, other: Cue): boolean {
  return Math.abs(one.seconds - other.seconds) < SAME_TIME_SECONDS && one.durationSeconds === other.durationSeconds && Buffer.compare(one.payload, other.payload) === 0;
}
