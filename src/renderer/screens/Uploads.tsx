// What is to be uploaded and what is on its way: files and folders of the engine's computer, bytes from this browser, their progress and end.
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { uploadLimitSchema, type UploadStatus } from '../../contract/upload.ts';
import { actNow } from '../commands.ts';
import { figure, size } from '../figures.ts';
import { offerFiles, offerPaths, useIntake, type Transfer } from '../intakeStore.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { chooseFiles, isDesktop, showInFolder } from '../shellStore.ts';
import { useApi, useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';
import { useUploads } from '../uploadStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './Library.module.css';
import { WatchDialog } from './WatchDialog.tsx';

export function Uploads() {
  const { t } = useTranslation();
  const isOwner = useApi((one) => one.role === 'owner');
  const uploads = [...useUploads((one) => one.uploads).values()];
  const transfers = [...useIntake((one) => one.transfers).values()];
  return (
    <section aria-labelledby="uploads-title">
      <div className={styles.rowHead}>
        <h2 id="uploads-title">{t('library.uploads')}</h2>
        {isOwner && <span className={styles.acts}><Chooser /></span>}
      </div>
      {isOwner && <PathForm />}
      <LimitForm />
      {uploads.length + transfers.length === 0 && <p className={styles.empty}><Icon name="folder" />{t(isOwner ? 'library.noUploads' : 'library.noUploadsHere')}</p>}
      <ul className={styles.rows} aria-label={t('library.uploads')}>
        {transfers.map((one) => <TransferRow key={one.id} transfer={one} />)}
        {uploads.toReversed().map((upload) => <UploadRow key={upload.id} upload={upload} />)}
      </ul>
    </section>
  );
}

/** The desktop's own dialogs give paths; a browser's gives files without one. */
function Chooser() {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  if (isDesktop) {
    return (
      <>
        <Button onPress={() => void chooseFiles(false).then(offerPaths)}>{t('library.chooseFiles')}</Button>
        <Button onPress={() => void chooseFiles(true).then(offerPaths)}>{t('library.chooseFolders')}</Button>
      </>
    );
  }
  return (
    <>
      <input ref={input} type="file" multiple hidden onChange={(event) => {
        offerFiles([...event.target.files ?? []]);
        // The same file may be chosen again.
        event.target.value = '';
      }} />
      <Button onPress={() => input.current?.click()}>{t('library.chooseFiles')}</Button>
    </>
  );
}

function PathForm() {
  const { t } = useTranslation();
  const [path, setPath] = useState('');
  const offer = (): void => {
    if (path.trim() === '') return;
    offerPaths([path.trim()]);
    setPath('');
  };
  return (
    <form className={styles.add} onSubmit={(event) => { event.preventDefault(); offer(); }}>
      <label><span>{t('library.path')}</span><input type="text" value={path} spellCheck={false} onChange={(event) => setPath(event.target.value)} /></label>
      <Button disabled={path.trim() === ''} onPress={offer}>{t('library.upload')}</Button>
    </form>
  );
}

const askLimit = async (api: EngineClient, signal: AbortSignal) => await api.upload.limits.query(undefined, { signal });
const MBIT = 1000;

/** How much of the line uploads may take; kept by the engine. */
function LimitForm() {
  const { t, i18n } = useTranslation();
  const runs = useShow((show) => isRunning(show.state));
  const { answer, again } = useAsked(askLimit);
  const [text, setText] = useState<string>();
  const kbps = answer?.kbps ?? null;
  const shown = text ?? (kbps === null ? '' : String(kbps / MBIT));
  const asked = shown.trim() === '' ? null : Number(shown) * MBIT;
  const isRight = uploadLimitSchema.safeParse(asked).success;
  const set = async (): Promise<void> => {
    await actNow((api) => api.upload.limit.mutate({ kbps: asked, keep: true }));
    setText(undefined);
    again();
  };
  return (
    <form className={styles.limit} onSubmit={(event) => { event.preventDefault(); if (isRight) void set(); }}>
      <label><span>{t('library.limit')}</span><input type="number" min={0.064} step="any" value={shown} aria-invalid={!isRight} placeholder={t('library.noLimit')} onChange={(event) => setText(event.target.value)} /></label>
      <Button disabled={!isRight || asked === kbps} onPress={() => void set()}>{t('library.setLimit')}</Button>
      <p className={styles.secondary} aria-live="polite">{runs ? t('library.heldByShow') : kbps === null ? t('library.limitNone') : t('library.limitIs', { mbps: figure(kbps / MBIT, i18n.language, kbps % MBIT === 0 ? 0 : 1) })}</p>
    </form>
  );
}

function TransferRow({ transfer: { name, sizeBytes, sentBytes, failure, retry, cancel } }: { readonly transfer: Transfer }) {
  const { t, i18n } = useTranslation();
  return (
    <li>
      <div className={styles.rowHead}>
        <b>{name}</b>
        <Status tone={failure === undefined ? 'preview' : 'degraded'}>{failure === undefined ? t('intake.handingOver') : t('library.state.interrupted')}</Status>
        <span className={styles.acts}>
          {failure !== undefined && <Button onPress={retry}>{t('library.resume')}</Button>}
          <HoldButton label={t('control.cancel')} onHeld={cancel} />
        </span>
      </div>
      <progress className={styles.bar} value={sizeBytes === 0 ? 1 : sentBytes / sizeBytes} aria-label={t('intake.progress', { name })} />
      <p className={styles.secondary}>{`${size(sentBytes, i18n.language)} / ${size(sizeBytes, i18n.language)}`}{' '}{t('intake.keepOpen')}</p>
      <FailureNote failure={failure} />
    </li>
  );
}

const TONES = { done: 'healthy', failed: 'degraded', interrupted: 'degraded', uploading: 'preview', encoding: 'preview', publishing: 'preview', queued: 'idle', paused: 'idle', cancelled: 'idle' } as const;

function UploadRow({ upload }: { readonly upload: UploadStatus }) {
  const { t } = useTranslation();
  const { id, path, state, sentence, failure, result, destination } = upload;
  const runs = useShow((show) => isRunning(show.state));
  const name = path.split(/[/\\]/).at(-1) ?? path;
  const underWay = state === 'queued' || state === 'uploading' || state === 'encoding' || state === 'publishing';
  const isHeld = runs && state === 'uploading' && destination !== 'embedded';
  const isOver = state === 'done' || state === 'cancelled';
  return (
    <li>
      <div className={styles.rowHead}>
        <b>{name}</b>
        <Status tone={isHeld ? 'idle' : TONES[state]}>{isHeld ? t('library.held') : t(`library.state.${state}`)}</Status>
        <span className={styles.acts}>
          {underWay && <Button onPress={() => void actNow((api) => api.upload.pause.mutate(id))}>{t('library.pause')}</Button>}
          {(state === 'paused' || state === 'interrupted') && <Button onPress={() => void actNow((api) => api.upload.resume.mutate(id))}>{t('library.resume')}</Button>}
          {state === 'failed' && <Button onPress={() => void actNow((api) => api.upload.resume.mutate(id))}>{t('library.retry')}</Button>}
          {!isOver && <HoldButton label={t('control.cancel')} onHeld={() => void actNow((api) => api.upload.cancel.mutate(id))} />}
          {result?.playback !== undefined && <WatchDialog name={name} links={result.playback} destination={undefined} />}
          {isDesktop && <Button kind="plain" onPress={() => showInFolder(path)}>{t('library.show')}</Button>}
        </span>
      </div>
      {!isOver && <Progress upload={upload} name={name} />}
      {failure === undefined && state !== 'paused' && <p className={styles.secondary}>{isOver && <Size upload={upload} />}<span lang="en">{sentence}</span></p>}
      <FailureNote failure={failure} />
    </li>
  );
}

function Size({ upload: { sizeBytes } }: { readonly upload: UploadStatus }) {
  const { i18n } = useTranslation();
  return sizeBytes === 0 ? null : <>{size(sizeBytes, i18n.language)}. </>;
}

/** What counts of an encoding is its share, of everything else the bytes. */
function Progress({ upload: { state, doneBytes, sizeBytes, bitsPerSecond, secondsLeft, encodedPercent }, name }: { readonly upload: UploadStatus; readonly name: string }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const share = state === 'encoding' && encodedPercent !== undefined ? encodedPercent / 100 : sizeBytes === 0 ? 0 : doneBytes / sizeBytes;
  const parts = [
    `${figure(Math.floor(share * 100), language)} %`,
    ...(state === 'encoding' ? [] : [`${size(doneBytes, language)} / ${size(sizeBytes, language)}`]),
    ...(bitsPerSecond > 0 ? [`${figure(bitsPerSecond / 1e6, language, 1)} Mbit/s`] : []),
    ...(secondsLeft === undefined ? [] : [secondsLeft < 90 ? t('library.secondsLeft', { seconds: figure(secondsLeft, language) }) : t('library.left', { minutes: figure(Math.ceil(secondsLeft / 60), language) })]),
  ];
  return (
    <>
      <progress className={styles.bar} value={share} aria-label={t('library.progress', { name })} />
      <p className={styles.secondary}>{parts.join(', ')}</p>
    </>
  );
}
