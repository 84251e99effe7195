// The second display: the state across the room. No bars, no controls but the way out.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { clock, figure, timeOfDay } from '../figures.ts';
import { useSaid } from '../frame/SentenceBar.tsx';
import { LAMP_ICONS, lampOf, shownSeconds } from '../lamp.ts';
import { changeLook } from '../lookStore.ts';
import { useMonitor } from '../monitorFeed.ts';
import { Button } from '../parts/Button.tsx';
import { Icon } from '../parts/Icon.tsx';
import { SoundMeters } from '../parts/SoundMeters.tsx';
import { useShow } from '../showStore.ts';
import { throughputKbps } from '../slidingFigures.ts';
import { useNow } from '../useNow.ts';
import styles from './Wall.module.css';

export function Wall() {
  const { t, i18n } = useTranslation();
  const show = useShow();
  const now = useNow();
  const said = useSaid();
  const hasSound = useMonitor((monitor) => monitor.hasSound);
  const lamp = lampOf(show);
  const seconds = shownSeconds(show, now);
  const connections = show.stats?.connections ?? [];
  const kbps = throughputKbps(show.samples).at(-1)?.value;
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') changeLook({ mode: 'operator' });
    };
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, []);
  return (
    <main className={styles.wall} data-state={lamp}>
      <h1 className="spoken-only">Fieldcast</h1>
      <section className={styles.lamp} role="status"><Icon name={LAMP_ICONS[lamp]} />{t(`word.${lamp}`)}</section>
      {seconds === undefined
        ? <section className={styles.time}><span className="spoken-only">{t('band.clock')}</span><time>{timeOfDay(now)}</time></section>
        : <section className={styles.time}><span className="spoken-only">{t('band.stateTime')}</span><time>{clock(seconds)}</time></section>}
      <section className={styles.row}>
        <div><span>{t('wall.clock')}</span><time>{timeOfDay(now)}</time></div>
        {connections.length > 0 && <div><span>{t('wall.arriving')}</span><b>{t('figureOf.arriving', { taken: connections.filter((one) => one.state === 'publishing').length, all: connections.length })}</b></div>}
        {kbps !== undefined && <div><span>{t('wall.throughput')}</span><b>{figure(kbps / 1000, i18n.language, 1)} Mbit/s</b></div>}
        {hasSound && <div className={styles.meters}><span>{t('sound.title')}</span><SoundMeters direction="lying" /></div>}
        <div className={styles.leave}><Button onPress={() => changeLook({ mode: 'operator' })} shortcut="Esc">{t('nav.leaveWall')}</Button></div>
      </section>
      <section className={styles.sentence}>
        <span className={styles.light} data-tone={said.tone}><Icon name={said.tone === 'healthy' ? 'healthy' : said.tone === 'degraded' ? 'degraded' : said.tone === 'preview' ? 'rehearsal' : 'waiting'} />{said.word}</span>
        <p lang={said.lang} aria-live={said.isAlarm === true ? 'assertive' : 'polite'}>{said.text}</p>
      </section>
    </main>
  );
}
