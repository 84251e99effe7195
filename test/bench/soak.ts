// A long show at 720p: drift of the media clock against the wall clock, memory of each process, frames at the end.
// `node test/bench/soak.ts [minutes]`; prints a table and exits 1 when the show was not verified.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startCli } from '../support/fieldcastCli.ts';
import { processesWith } from '../support/processTree.ts';
import { slope, type Point } from '../support/slope.ts';

const SAMPLE_MS = 10_000;
/** Start-up is left out of the trends. */
const WARM_UP_MS = 60_000;

const minutes = Number(process.argv[2] ?? 10);
const home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-soak-'));
const run = startCli(
  ['live', '--source', 'test', '--destination', 'embedded', '--ladder', '720p', '--for', `${minutes}m`, '--json'],
  { home, timeoutMs: minutes * 60_000 + 180_000 },
);
const memory = new Map<string, Point[]>();
const clock: Point[] = [];
const startedMs = performance.now();
let statsSeen = 0;
const timer = setInterval(() => {
  const nowMs = performance.now() - startedMs;
  for (const one of processesWith(home)) {
    const key = `${one.name} (${one.pid})`;
    memory.set(key, [...(memory.get(key) ?? []), { x: nowMs / 60_000, y: one.rssBytes / 1e6 }]);
  }
}, SAMPLE_MS);
const clockTimer = setInterval(() => {
  const stats = run.events.filter((event) => event.type === 'stats');
  const latest = stats.at(-1);
  if (latest === undefined || stats.length === statsSeen) return;
  statsSeen = stats.length;
  clock.push({ x: (performance.now() - startedMs) / 1000, y: latest.programSeconds });
}, 100);
const { code, report, stderr } = await run.finished;
clearInterval(timer);
clearInterval(clockTimer);

const warm = (points: readonly Point[], warmUp: number): Point[] => points.filter((point) => point.x > warmUp);
console.log(`soak of ${minutes} min at 720p: exit ${code}, verified ${report?.verified ?? false}`);
const steady = warm(clock, WARM_UP_MS / 1000);
if (steady.length > 2) console.log(`media clock ÷ wall clock: ${slope(steady).toFixed(7)} (drift ${((slope(steady) - 1) * 1e6).toFixed(1)} ppm)`);
for (const [name, points] of memory) {
  const later = warm(points, WARM_UP_MS / 60_000);
  if (later.length < 3) continue;
  console.log(`${name}: ${later[0]?.y.toFixed(0)} MB → ${later.at(-1)?.y.toFixed(0)} MB, at most ${Math.max(...later.map((point) => point.y)).toFixed(0)} MB, trend ${slope(later).toFixed(2)} MB/min`);
}
for (const one of report?.renditions ?? []) console.log(`${one.name}: ${one.frames} frames, ${one.repeatedFrames} repeated, ${one.droppedFrames} dropped, ${Math.round(one.actualKbps)} kbit/s`);
for (const sentence of report?.verification ?? [stderr]) console.log(sentence);
await rm(home, { recursive: true, force: true });
process.exitCode = report?.verified === true ? 0 : 1;
