import { describe, expect, it } from 'vitest';
import type { ConnectionReport, ShowStats } from '../../../src/contract/report.ts';
import { FigureRecord } from '../../../src/main/health/figureHistory.ts';

const connection = (sentBytes: number, change: Partial<ConnectionReport> = {}): ConnectionReport => ({
  rendition: '720p', endpoint: 'rtmps://one', state: 'publishing', sentBytes, acknowledgedBytes: sentBytes, reconnects: 0, sentFrames: 0, disconnectedMs: 0, queuedMs: 100, droppedMs: 0, ...change,
});

const stats = (second: number, connections: ConnectionReport[]): ShowStats => ({
  type: 'stats', state: 'live', onAirSeconds: second, programSeconds: second, connections, encoderLagFrames: 0,
  renditions: [{ name: '720p', width: 1280, height: 720, fps: 30, declaredKbps: 3000, actualKbps: 3000, frames: second * 30, keyframes: 1, repeatedFrames: second, droppedFrames: 0 }],
  health: { light: 'good', word: 'Good', shape: 'circle', sentence: '', losses: [] },
});

describe('FigureRecord', () => {
  it('holds the growth of each of the last sixty seconds', () => {
    const record = new FigureRecord();
    for (let second = 0; second <= 90; second += 1) record.observe(stats(second, [connection(second * 250_000)]), second * 1000);
    const { seconds } = record.view();
    expect(seconds).toHaveLength(60);
    expect(seconds.at(-1)).toMatchObject({ programSeconds: 90, light: 'good', renditions: [{ frames: 30, repeatedFrames: 1 }], connections: [{ sentKbps: 2000, queuedMs: 100 }] });
    expect(seconds[0]?.programSeconds).toBe(31);
  });

  it('holds the minutes of a whole day and no more, each with its longest queue', () => {
    const record = new FigureRecord();
    const minutes = 26 * 60;
    for (let step = 0; step <= minutes * 2; step += 1) {
      record.observe(stats(step * 30, [connection(step * 1000, { queuedMs: step % 2 === 1 ? 4000 : 50 })]), step * 30_000);
    }
    const view = record.view();
    expect(view.minutes).toHaveLength(25 * 60);
    expect(view.minutes.every((point) => point.connections[0]?.queuedMs === 4000)).toBe(true);
    expect(JSON.stringify(view).length).toBeLessThan(1_000_000);
  });

  it('sees no jump where a connection changes its endpoint or is new', () => {
    const record = new FigureRecord();
    record.observe(stats(0, [connection(5_000_000)]), 0);
    record.observe(stats(1, [connection(5_125_000, { endpoint: 'rtmps://two' }), connection(9_000_000, { rendition: '360p' })]), 1000);
    expect(record.view().seconds[0]?.connections.map((one) => one.sentKbps)).toEqual([1000, 0]);
  });
});
