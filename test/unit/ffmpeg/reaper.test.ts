import fc from 'fast-check';
import { expect, test } from 'vitest';
import { processStart, startOfProcStat } from '../../../src/main/ffmpeg/processIdentity.ts';
import { createReaper } from '../../../src/main/ffmpeg/reaper.ts';

function machine(processes: Record<number, string>) {
  const alive = new Map(Object.entries(processes).map(([pid, start]) => [Number(pid), start]));
  const killed: number[] = [];
  const reaper = createReaper({ startOf: (pid) => alive.get(pid), kill: (pid) => { killed.push(pid); } });
  return { alive, killed, reaper };
}

test('ends what was registered and not what ended by itself', () => {
  const { killed, reaper } = machine({ 100: 'a', 200: 'b', 300: 'c' });
  reaper.write('+100\n+2');
  reaper.write('00\n+300\n-200\n');
  expect(reaper.reap()).toBe(2);
  expect(killed).toEqual([100, 300]);
});

test('leaves a process alone that only has the same id', () => {
  const { alive, killed, reaper } = machine({ 100: 'a' });
  reaper.write('+100\n');
  alive.set(100, 'later');
  expect(reaper.reap()).toBe(0);
  expect(killed).toEqual([]);
});

test('never signals group 0, process 1 or what it was not told', () => {
  fc.assert(fc.property(fc.array(fc.string()), (texts) => {
    const killed: number[] = [];
    const reaper = createReaper({ startOf: () => 'x', kill: (pid) => { killed.push(pid); } });
    for (const text of ['+0\n', '+1\n', '+-5\n', '+1e3\n', ...texts.map((text) => text.replaceAll('+', ''))]) reaper.write(`${text}\n`);
    reaper.reap();
    expect(killed).toEqual([]);
  }));
});

test('the start of a process, also with a name that looks like fields', () => {
  const rest = Array.from({ length: 30 }, (_, index) => String(index + 4)).join(' ');
  expect(startOfProcStat(`42 (a) b (c) S ${rest}`)).toBe('22');
  expect(startOfProcStat(`42 (ffmpeg) Z ${rest}`)).toBeUndefined();
});

test('this process has a start that stays, a free id has none', () => {
  expect(processStart(process.pid)).toBeDefined();
  expect(processStart(process.pid)).toBe(processStart(process.pid));
  expect(processStart(4_194_400)).toBeUndefined();
});
