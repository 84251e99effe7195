// Runs a meter painter at the display's rate, and not at all while nothing moves. The same in a worker and in a page.
import { MeterPainter, type MeterShape } from './meterPainter.ts';

export type MeterOrder = { readonly shape: MeterShape } | { readonly peaksDbfs: readonly number[] };

/** @returns takes the orders; an order that moves something asks for the next picture of the screen. */
export function runMeters(context: ConstructorParameters<typeof MeterPainter>[0], channels: number): { take(order: MeterOrder): void; stop(): void } {
  const painter = new MeterPainter(context, channels);
  let frame: number | undefined;
  const move = (): void => {
    frame = painter.paint(performance.now()) ? requestAnimationFrame(move) : undefined;
  };
  return {
    take: (order) => {
      if ('shape' in order) painter.reshape(order.shape);
      else painter.push(order.peaksDbfs, performance.now());
      frame ??= requestAnimationFrame(move);
    },
    stop: () => {
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
}
