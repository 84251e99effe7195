// Draws the program beside the page's own thread: a busy interface never holds the picture, and drawing never holds the interface.
import { drawPicture, type Picture } from './pictureDrawer.ts';

let context: OffscreenCanvasRenderingContext2D | undefined;

addEventListener('message', ({ data }: MessageEvent<{ readonly canvas: OffscreenCanvas } | { readonly picture: Picture }>) => {
  if ('canvas' in data) context = data.canvas.getContext('2d', { alpha: false, desynchronized: true }) ?? undefined;
  else if (context !== undefined) {
    drawPicture(context, data.picture);
    // Told once it is drawn: for those who measure.
    postMessage({ drawnUtcMs: data.picture.utcMs });
  }
});
