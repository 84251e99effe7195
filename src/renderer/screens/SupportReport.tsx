// A support report: first what will be in it, then where it lies. It is written on this computer and sent to nobody.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { reportUrl } from '../../contract/ownFiles.ts';
import { size } from '../figures.ts';
import { Dialog } from '../frame/Dialog.tsx';
import styles from '../frame/LogDialog.module.css';
import buttons from '../parts/Button.module.css';
import { Button, CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { isDesktop, showInFolder } from '../shellStore.ts';
import { httpBaseOf, useApi } from '../showStore.ts';
import { useWork } from '../useWork.ts';

type Written = { readonly path: string; readonly sizeBytes: number; readonly files: readonly string[] };
const PARTS = ['system', 'doctor', 'ffmpeg', 'show', 'records', 'logs', 'uploads'] as const;

export function SupportReport() {
  const { t } = useTranslation();
  return <Dialog title={t('support.title')} close={t('log.close')} trigger={t('support.open')}><Report /></Dialog>;
}

function Report() {
  const { t, i18n } = useTranslation();
  const { where, filesKey } = useApi();
  const [written, setWritten] = useState<Written>();
  const { isWorking: isWriting, failure, run, cancel } = useWork();
  const write = async (): Promise<void> => {
    await run(async (api, signal) => setWritten(await api.engine.report.mutate({}, { signal })));
  };
  const url = written === undefined || where === undefined || filesKey === undefined ? undefined : reportUrl(httpBaseOf(where), filesKey, written.path);
  return (
    <>
      <p>{t('support.contains')}</p>
      <ul className={styles.reasons}>{PARTS.map((part) => <li key={part}>{t(`support.part.${part}`)}</li>)}</ul>
      <p>{t('support.secrets')}</p>
      <p className={styles.acts}><Button disabled={isWriting} onPress={() => void write()}>{t('support.write')}</Button>{isWriting && <Button onPress={cancel}>{t('control.cancel')}</Button>}</p>
      <div aria-live="polite">
        {isWriting && <p>{t('support.writing')}</p>}
        <FailureNote failure={failure} />
        {written !== undefined && (
          <>
            <p>{t('support.written', { path: written.path, size: size(written.sizeBytes, i18n.language), count: written.files.length })}</p>
            <p className={styles.acts}>
              {isDesktop && <Button onPress={() => showInFolder(written.path)}>{t('library.show')}</Button>}
              {!isDesktop && url !== undefined && <a className={buttons.button} href={url} download>{t('support.download')}</a>}
              <CopyButton text={written.path}>{t('support.path')}</CopyButton>
            </p>
            <ul className={styles.contents} lang="en" aria-label={t('support.files')}>{written.files.map((file) => <li key={file}>{file}</li>)}</ul>
          </>
        )}
      </div>
    </>
  );
}
