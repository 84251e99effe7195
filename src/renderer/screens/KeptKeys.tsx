// The stream keys that are kept for places to stream to: names alone, each to be forgotten.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { keepStreamKey, lookAtKeys, useKeyStatus } from '../keyStore.ts';
import { FailureNote } from '../parts/FailureNote.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useApi } from '../showStore.ts';
import styles from './GoLive.module.css';

export function KeptKeys() {
  const { t } = useTranslation();
  const { status, failure } = useKeyStatus();
  const api = useApi((one) => one.api);
  useEffect(() => {
    void lookAtKeys(api, []);
  }, [api]);
  return (
    <section aria-labelledby="keys-kept-title">
      <h3 id="keys-kept-title" className={styles.subheading}>{t('also.keysTitle')}</h3>
      <FailureNote failure={failure} />
      {status?.kept.length === 0 && <p className={styles.note}><Icon name="lock" />{t('also.noKeys')}</p>}
      <ul>{status?.kept.map((name) => <li key={name} className={styles.placeHead}><b>{name}</b><span className={styles.placeActs}><HoldButton label={t('also.forgetKey')} onHeld={() => void keepStreamKey(name)} /></span></li>)}</ul>
    </section>
  );
}
