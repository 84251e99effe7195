// Files on their way to an account, recordings on this computer, and what lies in the account.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../parts/Icon.tsx';
import { useApi } from '../showStore.ts';
import { followUploads } from '../uploadStore.ts';
import { InTheAccount } from './InTheAccount.tsx';
import styles from './Library.module.css';
import { Recordings } from './Recordings.tsx';
import { UploadDialog } from './UploadDialog.tsx';
import { Uploads } from './Uploads.tsx';

export function Library() {
  const { t } = useTranslation();
  const role = useApi((one) => one.role);
  useEffect(followUploads, []);
  if (role === 'watch') return <main className={styles.page} data-bar><p className={styles.empty}><Icon name="lock" />{t('role.watching')}</p></main>;
  return (
    <main className={styles.page} data-bar>
      <div className={styles.column}>
        <Uploads />
        {role === 'owner' && <Recordings />}
      </div>
      <InTheAccount />
      {role === 'owner' && <UploadDialog />}
    </main>
  );
}
