// What a canvas shows, wherever it is drawn.
import type { Locator } from '@playwright/test';

/** The share of its pixels that are neither transparent nor black, 0 to 1. */
export async function litShare(canvas: Locator): Promise<number> {
  return await canvas.evaluate((element: HTMLCanvasElement) => {
    const context = new OffscreenCanvas(element.width, element.height).getContext('2d', { willReadFrequently: true });
    if (context === null) return 0;
    context.drawImage(element, 0, 0);
    const { data } = context.getImageData(0, 0, element.width, element.height);
    let lit = 0;
    for (let at = 0; at < data.length; at += 4) {
      if ((data[at + 3] ?? 0) > 0 && Math.max(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) > 24) lit += 1;
    }
    return lit / (data.length / 4);
  });
}

/** Red, green and blue, 0 to 255, at a place given as shares of width and height. */
export async function colourAt(canvas: Locator, x: number, y: number): Promise<readonly number[]> {
  return await canvas.evaluate((element: HTMLCanvasElement, at) => {
    const context = new OffscreenCanvas(element.width, element.height).getContext('2d', { willReadFrequently: true });
    context?.drawImage(element, 0, 0);
    return [...context?.getImageData(Math.round(at.x * element.width), Math.round(at.y * element.height), 1, 1).data ?? []].slice(0, 3);
  }, { x, y });
}
