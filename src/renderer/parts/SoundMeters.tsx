// Peak meters, as the engine measures them, on a canvas that is drawn beside the page; what they say in words is told once a second.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { figure } from '../figures.ts';
import { FLOOR_DBFS, MeterBallistics } from '../meterBallistics.ts';
import { runMeters, type MeterOrder } from '../meterLoop.ts';
import { HOT_DBFS, share, WARM_DBFS, type MeterShape } from '../meterPainter.ts';
// oxlint-disable-next-line import/default -- the build makes it
import workerUrl from '../meterWorker.ts?worker&url';
import { onMeters } from '../monitorFeed.ts';
import { startWorker } from '../workerScript.ts';
import styles from './SoundMeters.module.css';

const MARKS = [0, HOT_DBFS, WARM_DBFS, -30, -40, -50, FLOOR_DBFS];
const CHANNELS = ['left', 'right'] as const;
const TELL_MS = 1000;

type Direction = 'upright' | 'lying';

export function SoundMeters({ direction }: { readonly direction: Direction }) {
  const { t, i18n } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const bars = useRef<(HTMLDivElement | null)[]>([]);
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return undefined;
    // A canvas that was handed to a worker cannot be handed again, so each effect has its own.
    const canvas = document.createElement('canvas');
    canvas.className = styles.canvas ?? '';
    canvas.setAttribute('aria-hidden', 'true');
    parent.append(canvas);
    const meters = drawInWorker(canvas) ?? drawHere(canvas);
    const reshape = (): void => meters.take({ shape: shapeOf(canvas, bars.current.filter((one) => one !== null), direction) });
    // Told at the beginning too.
    const resized = new ResizeObserver(reshape);
    resized.observe(parent);
    const recoloured = new MutationObserver(reshape);
    recoloured.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'data-meters'] });
    const leave = onMeters(({ channels }) => meters.take({ peaksDbfs: channels.map((one) => one.peakDbfs) }));
    return () => {
      leave();
      resized.disconnect();
      recoloured.disconnect();
      meters.stop();
      canvas.remove();
    };
  }, [direction]);
  useEffect(() => {
    const channels = CHANNELS.map(() => new MeterBallistics());
    const leave = onMeters((reading) => channels.forEach((one, index) => one.push(reading.channels[index]?.peakDbfs ?? Number.NEGATIVE_INFINITY, performance.now())));
    const tell = setInterval(() => {
      channels.forEach((one, index) => {
        const level = one.level(performance.now());
        bars.current[index]?.setAttribute('aria-valuenow', level.toFixed(1));
        bars.current[index]?.setAttribute('aria-valuetext', `${figure(level, i18n.language, 1)} dBFS`);
      });
    }, TELL_MS);
    return () => {
      leave();
      clearInterval(tell);
    };
  }, [i18n.language]);
  return (
    <div className={styles.meters} data-direction={direction}>
      {direction === 'upright' && (
        <div className={styles.scale} aria-hidden="true">
          {MARKS.map((mark) => <span key={mark} ref={(element) => element?.style.setProperty('top', `${(1 - share(mark)) * 100}%`)}>{figure(mark, 'en')}</span>)}
        </div>
      )}
      <div ref={place} className={styles.bars}>
        {CHANNELS.map((channel, index) => (
          <div
            key={channel} className={styles.bar} role="meter" aria-label={t(`sound.${channel}`)}
            aria-valuemin={FLOOR_DBFS} aria-valuemax={0} aria-valuenow={FLOOR_DBFS}
            ref={(element) => {
              bars.current[index] = element;
            }}
          />
        ))}
      </div>
    </div>
  );
}

type Meters = { take(order: MeterOrder): void; stop(): void };

/** Undefined where the browser has no workers that draw. */
function drawInWorker(canvas: HTMLCanvasElement): Meters | undefined {
  if (typeof canvas.transferControlToOffscreen !== 'function' || typeof Worker === 'undefined') return undefined;
  const worker = startWorker(workerUrl);
  const offscreen = canvas.transferControlToOffscreen();
  worker.postMessage({ canvas: offscreen, channels: CHANNELS.length }, [offscreen]);
  return { take: (order) => worker.postMessage(order, []), stop: () => worker.terminate() };
}

function drawHere(canvas: HTMLCanvasElement): Meters {
  const context = canvas.getContext('2d');
  return context === null ? { take: () => undefined, stop: () => undefined } : runMeters(context, CHANNELS.length);
}

function shapeOf(canvas: HTMLCanvasElement, bars: readonly HTMLElement[], direction: Direction): MeterShape {
  const ratio = window.devicePixelRatio;
  const whole = canvas.getBoundingClientRect();
  const tokens = getComputedStyle(canvas);
  const colour = (name: string): string => tokens.getPropertyValue(`--meter-${name}`).trim();
  return {
    width: Math.max(1, Math.round(whole.width * ratio)), height: Math.max(1, Math.round(whole.height * ratio)), direction, ratio,
    bars: bars.map((bar) => {
      const { x, y, width, height } = bar.getBoundingClientRect();
      return { x: Math.round((x - whole.x) * ratio), y: Math.round((y - whole.y) * ratio), width: Math.round(width * ratio), height: Math.round(height * ratio) };
    }),
    colours: { safe: colour('safe'), warm: colour('warm'), hot: colour('hot'), hold: colour('hold') },
  };
}
