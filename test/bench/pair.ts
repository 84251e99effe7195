// Two instances of one show on this machine, either killed with all its workers at random moments and started again: what is missing in the
// archive, and what a player in Chromium shows. `npm run bench pair`; FIELDCAST_PAIR_SECONDS (600), FIELDCAST_PAIR_HEIGHT (720).
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { chromiumMissing } from '../support/chromium.ts';
import { runPairedShow } from '../support/pairedShow.ts';
import type { BenchRow } from './benchRow.ts';

/** With the time to come back, some 20 kills in ten minutes. */
const KILL_AFTER_MS = [6000, 20_000] as const;

export async function run(): Promise<BenchRow[]> {
  const seconds = Number(process.env['FIELDCAST_PAIR_SECONDS'] ?? 600);
  const height = Number(process.env['FIELDCAST_PAIR_HEIGHT'] ?? 720);
  const shipped = ladderByName('720p');
  // Two encoders, a player and the service share one machine here: one rendition of the height that is asked for, and one below it.
  const renditions = shipped.renditions.filter((one) => one.height <= height).slice(0, 2);
  const result = await runPairedShow({
    ladder: { ...shipped, name: 'pair', renditions }, seconds, killAfterMs: KILL_AFTER_MS, withPlayer: chromiumMissing() === undefined,
    log: (sentence) => { console.log(`  ${sentence}`); },
  });
  const { kills, player, holes, left } = result;
  return [
    { name: 'kills of an instance', value: kills.length, unit: '', note: kills.map(({ instance, atSeconds }) => `${instance} ${atSeconds.toFixed(0)} s`).join(', ') },
    ...result.renditions.flatMap(({ name, frames, missing, doubled, unreadable }): BenchRow[] => [
      { name: `${name}: frames missing in the archive`, value: missing, unit: 'frames', atMost: 0, note: `of ${frames}` },
      { name: `${name}: frames twice or unreadable`, value: doubled + unreadable, unit: 'frames', atMost: 0 },
    ]),
    { name: 'gaps and overlaps of all tracks', value: holes, unit: '', atMost: 0 },
    { name: 'live events left behind', value: left.length, unit: '', atMost: 0 },
    ...(player === undefined ? [] : [
      { name: 'standstills of the player', value: player.standstills.length, unit: '', atMost: 0, note: `${player.standstills.map((ms) => `${Math.round(ms)} ms`).join(', ')} ${player.errors.slice(0, 5).join('; ')}` },
      { name: 'played ÷ watched', value: player.playedMs / player.watchedMs, unit: '×' },
    ]),
  ];
}
