// What lies in an account: found, made public and private, watched, and deleted with what depends on it before one's eyes.
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LibraryAsset } from '../../contract/library.ts';
import type { AssetPlayback, UploadDestination } from '../../contract/upload.ts';
import { actNow } from '../commands.ts';
import { Dialog } from '../frame/Dialog.tsx';
import { useIntake } from '../intakeStore.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { destinationOf, useChoice } from '../planStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './Library.module.css';
import { ProtectionDialog } from './ProtectionDialog.tsx';
import { WatchDialog } from './WatchDialog.tsx';

export function InTheAccount() {
  const { t } = useTranslation();
  const choice = useChoice();
  const { where, armAddress } = choice;
  const [wanted, setWanted] = useState(false);
  const [text, setText] = useState('');
  const [search, setSearch] = useState('');
  const destination = destinationOf(choice);
  const key = `${where} ${armAddress}`;
  const list = useCallback(async (api: EngineClient, signal: AbortSignal) => {
    // Looking starts the embedded service, or asks a cloud: only when somebody wants it.
    if (!wanted || destination.kind === 'rtmp') return undefined;
    return await api.library.list.query({ destination, ...(search === '' ? {} : { search }) }, { signal });
    // The destination is made anew with each rendering; its key says when it is another one.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wanted, key, search]);
  const { answer, failure, isAsking, again } = useAsked(list);
  return (
    <section aria-labelledby="account-title">
      <div className={styles.rowHead}>
        <h2 id="account-title">{t('library.account')}</h2>
        <span className={styles.secondary}>{t(`where.${where}`)}</span>
        <span className={styles.acts}>
          {destination.kind !== 'rtmp' && <ProtectionDialog key={key} destination={destination} />}
          {destination.kind === 'rtmp' ? <span className={styles.secondary}>{t('library.notRtmp')}</span>
            : <Button disabled={wanted && isAsking} onPress={() => { if (wanted) again(); else setWanted(true); }}>{wanted ? t('source.again') : t('library.look')}</Button>}
        </span>
      </div>
      {wanted && destination.kind !== 'rtmp' && (
        <form className={styles.search} role="search" onSubmit={(event) => { event.preventDefault(); setSearch(text.trim()); }}>
          <label><span className="spoken-only">{t('library.search')}</span><input type="search" value={text} placeholder={t('library.search')} onChange={(event) => { setText(event.target.value); if (event.target.value === '') setSearch(''); }} /></label>
          <Button onPress={() => setSearch(text.trim())}>{t('library.find')}</Button>
        </form>
      )}
      <p aria-live="polite" className={styles.secondary}>{wanted && isAsking ? t('library.looking') : answer?.more === true ? t('library.more', { count: answer.assets.length }) : ''}</p>
      <FailureNote failure={failure} />
      {!wanted && destination.kind !== 'rtmp' && <p className={styles.empty}><Icon name="cloud" />{t('library.notLooked')}</p>}
      {answer?.assets.length === 0 && <p className={styles.empty}><Icon name="folder" />{search === '' ? t('library.noAssets') : t('library.nothingFound', { search })}</p>}
      <ul className={styles.rows} aria-label={t('library.account')}>
        {destination.kind !== 'rtmp' && answer?.assets.map((asset) => <AssetRow key={asset.name} asset={asset} destination={destination} onChange={again} />)}
      </ul>
    </section>
  );
}

function AssetRow({ asset, destination, onChange }: { readonly asset: LibraryAsset; readonly destination: UploadDestination; readonly onChange: () => void }) {
  const { t, i18n } = useTranslation();
  const { name, createdAtUtc, description, locators, recordedBy } = asset;
  const { protection, policy } = useIntake((one) => one.options);
  const [links, setLinks] = useState<AssetPlayback>();
  const isPublic = locators.length > 0;
  const lock = policy !== undefined ? { policy } : { protection };
  const lockName = policy ?? (protection === 'none' ? undefined : t(`upload.protection.${protection}`));
  return (
    <li>
      <div className={styles.rowHead}>
        <b>{name}</b>
        <Status tone={recordedBy !== undefined ? 'air' : isPublic ? 'healthy' : 'idle'}>{recordedBy !== undefined ? t('library.recordsNow') : isPublic ? t('library.public') : t('library.private')}</Status>
      </div>
      <p className={styles.secondary}>{[
        ...(createdAtUtc === undefined ? [] : [new Date(createdAtUtc).toLocaleString(i18n.language)]), ...(description === undefined ? [] : [description]),
        ...(recordedBy === undefined ? [] : [t('library.recordedBy', { event: recordedBy.eventName })]),
        ...(isPublic ? [t('library.addressesOf', { count: locators.length })] : lockName === undefined ? [] : [t('library.wouldBe', { lock: lockName })]),
      ].join(', ')}</p>
      <div className={styles.rowActs}>
        <Button onPress={() => void actNow(async (api) => setLinks(isPublic ? await api.library.addresses.query({ destination, assetName: name }) : await api.library.publish.mutate({ destination, assetName: name, ...lock }))).then(onChange)}>{isPublic ? t('watch.open') : t('library.makePublic')}</Button>
        {isPublic && recordedBy === undefined && (
          <Consequence title={t('library.unpublishTitle', { name })} act={t('library.makePrivate')} note={t('library.unpublishNote')} locators={locators}
            onHeld={() => void actNow((api) => api.library.unpublish.mutate({ destination, assetName: name })).then(onChange)} />
        )}
        {recordedBy === undefined && (
          <Consequence title={t('library.deleteTitle', { name })} act={t('library.delete')} note={t(isPublic ? 'library.deletePublic' : 'library.deletePrivate')} locators={locators}
            onHeld={() => void actNow((api) => api.library.remove.mutate({ destination, assetName: name, evenIfPublic: true })).then(onChange)} />
        )}
      </div>
      {links !== undefined && <WatchDialog name={name} links={links} destination={{ account: destination, assetName: name }} onClose={() => setLinks(undefined)} />}
    </li>
  );
}

/** Says what depends on something before it is taken away; the act itself is held. */
function Consequence({ title, act, note, locators, onHeld }: { readonly title: string; readonly act: string; readonly note: string; readonly locators: readonly string[]; readonly onHeld: () => void }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t('library.ask', { act })}</Button>
      <Dialog title={title} close={t('control.cancel')} open={isOpen} onClose={() => setOpen(false)}>
        <p>{note}</p>
        {locators.length > 0 && <div><p>{t('library.stopPlaying', { count: locators.length })}</p><ul className={styles.names}>{locators.map((one) => <li key={one}>{one}</li>)}</ul></div>}
        <div className={styles.rowHead}><span className={styles.acts}><HoldButton label={act} onHeld={() => { setOpen(false); onHeld(); }} /></span></div>
      </Dialog>
    </>
  );
}
