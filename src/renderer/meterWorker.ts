// Draws the meters beside the page's own thread, so that they move at the display's rate and the page need not be laid out or painted for it.
import { runMeters, type MeterOrder } from './meterLoop.ts';

let meters: ReturnType<typeof runMeters> | undefined;

addEventListener('message', ({ data }: MessageEvent<{ readonly canvas: OffscreenCanvas; readonly channels: number } | MeterOrder>) => {
  if ('canvas' in data) {
    const context = data.canvas.getContext('2d');
    if (context !== null) meters = runMeters(context, data.channels);
  } else meters?.take(data);
});
