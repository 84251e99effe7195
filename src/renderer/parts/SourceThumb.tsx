// What a prepared source gives now, twice a second, beside its name.
import { useEffect, useRef } from 'react';
import { onSourcePicture } from '../monitorFeed.ts';
import { pictureDrawer } from '../pictureDrawer.ts';
import styles from './SourceThumb.module.css';

/** The button around it says which source it is. */
export function SourceThumb({ source }: { readonly source: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false }) ?? undefined;
    return context === undefined ? undefined : onSourcePicture(source, pictureDrawer(context));
  }, [source]);
  return <canvas ref={canvas} className={styles.thumb} width={320} height={180} aria-hidden="true" data-source={source} />;
}
