// What viewers get, with the rewind window that they have: back in it, and to live again. Nothing is loaded until it is wanted.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { relayedUrl } from '../../contract/mediaRelay.ts';
import { clock, figure } from '../figures.ts';
import { httpBaseOf, useApi, useShow } from '../showStore.ts';
import styles from './PublicPicture.module.css';
import preview from './ServicePreview.module.css';
import { Button } from './Button.tsx';
import { LIVE_WITHIN_SECONDS, playPublic, type PlayerSight, type PublicPlayer } from './publicPlayer.ts';
import { Status } from './Status.tsx';

const STEP_SECONDS = 30;
/** Below this there is nothing to go back to, s. */
const SHORTEST_WINDOW = 10;

/** Where the show is public and has a DASH address. */
export function PublicPicture() {
  const { t, i18n } = useTranslation();
  const [isWanted, setWanted] = useState(false);
  const [sight, setSight] = useState<PlayerSight>();
  const isPublic = useShow((show) => show.state === 'live');
  const dash = useShow((show) => show.playback.dash);
  const { where, relayKey } = useApi();
  if (!isPublic || dash === undefined || where === undefined) return null;
  const delay = sight?.delaySeconds;
  return (
    <section className={styles.public} aria-labelledby="public-title">
      <div className={styles.heading}>
        <h2 id="public-title">{t('operator.public')}</h2>
        {isWanted && (delay === undefined ? <Status tone="idle">{t('operator.waiting')}</Status> : <Status tone="air">{t('operator.behind', { seconds: figure(delay, i18n.language, 1) })}</Status>)}
        <Button onPress={() => { setWanted(!isWanted); setSight(undefined); }}>{isWanted ? t('operator.publicHide') : t('operator.publicShow')}</Button>
      </div>
      {isWanted && <Player url={relayedUrl(httpBaseOf(where), relayKey, 'dash', dash)} sight={sight} onSight={setSight} />}
    </section>
  );
}

function Player({ url, sight, onSight }: { readonly url: string; readonly sight: PlayerSight | undefined; readonly onSight: (sight: PlayerSight | undefined) => void }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const player = useRef<PublicPlayer>(undefined);
  const [isMuted, setMuted] = useState(true);
  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    const playing = playPublic(element, url, onSight);
    player.current = playing;
    return () => playing.stop();
  }, [url, onSight]);
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- a live stream has none here */}
      <div className={preview.picture} data-border="air"><video ref={video} muted={isMuted} playsInline aria-label={t('operator.publicAlt')} /></div>
      {sight !== undefined && (
        <>
          <Window sight={sight} onGoTo={(behind) => player.current?.goTo(behind)} />
          <div className={styles.acts}>
            <Button onPress={() => player.current?.setPaused(!sight.isPaused)}>{sight.isPaused ? t('dvr.play') : t('dvr.pause')}</Button>
            <Button onPress={() => setMuted(!isMuted)}>{isMuted ? t('dvr.unmute') : t('dvr.mute')}</Button>
          </div>
        </>
      )}
    </>
  );
}

function Window({ sight: { behindSeconds, windowSeconds }, onGoTo }: { readonly sight: PlayerSight; readonly onGoTo: (behindSeconds: number) => void }) {
  const { t } = useTranslation();
  if (windowSeconds < SHORTEST_WINDOW) return <p className={styles.window}>{t('dvr.notYet')}</p>;
  const isLive = behindSeconds <= LIVE_WITHIN_SECONDS;
  const words = isLive ? t('dvr.live') : t('dvr.behindLive', { time: clock(behindSeconds) });
  const behind = Math.min(Math.round(behindSeconds), Math.floor(windowSeconds));
  return (
    <>
      <input
        className={styles.slider} type="range" min={-Math.floor(windowSeconds)} max={0} step={1} value={-behind}
        aria-label={t('dvr.position')} aria-valuetext={words} onChange={(event) => onGoTo(-Number(event.target.value))}
      />
      <div className={styles.window}><span>{t('dvr.window', { time: clock(windowSeconds) })}</span><b>{words}</b></div>
      <div className={styles.acts}>
        <Button disabled={behindSeconds + STEP_SECONDS > windowSeconds} onPress={() => onGoTo(behindSeconds + STEP_SECONDS)}>{t('dvr.back', { seconds: String(STEP_SECONDS) })}</Button>
        <Button disabled={isLive} onPress={() => onGoTo(behindSeconds - STEP_SECONDS)}>{t('dvr.forward', { seconds: String(STEP_SECONDS) })}</Button>
        <Button disabled={isLive} onPress={() => onGoTo(0)}>{t('dvr.toLive')}</Button>
      </div>
    </>
  );
}
