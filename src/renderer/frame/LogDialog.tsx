// Everything the engine said about this show, with codes to copy.
import { Dialog } from '@base-ui/react/dialog';
import { useTranslation } from 'react-i18next';
import { timeOfDay } from '../figures.ts';
import { CopyButton } from '../parts/Button.tsx';
import buttons from '../parts/Button.module.css';
import { useShow } from '../showStore.ts';
import type { LogEntry } from '../showView.ts';
import styles from './LogDialog.module.css';

export function LogDialog() {
  const { t } = useTranslation();
  const log = useShow((show) => show.log);
  return (
    <Dialog.Root>
      <Dialog.Trigger className={buttons.button} data-kind="plain">{t('log.open')}</Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.popup}>
          <header className={styles.header}>
            <Dialog.Title>{t('log.title')}</Dialog.Title>
            <Dialog.Close className={buttons.button}>{t('log.close')}</Dialog.Close>
          </header>
          {log.length === 0 ? <p className={styles.empty}>{t('log.empty')}</p> : <LogList entries={log} />}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Newest first. */
export function LogList({ entries }: { readonly entries: readonly LogEntry[] }) {
  const { t } = useTranslation();
  return (
    // It scrolls, so the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <ol className={styles.list} tabIndex={0} aria-label={t('log.open')}>
      {entries.toReversed().map((entry) => (
        <li key={entry.id}>
          <time>{entry.atMs === undefined ? t('log.earlier') : timeOfDay(entry.atMs)}</time>
          <span lang="en">
            {entry.text}
            {entry.failure !== undefined && ` ${entry.failure.action}`}
            {entry.failure !== undefined && <CopyButton text={entry.failure.code}>{t('copy.code', { code: entry.failure.code })}</CopyButton>}
          </span>
        </li>
      ))}
    </ol>
  );
}
