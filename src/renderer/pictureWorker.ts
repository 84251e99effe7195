// Draws the program beside the page's own thread: a busy interface never holds the picture, and drawing never holds the interface.
import { pictureDrawer, type Picture } from './pictureDrawer.ts';

/** Of the worker's own scope, which the types of pages know as a window. */
type DrawingWorker = { postMessage(message: unknown, transfer: Transferable[]): void };

let draw: ReturnType<typeof pictureDrawer> | undefined;

addEventListener('message', ({ data }: MessageEvent<{ readonly canvas: OffscreenCanvas } | { readonly picture: Picture & { readonly pixels: Uint8Array<ArrayBuffer> } }>) => {
  if ('canvas' in data) {
    const context = data.canvas.getContext('2d', { alpha: false, desynchronized: true });
    if (context !== null) draw = pictureDrawer(context);
  } else {
    const { picture } = data;
    draw?.(picture);
    // To be filled again.
    (globalThis as unknown as DrawingWorker).postMessage({ done: picture.pixels.buffer }, [picture.pixels.buffer]);
  }
});
