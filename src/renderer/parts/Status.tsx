// A status is always shape, word and colour together.
import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Status.module.css';

export type Tone = 'healthy' | 'degraded' | 'air' | 'preview' | 'idle';

const ICONS: Readonly<Record<Tone, IconName>> = { healthy: 'healthy', degraded: 'degraded', air: 'on-air', preview: 'rehearsal', idle: 'waiting' };

/** `children` is the word; a cell whose column says the word may leave it out. */
export function Status({ tone, icon, children }: { readonly tone: Tone; readonly icon?: IconName; readonly children?: ReactNode }) {
  return <span className={styles.status} data-tone={tone}><Icon name={icon ?? ICONS[tone]} />{children}</span>;
}

/** The filled form, for the light of the sentence bar. */
export function Pill({ tone, icon, children }: { readonly tone: Tone; readonly icon?: IconName; readonly children: ReactNode }) {
  return <span className={styles.pill} data-tone={tone}><Icon name={icon ?? ICONS[tone]} />{children}</span>;
}
