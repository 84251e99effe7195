// What the archive of a show has of every rendition, once the show is over: the burnt-in numbers of all frames, across holes too.
import type { ShowReport } from '../../src/contract/report.ts';
import { burntInNumbers } from './archivedFrames.ts';
import { startForegroundService } from './foregroundService.ts';
import { playlistParts } from './playlistParts.ts';

/** One list for each rendition, in their order; NaN where a number cannot be read. */
export async function numbersInArchive({ playback, renditions }: Pick<ShowReport, 'playback' | 'renditions'>, home: string): Promise<number[][]> {
  const service = await startForegroundService(home);
  try {
    const numbers: number[][] = [];
    for (const { name, declaredKbps, width, height } of renditions) {
      const playlist = (playback.hls ?? '').replace(/\/manifest\(.*$/, `/QualityLevels(${declaredKbps * 1000})/Manifest(video,format=m3u8-cmaf)`);
      const parts = await playlistParts(playlist, home, name);
      const read = (await Promise.all(parts.map(async ({ file }) => burntInNumbers(file, width, height)))).flat();
      numbers.push(read.map((number) => number ?? Number.NaN));
    }
    return numbers;
  } finally {
    await service.stop();
  }
}
