// Memory and CPU of a process and all that it started, read from /proc (Linux).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type ProcessSample = { readonly pid: number; readonly name: string; readonly rssBytes: number; readonly cpuSeconds: number; readonly descriptors: number };

/** Kernel clock ticks in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Every live process whose environment holds `marker` (for example the FIELDCAST_HOME of one test), detached ones included. */
export function processesWith(marker: string): ProcessSample[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => sample(Number(name), marker))
    .filter((one) => one !== undefined);
}

function sample(pid: number, marker: string): ProcessSample | undefined {
  try {
    if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(marker)) return undefined;
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    // Fields of proc(5) from the third on: state is 0, utime 11, stime 12, rss 21.
    if (fields[0] === 'Z') return undefined;
    return {
      pid,
      name: nameOf(pid),
      rssBytes: Number(fields[21]) * PAGE_BYTES,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    // It ended while it was being read.
    return undefined;
  }
}

/** What the process does: the entry of a Node process, or FFmpeg with its role. */
function nameOf(pid: number): string {
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const binary = readlinkSync(`/proc/${pid}/exe`).split('/').at(-1) ?? '';
  if (binary.startsWith('node')) return args.find((arg) => /\.(ts|js|mjs)$/.test(arg))?.split('/').at(-1) ?? 'node';
  if (!binary.startsWith('ffmpeg')) return binary;
  if (args.includes('libx264')) return 'ffmpeg video encoder';
  if (args.includes('aac')) return 'ffmpeg audio encoder';
  return 'ffmpeg capture';
}
