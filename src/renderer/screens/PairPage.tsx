// What a browser of the local network sees first: a code makes it a watcher or an operator.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../contract/report.ts';
import { pairWith } from '../engineDoor.ts';
import buttons from '../parts/Button.module.css';
import { FailureNote } from '../parts/FailureNote.tsx';
import styles from './Library.module.css';

export function PairPage() {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<Failure>();
  const [isAsking, setAsking] = useState(false);
  const send = async (): Promise<void> => {
    setAsking(true);
    setFailure(await pairWith(code, name.trim()));
    setAsking(false);
  };
  return (
    <main>
      <form className={styles.form} onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <h1>{t('pairing.title')}</h1>
        <p className={styles.secondary}>{t('pairing.note')}</p>
        <label>{t('pairing.code')}<input type="text" value={code} autoComplete="one-time-code" spellCheck={false} onChange={(event) => setCode(event.target.value)} /></label>
        <label>{t('pairing.name')}<input type="text" value={name} maxLength={40} placeholder={t('pairing.example')} onChange={(event) => setName(event.target.value)} /></label>
        <FailureNote failure={failure} />
        <button type="submit" className={buttons.button} data-size="large" disabled={isAsking || code.trim() === '' || name.trim() === ''}>{t('pairing.pair')}</button>
      </form>
    </main>
  );
}
