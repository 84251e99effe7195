// The window's four bars; only the middle changes. Title bar and state band are here, the lower bars beside it.
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { clock, timeOfDay } from '../figures.ts';
import { LAMP_ICONS, lampOf, nextAttempt, shownSeconds } from '../lamp.ts';
import { changeLook, PAGES, useLook, type Mode } from '../lookStore.ts';
import { CopyButton } from '../parts/Button.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';
import { useNow } from '../useNow.ts';
import { ControlBar } from './ControlBar.tsx';
import styles from './Frame.module.css';
import { SentenceBar } from './SentenceBar.tsx';
import { ShareDialog } from './ShareDialog.tsx';

const MODES = ['simple', 'operator', 'wall'] as const satisfies readonly Mode[];

export function Frame({ children }: { readonly children: ReactNode }) {
  const lamp = useShow(lampOf);
  return (
    <div className={styles.window} data-state={lamp}>
      <TitleBar />
      <StateBand />
      {children}
      <SentenceBar />
      <ControlBar />
    </div>
  );
}

function TitleBar() {
  const { t } = useTranslation();
  const { mode, page } = useLook();
  const show = useShow();
  const lamp = lampOf(show);
  const now = useNow();
  const seconds = shownSeconds(show, now);
  const words = seconds === undefined ? t(`word.${lamp}`) : `${t(`word.${lamp}`)} ${clock(seconds)}`;
  useEffect(() => {
    document.title = `${words} – Fieldcast`;
  }, [words]);
  return (
    <header className={styles.titleBar} data-bar>
      <div className={styles.titleLeft}>
        <span className={styles.brand}><Icon name="mark" />Fieldcast</span>
        <nav className={styles.tabs} aria-label={t('nav.main')}>
          {PAGES.map((one) => (
            <button key={one} type="button" aria-current={page === one ? 'page' : undefined} onClick={() => changeLook({ page: one })}>{t(`nav.${one}`)}</button>
          ))}
        </nav>
      </div>
      <div className={styles.titleState}><b><Icon name={LAMP_ICONS[lamp]} />{words}</b></div>
      <div className={styles.titleRight}>
        <ToggleGroup className={styles.segmented} aria-label={t('nav.mode')} value={[mode]} onValueChange={([value]) => {
          const chosen = MODES.find((one) => one === value);
          if (chosen !== undefined) changeLook({ mode: chosen, page: 'show' });
        }}>
          {MODES.map((one) => <Toggle key={one} value={one}>{t(`nav.${one}`)}</Toggle>)}
        </ToggleGroup>
      </div>
    </header>
  );
}

function StateBand() {
  const { t, i18n } = useTranslation();
  const show = useShow();
  const now = useNow();
  const lamp = lampOf(show);
  const seconds = shownSeconds(show, now);
  const timeName = show.state === 'live' ? t('band.onAirTime') : show.state === 'rehearsing' ? t('band.rehearsalTime') : t('band.stateTime');
  return (
    <section className={styles.stateBand} aria-label={t('band.label')} data-bar>
      <div className={styles.lamp} role="status"><Icon name={LAMP_ICONS[lamp]} />{t(`word.${lamp}`)}</div>
      {seconds === undefined ? <span /> : <div className={styles.showTime}><span className="spoken-only">{timeName}</span><time>{clock(seconds)}</time></div>}
      <ShowFacts />
      <div className={styles.wallClock}>
        <span className="spoken-only">{t('band.clock')}</span>
        <time>{timeOfDay(now)}</time>
        <span>{new Date(now).toLocaleDateString(i18n.language, { weekday: 'long', day: 'numeric', month: 'long' })}</span>
      </div>
    </section>
  );
}

function ShowFacts() {
  const { t } = useTranslation();
  const show = useShow();
  const { playback, report, stats, state, engine, link } = show;
  // Where the destination knows no events, the address says where it is.
  const address = playback.preview ?? playback.hls;
  const host = address === undefined ? undefined : URL.parse(address)?.host;
  const name = report?.eventName ?? stats?.eventName ?? (host === undefined ? t('band.noShow') : t('band.at', { host }));
  const now = useNow();
  const attempt = nextAttempt(show, now);
  const line = attempt !== undefined ? t('band.attempt', { number: String(attempt.failures + 1), seconds: String(Math.ceil(attempt.inSeconds)) })
    : state === 'live' ? t('band.onAir')
    : state === 'rehearsing' ? t('band.rehearsal')
      : link === 'connected' && engine !== undefined ? t('band.engine', { version: engine.version, pid: String(engine.pid) })
        : t('band.noEngine');
  const urls = (['hls', 'dash', 'preview'] as const).flatMap((kind) => {
    const url = playback[kind];
    return url === undefined || (kind === 'preview' && !isRunning(state)) ? [] : [{ kind, url }];
  });
  return (
    <div className={styles.showFacts}>
      <h1>{name}</h1>
      <p>{line}</p>
      {urls.length > 0 && (
        <div className={styles.copyRow}>
          <span>{t('copy.label')}</span>
          {urls.map(({ kind, url }) => <CopyButton key={kind} text={url}>{t(`copy.${kind}`)}</CopyButton>)}
          <ShareDialog />
        </div>
      )}
    </div>
  );
}
