// What a prepared source gives now, twice a second, beside its name.
import { useEffect, useRef } from 'react';
import { onSourcePicture } from '../monitorFeed.ts';
import { pictureDrawer } from '../pictureDrawer.ts';
import styles from './SourceThumb.module.css';

/** The button around it says which source it is. */
export function SourceThumb({ source, onSeen }: { readonly source: string; /** Each picture that was drawn. */ readonly onSeen?: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const seen = useRef(onSeen);
  useEffect(() => {
    seen.current = onSeen;
  }, [onSeen]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false }) ?? undefined;
    if (context === undefined) return undefined;
    const draw = pictureDrawer(context);
    return onSourcePicture(source, (picture) => {
      draw(picture);
      seen.current?.();
    });
  }, [source]);
  return <canvas ref={canvas} className={styles.thumb} width={320} height={180} aria-hidden="true" data-source={source} />;
}
