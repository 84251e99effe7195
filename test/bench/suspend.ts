// A machine that is suspended during a show: every process is stopped, 30 s where FIELDCAST_SLEEP_SECONDS says nothing else. What counts is
// the archive: what is missing in it, and whether the report tells it. `npm run bench suspend`.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AAC_FRAME_SAMPLES, AUDIO_SAMPLE_RATE } from '../../src/contract/ladder.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { numbersInArchive } from '../support/numbersInArchive.ts';
import { processesWith } from '../support/processTree.ts';
import { suspendedShow } from '../support/suspendedShow.ts';
import { until } from '../support/until.ts';
import type { BenchRow } from './benchRow.ts';

const SLEEP_SECONDS = Number(process.env['FIELDCAST_SLEEP_SECONDS'] ?? 30);

export async function run(): Promise<BenchRow[]> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-suspend-'));
  try {
    const { report, recoveredMs, processes } = await suspendedShow(home, SLEEP_SECONDS);
    const left = await until(() => processesWith(home).length === 0, 'the end of every process', 20_000).then(() => 0, () => processesWith(home).length);
    const archive = await numbersInArchive(report, home);
    const fps = report.renditions[0]?.fps ?? Number.NaN;
    // All of the sound is there, and a show is whole GOPs long. The numbers in the pictures tell nothing: the test picture slept too.
    const gopFrames = ladderByName('480p').gopSeconds * fps;
    const total = Math.round((report.audio.frames * AAC_FRAME_SAMPLES * fps) / AUDIO_SAMPLE_RATE / gopFrames) * gopFrames;
    const missing = archive.map((numbers) => total - numbers.length);
    const told = report.renditions.map(({ name }) => report.undelivered.filter(({ track }) => track === name).reduce((sum, { frames }) => sum + frames, 0));
    const sound = report.undelivered.filter(({ track }) => track === 'audio').reduce((sum, { frames }) => sum + frames, 0);
    return [
      { name: 'every process stopped', value: SLEEP_SECONDS, unit: 's', note: `${processes} processes; the show: ${report.outcome}, ${report.verification.join(' ')}` },
      { name: 'ended by it', value: report.outcome === 'ended' ? 0 : 1, unit: '', atMost: 0 },
      { name: 'pictures missing in each rendition', value: Math.max(...missing), unit: 'frames', atMost: (SLEEP_SECONDS + 4) * fps, note: `${missing.join(' and ')} of ${total}; ${report.renditions.map(({ repeatedFrames }) => repeatedFrames).join(' and ')} repeated` },
      { name: 'renditions that miss others', value: Math.max(...missing) - Math.min(...missing), unit: 'frames', atMost: 0 },
      { name: 'pictures missing that the report does not tell', value: Math.max(...missing.map((count, index) => Math.abs(count - (told[index] ?? 0)))), unit: 'frames', atMost: 0 },
      { name: 'sound missing', value: sound, unit: 'AAC frames', atMost: 0, note: `${report.audio.silenceMs} ms of it are silence` },
      { name: 'in time again after it', value: recoveredMs / 1000, unit: 's', note: `reconnections ${report.connections.map(({ reconnects }) => reconnects).join(' and ')}, ${report.connections.map(({ disconnectedMs }) => disconnectedMs).join(' and ')} ms without` },
      { name: 'processes left', value: left, unit: '', atMost: 0 },
    ];
  } finally {
    for (const { pid } of processesWith(home)) process.kill(pid, 'SIGKILL');
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
