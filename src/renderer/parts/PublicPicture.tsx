// What viewers get: the public DASH stream with shaka-player, with its measured delay behind the program. Nothing is loaded until it is wanted.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type shakaModule from 'shaka-player';
import { relayedUrl } from '../../contract/mediaRelay.ts';
import { figure } from '../figures.ts';
import { httpBaseOf, useApi, useShow } from '../showStore.ts';
import styles from './PublicPicture.module.css';
import preview from './ServicePreview.module.css';
import { Button } from './Button.tsx';
import { Status } from './Status.tsx';

/** Packagers list a stream a moment after it is public. */
const RETRY_MS = 1500;
const MEASURE_MS = 1000;

/** Where the show is public and has a DASH address. */
export function PublicPicture() {
  const { t, i18n } = useTranslation();
  const [isWanted, setWanted] = useState(false);
  const [delaySeconds, setDelay] = useState<number>();
  const isPublic = useShow((show) => show.state === 'live');
  const dash = useShow((show) => show.playback.dash);
  const { where, relayKey } = useApi();
  if (!isPublic || dash === undefined || where === undefined) return null;
  return (
    <section className={styles.public} aria-labelledby="public-title">
      <div className={styles.heading}>
        <h2 id="public-title">{t('operator.public')}</h2>
        {isWanted && (delaySeconds === undefined ? <Status tone="idle">{t('operator.waiting')}</Status> : <Status tone="air">{t('operator.behind', { seconds: figure(delaySeconds, i18n.language, 1) })}</Status>)}
        <Button onPress={() => { setWanted(!isWanted); setDelay(undefined); }}>{isWanted ? t('operator.publicHide') : t('operator.publicShow')}</Button>
      </div>
      {isWanted && <Player url={relayedUrl(httpBaseOf(where), relayKey, 'dash', dash)} onDelay={setDelay} />}
    </section>
  );
}

function Player({ url, onDelay }: { readonly url: string; readonly onDelay: (seconds: number | undefined) => void }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    return element === null ? undefined : play(element, url, onDelay);
  }, [url, onDelay]);
  return <div className={preview.picture} data-border="air"><video ref={video} muted playsInline aria-label={t('operator.publicAlt')} /></div>;
}

function play(element: HTMLVideoElement, url: string, onDelay: (seconds: number | undefined) => void): () => void {
  let player: shakaModule.default.Player | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let zeroUtcMs = Number.NaN;
  let lastTime = -1;
  const start = async (): Promise<void> => {
    const loaded = await import('shaka-player');
    // A classic script: what its types call the default of its default is what a bundler gives as the default.
    const shaka = loaded.default as unknown as typeof shakaModule.default;
    if (isOver) return;
    const next = new shaka.Player();
    player = next;
    await next.attach(element);
    next.configure({ streaming: { bufferingGoal: 8, bufferBehind: 4 }, abr: { restrictToElementSize: true } });
    // Not the player's own date: it corrects its start by what it takes for drift.
    next.getNetworkingEngine()?.registerResponseFilter((type, response) => {
      if (type !== shaka.net.NetworkingEngine.RequestType.MANIFEST) return;
      zeroUtcMs = Date.parse(/availabilityStartTime="([^"]+)"/.exec(new TextDecoder().decode(response.data))?.[1] ?? '');
    });
    const again = (): void => {
      if (isOver || player !== next) return;
      player = undefined;
      void next.destroy();
      onDelay(undefined);
      retry = setTimeout(() => void start(), RETRY_MS);
    };
    next.addEventListener('error', again);
    try {
      await next.load(url);
      await element.play().catch(() => undefined);
    } catch {
      again();
    }
  };
  const measure = setInterval(() => {
    const moves = element.currentTime > lastTime && element.readyState >= 2;
    lastTime = element.currentTime;
    const delay = (Date.now() - zeroUtcMs) / 1000 - element.currentTime;
    onDelay(moves && Number.isFinite(delay) ? delay : undefined);
  }, MEASURE_MS);
  const onVisibility = (): void => {
    if (document.hidden) element.pause();
    else {
      player?.goToLive();
      void element.play().catch(() => undefined);
    }
  };
  document.addEventListener('visibilitychange', onVisibility);
  void start();
  return () => {
    isOver = true;
    clearInterval(measure);
    clearTimeout(retry);
    document.removeEventListener('visibilitychange', onVisibility);
    void player?.destroy();
  };
}
