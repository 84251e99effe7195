// An hour of lip-sync under drift and a whole day of the program's clock, both simulated. Bounds are those of the project.
import { lipSync, longShow, TICK_MS } from '../support/longShow.ts';
import type { BenchRow } from './benchRow.ts';

const DAY_SECONDS = 86_400;

export async function run(): Promise<BenchRow[]> {
  const { meansMs, underruns, jumps } = lipSync(60, 0, 100);
  const before = process.memoryUsage().heapUsed;
  const day = longShow(DAY_SECONDS, 'counted');
  const grownMb = (process.memoryUsage().heapUsed - before) / 1e6;
  const drifted = (DAY_SECONDS * 30 * 100) / 1e6;
  return [
    { name: 'lip-sync, 60 min, microphone 100 ppm fast: worst second', value: Math.max(...meansMs.map(Math.abs)), unit: 'ms', atMost: 20, note: `${underruns} underruns, ${jumps} jumps` },
    { name: '24 h: media time against wall time, worst minute', value: Math.max(...day.offsetsMs.map(Math.abs)), unit: 'ms', atMost: TICK_MS },
    { name: '24 h, camera 100 ppm fast: skips beyond the arithmetic', value: Math.abs(day.stats.skippedFrames - drifted), unit: 'frames', atMost: 1, note: `${day.stats.skippedFrames} skipped, ${day.stats.repeatedFrames} repeated in ${day.frames} ticks` },
    { name: '24 h: sound against wall time, worst minute', value: Math.max(...day.soundOffsetsMs.map(Math.abs)), unit: 'ms', atMost: TICK_MS, note: `${day.samples} samples, ${day.aacFrames} AAC frames` },
    { name: '24 h: samples missing, twice or out of place', value: Math.abs(day.samples - day.frames * 1600) + day.soundGaps, unit: 'samples', atMost: 0 },
    { name: '24 h, microphone 100 ppm slow: correction beyond the arithmetic', value: Math.abs(day.stats.correctedSamples + day.samples * 1e-4), unit: 'samples', atMost: 480, note: `${-day.stats.correctedSamples} put in, ${day.stats.underruns} underruns, ${day.stats.jumps} jumps` },
    { name: '24 h: heap grown', value: grownMb, unit: 'MB', atMost: 50 },
  ];
}
