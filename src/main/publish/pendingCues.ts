// The cues of one rendition that its server does not have for sure: each is sent on a connection once, and again on the next one
// as long as it was not acknowledged and its time has not passed. Reads no clock.
import type { TimedCue } from '../media/timedCue.ts';

/** More than this are the oldest of a server that takes nothing. */
const MAX_PENDING = 256;
/** Data has no moment that could be missed by a second. */
const DATA_GRACE_MS = 10_000;

type Pending = { readonly cue: TimedCue; /** Bytes sent on the connection when its last byte was. */ endsAtByte: number | undefined };

export class PendingCues {
  #pending: Pending[] = [];

  add(cue: TimedCue): void {
    this.#pending.push({ cue, endsAtByte: undefined });
    if (this.#pending.length > MAX_PENDING) this.#pending.shift();
  }

  /** What is to be sent now, where the stream on the wire has reached `wireMs`; what is too late by then is forgotten. */
  due(wireMs: number): readonly TimedCue[] {
    if (this.#pending.length === 0) return [];
    this.#pending = this.#pending.filter(({ cue, endsAtByte }) => endsAtByte !== undefined || wireMs < expiryMsOf(cue));
    return this.#pending.filter((one) => one.endsAtByte === undefined).map(({ cue }) => cue);
  }

  sent(cue: TimedCue, endsAtByte: number): void {
    const one = this.#pending.find((pending) => pending.cue === cue);
    if (one !== undefined) one.endsAtByte = endsAtByte;
  }

  acknowledge(byte: number): void {
    if (this.#pending.length > 0) this.#pending = this.#pending.filter(({ endsAtByte }) => endsAtByte === undefined || endsAtByte > byte);
  }

  /** A new connection begins: nothing was sent on it. */
  restart(): void {
    for (const one of this.#pending) one.endsAtByte = undefined;
  }
}

function expiryMsOf(cue: TimedCue): number {
  return cue.seconds * 1000 + (cue.kind === 'data' ? DATA_GRACE_MS : 0);
}
