// How the interface looks and speaks, its keys, and what it does not send.
import { useTranslation } from 'react-i18next';
import { LANGUAGES, type Language } from '../i18n/i18n.ts';
import { changeKey, KEYED, useKeys } from '../hotkeys.ts';
import { Button } from '../parts/Button.tsx';
import { actOnUpdates, useShell } from '../shellStore.ts';
import { changeLook, TARGETS_LUFS, useLook, type MeterColours, type Theme } from '../lookStore.ts';
import { useApi } from '../showStore.ts';
import styles from './Settings.module.css';
import { AccountPanel } from './AccountPanel.tsx';
import { SupportReport } from './SupportReport.tsx';

const THEMES = ['dark', 'light', 'system'] as const satisfies readonly Theme[];
const METERS = ['field', 'blue', 'grey'] as const satisfies readonly MeterColours[];
/** What each target is usual for. */
const USES = { [-14]: 'video', [-16]: 'speech', [-23]: 'ebu', [-24]: 'atsc' } as const satisfies Record<(typeof TARGETS_LUFS)[number], string>;

export function Settings() {
  const { t } = useTranslation();
  const { theme, language, meters, targetLufs } = useLook();
  const keys = useKeys();
  const updates = useShell((shell) => shell.updates);
  const role = useApi((one) => one.role);
  return (
    <main className={styles.settings} data-bar>
      <fieldset>
        <legend>{t('settings.look')}</legend>
        {THEMES.map((one) => (
          <label key={one}><input type="radio" name="theme" checked={theme === one} onChange={() => changeLook({ theme: one })} />{t(`settings.${one}`)}</label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{t('settings.language')}</legend>
        {(Object.entries(LANGUAGES) as [Language, string][]).map(([one, name]) => (
          <label key={one}><input type="radio" name="language" checked={language === one} onChange={() => changeLook({ language: one })} /><span lang={one}>{name}</span></label>
        ))}
        <p>{t('settings.languageNote')}</p>
      </fieldset>
      <fieldset>
        <legend>{t('settings.meters')}</legend>
        {METERS.map((one) => (
          <label key={one}><input type="radio" name="meters" checked={meters === one} onChange={() => changeLook({ meters: one })} />{t(`settings.meterColours.${one}`)}</label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{t('settings.target')}</legend>
        {TARGETS_LUFS.map((one) => (
          <label key={one}><input type="radio" name="target" checked={targetLufs === one} onChange={() => changeLook({ targetLufs: one })} />{t(`settings.targets.${USES[one]}`)}</label>
        ))}
      </fieldset>
      {role === 'owner' && (
        <section>
          <h2>{t('account.title')}</h2>
          <AccountPanel />
        </section>
      )}
      <section>
        <h2>{t('settings.keys')}</h2>
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
      </section>
      {updates !== undefined && (
        <section>
          <h2>{t('updates.title')}</h2>
          <p aria-live="polite">{t(`updates.${updates.state}`, { version: updates.version ?? '', percent: String(Math.round(updates.percent ?? 0)) })}</p>
          {updates.state !== 'unavailable' && updates.state !== 'held' && (
            <p>
              {(updates.state === 'idle' || updates.state === 'failed') && <Button onPress={() => void actOnUpdates('check')}>{t('updates.check')}</Button>}
              {updates.state === 'available' && <Button onPress={() => void actOnUpdates('download')}>{t('updates.download')}</Button>}
              {updates.state === 'ready' && <Button onPress={() => void actOnUpdates('install')}>{t('updates.install')}</Button>}
            </p>
          )}
        </section>
      )}
      <section>
        <h2>{t('settings.privacy')}</h2>
        <p>{t('settings.privacyNote')}</p>
      </section>
      {role === 'owner' && (
        <section>
          <h2>{t('support.title')}</h2>
          <p>{t('support.note')}</p>
          <p><SupportReport /></p>
        </section>
      )}
    </main>
  );
}
