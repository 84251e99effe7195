// Reads the key=value blocks that FFmpeg writes with `-progress` (fftools/ffmpeg.c, print_report). Pure; knows no process.

/** The latest report of a worker. Values that FFmpeg gives as N/A are undefined. */
export type FfmpegProgress = {
  readonly frame: number | undefined;
  readonly fps: number | undefined;
  readonly bitrateKbps: number | undefined;
  readonly totalSizeBytes: number | undefined;
  readonly outTimeMs: number | undefined;
  readonly duplicatedFrames: number | undefined;
  readonly droppedFrames: number | undefined;
  /** 1 is real time. */
  readonly speed: number | undefined;
  /** True in the last report of a run that ended in order. */
  readonly isLast: boolean;
};

/** A line that FFmpeg would never write; bounds what a wrong peer on the pipe can make us hold. */
const MAX_PENDING_CHARS = 16_384;

/** Takes text in any chunks and returns the reports that it completed. */
export function createProgressParser(): (text: string) => FfmpegProgress[] {
  let pending = '';
  let values = new Map<string, string>();
  return (text) => {
    const reports: FfmpegProgress[] = [];
    const lines = (pending + text).split('\n');
    pending = (lines.pop() ?? '').slice(-MAX_PENDING_CHARS);
    for (const line of lines) {
      const cut = line.indexOf('=');
      if (cut <= 0 || cut > 64) continue;
      const key = line.slice(0, cut).trim();
      const value = line.slice(cut + 1).trim();
      if (key !== 'progress') {
        if (values.size < 200) values.set(key, value);
        continue;
      }
      reports.push(reportOf(values, value === 'end'));
      values = new Map();
    }
    return reports;
  };
}

function reportOf(values: ReadonlyMap<string, string>, isLast: boolean): FfmpegProgress {
  const number = (key: string): number | undefined => {
    const parsed = Number.parseFloat(values.get(key) ?? '');
    return Number.isFinite(parsed) ? parsed : undefined;
  };
  const outTimeUs = number('out_time_us');
  return {
    frame: number('frame'),
    fps: number('fps'),
    bitrateKbps: number('bitrate'),
    totalSizeBytes: number('total_size'),
    // `out_time_ms` holds microseconds too (a bug kept for compatibility), so only `out_time_us` is read.
    outTimeMs: outTimeUs === undefined ? undefined : outTimeUs / 1000,
    duplicatedFrames: number('dup_frames'),
    droppedFrames: number('drop_frames'),
    speed: number('speed'),
    isLast,
  };
}
