// How the interface looks and speaks, its keys, and what it does not send.
import { useTranslation } from 'react-i18next';
import { LANGUAGES, type Language } from '../i18n/i18n.ts';
import { changeLook, useLook, type Theme } from '../lookStore.ts';
import styles from './Settings.module.css';

const THEMES = ['dark', 'light', 'system'] as const satisfies readonly Theme[];

export function Settings() {
  const { t } = useTranslation();
  const { theme, language } = useLook();
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
      <section>
        <h2>{t('settings.keys')}</h2>
        <dl>
          <div><dt>{t('settings.keyGoLive')}</dt><dd>{t('control.ctrlL')}</dd></div>
          <div><dt>{t('settings.keyStop')}</dt><dd>{t('control.ctrlE')}</dd></div>
          <div><dt>{t('settings.keyBars')}</dt><dd>F6</dd></div>
          <div><dt>{t('settings.keyWall')}</dt><dd>Esc</dd></div>
        </dl>
      </section>
      <section>
        <h2>{t('settings.privacy')}</h2>
        <p>{t('settings.privacyNote')}</p>
      </section>
    </main>
  );
}
