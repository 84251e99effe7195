// Codes that turn a browser into a session: short-lived, used once, and guarded against guessing. Pure; time comes from outside.
import { randomInt } from 'node:crypto';
import { OperatorError } from '../../../contract/errors.ts';
import type { PairingCode, RemoteRole } from '../../../contract/controlRoom.ts';

/** Without 0/O, 1/I/L, U/V: read aloud across a room. 28⁸ codes. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTWXYZ';
const CODE_CHARS = 8;
const VALID_MS = 5 * 60_000;
const MAX_CODES = 8;
/** Wrong codes from one address before it has to wait. */
const MISSES_BEFORE_LOCK = 5;
const LOCK_MS = 60_000;
/** Wrong codes from everywhere, after which no code is valid any more: somebody guesses from many addresses. */
const MISSES_BEFORE_VOID = 30;
const MAX_ADDRESSES = 1000;

type Entry = { readonly role: RemoteRole; readonly expiresAtMs: number };
type Misses = { count: number; lockedUntilMs: number };

export class PairingCodes {
  readonly #codes = new Map<string, Entry>();
  readonly #misses = new Map<string, Misses>();
  #missesInAll = 0;

  /** A new code. The oldest makes room where many are open. */
  create(role: RemoteRole, nowMs: number): PairingCode {
    this.#forget(nowMs);
    const oldest = this.#codes.keys().next().value;
    if (this.#codes.size >= MAX_CODES && oldest !== undefined) this.#codes.delete(oldest);
    const plain = Array.from({ length: CODE_CHARS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    const expiresAtMs = nowMs + VALID_MS;
    this.#codes.set(plain, { role, expiresAtMs });
    this.#missesInAll = 0;
    return { code: `${plain.slice(0, 4)}-${plain.slice(4)}`, role, expiresAtUtc: new Date(expiresAtMs).toISOString() };
  }

  /** Uses a code up. @throws OperatorError PAIRING_LOCKED, PAIRING_CODE. */
  redeem(code: string, address: string, nowMs: number): RemoteRole {
    this.#forget(nowMs);
    const misses = this.#misses.get(address) ?? { count: 0, lockedUntilMs: 0 };
    if (misses.lockedUntilMs > nowMs) {
      const seconds = Math.ceil((misses.lockedUntilMs - nowMs) / 1000);
      throw new OperatorError('PAIRING_LOCKED', `There were too many wrong codes from here. The next attempt counts in ${seconds} s.`, 'Wait, then enter a new code.');
    }
    const plain = code.toUpperCase().replace(/[^0-9A-Z]/g, '');
    const entry = this.#codes.get(plain);
    if (entry !== undefined) {
      this.#codes.delete(plain);
      this.#misses.delete(address);
      return entry.role;
    }
    misses.count += 1;
    this.#missesInAll += 1;
    if (misses.count >= MISSES_BEFORE_LOCK) {
      // Each further miss after the wait locks at once, for twice as long, up to half an hour.
      misses.lockedUntilMs = nowMs + Math.min(LOCK_MS * 2 ** (misses.count - MISSES_BEFORE_LOCK), 30 * 60_000);
    }
    if (this.#misses.size >= MAX_ADDRESSES) this.#misses.clear();
    this.#misses.set(address, misses);
    if (this.#missesInAll >= MISSES_BEFORE_VOID) this.#codes.clear();
    throw new OperatorError('PAIRING_CODE', 'This code is wrong, was used already, or has expired.', 'Ask for a new code at the computer that runs the show.');
  }

  /** No code is valid any more. */
  clear(): void {
    this.#codes.clear();
  }

  #forget(nowMs: number): void {
    for (const [code, { expiresAtMs }] of this.#codes) if (expiresAtMs <= nowMs) this.#codes.delete(code);
  }
}
