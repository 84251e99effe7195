// What the meters draw, and that they draw nothing while nothing moves.
import { expect, test } from 'vitest';
import { MeterPainter, type MeterShape } from '../../../src/renderer/meterPainter.ts';

const COLOURS = { safe: 'green', warm: 'yellow', hot: 'red', hold: 'white' };
/** 600 pixels of 60 dB: ten to a decibel. */
const UPRIGHT: MeterShape = { width: 32, height: 600, direction: 'upright', ratio: 1, colours: COLOURS, bars: [{ x: 0, y: 0, width: 14, height: 600 }, { x: 18, y: 0, width: 14, height: 600 }] };

/** A canvas that remembers what was drawn since it was last asked. */
function recorder() {
  let drawn: string[] = [];
  const surface = {
    canvas: { width: 0, height: 0 },
    fillStyle: '' as string | CanvasGradient | CanvasPattern,
    fillRect(...at: number[]) { drawn.push(`${this.fillStyle as string} ${at.join(' ')}`); },
    clearRect(...at: number[]) { drawn.push(`clear ${at.join(' ')}`); },
  };
  return { surface, drawn: () => { const all = drawn; drawn = []; return all; } };
}

test('each channel is lit in its zones, with the peak held above it', () => {
  const { surface, drawn } = recorder();
  const painter = new MeterPainter(surface, 2);
  painter.reshape(UPRIGHT);
  expect(surface.canvas).toEqual({ width: 32, height: 600 });
  painter.push([-6, -30], 0);
  expect(painter.paint(0)).toBe(true);
  expect(drawn()).toEqual([
    'clear 0 0 14 600', 'green 0 200 14 400', 'yellow 0 90 14 110', 'red 0 60 14 30', 'white 0 58 14 2',
    'clear 18 0 14 600', 'green 18 300 14 300', 'white 18 298 14 2',
  ]);
  // 11.76 dB fall in a second; the peak stays.
  painter.paint(1000);
  expect(drawn()).toEqual([
    'clear 0 0 14 600', 'green 0 200 14 400', 'yellow 0 178 14 22', 'white 0 58 14 2',
    'clear 18 0 14 600', 'green 18 418 14 182', 'white 18 298 14 2',
  ]);
});

test('lying, they grow to the right', () => {
  const { surface, drawn } = recorder();
  const painter = new MeterPainter(surface, 1);
  painter.reshape({ ...UPRIGHT, direction: 'lying', width: 600, height: 12, bars: [{ x: 0, y: 0, width: 600, height: 12 }] });
  painter.push([-30], 0);
  painter.paint(0);
  expect(drawn()).toEqual(['clear 0 0 600 12', 'green 0 0 300 12', 'white 300 0 2 12']);
});

test('what has not moved by a pixel is not drawn again, and at the bottom nothing more is asked for', () => {
  const { surface, drawn } = recorder();
  const painter = new MeterPainter(surface, 2);
  painter.reshape(UPRIGHT);
  painter.push([-50, Number.NEGATIVE_INFINITY], 0);
  painter.paint(0);
  drawn();
  // A hundredth of a second is a tenth of a decibel, which is a pixel and a bit; a thousandth is not.
  expect(painter.paint(1)).toBe(true);
  expect(drawn()).toEqual([]);
  painter.paint(10);
  expect(drawn().filter((one) => one.startsWith('clear'))).toEqual(['clear 0 0 14 600']);
  painter.paint(2000);
  drawn();
  expect(painter.paint(2100)).toBe(false);
  expect(drawn()).toEqual([]);
});

test('another size or other colours are drawn at once, without a new reading', () => {
  const { surface, drawn } = recorder();
  const painter = new MeterPainter(surface, 1);
  painter.push([-30], 0);
  expect(painter.paint(0), 'there is no place to draw in yet').toBe(false);
  painter.reshape(UPRIGHT);
  painter.paint(0);
  drawn();
  painter.reshape({ ...UPRIGHT, colours: { ...COLOURS, safe: 'blue' } });
  painter.paint(0);
  expect(drawn()).toContain('blue 0 300 14 300');
});
