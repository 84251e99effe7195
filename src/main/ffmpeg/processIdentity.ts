// Tells whether a process id still means the same process. Linux and macOS; on Windows nothing needs it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A value that differs for two processes that had the same id, or undefined when no process has it (or it cannot be told). */
export function processStart(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return startOfProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2_000, stdio: ['ignore', 'pipe', 'ignore'] });
    return text.trim() === '' ? undefined : text.trim();
  } catch {
    return undefined;
  }
}

/**
 * Start time in clock ticks from `/proc/PID/stat`, field 22 (proc(5)); undefined for a zombie, which is dead already.
 * The command name in parentheses may itself hold parentheses and spaces.
 */
export function startOfProcStat(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
