// The program as the engine composes it, drawn as it arrives; the border is the tally.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { onPicture } from '../monitorFeed.ts';
import { pictureDrawer } from '../pictureDrawer.ts';
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
  // Buffers go there and back: fifteen new ones a second would pile up until somebody collects them.
  let spare: ArrayBuffer[] = [];
  worker.addEventListener('message', ({ data }: MessageEvent<{ readonly done: ArrayBuffer }>) => void spare.push(data.done));
  const leave = onPicture(({ width, height, utcMs, pixels }) => {
    // The message's buffer belongs to whoever else looks at it.
    spare = spare.filter(({ byteLength }) => byteLength === pixels.byteLength);
    const own = new Uint8Array(spare.pop() ?? new ArrayBuffer(pixels.byteLength));
    own.set(pixels);
    worker.postMessage({ picture: { width, height, utcMs, pixels: own } }, [own.buffer]);
  });
  return () => {
    leave();
    worker.terminate();
  };
}

function drawHere(canvas: HTMLCanvasElement): () => void {
  const context = canvas.getContext('2d', { alpha: false, desynchronized: true });
  return context === null ? () => undefined : onPicture(pictureDrawer(context));
}
