// What is on its way to an account, and what lies in it: uploads with their progress, assets with their addresses.
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Protection, UploadStatus } from '../../contract/upload.ts';
import { command } from '../commands.ts';
import { figure, size } from '../figures.ts';
import { Button, CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { destinationOf, useChoice } from '../planStore.ts';
import { isDesktop, showInFolder } from '../shellStore.ts';
import { useApi } from '../showStore.ts';
import { followUploads, useUploads } from '../uploadStore.ts';
import { useAsked } from '../useAsked.ts';
import styles from './Library.module.css';
import { Recordings } from './Recordings.tsx';
import { UploadForm, type UploadOptions } from './UploadForm.tsx';

/** DASH is missing where a key system has none for it. */
type Links = { readonly hls?: string | undefined; readonly dash?: string | undefined };

export function Library() {
  const { t } = useTranslation();
  const role = useApi((one) => one.role);
  const [options, setOptions] = useState<UploadOptions>({ encode: 'none', publish: true, protection: 'none' });
  useEffect(followUploads, []);
  if (role === 'watch') return <main className={styles.page} data-bar><p className={styles.empty}><Icon name="lock" />{t('role.watching')}</p></main>;
  return (
    <main className={styles.page} data-bar>
      <div className={styles.column}>
        <Uploads options={options} onOptions={setOptions} />
        {role === 'owner' && <Recordings options={options} />}
      </div>
      <InTheAccount protection={options.protection} />
    </main>
  );
}

function Uploads({ options, onOptions }: { readonly options: UploadOptions; readonly onOptions: (options: UploadOptions) => void }) {
  const { t } = useTranslation();
  const { role } = useApi();
  const uploads = [...useUploads((one) => one.uploads).values()];
  return (
    <section aria-labelledby="uploads-title">
      <h2 id="uploads-title">{t('library.uploads')}</h2>
      {role === 'owner' && <UploadForm options={options} onOptions={onOptions} />}
      {uploads.length === 0
        ? <p className={styles.empty}><Icon name="folder" />{t('library.noUploads')}</p>
        : <ul className={styles.rows}>{uploads.toReversed().map((upload) => <UploadRow key={upload.id} upload={upload} />)}</ul>}
    </section>
  );
}

const TONES = { done: 'healthy', failed: 'degraded', interrupted: 'degraded', uploading: 'preview', publishing: 'preview', queued: 'idle', paused: 'idle', cancelled: 'idle' } as const;

function UploadRow({ upload }: { readonly upload: UploadStatus }) {
  const { t, i18n } = useTranslation();
  const { id, path, state, sentence, doneBytes, sizeBytes, bitsPerSecond, secondsLeft, encodedPercent, failure, result } = upload;
  const name = path.split(/[/\\]/).at(-1) ?? path;
  const underWay = state === 'queued' || state === 'uploading' || state === 'publishing';
  const language = i18n.language;
  return (
    <li>
      <div className={styles.rowHead}>
        <b>{name}</b>
        <Status tone={Object.hasOwn(TONES, state) ? TONES[state as keyof typeof TONES] : 'preview'}>{t(`library.state.${state}`)}</Status>
        <span className={styles.acts}>
          {underWay && <Button onPress={() => void command((api) => api.upload.pause.mutate(id))}>{t('library.pause')}</Button>}
          {(state === 'paused' || state === 'interrupted' || state === 'failed') && <Button onPress={() => void command((api) => api.upload.resume.mutate(id))}>{t('library.resume')}</Button>}
          {state !== 'done' && state !== 'cancelled' && <HoldButton label={t('control.cancel')} onHeld={() => void command((api) => api.upload.cancel.mutate(id))} />}
          {isDesktop && <Button kind="plain" onPress={() => showInFolder(path)}>{t('library.show')}</Button>}
        </span>
      </div>
      {state !== 'done' && state !== 'cancelled' && <progress className={styles.bar} value={state === 'encoding' && encodedPercent !== undefined ? encodedPercent / 100 : sizeBytes === 0 ? 0 : doneBytes / sizeBytes} aria-label={t('library.progress', { name })} />}
      <p className={styles.secondary}>
        {[`${size(doneBytes, language)} / ${size(sizeBytes, language)}`, ...(bitsPerSecond > 0 ? [`${figure(bitsPerSecond / 1e6, language, 1)} Mbit/s`] : []), ...(secondsLeft === undefined ? [] : [t('library.left', { minutes: figure(Math.ceil(secondsLeft / 60), language) })])].join(', ')}
        {' '}<span lang="en">{sentence}</span>
      </p>
      <FailureNote failure={failure} />
      {result?.playback !== undefined && <p className={styles.links}><CopyLinks links={result.playback} /></p>}
    </li>
  );
}

function CopyLinks({ links: { hls, dash } }: { readonly links: Links }) {
  const { t } = useTranslation();
  return <>{hls !== undefined && <CopyButton text={hls}>{t('copy.hls')}</CopyButton>}{dash !== undefined && <CopyButton text={dash}>{t('copy.dash')}</CopyButton>}</>;
}

function InTheAccount({ protection }: { readonly protection: Protection }) {
  const { t, i18n } = useTranslation();
  const choice = useChoice();
  const { where, armAddress } = choice;
  const [wanted, setWanted] = useState(false);
  const [links, setLinks] = useState<Readonly<Record<string, Links>>>({});
  const destination = destinationOf(choice);
  const key = `${where} ${armAddress}`;
  const list = useCallback(async (api: Parameters<Parameters<typeof useAsked>[0]>[0], signal: AbortSignal) => {
    // Looking starts the embedded service, or asks a cloud: only when somebody wants it.
    if (!wanted || destination.kind === 'rtmp') return undefined;
    return await api.library.list.query({ destination }, { signal });
    // The destination is made anew with each rendering; its key says when it is another one.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wanted, key]);
  const { answer, failure, isAsking, again } = useAsked(list);
  const act = (work: Promise<void>): void => void work.then(again);
  return (
    <section aria-labelledby="account-title">
      <div className={styles.rowHead}>
        <h2 id="account-title">{t('library.account')}</h2>
        <span className={styles.acts}>
          {destination.kind === 'rtmp' ? <span className={styles.secondary}>{t('library.notRtmp')}</span>
            : <Button disabled={wanted && isAsking} onPress={() => { if (wanted) again(); else setWanted(true); }}>{wanted ? t('source.again') : t('library.look')}</Button>}
        </span>
      </div>
      <p aria-live="polite" className={styles.secondary}>{wanted && isAsking ? t('library.looking') : ''}</p>
      <FailureNote failure={failure} />
      {answer?.assets.length === 0 && <p className={styles.empty}><Icon name="folder" />{t('library.noAssets')}</p>}
      <ul className={styles.rows}>
        {destination.kind !== 'rtmp' && answer?.assets.map(({ name, createdAtUtc, description, locators, recordedBy }) => (
          <li key={name}>
            <div className={styles.rowHead}>
              <b>{name}</b>
              <Status tone={recordedBy !== undefined ? 'air' : locators.length > 0 ? 'healthy' : 'idle'}>{recordedBy !== undefined ? t('library.recordsNow') : locators.length > 0 ? t('library.public') : t('library.private')}</Status>
              <span className={styles.acts}>
                <Button onPress={() => act(command(async (api) => {
                  const { hls, dash } = await api.library.publish.mutate({ destination, assetName: name, ...(locators.length > 0 ? {} : { protection }) });
                  setLinks((before) => ({ ...before, [name]: { hls, dash } }));
                }))}>{locators.length > 0 ? t('library.addresses') : t('library.makePublic')}</Button>
                {locators.length > 0 && recordedBy === undefined && <Button onPress={() => act(command((api) => api.library.unpublish.mutate({ destination, assetName: name })))}>{t('library.makePrivate')}</Button>}
                {recordedBy === undefined && <HoldButton label={t('library.delete')} onHeld={() => act(command((api) => api.library.remove.mutate({ destination, assetName: name, evenIfPublic: true })))} />}
              </span>
            </div>
            <p className={styles.secondary}>{[...(createdAtUtc === undefined ? [] : [new Date(createdAtUtc).toLocaleString(i18n.language)]), ...(description === undefined ? [] : [description])].join(', ')}</p>
            {links[name] !== undefined && <p className={styles.links}><CopyLinks links={links[name]} /></p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
