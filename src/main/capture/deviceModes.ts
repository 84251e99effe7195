// Reads the modes of a camera from what FFmpeg prints of them. Pure.
import type { DeviceMode } from '../../contract/device.ts';

/**
 * Windows, `-list_options true`: lines such as `pixel_format=yuyv422  min s=640x480 fps=5 max s=640x480 fps=30` and
 * `vcodec=mjpeg  min s=… fps=… max s=… fps=…`, each a second time with its colours. Of a range of sizes the largest is kept.
 */
export function dshowModes(stderr: string): DeviceMode[] {
  return unique(stderr.split(/\r?\n/).flatMap((line): DeviceMode[] => {
    const found = /\b(pixel_format|vcodec)=(\S+)\s+min s=\d+x\d+ fps=([\d.]+)\s+max s=(\d+)x(\d+) fps=([\d.]+)/.exec(line);
    if (found === null) return [];
    const [, kind, format = '', min, width, height, max] = found;
    return [{ width: Number(width), height: Number(height), minFps: Number(min), maxFps: Number(max), format, isRaw: kind === 'pixel_format' }];
  }));
}

/**
 * Linux, `-list_formats all`: `Compressed:       mjpeg :          Motion-JPEG : 640x480 1280x720` and `Raw       :     yuyv422 : …`.
 * It tells no rates. What FFmpeg has no name for is `Unsupported`; ranges are `{32-2592, 2}x{32-1944, 2}`, of which usual sizes are kept.
 */
export function v4l2Modes(stderr: string): DeviceMode[] {
  return unique(stderr.split(/\r?\n/).flatMap((line): DeviceMode[] => {
    const found = /\b(Compressed|Raw)\s*:\s*(\S+) :[^:]*:(.*)$/.exec(line);
    const [, kind, format = '', sizes = ''] = found ?? [];
    if (found === null || format === 'Unsupported') return [];
    const mode = (width: number, height: number): DeviceMode => ({ width, height, format, isRaw: kind === 'Raw' });
    const listed = [...sizes.matchAll(/(?:^|\s)(\d+)x(\d+)(?=\s|$)/g)].map(([, width, height]) => mode(Number(width), Number(height)));
    const range = /\{(\d+)-(\d+), (\d+)\}x\{(\d+)-(\d+), (\d+)\}/.exec(sizes);
    if (range === null) return listed;
    const [minWidth = 0, maxWidth = 0, , minHeight = 0, maxHeight = 0] = range.slice(1).map(Number);
    return [...listed, ...USUAL_SIZES.filter(([width, height]) => width >= minWidth && width <= maxWidth && height >= minHeight && height <= maxHeight)
      .map(([width, height]) => mode(width, height))];
  }));
}

/** macOS prints its modes when it is asked for one that it has not: `  1280x720@[1.000000 30.000000]fps`. */
export function avfoundationModes(stderr: string): DeviceMode[] {
  return unique(stderr.split(/\r?\n/).flatMap((line): DeviceMode[] => {
    const found = /\s(\d+)x(\d+)@\[([\d.]+) ([\d.]+)\]fps/.exec(line);
    if (found === null) return [];
    const [width = 0, height = 0, minFps = 0, maxFps = 0] = found.slice(1).map(Number);
    return [{ width, height, minFps, maxFps, format: 'uyvy422', isRaw: true }];
  }));
}

const USUAL_SIZES = [[640, 480], [640, 360], [1280, 720], [1920, 1080], [2560, 1440], [3840, 2160]] as const;

function unique(modes: readonly DeviceMode[]): DeviceMode[] {
  return [...new Map(modes.filter(({ width, height }) => width > 0 && height > 0).map((mode) => [JSON.stringify(mode), mode])).values()];
}
