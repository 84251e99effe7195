// How files are treated that are to be uploaded: what is made of them, who may watch, and with which protection. Nothing is sent before it is answered.
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { uploadEncodingSchema } from '../../contract/upload.ts';
import { size } from '../figures.ts';
import { Dialog } from '../frame/Dialog.tsx';
import { changeOptions, nameOf, send, useIntake, withdraw, type Intake, type UploadOptions } from '../intakeStore.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { destinationOf, useChoice } from '../planStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import { PlayerTable } from './PlayerTable.tsx';
import styles from './UploadDialog.module.css';

export function UploadDialog() {
  const { t } = useTranslation();
  const { waiting, hadFolders } = useIntake();
  return (
    <Dialog title={t('intake.title')} close={t('control.cancel')} open={waiting.length > 0 || hadFolders} onClose={() => withdraw()}>
      <Questions waiting={waiting} hadFolders={hadFolders} />
    </Dialog>
  );
}

function Questions({ waiting, hadFolders }: { readonly waiting: readonly Intake[]; readonly hadFolders: boolean }) {
  const { t, i18n } = useTranslation();
  const options = useIntake((one) => one.options);
  const choice = useChoice();
  const destination = destinationOf(choice);
  const { encode, publish, policy } = options;
  const [isPolicy, setPolicy] = useState(policy !== undefined);
  // What should be protected never goes out in the clear because nothing was chosen.
  const isOpen = publish && isPolicy && policy === undefined;
  return (
    <>
      {hadFolders && <p className={styles.note}><Icon name="info" />{t('intake.noFolders')}</p>}
      <ul className={styles.files}>
        {waiting.map((one, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- the same path may be there twice
          <li key={`${nameOf(one)} ${index}`}>
            <b>{nameOf(one)}</b>
            <span>{one.kind === 'bytes' ? size(one.file.size, i18n.language) : one.path}</span>
            <Button kind="plain" onPress={() => withdraw(one)}>{t('intake.leaveOut')}</Button>
          </li>
        ))}
      </ul>
      {waiting.some(({ kind }) => kind === 'bytes') && <p className={styles.note}><Icon name="info" />{t('intake.bytes')}</p>}
      <fieldset className={styles.choices}>
        <legend>{t('upload.encode')}</legend>
        {uploadEncodingSchema.options.map((one) => (
          <label key={one}>
            <input type="radio" name="encode" checked={encode === one} onChange={() => changeOptions({ encode: one })} />
            <span><b>{t(`upload.encoding.${one}`)}</b><small>{t(`upload.encodingNote.${one}`)}</small></span>
          </label>
        ))}
      </fieldset>
      <label className={styles.tick}>
        <input type="checkbox" checked={publish} onChange={(event) => changeOptions({ publish: event.target.checked })} />
        <span>{t('library.publish')}</span>
      </label>
      {publish && encode === 'none' && <p className={styles.note}><Icon name="info" />{t('intake.plainFile')}</p>}
      {publish && <ProtectionChoice options={options} isPolicy={isPolicy} onPolicy={setPolicy} />}
      <div className={styles.end}>
        <p>{destination.kind === 'rtmp' ? t('library.notRtmp') : t('intake.goesTo', { where: t(`where.${choice.where}`) })}</p>
        <Button kind="preview" size="large" disabled={destination.kind === 'rtmp' || waiting.length === 0 || isOpen} onPress={() => { if (destination.kind !== 'rtmp') send(destination); }}>
          {t('intake.upload', { count: waiting.length })}
        </Button>
      </div>
    </>
  );
}

const KINDS = ['none', 'open', 'token', 'policy'] as const;

function ProtectionChoice({ options: { protection, policy }, isPolicy, onPolicy }: { readonly options: UploadOptions; readonly isPolicy: boolean; readonly onPolicy: (isPolicy: boolean) => void }) {
  const { t } = useTranslation();
  const kind = isPolicy ? 'policy' : protection;
  return (
    <>
      <fieldset className={styles.choices}>
        <legend>{t('upload.protect')}</legend>
        {KINDS.map((one) => (
          <label key={one}>
            <input type="radio" name="protection" checked={kind === one} onChange={() => {
              onPolicy(one === 'policy');
              changeOptions({ protection: one === 'policy' ? 'none' : one, policy: undefined });
            }} />
            <span><b>{t(`upload.protection.${one}`)}</b><small>{t(`upload.protectionNote.${one}`)}</small></span>
          </label>
        ))}
      </fieldset>
      {isPolicy && <Policies chosen={policy} />}
      {kind !== 'none' && <details><summary>{t('protection.table')}</summary><PlayerTable /></details>}
    </>
  );
}

function Policies({ chosen }: { readonly chosen: string | undefined }) {
  const { t } = useTranslation();
  const choice = useChoice();
  const [destination] = useState(() => destinationOf(choice));
  const ask = useCallback(async (api: EngineClient, signal: AbortSignal) => (destination.kind === 'rtmp' ? [] : await api.protection.list.query({ destination }, { signal })), [destination]);
  const { answer, failure, isAsking } = useAsked(ask);
  return (
    <>
      <FailureNote failure={failure} />
      <p aria-live="polite">{isAsking ? t('library.looking') : answer?.length === 0 ? t('protection.noneYet') : ''}</p>
      {answer !== undefined && answer.length > 0 && (
        <label className={styles.pick}><span>{t('protection.which')}</span>
          <select value={chosen ?? ''} onChange={(event) => changeOptions({ policy: event.target.value === '' ? undefined : event.target.value })}>
            <option value="">{t('protection.choose')}</option>
            {answer.map(({ name, options }) => <option key={name} value={name}>{`${name}: ${options.join(', ')}`}</option>)}
          </select>
        </label>
      )}
      {answer !== undefined && answer.length > 0 && chosen === undefined && <p><Status tone="degraded">{t('protection.notChosen')}</Status></p>}
    </>
  );
}
