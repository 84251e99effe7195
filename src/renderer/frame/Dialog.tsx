// The one form of a dialog: a title, what it says, and a way out that changes nothing.
import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import buttons from '../parts/Button.module.css';
import styles from './LogDialog.module.css';

type DialogProps = {
  readonly title: string;
  readonly close: string;
  /** Opens it; missing where it opens by itself. */
  readonly trigger?: ReactNode;
  /** Of the control bar. */
  readonly isLarge?: boolean;
  readonly open?: boolean;
  readonly onClose?: () => void;
  readonly children: ReactNode;
};

export function Dialog({ title, close, trigger, isLarge = false, open, onClose, children }: DialogProps) {
  return (
    <Base.Root {...(open === undefined ? {} : { open })} onOpenChange={(next) => { if (!next) onClose?.(); }}>
      {trigger !== undefined && <Base.Trigger className={buttons.button} data-size={isLarge ? 'large' : undefined}>{trigger}</Base.Trigger>}
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={`${styles.popup} ${styles.centred}`}>
          <header className={styles.header}>
            <Base.Title>{title}</Base.Title>
            <Base.Close className={buttons.button}>{close}</Base.Close>
          </header>
          <div className={styles.body}>{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
