// What is to be uploaded, and what the service makes of it.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { protectionSchema, uploadEncodingSchema, type Protection, type UploadEncoding } from '../../contract/upload.ts';
import { command } from '../commands.ts';
import { Button } from '../parts/Button.tsx';
import { destinationOf, useChoice } from '../planStore.ts';
import { chooseFiles, isDesktop } from '../shellStore.ts';
import styles from './Library.module.css';

export type UploadOptions = { readonly encode: UploadEncoding; readonly publish: boolean; readonly protection: Protection };

export function UploadForm({ options, onOptions }: { readonly options: UploadOptions; readonly onOptions: (options: UploadOptions) => void }) {
  const { t } = useTranslation();
  const choice = useChoice();
  const [path, setPath] = useState('');
  const { encode, publish, protection } = options;
  const destination = destinationOf(choice);
  const add = (paths: readonly string[]): void => {
    if (destination.kind === 'rtmp' || paths.length === 0) return;
    void command((api) => api.upload.add.mutate({ paths: [...paths], destination, ...options }));
    setPath('');
  };
  return (
    <form className={styles.add} onSubmit={(event) => { event.preventDefault(); if (path.trim() !== '') add([path.trim()]); }}>
      <label><span>{t('library.path')}</span><input type="text" value={path} spellCheck={false} onChange={(event) => setPath(event.target.value)} /></label>
      {isDesktop && <Button onPress={() => void chooseFiles(false).then(add)}>{t('library.choose')}</Button>}
      <Button disabled={path.trim() === '' || destination.kind === 'rtmp'} onPress={() => add([path.trim()])}>{t('library.upload')}</Button>
      <label className={styles.pick}><span>{t('upload.encode')}</span>
        <select value={encode} onChange={(event) => onOptions({ ...options, encode: uploadEncodingSchema.catch('none').parse(event.target.value) })}>{uploadEncodingSchema.options.map((one) => <option key={one} value={one}>{t(`upload.encoding.${one}`)}</option>)}</select>
      </label>
      <label className={styles.pick}><span>{t('upload.protect')}</span>
        <ProtectionChoice value={protection} disabled={!publish} onChange={(next) => onOptions({ ...options, protection: next })} />
      </label>
      <label className={styles.tick}><input type="checkbox" checked={publish} onChange={(event) => onOptions({ ...options, publish: event.target.checked, protection: event.target.checked ? protection : 'none' })} />{t('library.publish')}</label>
      <p className={styles.secondary}>{destination.kind === 'rtmp' ? t('library.notRtmp') : t('library.goesTo', { where: t(`where.${choice.where}`) })}</p>
    </form>
  );
}

function ProtectionChoice({ value, disabled, onChange }: { readonly value: Protection; readonly disabled: boolean; readonly onChange: (next: Protection) => void }) {
  const { t } = useTranslation();
  return (
    <select value={value} disabled={disabled} onChange={(event) => onChange(protectionSchema.catch('none').parse(event.target.value))}>
      {protectionSchema.options.map((one) => <option key={one} value={one}>{t(`upload.protection.${one}`)}</option>)}
    </select>
  );
}
