// What the service received, played with hls.js, muted. Measures how far behind it is; stops while the page is hidden.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type Hls from 'hls.js';
import { relayedUrl } from '../../contract/mediaRelay.ts';
import { figure } from '../figures.ts';
import { httpBaseOf, useApi, useShow } from '../showStore.ts';
import { unseen, usePreview } from '../previewStore.ts';
import styles from './ServicePreview.module.css';
import { Status } from './Status.tsx';

/** The stream begins with the first segment, so a service refuses its playlist before. */
const RETRY_MS = 1000;
const MEASURE_MS = 1000;

/** The picture alone, with the border that says what it is. `border`: preview (private) or air (what viewers get). */
export function ServicePreview({ url, border = 'preview' }: { readonly url: string; readonly border?: 'preview' | 'air' }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const [hasPicture, setHasPicture] = useState(false);
  useEffect(() => {
    const element = video.current;
    return element === null ? undefined : play(element, url);
  }, [url]);
  return (
    <div className={styles.picture} data-border={border}>
      <video ref={video} muted playsInline onLoadedData={() => setHasPicture(true)} onEmptied={() => setHasPicture(false)} aria-label={t('operator.previewAlt')} />
      {!hasPicture && <p className={styles.waiting}>{t('operator.waiting')}</p>}
    </div>
  );
}

/** How far behind the preview is, measured. */
export function PreviewDelay() {
  const { t, i18n } = useTranslation();
  const { plays, delaySeconds } = usePreview();
  if (!plays || delaySeconds === undefined) return <Status tone="idle">{t('operator.waiting')}</Status>;
  return <Status tone="preview">{t('operator.behind', { seconds: figure(delaySeconds, i18n.language, 1) })}</Status>;
}

/** The picture as the service received it, else what viewers get, by an address that this page may load: through the engine. */
export function useReturnedUrl(): string | undefined {
  const { preview, hls } = useShow((show) => show.playback);
  const { where, relayKey } = useApi();
  const [kind, url] = preview === undefined ? ['hls', hls] as const : ['preview', preview] as const;
  if (url === undefined || where === undefined) return undefined;
  return relayedUrl(httpBaseOf(where), relayKey, kind, url);
}

function play(element: HTMLVideoElement, url: string): () => void {
  let hls: Hls | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  let lastTime = -1;

  const start = async (): Promise<void> => {
    const { default: Player } = await import('hls.js');
    if (over) return;
    // A worker would be a script from a blob, which the content policy refuses.
    const player = new Player({ enableWorker: false, liveSyncDurationCount: 1.5, liveMaxLatencyDurationCount: 4, maxBufferLength: 8, backBufferLength: 4, startLevel: -1, capLevelToPlayerSize: true });
    hls = player;
    player.on(Player.Events.ERROR, (_event, { fatal }) => {
      if (!fatal) return;
      player.destroy();
      hls = undefined;
      usePreview.setState(unseen);
      if (!over) retry = setTimeout(() => void start(), RETRY_MS);
    });
    player.on(Player.Events.MANIFEST_PARSED, () => void element.play().catch(() => undefined));
    player.loadSource(url);
    player.attachMedia(element);
  };
  const onVisibility = (): void => {
    if (document.hidden) {
      hls?.stopLoad();
      element.pause();
    } else {
      hls?.startLoad(-1);
      const edge = hls?.liveSyncPosition ?? undefined;
      if (edge !== undefined) element.currentTime = edge;
      void element.play().catch(() => undefined);
    }
  };
  const measure = setInterval(() => {
    const moves = element.currentTime > lastTime && element.readyState >= 2 && !element.paused;
    lastTime = element.currentTime;
    // The playlist dates its segments with the media timeline's UTC, so this is glass to glass of the program.
    const shownAtMs = hls?.playingDate?.getTime();
    usePreview.setState({ plays: moves, delaySeconds: moves && shownAtMs !== undefined ? (Date.now() - shownAtMs) / 1000 : undefined });
  }, MEASURE_MS);

  document.addEventListener('visibilitychange', onVisibility);
  void start();
  return () => {
    over = true;
    clearInterval(measure);
    clearTimeout(retry);
    document.removeEventListener('visibilitychange', onVisibility);
    hls?.destroy();
    usePreview.setState(unseen);
  };
}
