// What the service's archive lacks of a show, by time, and the one act that puts the recording in its place.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { RecordingNotes } from '../../contract/recording.ts';
import { actNow } from '../commands.ts';
import { figure, timeOfDay } from '../figures.ts';
import { useIntake } from '../intakeStore.ts';
import { lacksOf } from '../lacks.ts';
import { changeLook } from '../lookStore.ts';
import { Button } from '../parts/Button.tsx';
import { Status } from '../parts/Status.tsx';
import { useApi, useShow } from '../showStore.ts';
import { followUploads, useUploads } from '../uploadStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './Library.module.css';

/** More are counted, not listed. */
const MAX_SHOWN = 8;

/** Nothing where nothing is lacking. */
export function ArchiveLacks({ notes: { id, isOver, undelivered, files } }: { readonly notes: RecordingNotes }) {
  const { t, i18n } = useTranslation();
  const encode = useIntake((one) => (one.options.encode === 'none' ? 'adaptive' : one.options.encode));
  const uploads = useUploads((one) => one.uploads);
  useEffect(followUploads, []);
  // The newest attempt counts.
  const completion = [...uploads.values()].findLast(({ path, replaces, state }) => replaces !== undefined && state !== 'cancelled' && files.some((file) => file.path === path));
  const lacks = isOver ? lacksOf(undelivered) : [];
  if (lacks.length === 0) return null;
  const seconds = (value: number): string => figure(value, i18n.language, 1);
  const complete = (): void => void actNow(async (api) => {
    await api.recordings.complete.mutate({ id, encode, evenIfWhole: false });
    changeLook({ page: 'library' });
  });
  return (
    <div className={styles.lacks}>
      <div className={styles.rowHead}>
        {completion?.state === 'done' ? <Status tone="healthy">{t('recordings.completed')}</Status> : <Status tone="degraded">{t('recordings.missing', { seconds: seconds(lacks.reduce((sum, one) => sum + one.seconds, 0)) })}</Status>}
        {completion === undefined && <span className={styles.acts}><Button onPress={complete}>{t('recordings.complete')}</Button></span>}
        {completion !== undefined && completion.state !== 'done' && <span className={styles.secondary}>{t('recordings.completing', { state: t(`library.state.${completion.state}`) })}</span>}
      </div>
      <p className={styles.secondary}>{completion?.state === 'done' ? t('recordings.completedNote') : t('recordings.missingNote')}</p>
      <ul className={styles.secondary} aria-label={t('recordings.lacks')}>
        {lacks.slice(0, MAX_SHOWN).map(({ fromUtc, toUtc, seconds: length, tracks, causes }) => (
          <li key={fromUtc}>
            <b>{t('recordings.lack', { from: timeOfDay(Date.parse(fromUtc)), to: timeOfDay(Date.parse(toUtc)), seconds: seconds(length) })}</b>{' '}
            {tracks.map((track) => (track === 'audio' ? t('recordings.sound') : track)).join(', ')}: {causes.map((cause) => t(`recordings.cause.${cause}`)).join('; ')}
          </li>
        ))}
        {lacks.length > MAX_SHOWN && <li>{t('recordings.moreLacks', { count: lacks.length - MAX_SHOWN })}</li>}
      </ul>
    </div>
  );
}

const list = async (api: EngineClient, signal: AbortSignal) => await api.recordings.list.query(undefined, { signal });

/** After a show that was recorded here and did not arrive whole. */
export function LacksOfLastShow() {
  const isOwner = useApi((one) => one.role === 'owner');
  const report = useShow((show) => show.report);
  if (!isOwner || report?.recording === undefined || report.eventName === undefined || report.undelivered.length === 0) return null;
  return <Lacks event={report.eventName} />;
}

function Lacks({ event }: { readonly event: string }) {
  const { answer } = useAsked(list);
  const notes = answer?.find((one) => one.event === event);
  return notes === undefined ? null : <ArchiveLacks notes={notes} />;
}
