// How the interface looks and speaks, its keys, its updates, and what it does not send.
import { useTranslation } from 'react-i18next';
import { LANGUAGES, type Language } from '../i18n/i18n.ts';
import { changeKey, KEYED, useKeys } from '../hotkeys.ts';
import { Button } from '../parts/Button.tsx';
import { actOnUpdates, useShell } from '../shellStore.ts';
import { changeLook, TARGETS_LUFS, useLook, type MeterColours, type Theme } from '../lookStore.ts';
import { useApi } from '../showStore.ts';
import styles from './Settings.module.css';
import { SupportReport } from './SupportReport.tsx';

const THEMES = ['dark', 'light', 'system'] as const satisfies readonly Theme[];
const METERS = ['field', 'blue', 'grey'] as const satisfies readonly MeterColours[];
/** What each target is usual for. */
const USES = { [-14]: 'video', [-16]: 'speech', [-23]: 'ebu', [-24]: 'atsc' } as const satisfies Record<(typeof TARGETS_LUFS)[number], string>;

export function LookSettings() {
  const { t } = useTranslation();
  const { theme, meters, targetLufs } = useLook();
  return (
    <>
      <fieldset className={styles.plain}>
        <legend>{t('settings.look')}</legend>
        {THEMES.map((one) => (
          <label key={one}><input type="radio" name="theme" checked={theme === one} onChange={() => changeLook({ theme: one })} />{t(`settings.${one}`)}</label>
        ))}
      </fieldset>
      <fieldset className={styles.plain}>
        <legend>{t('settings.meters')}</legend>
        {METERS.map((one) => <label key={one}><input type="radio" name="meters" checked={meters === one} onChange={() => changeLook({ meters: one })} />{t(`settings.meterColours.${one}`)}</label>)}
      </fieldset>
      <fieldset className={styles.plain}>
        <legend>{t('settings.target')}</legend>
        {TARGETS_LUFS.map((one) => <label key={one}><input type="radio" name="target" checked={targetLufs === one} onChange={() => changeLook({ targetLufs: one })} />{t(`settings.targets.${USES[one]}`)}</label>)}
      </fieldset>
    </>
  );
}

export function LanguageSettings() {
  const { t } = useTranslation();
  const language = useLook((look) => look.language);
  return (
    <fieldset className={styles.plain}>
      <legend className="spoken-only">{t('settings.language')}</legend>
      {(Object.entries(LANGUAGES) as [Language, string][]).map(([one, name]) => (
        <label key={one}><input type="radio" name="language" checked={language === one} onChange={() => changeLook({ language: one })} /><span lang={one}>{name}</span></label>
      ))}
      <p>{t('settings.languageNote')}</p>
    </fieldset>
  );
}

export function KeySettings() {
  const { t } = useTranslation();
  const keys = useKeys();
  return (
    <div className={styles.plain}>
      {KEYED.map((act) => (
        <label key={act}>
          <span>{t(`settings.key.${act}`)}</span>
          <input type="text" maxLength={1} value={keys[act].toUpperCase()} aria-describedby="keys-note" onKeyDown={(event) => { if (!event.ctrlKey && !event.metaKey && !event.altKey && changeKey(act, event.key)) event.preventDefault(); }} readOnly />
        </label>
      ))}
      <p id="keys-note">{t('settings.keysNote')}</p>
      <dl>
        <div><dt>{t('settings.keySources')}</dt><dd>1 – 8</dd></div>
        <div><dt>{t('settings.keyGoLive')}</dt><dd>{t('control.ctrlL')}</dd></div>
        <div><dt>{t('settings.keyStop')}</dt><dd>{t('control.ctrlE')}</dd></div>
        <div><dt>{t('settings.keyBars')}</dt><dd>F6</dd></div>
        <div><dt>{t('settings.keyWall')}</dt><dd>Esc</dd></div>
      </dl>
    </div>
  );
}

export function UpdateSettings() {
  const { t } = useTranslation();
  const updates = useShell((shell) => shell.updates);
  if (updates === undefined) return null;
  return (
    <div className={styles.plain}>
      <p aria-live="polite">{t(`updates.${updates.state}`, { version: updates.version ?? '', percent: String(Math.round(updates.percent ?? 0)) })}</p>
      {updates.state !== 'unavailable' && updates.state !== 'held' && (
        <p>
          {(updates.state === 'idle' || updates.state === 'failed') && <Button onPress={() => void actOnUpdates('check')}>{t('updates.check')}</Button>}
          {updates.state === 'available' && <Button onPress={() => void actOnUpdates('download')}>{t('updates.download')}</Button>}
          {updates.state === 'ready' && <Button onPress={() => void actOnUpdates('install')}>{t('updates.install')}</Button>}
        </p>
      )}
    </div>
  );
}

export function PrivacySettings() {
  const { t } = useTranslation();
  const isOwner = useApi((one) => one.role === 'owner');
  return (
    <div className={styles.plain}>
      <p>{t('settings.privacyNote')}</p>
      {isOwner && (
        <>
          <h3>{t('support.title')}</h3>
          <p>{t('support.note')}</p>
          <p><SupportReport /></p>
        </>
      )}
    </div>
  );
}
