// Draws the lit part and the peak line of sound meters on a canvas, and only what has moved by a pixel. Where it runs (a worker, or the page)
// and when is its caller's; what lies beneath (the unlit zones) is the page's.
import { FLOOR_DBFS, MeterBallistics } from './meterBallistics.ts';

/** Convention of the field: −20 and −9 dBFS part the zones. */
export const WARM_DBFS = -20;
export const HOT_DBFS = -9;
const PEAK_CSS_PX = 2;

/** One channel's place on the canvas, in its pixels. */
export type MeterBar = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
export type MeterShape = {
  readonly width: number;
  readonly height: number;
  readonly bars: readonly MeterBar[];
  readonly direction: 'upright' | 'lying';
  /** Pixels of the canvas for one of CSS. */
  readonly ratio: number;
  /** Tokens of the theme, as CSS colours. */
  readonly colours: { readonly safe: string; readonly warm: string; readonly hot: string; readonly hold: string };
};
type Surface = Pick<CanvasRenderingContext2D, 'fillStyle' | 'fillRect' | 'clearRect'> & { readonly canvas: { width: number; height: number } };
/** In pixels along the bar; −1: to be drawn anew. */
type Shown = { lit: number; peak: number };

export class MeterPainter {
  readonly #surface: Surface;
  readonly #channels: readonly MeterBallistics[];
  readonly #shown: Shown[];
  #shape: MeterShape | undefined;

  constructor(surface: Surface, channels: number) {
    this.#surface = surface;
    this.#channels = Array.from({ length: channels }, () => new MeterBallistics());
    this.#shown = this.#channels.map(() => ({ lit: -1, peak: -1 }));
  }

  /** The canvas takes a new size or new colours, and all of it is drawn anew. */
  reshape(shape: MeterShape): void {
    this.#shape = shape;
    this.#surface.canvas.width = shape.width;
    this.#surface.canvas.height = shape.height;
    for (const shown of this.#shown) Object.assign(shown, { lit: -1, peak: -1 });
  }

  /** A reading: peak of each channel, dBFS; −Infinity is digital zero. */
  push(peaksDbfs: readonly number[], nowMs: number): void {
    this.#channels.forEach((one, index) => one.push(peaksDbfs[index] ?? Number.NEGATIVE_INFINITY, nowMs));
  }

  /** Draws what has moved. @returns whether a bar still falls, so that the next picture of the screen may differ without a reading. */
  paint(nowMs: number): boolean {
    const shape = this.#shape;
    if (shape === undefined) return false;
    let falls = false;
    this.#channels.forEach((one, index) => {
      const bar = shape.bars[index];
      const shown = this.#shown[index];
      if (bar === undefined || shown === undefined) return;
      const level = one.level(nowMs);
      falls ||= level > FLOOR_DBFS;
      const length = shape.direction === 'upright' ? bar.height : bar.width;
      const lit = Math.round(share(level) * length);
      const peak = Math.round(share(one.peak) * length);
      if (lit === shown.lit && peak === shown.peak) return;
      Object.assign(shown, { lit, peak });
      this.#draw(shape, bar, lit, peak);
    });
    return falls;
  }

  #draw({ direction, ratio, colours }: MeterShape, bar: MeterBar, lit: number, peak: number): void {
    const surface = this.#surface;
    const isUpright = direction === 'upright';
    const length = isUpright ? bar.height : bar.width;
    /** From the quiet end, px. */
    const fill = (from: number, to: number): void => {
      if (to <= from) return;
      if (isUpright) surface.fillRect(bar.x, bar.y + length - to, bar.width, to - from);
      else surface.fillRect(bar.x + from, bar.y, to - from, bar.height);
    };
    surface.clearRect(bar.x, bar.y, bar.width, bar.height);
    const warm = Math.round(share(WARM_DBFS) * length);
    const hot = Math.round(share(HOT_DBFS) * length);
    surface.fillStyle = colours.safe;
    fill(0, Math.min(lit, warm));
    surface.fillStyle = colours.warm;
    fill(warm, Math.min(lit, hot));
    surface.fillStyle = colours.hot;
    fill(hot, lit);
    surface.fillStyle = colours.hold;
    const line = Math.min(PEAK_CSS_PX * ratio, length);
    const from = Math.min(peak, length - line);
    fill(from, from + line);
  }
}

/** Position on the scale, 0 to 1. */
export function share(dbfs: number): number {
  return (Math.max(FLOOR_DBFS, Math.min(0, dbfs)) - FLOOR_DBFS) / -FLOOR_DBFS;
}
