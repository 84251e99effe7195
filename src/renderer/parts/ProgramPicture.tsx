// The program as the engine composes it, drawn as it arrives; the border is the tally.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { onPicture } from '../monitorFeed.ts';
import { drawPicture } from '../pictureDrawer.ts';
// oxlint-disable-next-line import/default -- the build makes it
import workerUrl from '../pictureWorker.ts?worker&url';
import { startWorker } from '../workerScript.ts';
import styles from './ProgramPicture.module.css';

export function ProgramPicture() {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const label = t('operator.programAlt');
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return undefined;
    // A canvas that was handed to a worker cannot be handed again, so each effect has its own.
    const canvas = document.createElement('canvas');
    parent.append(canvas);
    const stop = drawInWorker(canvas) ?? drawHere(canvas);
    return () => {
      stop();
      canvas.remove();
    };
  }, []);
  return <div className={styles.picture} ref={place} role="img" aria-label={label} />;
}

/** Undefined where the browser has no workers that draw. */
function drawInWorker(canvas: HTMLCanvasElement): (() => void) | undefined {
  if (typeof canvas.transferControlToOffscreen !== 'function' || typeof Worker === 'undefined') return undefined;
  const worker = startWorker(workerUrl);
  const offscreen = canvas.transferControlToOffscreen();
  worker.postMessage({ canvas: offscreen }, [offscreen]);
  worker.addEventListener('message', ({ data }: MessageEvent<{ readonly drawnUtcMs: number }>) => {
    canvas.dataset['latencyMs'] = String(Math.round(Date.now() - data.drawnUtcMs));
  });
  const leave = onPicture(({ width, height, utcMs, pixels }) => {
    // The message's buffer belongs to whoever else looks at it.
    const own = pixels.slice();
    worker.postMessage({ picture: { width, height, utcMs, pixels: own } }, [own.buffer]);
  });
  return () => {
    leave();
    worker.terminate();
  };
}

function drawHere(canvas: HTMLCanvasElement): () => void {
  const context = canvas.getContext('2d', { alpha: false, desynchronized: true }) ?? undefined;
  return context === undefined ? () => undefined : onPicture((picture) => drawPicture(context, picture));
}
