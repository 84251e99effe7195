import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlarmBoard, type Expectation, type Observation } from '../../../src/main/monitor/alarmBoard.ts';
import { AlarmSwitch, judge, type Condition } from '../../../src/main/monitor/alarmSwitch.ts';
import * as limit from '../../../src/main/monitor/alarmThresholds.ts';

const LOOK_MS = 250;
const fine: Observation = {
  ticks: 8, ticksWithoutPicture: 0, lateTicks: 0, blackShare: 0.1, isUnchanged: false, soundPeak: 0.3, clippedRuns: 0,
  samples: 12_000, undeliveredSamples: 0, encoderLagMs: 200, recordingStalledMs: undefined, diskSecondsLeft: 1e6,
};
const camera: Expectation = { mayStandStill: false, sound: 'device' };
const amplitude = (dbfs: number): number => 10 ** (dbfs / 20);

/** The changes of a show in which each part holds for its seconds, with the time of each. */
function changesOf(normal: Expectation, ...parts: readonly (readonly [number, Partial<Observation>])[]): string[] {
  const board = new AlarmBoard(normal);
  let atMs = 1e12;
  const changes: string[] = [];
  for (const [seconds, seen] of parts) {
    for (let look = 0; look < (seconds * 1000) / LOOK_MS; look += 1) {
      atMs += LOOK_MS;
      for (const { code, raised } of board.look(atMs, { ...fine, ...seen })) changes.push(`${raised ? '+' : '−'}${code} ${((atMs - 1e12) / 1000).toFixed(2)}`);
    }
  }
  return changes;
}

describe('one alarm', () => {
  it('is raised and cleared in turn, and only after its condition has held long enough', () => {
    fc.assert(fc.property(
      fc.array(fc.constantFrom<Condition>('bad', 'between', 'good'), { maxLength: 200 }), fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 2000 }),
      (conditions, raiseAfterMs, clearAfterMs) => {
        const alarm = new AlarmSwitch({ raiseAfterMs, clearAfterMs });
        let isRaised = false;
        conditions.forEach((condition, index) => {
          const change = alarm.look(index * LOOK_MS, condition);
          if (change === undefined) return;
          expect(change).toBe(isRaised ? 'cleared' : 'raised');
          const [needed, neededMs] = isRaised ? ['good', clearAfterMs] as const : ['bad', raiseAfterMs] as const;
          for (let back = index; back >= 0 && (index - back) * LOOK_MS < neededMs; back -= 1) expect(conditions[back]).toBe(needed);
          isRaised = !isRaised;
        });
      },
    ));
  });

  it('does not come and go at its threshold', () => {
    expect([judge(10, 10, 5), judge(9.9, 10, 5), judge(5.1, 10, 5), judge(5, 10, 5)]).toEqual(['bad', 'between', 'between', 'good']);
    const near = Array.from({ length: 40 }, (_, index) => [0.25, { encoderLagMs: limit.ENCODER_LAG_MS + (index % 2 === 0 ? 1 : -1) }] as const);
    expect(changesOf(camera, [5, { encoderLagMs: limit.ENCODER_LAG_MS + 100 }], ...near)).toEqual(['+ENCODER_LAG 2.25']);
  });
});

describe('the alarms of a program', () => {
  it('are silent while all is well', () => {
    expect(changesOf(camera, [60, {}])).toEqual([]);
  });

  it('tell silence from sound that was withheld and sound that never came', () => {
    const device = changesOf(camera, [6, { soundPeak: amplitude(-70) }], [2, {}], [6, { soundPeak: 0 }], [2, {}], [6, { soundPeak: 0, undeliveredSamples: 11_990 }], [2, {}]);
    expect(device).toEqual(['+SILENCE 5.25', '−SILENCE 6.75', '+DIGITAL_ZERO 13.25', '−DIGITAL_ZERO 14.75', '+NO_SOUND 18.25', '−NO_SOUND 23.25']);
    expect(changesOf({ ...camera, sound: 'other' }, [6, { soundPeak: 0 }])).toEqual(['+SILENCE 5.25']);
    expect(changesOf({ ...camera, sound: 'none' }, [20, { soundPeak: 0, undeliveredSamples: 12_000 }])).toEqual([]);
    expect(changesOf(camera, [20, { soundPeak: amplitude(-59) }])).toEqual([]);
  });

  it('tell a frozen picture from a black one and from none, one at a time', () => {
    expect(changesOf(camera, [10, { isUnchanged: true }], [1, {}])).toEqual(['+FROZEN 8.25', '−FROZEN 10.75']);
    expect(changesOf(camera, [20, { isUnchanged: true, blackShare: 1 }])).toEqual(['+BLACK 3.25']);
    expect(changesOf(camera, [20, { isUnchanged: true, blackShare: 1, ticksWithoutPicture: 8 }])).toEqual(['+NO_SIGNAL 2.25']);
    expect(changesOf({ ...camera, mayStandStill: true }, [60, { isUnchanged: true }])).toEqual([]);
    // A camera of half the program's rate repeats every other picture and is well.
    expect(changesOf(camera, [20, { ticksWithoutPicture: 4 }])).toEqual([]);
  });

  it('clear what another fault takes over', () => {
    expect(changesOf(camera, [5, { blackShare: 1, isUnchanged: true }], [5, { blackShare: 1, isUnchanged: true, ticksWithoutPicture: 8 }]))
      .toEqual(['+BLACK 3.25', '−BLACK 5.75', '+NO_SIGNAL 7.25']);
  });

  it('hear clipping at once and keep saying so for a while', () => {
    expect(changesOf(camera, [0.25, { clippedRuns: 40 }], [6, {}])).toEqual(['+CLIPPING 0.25', '−CLIPPING 5.50']);
    expect(changesOf(camera, [0.25, { clippedRuns: 1 }], [6, {}])).toEqual([]);
  });

  it('watch encoder, clock and disk', () => {
    expect(changesOf(camera, [4, { encoderLagMs: 3000 }], [4, {}])).toEqual(['+ENCODER_LAG 2.25', '−ENCODER_LAG 7.25']);
    expect(changesOf(camera, [6, { lateTicks: 5 }], [6, {}])).toEqual(['+CLOCK_LATE 4.25', '−CLOCK_LATE 10.25']);
    expect(changesOf(camera, [1, { diskSecondsLeft: undefined }], [1, { diskSecondsLeft: 600 }], [9, { diskSecondsLeft: 17 * 60 }], [6, {}])).toEqual(['+DISK_LOW 1.25', '−DISK_LOW 16.25']);
  });

  it('watch whether the recording grows, and are gone with it', () => {
    expect(changesOf(camera, [2, { recordingStalledMs: 0 }], [1, { recordingStalledMs: 9_000 }], [4, { recordingStalledMs: 1_000 }])).toEqual(['+RECORD_STALLED 2.25', '−RECORD_STALLED 5.25']);
    expect(changesOf(camera, [1, { recordingStalledMs: 9_000 }], [4, {}])).toEqual(['+RECORD_STALLED 0.25', '−RECORD_STALLED 3.25']);
  });

  it('say what happened and what to do', () => {
    const board = new AlarmBoard(camera);
    const [change] = board.look(0, { ...fine, diskSecondsLeft: 400 });
    expect(change).toMatchObject({ code: 'DISK_LOW', raised: true, message: 'The disk has room for 6 more minutes of the recording.' });
    expect(change?.action).toMatch(/\.$/);
  });
});
