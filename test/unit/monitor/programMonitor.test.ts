import { describe, expect, it } from 'vitest';
import { readMonitorMessage, type MonitorMessage } from '../../../src/contract/monitorStream.ts';
import type { AlarmChange } from '../../../src/main/monitor/alarmBoard.ts';
import { MonitorHub } from '../../../src/main/monitor/monitorHub.ts';
import { ProgramMonitor, type ProgramFigures } from '../../../src/main/monitor/programMonitor.ts';
import { createTimeline, utcMsOfFrame, type FrameIndex } from '../../../src/main/media/timeline.ts';
import { sampleOfFrame } from '../../../src/main/program/sampleGrid.ts';
import { stereoSine } from '../../support/sines.ts';

const SIZE = { width: 64, height: 36 };
const well: ProgramFigures = { ticksWithoutPicture: 0, undeliveredSamples: 0, lateTicks: 0, encoderLagFrames: 0, diskSecondsLeft: undefined, recordingStalledMs: undefined };

function setUp(rate: { num: number; den: number }, picturesPerSecond: 15 | 30 = 15) {
  const timeline = createTimeline(1_700_000_000, rate, 2);
  const hub = new MonitorHub();
  const got: MonitorMessage[] = [];
  const seat = hub.join({ isFull: () => false, send: (bytes) => { got.push(readMonitorMessage(bytes) ?? expect.fail('not a message')); } });
  seat.grant({ picturesPerSecond });
  const alarms: (AlarmChange & { readonly frame: number })[] = [];
  const failures: Error[] = [];
  let figures = well;
  let frame = 3000;
  const monitor = new ProgramMonitor({
    timeline, size: SIZE, hub, normal: { mayStandStill: false, sound: 'device' },
    figures: () => figures,
    onAlarm: (change) => alarms.push({ ...change, frame }),
    onFailure: (error) => failures.push(error),
  });
  const picture = new Uint8Array(SIZE.width * SIZE.height * 1.5).fill(100);
  const tone = stereoSine(1000, -20, 0.1);
  /** Lets the program run; `change` says how the counters go on with each tick. */
  const play = (ticks: number, change: (before: ProgramFigures) => ProgramFigures = (before) => before): void => {
    for (let tick = 0; tick < ticks; tick += 1) {
      seat.grant({ pictures: 4, meters: 32 });
      figures = change(figures);
      picture[(frame * 97) % picture.length] = frame % 200;
      picture.fill(frame % 200, 0, SIZE.width);
      monitor.frame(frame as FrameIndex, [picture]);
      monitor.sound(tone.subarray(0, (sampleOfFrame(frame + 1, rate) - sampleOfFrame(frame, rate)) * 2));
      frame += 1;
    }
  };
  return { timeline, got, alarms, failures, play, monitor, seat, breakFigures: () => { figures = undefined as unknown as ProgramFigures; } };
}

describe('the monitor of a program', () => {
  it.each([
    [{ num: 24, den: 1 }, 24, 24, 48], [{ num: 25, den: 1 }, 25, 25, 50], [{ num: 30_000, den: 1001 }, 15, 30, 30], [{ num: 30, den: 1 }, 15, 30, 30],
    [{ num: 50, den: 1 }, 25, 25, 50], [{ num: 60, den: 1 }, 15, 30, 60],
  ])('of %o fps shows 15 to 30 pictures, more to those who ask, and 30 to 60 readings a second', (rate, pictures, most, readings) => {
    const { play, got, timeline } = setUp(rate);
    play(Math.round(rate.num / rate.den));
    expect(got.filter((one) => one.type === 'picture')).toHaveLength(pictures);
    const other = setUp(rate, 30);
    other.play(Math.round(rate.num / rate.den));
    expect(other.got.filter((one) => one.type === 'picture')).toHaveLength(most);
    expect(got.filter((one) => one.type === 'meters')).toHaveLength(readings);
    for (const message of got) {
      if (message.type === 'picture') expect(message).toMatchObject({ ...SIZE, utcMs: utcMsOfFrame(timeline, message.frame) });
      else expect(message.utcMs - utcMsOfFrame(timeline, message.frame)).toBeLessThan(1000 / 25);
    }
  });

  it.each([[33.3, 15, 30], [33.9, 15, 30], [40, 25, 25], [16.6, 15, 30], [66.7, 15, 15], [8.3, 15, 30]])('shows what a device with a picture each %d ms gives at once, 15 or 30 a second, and judges what goes out', (intervalMs, usual, most) => {
    for (const [picturesPerSecond, expected] of [[15, usual], [30, most]] as const) {
      const { monitor, alarms, got, seat } = setUp({ num: 30, den: 1 }, picturesPerSecond);
      const out = new Uint8Array(SIZE.width * SIZE.height * 1.5).fill(16);
      const newest = new Uint8Array(out.length).fill(200);
      let arrived = 0;
      for (let frame = 0; frame < 150; frame += 1) {
        out[frame] = 17;
        seat.grant({ pictures: 4 });
        monitor.frame(frame as FrameIndex, [out], true);
        monitor.sound(stereoSine(1000, -20, 1 / 30));
        for (; arrived * intervalMs < (frame + 1) * 33.33; arrived += 1) monitor.arrived([newest], intervalMs);
      }
      const shown = got.flatMap((one) => (one.type === 'picture' ? [one.pixels[0]] : []));
      expect(new Set(shown)).toEqual(new Set([200]));
      expect(Math.abs(shown.length / 5 - expected)).toBeLessThanOrEqual(1.2);
      expect(alarms.map(({ code }) => code)).toEqual(['BLACK']);
    }
  });

  it('raises its alarms by media time, from the counters of the show', () => {
    const { play, alarms } = setUp({ num: 30, den: 1 });
    play(300);
    expect(alarms).toEqual([]);
    play(150, (before) => ({ ...before, ticksWithoutPicture: before.ticksWithoutPicture + 1, undeliveredSamples: before.undeliveredSamples + 1600 }));
    expect(alarms.map(({ code, raised }) => [code, raised])).toEqual([['NO_SIGNAL', true], ['NO_SOUND', true]]);
    for (const { frame } of alarms) expect((frame - 3300) / 30).toBeCloseTo(2.4, 0);
    play(90, (before) => ({ ...before, encoderLagFrames: 90 }));
    expect(alarms.slice(2).map(({ code, raised }) => [code, raised])).toEqual([['NO_SIGNAL', false], ['NO_SOUND', false], ['ENCODER_LAG', true]]);
  });

  it('breaks alone: it says so once and looks no more', () => {
    const { play, failures, got, breakFigures } = setUp({ num: 30, den: 1 });
    play(30);
    breakFigures();
    const before = got.length;
    play(60);
    expect(failures).toHaveLength(1);
    // The tick in which it broke had its picture.
    expect(got.length - before).toBeLessThan(30);
    const then = got.length;
    play(60);
    expect([failures.length, got.length]).toEqual([1, then]);
  });
});
