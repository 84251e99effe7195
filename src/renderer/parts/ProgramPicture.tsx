// The program as the engine composes it, drawn as it arrives; the border is the tally.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { MonitorPicture } from '../../contract/monitorStream.ts';
import { onPicture } from '../monitorFeed.ts';
import styles from './ProgramPicture.module.css';

export function ProgramPicture() {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false, desynchronized: true }) ?? undefined;
    return context === undefined ? undefined : onPicture((picture) => draw(context, picture));
  }, []);
  return (
    <div className={styles.picture}>
      <canvas ref={canvas} role="img" aria-label={t('operator.programAlt')} />
    </div>
  );
}

function draw(context: CanvasRenderingContext2D, { width, height, pixels, utcMs }: MonitorPicture): void {
  const { canvas } = context;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const frame = new VideoFrame(pixels, {
    format: 'I420', codedWidth: width, codedHeight: height, timestamp: utcMs * 1000,
    colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
  });
  context.drawImage(frame, 0, 0);
  frame.close();
}
