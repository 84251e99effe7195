// The number, the name and the result of a step.
import type { ReactNode } from 'react';
import styles from './GoLive.module.css';

export function StepHeader({ number, id, title, current = false, children }: {
  readonly number: number; readonly id: string; readonly title: string; readonly current?: boolean; readonly children: ReactNode;
}) {
  return (
    <header className={styles.stepHeader}>
      <span className={styles.stepNumber} data-current={current}>{number}</span>
      <h2 id={id}>{title}</h2>
      {children}
    </header>
  );
}
