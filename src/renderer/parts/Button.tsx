// Buttons: plain acts, the one act of a screen that changes the state, and copying.
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './Button.module.css';
import { Icon, type IconName } from './Icon.tsx';

type ButtonProps = {
  readonly kind?: 'normal' | 'plain' | 'preview' | 'air';
  /** `large` for the control bar, `show` for what changes the state of the show. */
  readonly size?: 'large' | 'show';
  readonly icon?: IconName;
  readonly shortcut?: string;
  readonly disabled?: boolean;
  readonly onPress: () => void;
  readonly children: ReactNode;
};

export function Button({ kind = 'normal', size, icon, shortcut, disabled = false, onPress, children }: ButtonProps) {
  return (
    <button type="button" className={styles.button} data-kind={kind} data-size={size} disabled={disabled} onClick={onPress}>
      {icon !== undefined && <Icon name={disabled ? 'lock' : icon} />}
      {children}
      {shortcut !== undefined && <kbd className={styles.key}>{shortcut}</kbd>}
    </button>
  );
}

/** Copies `text` and says so in its own place. */
export function CopyButton({ text, children }: { readonly text: string; readonly children: string }) {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState<'done' | 'failed'>();
  const copy = async (): Promise<void> => {
    const result = await navigator.clipboard.writeText(text).then(() => 'done' as const, () => 'failed' as const);
    setOutcome(result);
    setTimeout(setOutcome, 2000, undefined);
  };
  return (
    <button type="button" className={styles.copy} title={text} onClick={() => void copy()}>
      <Icon name={outcome === 'done' ? 'healthy' : 'copy'} />
      <span aria-live="polite">{outcome === undefined ? children : outcome === 'done' ? t('copy.done', { what: children }) : t('copy.failed')}</span>
    </button>
  );
}
