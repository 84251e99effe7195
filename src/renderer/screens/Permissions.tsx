// What the system says about camera, microphone and screen, where it says anything; whether a signal comes is measured and alarmed by the engine.
import { useTranslation } from 'react-i18next';
import { mediaKindSchema } from '../../contract/desktop.ts';
import { Button } from '../parts/Button.tsx';
import { Status } from '../parts/Status.tsx';
import { isDesktop, openPermissionSettings, requestPermission, useShell } from '../shellStore.ts';
import styles from './GoLive.module.css';

export function Permissions() {
  const { t } = useTranslation();
  const permissions = useShell((shell) => shell.permissions);
  if (!isDesktop || permissions === undefined) return null;
  const refused = mediaKindSchema.options.filter((kind) => permissions[kind] !== 'granted' && permissions[kind] !== 'unknown');
  return (
    <ul>
      {refused.map((kind) => (
        <li key={kind} className={styles.check} data-open="true">
          <Status tone="degraded">{t('permission.word')}</Status>
          <div>
            <h4>{t(`permission.${kind}`)}</h4>
            <p>{t('permission.note')}</p>
            <div className={styles.acts}>
              {permissions[kind] === 'not-determined' && <Button onPress={() => void requestPermission(kind)}>{t('permission.request')}</Button>}
              {permissions.settings.includes(kind) && <Button onPress={() => void openPermissionSettings(kind)}>{t('permission.settings')}</Button>}
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}
