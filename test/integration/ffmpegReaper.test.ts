import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';

const engines: ChildProcess[] = [];
afterEach(() => { for (const engine of engines.splice(0)) engine.kill('SIGKILL'); });

async function startEngine(): Promise<{ engine: ChildProcess; workers: number[]; reaper: number }> {
  const entry = new URL('../support/reapedEngine.ts', import.meta.url).pathname;
  const engine = spawn(process.execPath, [entry, (await locateFfmpeg()).path], { stdio: ['ignore', 'pipe', 'inherit'] });
  engines.push(engine);
  let said = '';
  engine.stdout.setEncoding('utf8').on('data', (text: string) => { said += text; });
  await until(() => said.includes('\n'), 'the engine has its workers', 30_000);
  return { engine, ...(JSON.parse(said) as { workers: number[]; reaper: number }) };
}

test('kill -9 of the engine leaves no FFmpeg: running, stopped or waiting for a silent device', async () => {
  const { engine, workers, reaper } = await startEngine();
  expect(workers).toHaveLength(3);
  for (const pid of [...workers, reaper]) expect(isAlive(pid)).toBe(true);
  engine.kill('SIGKILL');
  await once(engine, 'exit');
  await until(() => workers.every((pid) => !isAlive(pid)), 'all workers are gone', 5_000);
  await until(() => !isAlive(reaper), 'the reaper is gone too', 5_000);
});

test('a reaper that was killed is replaced by one that knows the workers', async () => {
  const { engine, workers, reaper } = await startEngine();
  process.kill(reaper, 'SIGKILL');
  const reapersNow = (): number[] => spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(engine.pid)], { encoding: 'utf8' }).stdout
    .split('\n').filter((line) => line.includes('reaper.ts')).map((line) => Number.parseInt(line, 10)).filter(isAlive);
  let next: number[] = [];
  await until(() => {
    next = reapersNow();
    return next.length === 1 && next[0] !== reaper;
  }, 'another reaper runs', 10_000);
  engine.kill('SIGKILL');
  await until(() => workers.every((pid) => !isAlive(pid)), 'all workers are gone', 5_000);
  await until(() => !isAlive(next[0]!), 'the second reaper is gone too', 5_000);
});

test('an ordinary end of the engine ends the reaper', async () => {
  const { engine, reaper } = await startEngine();
  engine.kill('SIGTERM');
  await once(engine, 'exit');
  await until(() => !isAlive(reaper), 'the reaper is gone', 5_000);
});
