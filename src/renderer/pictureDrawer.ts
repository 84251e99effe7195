// Draws I420 pictures of the monitor stream: converted by the browser where it has frames of video for scripts, else here.
import type { MonitorPicture } from '../contract/monitorStream.ts';

export type Picture = Pick<MonitorPicture, 'width' | 'height' | 'pixels' | 'utcMs'>;
type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const RGB = { format: 'RGBX', colorSpace: 'srgb' } as const;

/**
 * @returns draws a picture, and needs its pixels no longer when it returns. Of pictures that come faster than they can be converted
 * the newest is drawn.
 */
export function pictureDrawer(context: Context): (picture: Picture) => void {
  let image: ImageData | undefined;
  let isConverting = false;
  let newest: VideoFrame | undefined;
  const imageOf = (width: number, height: number): ImageData => {
    if (image?.width === width && image.height === height) return image;
    const { canvas } = context;
    [canvas.width, canvas.height] = [width, height];
    image = new ImageData(width, height);
    return image;
  };
  const convert = async (): Promise<void> => {
    isConverting = true;
    try {
      for (let frame = newest; frame !== undefined; frame = newest) {
        newest = undefined;
        const into = imageOf(frame.codedWidth, frame.codedHeight);
        // Not drawImage: without a GPU each frame that is drawn stays in the browser's cache of decoded images, half a gigabyte of them.
        await frame.copyTo(into.data, RGB).finally(() => frame?.close());
        context.putImageData(into, 0, 0);
      }
    } finally {
      isConverting = false;
    }
  };
  return (picture) => {
    const { width, height, pixels, utcMs } = picture;
    const frame = typeof VideoFrame === 'undefined' ? undefined : new VideoFrame(pixels, {
      format: 'I420', codedWidth: width, codedHeight: height, timestamp: utcMs * 1000,
      colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
    });
    // An older browser passes over the format and would copy the planes as they are.
    if (frame?.allocationSize(RGB) !== width * height * 4) {
      frame?.close();
      const into = imageOf(width, height);
      into.data.set(rgbaOf(picture));
      context.putImageData(into, 0, 0);
      return;
    }
    newest?.close();
    newest = frame;
    if (!isConverting) void convert();
  };
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
