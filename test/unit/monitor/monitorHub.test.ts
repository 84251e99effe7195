import { describe, expect, it } from 'vitest';
import { readMonitorMessage, type MonitorMessage } from '../../../src/contract/monitorStream.ts';
import { beginPicture, beginSourcePicture, pictureMessageBytes } from '../../../src/contract/monitorStream.ts';
import type { LevelReading } from '../../../src/main/monitor/levels.ts';
import { FramePool } from '../../../src/main/media/framePool.ts';
import { MonitorHub } from '../../../src/main/monitor/monitorHub.ts';

const loudness = { momentaryLufs: -20, shortTermLufs: -21, integratedLufs: -22, rangeLu: 3 };
const reading = (peak: number): LevelReading => ({ samples: 1600, channels: [{ peak, truePeak: peak, squares: 1600 * peak * peak }], clippedRuns: 0 });

const SIZE = { width: 2, height: 2 };

function setUp() {
  const hub = new MonitorHub();
  const pool = new FramePool(pictureMessageBytes(SIZE));
  const drawn: Uint8Array[] = [];
  const join = () => {
    const got: MonitorMessage[] = [];
    /** One for each message that is still on its way. */
    const sending: (() => void)[] = [];
    const viewer = {
      full: false,
      isFull: () => viewer.full,
      send: (bytes: Uint8Array, onSent: () => void) => {
        got.push(readMonitorMessage(bytes.slice()) ?? expect.fail('not a message'));
        sending.push(onSent);
      },
    };
    return { viewer, got, sending, seat: hub.join(viewer) };
  };
  return {
    hub, join, drawn, made: () => drawn.length,
    picture: (frame: number, isUsual = true) => hub.offerPicture({ frame, utcMs: frame * 40 }, isUsual, (stamp) => {
      const message = pool.acquire();
      beginPicture(message.bytes, stamp, SIZE);
      drawn.push(message.bytes);
      return message;
    }),
    meters: (frame: number, peak: number) => hub.offerMeters({ frame, utcMs: frame * 40 }, reading(peak), loudness),
  };
}

describe('the hub', () => {
  it('makes no picture while nobody has credit', () => {
    const { join, picture, made } = setUp();
    const { got, seat } = join();
    for (let frame = 0; frame < 50; frame += 1) picture(frame);
    expect([made(), got.length]).toEqual([0, 0]);
    seat.grant({ pictures: 2 });
    for (let frame = 50; frame < 100; frame += 1) picture(frame);
    expect([made(), got.map((one) => one.frame)]).toEqual([2, [50, 51]]);
    seat.grant({ pictures: 1 });
    picture(100);
    seat.grant({ pictures: 1 });
    seat.leave();
    picture(101);
    expect([made(), got.map((one) => one.frame)]).toEqual([3, [50, 51, 100]]);
  });

  it('gives a slow client less and a quick one all, from one drawing', () => {
    const { join, picture, made } = setUp();
    const [quick, slow, full] = [join(), join(), join()];
    slow.seat.grant({ pictures: 1 });
    full.seat.grant({ pictures: 4 });
    full.viewer.full = true;
    for (let frame = 0; frame < 30; frame += 1) {
      quick.seat.grant({ pictures: 1 });
      picture(frame);
    }
    expect([quick.got.length, slow.got.length, full.got.length, made()]).toEqual([30, 1, 0, 30]);
  });

  it('gives the pictures between the usual ones to those who asked for them', () => {
    const { join, picture, made } = setUp();
    const [usual, every] = [join(), join()];
    every.seat.grant({ picturesPerSecond: 30 });
    const play = (): void => {
      for (let frame = 0; frame < 6; frame += 1) {
        for (const { seat } of [usual, every]) seat.grant({ pictures: 1 });
        picture(frame, frame % 2 === 0);
      }
    };
    play();
    expect([usual.got.map((one) => one.frame), every.got.map((one) => one.frame), made()]).toEqual([[0, 2, 4], [0, 1, 2, 3, 4, 5], 6]);
    every.seat.grant({ picturesPerSecond: 15 });
    play();
    expect([usual.got.length, every.got.length, made()]).toEqual([6, 9, 9]);
  });

  it('draws over a picture only when every client has been sent it', () => {
    const { join, picture, drawn } = setUp();
    const [quick, slow] = [join(), join()];
    for (let frame = 0; frame < 4; frame += 1) {
      for (const { seat } of [quick, slow]) seat.grant({ pictures: 1 });
      picture(frame);
      for (const sent of quick.sending.splice(0)) sent();
    }
    expect(new Set(drawn).size).toBe(4);
    for (const sent of slow.sending.splice(0)) sent();
    quick.seat.grant({ pictures: 1 });
    picture(4);
    expect(drawn.slice(0, 4)).toContain(drawn[4]);
    expect(quick.got.at(-1)?.frame).toBe(4);
  });

  it('hoards no credit', () => {
    const { join, picture } = setUp();
    const { got, seat } = join();
    for (let grant = 0; grant < 20; grant += 1) seat.grant({ pictures: 8 });
    for (let frame = 0; frame < 40; frame += 1) picture(frame);
    expect(got).toHaveLength(4);
  });

  it('gives the pictures of a source to those who asked for this source, and draws none for nobody', () => {
    const { hub, join } = setUp();
    const [both, second] = [join(), join()];
    both.seat.grant({ pictures: 4, sources: { 1: 1, 2: 9 } });
    second.seat.grant({ sources: { 2: 1 } });
    const drawn: string[] = [];
    const pool = new FramePool(pictureMessageBytes(SIZE));
    for (let frame = 0; frame < 5; frame += 1) {
      for (const source of ['1', '2', '3']) {
        hub.offerSourcePicture(source, { frame, utcMs: 0 }, (stamp) => {
          drawn.push(source);
          const message = pool.acquire();
          beginSourcePicture(message.bytes, stamp, source, SIZE);
          return message;
        });
      }
    }
    const of = ({ got }: typeof both) => got.map((one) => (one.type === 'sourcePicture' ? `${one.source} #${one.sequence}` : one.type));
    expect(of(both)).toEqual(['1 #0', '2 #0', '2 #1']);
    expect(of(second)).toEqual(['2 #0']);
    expect(drawn).toEqual(['1', '2', '2']);
  });

  it('merges the readings that a client could not take, so that no peak is missed', () => {
    const { join, meters } = setUp();
    const { got, seat } = join();
    meters(0, 0.9);
    expect(got).toEqual([]);
    seat.grant({ meters: 1 });
    meters(1, 0.1);
    meters(2, 0.5);
    meters(3, 0.2);
    seat.grant({ meters: 1 });
    meters(4, 0.1);
    expect(got.map((one) => [one.type, one.frame])).toEqual([['meters', 1], ['meters', 4]]);
    const [first, second] = got.map((one) => (one.type === 'meters' ? one.channels[0] : undefined));
    expect(first?.peakDbfs).toBeCloseTo(-20, 3);
    expect(second?.peakDbfs).toBeCloseTo(20 * Math.log10(0.5), 3);
    expect(second?.rmsDbfs).toBeCloseTo(10 * Math.log10((0.25 + 0.04 + 0.01) / 3), 3);
    expect(second && got[1]).toMatchObject({ loudness: { integratedLufs: -22 } });
  });

  it('sends pictures and meters independently', () => {
    const { join, picture, meters } = setUp();
    const { got, seat } = join();
    seat.grant({ meters: 8 });
    picture(0);
    meters(0, 0.1);
    expect(got.map((one) => one.type)).toEqual(['meters']);
  });
});
