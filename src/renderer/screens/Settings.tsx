// All settings on one page with their names beside it: what a show is made of, how the interface looks and speaks, its keys, and what it does not send.
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../parts/Icon.tsx';
import { useShell } from '../shellStore.ts';
import { useApi, useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';
import { AccountPanel } from './AccountPanel.tsx';
import { AlsoTo } from './AlsoTo.tsx';
import { KeptKeys } from './KeptKeys.tsx';
import { LadderChoice, LadderTable, LadderWork } from './LadderChoice.tsx';
import { LanguageSettings, LookSettings, KeySettings, PrivacySettings, UpdateSettings } from './LookSettings.tsx';
import { MachineLimits } from './MachineLimits.tsx';
import { RecordDir, RecordingFields } from './RecordingFields.tsx';
import controls from './GoLive.module.css';
import styles from './Settings.module.css';
import { SourceChoices } from './Sources.tsx';

export function Settings() {
  const { t } = useTranslation();
  const page = useRef<HTMLElement>(null);
  const running = useShow((show) => isRunning(show.state));
  const role = useApi((one) => one.role);
  const hasUpdates = useShell((shell) => shell.updates !== undefined);
  const isOwner = role === 'owner';
  const locked = running && <p className={controls.note}><Icon name="lock" />{t('settingsNav.locked')}</p>;
  const sections = [
    ...(role === 'watch' ? [] : [
      { id: 'sources' as const, body: <>{locked}<SourceChoices running={running} /></> },
      { id: 'ladder' as const, body: <>{locked}<fieldset disabled={running}><LadderChoice /></fieldset><LadderTable />{!running && <LadderWork />}<MachineLimits /></> },
      { id: 'destinations' as const, body: <>{isOwner && <AccountPanel />}<AlsoTo running={running} />{isOwner && <KeptKeys />}</> },
      { id: 'recording' as const, body: <>{locked}<fieldset disabled={running}><RecordDir /><RecordingFields /></fieldset></> },
    ]),
    { id: 'keys' as const, body: <KeySettings /> },
    { id: 'look' as const, body: <LookSettings /> },
    { id: 'language' as const, body: <LanguageSettings /> },
    ...(hasUpdates ? [{ id: 'updates' as const, body: <UpdateSettings /> }] : []),
    { id: 'privacy' as const, body: <PrivacySettings /> },
  ];
  const goTo = (id: string): void => {
    const heading = page.current?.querySelector<HTMLElement>(`#settings-${id}`);
    heading?.scrollIntoView();
    heading?.focus({ preventScroll: true });
  };
  return (
    <main className={styles.settings} ref={page} data-bar>
      <nav aria-label={t('settingsNav.label')}>
        {sections.map(({ id }) => <button key={id} type="button" onClick={() => goTo(id)}>{t(`settingsNav.${id}`)}</button>)}
      </nav>
      <div className={`${styles.sheet} ${controls.sheet}`}>
        {sections.map(({ id, body }) => (
          <section key={id} aria-labelledby={`settings-${id}`}>
            <h2 id={`settings-${id}`} tabIndex={-1}>{t(`settingsNav.${id}`)}</h2>
            {body}
          </section>
        ))}
      </div>
    </main>
  );
}
