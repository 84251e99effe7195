// Recordings on this computer: to play, to find, to make whole after a crash, to upload, and to put in place of what a service misses.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { recordingUrl } from '../../contract/ownFiles.ts';
import type { RecordedFile, RecordingNotes, RepairedFile } from '../../contract/recording.ts';
import { command } from '../commands.ts';
import { figure, size } from '../figures.ts';
import { Dialog } from '../frame/Dialog.tsx';
import dialog from '../frame/LogDialog.module.css';
import { Button, CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { destinationOf, useChoice } from '../planStore.ts';
import { isDesktop, showInFolder } from '../shellStore.ts';
import { httpBaseOf, useApi } from '../showStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './Library.module.css';
import type { UploadOptions } from './UploadForm.tsx';

const list = async (api: EngineClient, signal: AbortSignal) => await api.recordings.list.query(undefined, { signal });
const TONES = { recording: 'air', fragmented: 'degraded', finished: 'healthy', missing: 'degraded' } as const;

/** @param options how what is uploaded from here is treated: as everything of this screen */
export function Recordings({ options }: { readonly options: UploadOptions }) {
  const { t } = useTranslation();
  const { answer, failure, again } = useAsked(list);
  const [repaired, setRepaired] = useState<readonly RepairedFile[]>([]);
  const [film, setFilm] = useState<{ readonly url: string; readonly name: string }>();
  const isBroken = answer?.some((one) => one.files.some(({ state }) => state === 'recording' || state === 'fragmented')) === true;
  const repair = (): void => void command(async (api) => setRepaired(await api.recordings.repair.mutate())).then(again);
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
      <ul className={styles.rows}>{answer?.map((notes) => <Recording key={notes.id} notes={notes} options={options} onPlay={(url, name) => setFilm({ url, name })} />)}</ul>
      <Dialog title={film?.name ?? ''} close={t('log.close')} open={film !== undefined} onClose={() => setFilm(undefined)}>
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- a recording has none */}
        {film !== undefined && <video className={dialog.film} src={film.url} controls autoPlay aria-label={t('recordings.film', { name: film.name })} />}
      </Dialog>
    </section>
  );
}

function Recording({ notes, options, onPlay }: { readonly notes: RecordingNotes; readonly options: UploadOptions; readonly onPlay: (url: string, name: string) => void }) {
  const { t, i18n } = useTranslation();
  const { id, event, rendition, startedAtUtc, isOver, files, undelivered } = notes;
  const missing = undelivered.reduce((sum, { fromSeconds, toSeconds }) => sum + toSeconds - fromSeconds, 0);
  const encode = options.encode === 'none' ? 'adaptive' : options.encode;
  return (
    <li>
      <div className={styles.rowHead}>
        <b>{event}</b><span className={styles.secondary}>{[rendition, new Date(startedAtUtc).toLocaleString(i18n.language)].join(', ')}</span>
        <span className={styles.acts}>
          {isOver && undelivered.length > 0 && <Button onPress={() => void command((api) => api.recordings.complete.mutate({ id, encode, evenIfWhole: false }))}>{t('recordings.complete')}</Button>}
        </span>
      </div>
      {isOver && missing > 0 && <p className={styles.secondary}><Status tone="degraded">{t('recordings.missing', { seconds: figure(missing, i18n.language, 1) })}</Status> {t('recordings.missingNote')}</p>}
      {files.map((file, index) => <FileRow key={file.path} file={file} isBeingWritten={!isOver && file.state === 'recording'} id={id} index={index} options={options} onPlay={onPlay} />)}
    </li>
  );
}

function FileRow({ file: { path, sizeBytes, state }, isBeingWritten, id, index, options, onPlay }: {
  readonly file: RecordedFile; readonly isBeingWritten: boolean; readonly id: string; readonly index: number; readonly options: UploadOptions; readonly onPlay: (url: string, name: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const { where, filesKey } = useApi();
  const destination = destinationOf(useChoice());
  const url = where === undefined || filesKey === undefined ? undefined : recordingUrl(httpBaseOf(where), filesKey, id, index);
  const name = nameOf(path);
  const upload = (): void => {
    if (destination.kind !== 'rtmp') void command((api) => api.upload.add.mutate({ paths: [path], destination, ...options }));
  };
  return (
    <div className={styles.rowHead}>
      <span>{name}</span>
      <Status tone={TONES[state]}>{isBeingWritten ? t('recordings.now') : t(`recordings.state.${state}`)}</Status>
      {sizeBytes > 0 && <span className={styles.secondary}>{size(sizeBytes, i18n.language)}</span>}
      <span className={styles.acts}>
        {state !== 'missing' && url !== undefined && <Button onPress={() => onPlay(url, name)}>{t('recordings.play')}</Button>}
        {isDesktop ? <Button onPress={() => showInFolder(path)}>{t('library.show')}</Button> : <CopyButton text={path}>{t('support.path')}</CopyButton>}
        {state === 'finished' && <Button disabled={destination.kind === 'rtmp'} onPress={upload}>{t('library.upload')}</Button>}
      </span>
    </div>
  );
}

function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
