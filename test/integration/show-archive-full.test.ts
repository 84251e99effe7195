// A disk that fills up during a show: the operator learns it while the show runs, and the show goes on to an orderly end.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startCli } from '../support/fieldcastCli.ts';

const home = mkdtempSync(path.join(tmpdir(), 'fieldcast-full-'));
const assets = path.join(home, 'service', 'assets');

/** Room for about three seconds of the smallest ladder. */
function mountSmallDisk(): boolean {
  mkdirSync(assets, { recursive: true, mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=800k,mode=0700', 'tmpfs', assets], { stdio: 'ignore', timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}
const isMounted = mountSmallDisk();

afterAll(() => {
  if (isMounted) execFileSync('umount', ['-l', assets], { timeout: 5000 });
  rmSync(home, { recursive: true, force: true });
});

describe.skipIf(!isMounted)('an archive on a full disk (skipped where no tmpfs can be mounted)', () => {
  it('is told in a sentence while the show is on, and stands in the report', async () => {
    const cli = startCli(['live', '--source', 'test', '--destination', 'embedded', '--ladder', '480p', '--for', '2m', '--json'], { home, timeoutMs: 90_000 });
    const warning = await cli.event('warning', ({ failure }) => failure.code === 'ARCHIVE_FAILED');
    expect(warning.failure.message).toContain('The archive cannot be written: the disk is full.');
    const stats = await cli.event('stats', ({ health }) => health.light === 'bad');
    expect(stats.health).toMatchObject({ shape: 'octagon', sentence: expect.stringContaining('records this show no more'), action: expect.any(String) });
    // The stream itself still flows.
    expect(stats.connections.map(({ state }) => state)).toEqual(stats.connections.map(() => 'publishing'));
    cli.child.kill('SIGINT');
    const { code, report } = await cli.finished;
    expect(report).toMatchObject({ outcome: 'ended', verified: false });
    expect(report?.warnings.filter((one) => one.code === 'ARCHIVE_FAILED')).toHaveLength(1);
    expect(code).not.toBe(0);
  }, 100_000);
});
