// Loudness as EBU R128 counts it, five times a second at most: numbers that jump cannot be read.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MonitorMeters } from '../../contract/monitorStream.ts';
import { figure } from '../figures.ts';
import { onMeters } from '../monitorFeed.ts';
import styles from './Loudness.module.css';

const RENEW_MS = 200;

export function Loudness() {
  const { t, i18n } = useTranslation();
  const [reading, setReading] = useState<MonitorMeters>();
  useEffect(() => {
    let renewedAtMs = 0;
    return onMeters((next) => {
      if (performance.now() - renewedAtMs < RENEW_MS) return;
      renewedAtMs = performance.now();
      setReading(next);
    });
  }, []);
  if (reading === undefined) return null;
  const { loudness, channels } = reading;
  const lufs = (value: number): string => (Number.isFinite(value) ? `${figure(value, i18n.language, 1)} LUFS` : t('operator.notYet'));
  const truePeak = Math.max(...channels.map((one) => one.truePeakDbtp));
  return (
    <dl className={styles.loudness}>
      <div className={styles.main}><dt>{t('sound.integrated')}</dt><dd>{lufs(loudness.integratedLufs)}</dd></div>
      <div><dt>{t('sound.shortTerm')}</dt><dd>{lufs(loudness.shortTermLufs)}</dd></div>
      <div><dt>{t('sound.momentary')}</dt><dd>{lufs(loudness.momentaryLufs)}</dd></div>
      <div><dt>{t('sound.range')}</dt><dd>{figure(loudness.rangeLu, i18n.language, 1)} LU</dd></div>
      <div><dt>{t('sound.truePeak')}</dt><dd>{Number.isFinite(truePeak) ? `${figure(truePeak, i18n.language, 1)} dBTP` : t('sound.zero')}</dd></div>
    </dl>
  );
}
