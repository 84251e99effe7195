// What is kept of each show after its end: its report, how it felt on the way, and what went wrong when. One small file a show.
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ShowEvent } from '../../../contract/report.ts';
import { writeWhole } from '../../durable/wholeFile.ts';

/** Health is kept this often, for this long. */
const EVERY_STATS = 5;
const MAX_HEALTH = 2000;
const MAX_EVENTS = 500;
const KEPT_SHOWS = 20;

type HealthSample = { readonly atUtc: string; readonly light: string; readonly sentence: string; readonly queuedMs: readonly number[]; readonly encoderLagFrames: number };

export class ShowRecord {
  readonly #folder: string;
  #health: HealthSample[] = [];
  #events: object[] = [];
  #stats = 0;

  constructor(home: string) {
    this.#folder = recordsFolder(home);
  }

  /** Everything of the show that runs, or ran last. */
  get current(): { readonly health: readonly HealthSample[]; readonly events: readonly object[] } {
    return { health: this.#health, events: this.#events };
  }

  begin(): void {
    this.#health = [];
    this.#events = [];
    this.#stats = 0;
  }

  /** Never rejects: a record that cannot be written costs no show. */
  async take(event: ShowEvent): Promise<void> {
    if (event.type === 'stats') {
      this.#stats += 1;
      if (this.#stats % EVERY_STATS !== 1) return;
      this.#health.push({
        atUtc: new Date().toISOString(), light: event.health.light, sentence: event.health.sentence,
        queuedMs: event.connections.map(({ queuedMs }) => queuedMs), encoderLagFrames: event.encoderLagFrames,
      });
      if (this.#health.length > MAX_HEALTH) this.#health.shift();
      return;
    }
    if (event.type !== 'report') {
      if (event.type !== 'progress') this.#events.push({ seenAtUtc: new Date().toISOString(), ...event });
      if (this.#events.length > MAX_EVENTS) this.#events.shift();
      return;
    }
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const stamp = new Date().toISOString().replaceAll(/[-:]|\..*/g, '');
      await writeWhole(path.join(this.#folder, `${stamp}-${event.showId}.json`), JSON.stringify({ report: event, ...this.current }, undefined, 1));
      const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.json')).sort();
      for (const name of names.slice(0, -KEPT_SHOWS)) await rm(path.join(this.#folder, name), { force: true });
    } catch {
      // A full disk has been told already, by those who need it more.
    }
  }
}

export function recordsFolder(home: string): string {
  return path.join(home, 'records');
}
