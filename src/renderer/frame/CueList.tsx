// The cues of the show, whoever gave them: where each stands on the timeline, how long until then, and withdrawing one whose time has not come.
import { useTranslation } from 'react-i18next';
import { clock, figure, timeOfDay } from '../figures.ts';
import { Button } from '../parts/Button.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { useShow } from '../showStore.ts';
import { useNow } from '../useNow.ts';
import styles from './LogDialog.module.css';

export function CueList({ isResting, onWithdraw }: { readonly isResting: boolean; readonly onWithdraw: (id: string) => void }) {
  const { t, i18n } = useTranslation();
  const cues = useShow((show) => show.cues);
  const now = useNow();
  // A withdrawal stands where the cue stood that it takes back; the end of a break has the name of its beginning.
  const placeOf = ({ id, atSeconds }: (typeof cues)[number]): string => `${id} ${atSeconds}`;
  const withdrawn = new Set(cues.filter(({ kind }) => kind === 'cancel').map(placeOf));
  const shown = cues.filter((cue) => cue.kind !== 'cancel' || !cues.some((one) => one.kind !== 'cancel' && placeOf(one) === placeOf(cue)));
  return (
    <section aria-labelledby="cues-title">
      <h3 id="cues-title">{t('cueList.title')}</h3>
      {shown.length === 0 && <p className={styles.none}><Icon name="waiting" />{t('cueList.none')}</p>}
      <p className="spoken-only" lang="en" aria-live="polite">{cues[0]?.sentence}</p>
      <ul className={styles.rows} aria-label={t('cue.given')}>
        {shown.map((cue) => {
          const { kind, id, atUtc, atSeconds, durationSeconds } = cue;
          const seconds = (Date.parse(atUtc) - now) / 1000;
          const isWithdrawn = withdrawn.has(placeOf(cue));
          const facts = [t(`cue.kinds.${kind}`), t('cueList.onTimeline', { time: clock(atSeconds) }), ...(durationSeconds === undefined ? [] : [t('cueList.length', { seconds: figure(durationSeconds, i18n.language) })])];
          return (
            <li key={`${kind} ${id}`}>
              <div><b>{id}</b><p>{facts.join(', ')}</p></div>
              <Status tone={isWithdrawn || seconds <= 0 ? 'idle' : 'preview'}>
                {t('cue.at', { time: timeOfDay(Date.parse(atUtc)) })}, {isWithdrawn ? t('cueList.withdrawn') : seconds <= 0 ? t('cueList.passed') : t('cueList.coming', { seconds: figure(Math.ceil(seconds), i18n.language) })}
              </Status>
              {(kind === 'out' || kind === 'in') && !isWithdrawn && seconds > 0 ? <Button disabled={isResting} onPress={() => onWithdraw(id)}>{t('cue.cancel')}<span className="spoken-only"> {id}</span></Button> : <span />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
