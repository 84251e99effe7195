// Draws I420 pictures of the monitor stream: as a VideoFrame where the browser has that (the GPU converts), else converted here.
import type { MonitorPicture } from '../contract/monitorStream.ts';

export type Picture = Pick<MonitorPicture, 'width' | 'height' | 'pixels' | 'utcMs'>;
type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export function drawPicture(context: Context, picture: Picture): void {
  const { width, height, pixels, utcMs } = picture;
  const { canvas } = context;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  if (typeof VideoFrame === 'undefined') {
    context.putImageData(new ImageData(rgbaOf(picture), width, height), 0, 0);
    return;
  }
  const frame = new VideoFrame(pixels, {
    format: 'I420', codedWidth: width, codedHeight: height, timestamp: utcMs * 1000,
    colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
  });
  context.drawImage(frame, 0, 0);
  frame.close();
}

/** BT.709, limited range, to RGB of full range (ITU-R BT.709-6, table 3). */
export function rgbaOf({ width, height, pixels }: Omit<Picture, 'utcMs'>): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4);
  const chroma = width * height;
  const half = width / 2;
  const red = chroma + chroma / 4;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y >> 1) * half + (x >> 1);
      const luma = 1.16438 * ((pixels[y * width + x] ?? 16) - 16);
      const u = (pixels[chroma + at] ?? 128) - 128;
      const v = (pixels[red + at] ?? 128) - 128;
      const to = (y * width + x) * 4;
      rgba[to] = luma + 1.79274 * v;
      rgba[to + 1] = luma - 0.21325 * u - 0.53291 * v;
      rgba[to + 2] = luma + 2.1124 * u;
      rgba[to + 3] = 255;
    }
  }
  return rgba;
}
