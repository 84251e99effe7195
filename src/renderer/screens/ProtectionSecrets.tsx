// Keys and certificates that protections use, kept by name in the store of secrets. Values go in and never come out.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { protectionSecretSchema } from '../../contract/contentProtection.ts';
import { actNow } from '../commands.ts';
import { Button } from '../parts/Button.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import styles from './UploadDialog.module.css';

const MAX_FILE_BYTES = 90 * 1024;

export function ProtectionSecrets({ names, onChange }: { readonly names: readonly string[]; readonly onChange: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const [tooLarge, setTooLarge] = useState(false);
  const isRight = protectionSecretSchema.safeParse(name).success && value !== '';
  const keep = (): void => void actNow(async (api) => {
    await api.protection.keepSecret.mutate({ name, value });
    setName('');
    setValue('');
  }).then(onChange);
  const read = async (file: File | undefined): Promise<void> => {
    setTooLarge(file !== undefined && file.size > MAX_FILE_BYTES);
    if (file === undefined || file.size > MAX_FILE_BYTES) return;
    // A PFX file is no text; everything else that is kept here is.
    setValue(/\.(pfx|p12)$/i.test(file.name) ? base64Of(new Uint8Array(await file.arrayBuffer())) : (await file.text()).trim());
  };
  return (
    <details>
      <summary>{t('secrets.title', { count: names.length })}</summary>
      <p>{t('secrets.note')}</p>
      <ul className={styles.files} aria-label={t('secrets.list')}>
        {names.map((one) => <li key={one}><b>{one}</b><HoldButton label={t('secrets.forget')} onHeld={() => void actNow((api) => api.protection.keepSecret.mutate({ name: one })).then(onChange)} /></li>)}
      </ul>
      <div className={styles.pair}>
        <label className={styles.pick}><span>{t('secrets.name')}</span><input type="text" value={name} spellCheck={false} onChange={(event) => setName(event.target.value)} /></label>
        {/* As a password it is not shown on a screen that others see. */}
        <label className={styles.pick}><span>{t('secrets.value')}</span><input type="password" value={value} autoComplete="off" spellCheck={false} onChange={(event) => setValue(event.target.value)} /></label>
        <label className={styles.pick}><span>{t('secrets.file')}</span><input type="file" onChange={(event) => void read(event.target.files?.[0])} /></label>
      </div>
      {tooLarge && <p role="alert">{t('secrets.tooLarge')}</p>}
      <div><Button disabled={!isRight} onPress={keep}>{t('secrets.keep')}</Button></div>
    </details>
  );
}

function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(''));
}
