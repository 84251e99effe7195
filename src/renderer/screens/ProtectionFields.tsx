// The form of a protection: who gets a key, and with which systems it is encrypted; each choice says what it means.
import { useTranslation } from 'react-i18next';
import type { ReactNode } from 'react';
import type { Draft } from '../protectionDraft.ts';
import styles from './UploadDialog.module.css';

type Change = (change: Partial<Draft>) => void;
type FieldsProps = { readonly draft: Draft; readonly secrets: readonly string[]; readonly onChange: Change };

const SECURITY = ['SL150', 'SL2000', 'SL3000'] as const;
const TRACKS = ['SD_ONLY', 'SD_HD', 'SD_UHD1', 'SD_UHD2'] as const;
const HDCP = ['HDCP_NONE', 'HDCP_V1', 'HDCP_V2', 'HDCP_V2_1', 'HDCP_V2_2', 'HDCP_NO_DIGITAL_OUTPUT'] as const;
const LEVELS = ['1', '2', '3', '4', '5'] as const;

export function ProtectionFields({ draft, secrets, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const isDrm = draft.playReady || draft.widevine || draft.fairPlay;
  return (
    <>
      <label className={styles.pick}><span>{t('protection.name')}</span><input type="text" value={draft.name} spellCheck={false} onChange={(event) => onChange({ name: event.target.value })} /></label>
      <fieldset className={styles.choices}>
        <legend>{t('protection.who')}</legend>
        {(['token', 'open'] as const).map((one) => (
          <label key={one}><input type="radio" name="who" checked={draft.who === one} onChange={() => onChange({ who: one })} /><span><b>{t(`protection.whoIs.${one}`)}</b><small>{t(`protection.whoNote.${one}`)}</small></span></label>
        ))}
      </fieldset>
      {draft.who === 'token' && (
        <div className={styles.pair}>
          <label className={styles.pick}><span>{t('protection.issuer')}</span><input type="text" value={draft.issuer} spellCheck={false} onChange={(event) => onChange({ issuer: event.target.value })} /></label>
          <label className={styles.pick}><span>{t('protection.audience')}</span><input type="text" value={draft.audience} spellCheck={false} onChange={(event) => onChange({ audience: event.target.value })} /></label>
          <Pick label={t('protection.signedWith')} value={draft.signedWith} options={['ours', 'symmetric', 'certificate'] as const} word={(one) => t(`protection.signed.${one}`)} onChange={(signedWith) => onChange({ signedWith, tokenSecret: '' })} />
          {draft.signedWith !== 'ours' && <SecretPick label={t('protection.tokenSecret')} value={draft.tokenSecret} secrets={secrets} onChange={(tokenSecret) => onChange({ tokenSecret })} />}
        </div>
      )}
      <fieldset className={styles.choices}>
        <legend>{t('protection.with')}</legend>
        {(['aes128', 'playReady', 'widevine', 'fairPlay'] as const).map((one) => (
          <div key={one}>
            <label><input type="checkbox" checked={draft[one]} onChange={(event) => onChange({ [one]: event.target.checked })} /><span><b>{t(`protection.system.${one}`)}</b><small>{t(`protection.systemNote.${one}`)}</small></span></label>
            {draft[one] && one !== 'aes128' && <div className={styles.pair}><Details system={one} draft={draft} secrets={secrets} onChange={onChange} /></div>}
          </div>
        ))}
      </fieldset>
      {isDrm && <label className={styles.tick}><input type="checkbox" checked={draft.persistent} onChange={(event) => onChange({ persistent: event.target.checked })} /><span>{t('protection.persistent')}</span></label>}
    </>
  );
}

function Details({ system, draft, secrets, onChange }: FieldsProps & { readonly system: 'playReady' | 'widevine' | 'fairPlay' }) {
  const { t } = useTranslation();
  switch (system) {
    case 'playReady': return (
      <>
        <Pick label={t('protection.security')} value={draft.playReadySecurity} options={SECURITY} word={(one) => t(`protection.level.${one}`)} onChange={(playReadySecurity) => onChange({ playReadySecurity })} />
        <label className={styles.pick}><span>{t('protection.hours')}</span><input type="number" min={1} value={draft.playReadyHours} onChange={(event) => onChange({ playReadyHours: event.target.value })} /></label>
      </>
    );
    case 'widevine': return (
      <>
        <Pick label={t('protection.tracks')} value={draft.widevineTracks} options={TRACKS} word={(one) => t(`protection.trackSet.${one}`)} onChange={(widevineTracks) => onChange({ widevineTracks })} />
        <Pick label={t('protection.widevineLevel')} value={String(draft.widevineLevel) as (typeof LEVELS)[number]} options={LEVELS} word={(one) => t(`protection.robustness.${one}`)} onChange={(level) => onChange({ widevineLevel: Number(level) })} />
        <Pick label={t('protection.hdcp')} value={draft.widevineHdcp} options={HDCP} word={(one) => t(`protection.hdcpLevel.${one}`)} onChange={(widevineHdcp) => onChange({ widevineHdcp })} />
      </>
    );
    case 'fairPlay': return (
      <>
        <SecretPick label={t('protection.certificate')} value={draft.fairPlayCertificate} secrets={secrets} onChange={(fairPlayCertificate) => onChange({ fairPlayCertificate })} />
        <SecretPick label={t('protection.password')} value={draft.fairPlayPassword} secrets={secrets} onChange={(fairPlayPassword) => onChange({ fairPlayPassword })} />
        <SecretPick label={t('protection.ask')} value={draft.fairPlayAsk} secrets={secrets} onChange={(fairPlayAsk) => onChange({ fairPlayAsk })} />
      </>
    );
  }
}

function Pick<T extends string>({ label, value, options, word, onChange }: { readonly label: string; readonly value: T; readonly options: readonly T[]; readonly word: (one: T) => ReactNode; readonly onChange: (next: T) => void }) {
  return (
    <label className={styles.pick}><span>{label}</span>
      <select value={value} onChange={(event) => { const next = options.find((one) => one === event.target.value); if (next !== undefined) onChange(next); }}>
        {options.map((one) => <option key={one} value={one}>{word(one)}</option>)}
      </select>
    </label>
  );
}

function SecretPick({ label, value, secrets, onChange }: { readonly label: string; readonly value: string; readonly secrets: readonly string[]; readonly onChange: (name: string) => void }) {
  const { t } = useTranslation();
  return (
    <label className={styles.pick}><span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{secrets.length === 0 ? t('protection.noSecrets') : t('protection.choose')}</option>
        {secrets.map((one) => <option key={one} value={one}>{one}</option>)}
      </select>
    </label>
  );
}
