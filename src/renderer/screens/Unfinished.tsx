// Shows that an earlier engine did not bring to their end: go on with one, or close what it left running.
import { useTranslation } from 'react-i18next';
import { command } from '../commands.ts';
import { Button } from '../parts/Button.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Status } from '../parts/Status.tsx';
import { useShow } from '../showStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './GoLive.module.css';

const askInfo = async (api: EngineClient, signal: AbortSignal) => await api.engine.info.query(undefined, { signal });

export function Unfinished() {
  const { t, i18n } = useTranslation();
  const { answer } = useAsked(askInfo);
  const state = useShow((show) => show.state);
  if (answer === undefined || answer.unfinished.length === 0 || state !== 'idle') return null;
  const resume = (showId: string, end: boolean): void => void command((api) => api.show.resume.mutate({ showId, end }));
  return (
    <ul>
      {answer.unfinished.map(({ showId, eventName, startedAtUtc }) => (
        <li key={showId} className={styles.check} data-open="true">
          <Status tone="degraded">{t('unfinished.word')}</Status>
          <div>
            <h4>{eventName ?? showId}</h4>
            <p>{t('unfinished.note', { time: new Date(startedAtUtc).toLocaleString(i18n.language) })}</p>
            <div className={styles.acts}><Button onPress={() => resume(showId, false)}>{t('unfinished.goOn')}</Button><HoldButton label={t('unfinished.close')} onHeld={() => resume(showId, true)} /></div>
          </div>
        </li>
      ))}
    </ul>
  );
}
