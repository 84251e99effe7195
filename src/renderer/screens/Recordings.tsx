// Recordings on this computer: to play, to find, to make whole after a crash, to upload, and to put in place of what a service misses.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { recordingUrl } from '../../contract/ownFiles.ts';
import type { RecordedFile, RecordingNotes, RepairedFile } from '../../contract/recording.ts';
import { actNow } from '../commands.ts';
import { size } from '../figures.ts';
import { Dialog } from '../frame/Dialog.tsx';
import dialog from '../frame/LogDialog.module.css';
import { Button, CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Icon } from '../parts/Icon.tsx';
import { offerPaths } from '../intakeStore.ts';
import { Status } from '../parts/Status.tsx';
import { isDesktop, showInFolder } from '../shellStore.ts';
import { httpBaseOf, useApi } from '../showStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import { ArchiveLacks } from './ArchiveLacks.tsx';
import styles from './Library.module.css';

const list = async (api: EngineClient, signal: AbortSignal) => await api.recordings.list.query(undefined, { signal });
const TONES = { recording: 'air', fragmented: 'degraded', finished: 'healthy', missing: 'degraded' } as const;

export function Recordings() {
  const { t } = useTranslation();
  const { answer, failure, again } = useAsked(list);
  const [repaired, setRepaired] = useState<readonly RepairedFile[]>([]);
  const [film, setFilm] = useState<{ readonly url: string; readonly name: string }>();
  const isBroken = answer?.some((one) => one.files.some(({ state }) => state === 'recording' || state === 'fragmented')) === true;
  const repair = (): void => void actNow(async (api) => setRepaired(await api.recordings.repair.mutate())).then(again);
  return (
    <section aria-labelledby="recordings-title">
      <div className={styles.rowHead}>
        <h2 id="recordings-title">{t('recordings.title')}</h2>
        <span className={styles.acts}>
          {isBroken && <Button onPress={repair}>{t('recordings.repair')}</Button>}
          <Button onPress={again}>{t('source.again')}</Button>
        </span>
      </div>
      <FailureNote failure={failure} />
      <ul aria-live="polite" lang="en" className={styles.secondary}>{repaired.map(({ path, state, problem }) => <li key={path}>{nameOf(path)}: {problem ?? (state === 'finished' ? 'repaired' : state)}</li>)}</ul>
      {answer?.length === 0 && <p className={styles.empty}><Icon name="folder" />{t('recordings.none')}</p>}
      <ul className={styles.rows}>{answer?.map((notes) => <Recording key={notes.id} notes={notes} onPlay={(url, name) => setFilm({ url, name })} />)}</ul>
      <Dialog title={film?.name ?? ''} close={t('log.close')} open={film !== undefined} onClose={() => setFilm(undefined)}>
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- a recording has none */}
        {film !== undefined && <video className={dialog.film} src={film.url} controls autoPlay aria-label={t('recordings.film', { name: film.name })} />}
      </Dialog>
    </section>
  );
}

function Recording({ notes, onPlay }: { readonly notes: RecordingNotes; readonly onPlay: (url: string, name: string) => void }) {
  const { i18n } = useTranslation();
  const { id, event, rendition, startedAtUtc, isOver, files } = notes;
  return (
    <li>
      <div className={styles.rowHead}>
        <b>{event}</b><span className={styles.secondary}>{[rendition, new Date(startedAtUtc).toLocaleString(i18n.language)].join(', ')}</span>
      </div>
      {files.map((file, index) => <FileRow key={file.path} file={file} isBeingWritten={!isOver && file.state === 'recording'} id={id} index={index} onPlay={onPlay} />)}
      <ArchiveLacks notes={notes} />
    </li>
  );
}

function FileRow({ file: { path, sizeBytes, state }, isBeingWritten, id, index, onPlay }: {
  readonly file: RecordedFile; readonly isBeingWritten: boolean; readonly id: string; readonly index: number; readonly onPlay: (url: string, name: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const { where, filesKey } = useApi();
  const url = where === undefined || filesKey === undefined ? undefined : recordingUrl(httpBaseOf(where), filesKey, id, index);
  const name = nameOf(path);
  return (
    <div className={styles.rowHead}>
      <span>{name}</span>
      <Status tone={TONES[state]}>{isBeingWritten ? t('recordings.now') : t(`recordings.state.${state}`)}</Status>
      {sizeBytes > 0 && <span className={styles.secondary}>{size(sizeBytes, i18n.language)}</span>}
      <span className={styles.acts}>
        {state !== 'missing' && url !== undefined && <Button onPress={() => onPlay(url, name)}>{t('recordings.play')}</Button>}
        {isDesktop ? <Button onPress={() => showInFolder(path)}>{t('library.show')}</Button> : <CopyButton text={path}>{t('support.path')}</CopyButton>}
        {state === 'finished' && <Button onPress={() => offerPaths([path])}>{t('library.upload')}</Button>}
      </span>
    </div>
  );
}

function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
