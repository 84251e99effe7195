// The protections of an account: made from a form with sentences, listed with the addresses that need each, deleted; and the secrets that they use.
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MadeProtection } from '../../contract/contentProtection.ts';
import type { UploadDestination } from '../../contract/upload.ts';
import { actNow, failureFrom } from '../commands.ts';
import { Dialog } from '../frame/Dialog.tsx';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { useApi } from '../showStore.ts';
import { useAsked } from '../useAsked.ts';
import type { Failure } from '../../contract/report.ts';
import type { EngineClient } from '../../main/api/client.ts';
import { emptyDraft, formOf, type Draft } from '../protectionDraft.ts';
import { PlayerTable } from './PlayerTable.tsx';
import { ProtectionFields } from './ProtectionFields.tsx';
import { ProtectionSecrets } from './ProtectionSecrets.tsx';
import styles from './UploadDialog.module.css';

export function ProtectionDialog({ destination }: { readonly destination: UploadDestination }) {
  const { t } = useTranslation();
  return <Dialog title={t('protection.title')} close={t('log.close')} trigger={t('protection.open')}><Protections destination={destination} /></Dialog>;
}

const askSecrets = async (api: EngineClient, signal: AbortSignal): Promise<readonly string[]> => (useApi.getState().role === 'owner' ? await api.protection.secrets.query(undefined, { signal }) : []);

function Protections({ destination: given }: { readonly destination: UploadDestination }) {
  const { t } = useTranslation();
  // It stays the one for which the dialog was opened.
  const [destination] = useState(given);
  const isOwner = useApi((one) => one.role === 'owner');
  const list = useCallback(async (api: EngineClient, signal: AbortSignal) => await api.protection.list.query({ destination }, { signal }), [destination]);
  const { answer, failure, isAsking, again } = useAsked(list);
  const secrets = useAsked(askSecrets);
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<MadeProtection>();
  return (
    <>
      <p>{t('protection.note')}</p>
      <p aria-live="polite">{isAsking && answer === undefined ? t('library.looking') : answer?.length === 0 ? t('protection.noneYet') : ''}</p>
      <FailureNote failure={failure} />
      <ul className={styles.files} aria-label={t('protection.title')}>
        {answer?.map(({ name, options, locators }) => (
          <li key={name}>
            <b>{name}</b><span lang="en">{options.join(', ')}</span><span>{t('protection.usedBy', { count: locators.length })}</span>
            {locators.length === 0
              ? <HoldButton label={t('library.delete')} onHeld={() => void actNow((api) => api.protection.remove.mutate({ destination, name })).then(again)} />
              : <Status tone="idle" icon="lock">{t('protection.inUse')}</Status>}
          </li>
        ))}
      </ul>
      {made !== undefined && <p role="status"><Status tone="healthy">{t('protection.made', { name: made.name })}</Status> <span lang="en">{made.sentences.join(', ')}</span></p>}
      {isMaking
        ? <Maker secrets={secrets.answer ?? []} destination={destination} onEnd={(one) => { setMaking(false); setMade(one); again(); }} />
        : <div><Button onPress={() => { setMade(undefined); setMaking(true); }}>{t('protection.make')}</Button></div>}
      {isOwner && <ProtectionSecrets names={secrets.answer ?? []} onChange={secrets.again} />}
      <details><summary>{t('protection.table')}</summary><PlayerTable /></details>
    </>
  );
}

function Maker({ destination, secrets, onEnd }: { readonly destination: UploadDestination; readonly secrets: readonly string[]; readonly onEnd: (made: MadeProtection | undefined) => void }) {
  const { t } = useTranslation();
  const api = useApi((one) => one.api);
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [failure, setFailure] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const built = formOf(draft);
  const make = async (): Promise<void> => {
    if (built.form === undefined || api === undefined) return;
    setBusy(true);
    setFailure(undefined);
    try {
      onEnd(await api.protection.put.mutate({ destination, name: draft.name.trim(), form: built.form }));
    } catch (error) {
      setFailure(failureFrom(error));
      setBusy(false);
    }
  };
  return (
    <div className={styles.maker}>
      <ProtectionFields draft={draft} secrets={secrets} onChange={(change) => setDraft((before) => ({ ...before, ...change }))} />
      {built.missing.length > 0 && <p className={styles.note}><Icon name="info" />{built.missing.map((one) => t(`protection.missing.${one}`)).join(' ')}</p>}
      <FailureNote failure={failure} />
      <div className={styles.end}>
        <Button onPress={() => onEnd(undefined)}>{t('control.cancel')}</Button>
        <Button kind="preview" disabled={built.form === undefined || isBusy} onPress={() => void make()}>{t('protection.makeIt')}</Button>
      </div>
    </div>
  );
}
