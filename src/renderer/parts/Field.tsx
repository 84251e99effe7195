// A labelled control of a step, with what is wrong with it or what it means below.
import type { ReactNode } from 'react';
import styles from '../screens/GoLive.module.css';
import { Icon } from './Icon.tsx';

export function Field({ label, note, wrong, children }: { readonly label: string; readonly note?: string; readonly wrong?: string; readonly children: ReactNode }) {
  return (
    <label className={styles.field}>
      <span>{label}</span>
      {children}
      {wrong !== undefined ? <span className={styles.wrong}><Icon name="degraded" />{wrong}</span> : note !== undefined && <span className={styles.fieldNote}>{note}</span>}
    </label>
  );
}
