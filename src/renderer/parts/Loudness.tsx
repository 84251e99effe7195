// Loudness as EBU R128 counts it, five times a second at most: numbers that jump cannot be read.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MonitorMeters } from '../../contract/monitorStream.ts';
import { figure } from '../figures.ts';
import { useLook } from '../lookStore.ts';
import { againstTarget, GATE_LUFS, placeOnScale } from '../loudnessTarget.ts';
import { onMeters } from '../monitorFeed.ts';
import styles from './Loudness.module.css';
import { Status } from './Status.tsx';

const RENEW_MS = 200;

export function Loudness() {
  const { t, i18n } = useTranslation();
  const [reading, setReading] = useState<MonitorMeters>();
  const [truePeak, setTruePeak] = useState(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    let renewedAtMs = 0;
    let highest = Number.NEGATIVE_INFINITY;
    return onMeters((next) => {
      highest = Math.max(highest, ...next.channels.map((one) => one.truePeakDbtp));
      if (performance.now() - renewedAtMs < RENEW_MS) return;
      renewedAtMs = performance.now();
      setReading(next);
      setTruePeak(highest);
    });
  }, []);
  if (reading === undefined) return null;
  const { loudness } = reading;
  const lufs = (value: number): string => {
    if (!Number.isFinite(value)) return t('operator.notYet');
    return value < GATE_LUFS ? `< ${figure(GATE_LUFS, i18n.language)} LUFS` : `${figure(value, i18n.language, 1)} LUFS`;
  };
  return (
    <dl className={styles.loudness}>
      <div className={styles.main}><dt>{t('sound.integrated')}</dt><dd>{lufs(loudness.integratedLufs)}</dd></div>
      <div><dt>{t('sound.shortTerm')}</dt><dd>{lufs(loudness.shortTermLufs)}</dd></div>
      <Target shortTermLufs={loudness.shortTermLufs} integratedLufs={loudness.integratedLufs} />
      <div><dt>{t('sound.momentary')}</dt><dd>{lufs(loudness.momentaryLufs)}</dd></div>
      <div><dt>{t('sound.range')}</dt><dd>{figure(loudness.rangeLu, i18n.language, 1)} LU</dd></div>
      <div><dt>{t('sound.truePeak')}</dt><dd>{Number.isFinite(truePeak) ? `${figure(truePeak, i18n.language, 1)} dBTP` : t('sound.zero')}</dd></div>
    </dl>
  );
}

/** The short-term loudness as a needle before the band of the target; the word is about the whole show, for moments differ. */
function Target({ shortTermLufs, integratedLufs }: { readonly shortTermLufs: number; readonly integratedLufs: number }) {
  const { t, i18n } = useTranslation();
  const target = useLook((look) => look.targetLufs);
  const scale = useRef<HTMLDivElement>(null);
  const verdict = againstTarget(integratedLufs, target);
  useEffect(() => {
    scale.current?.style.setProperty('--needle', String(placeOnScale(shortTermLufs, target)));
  }, [shortTermLufs, target]);
  return (
    <div>
      <dt className={styles.target}>{t('sound.targetBand', { target: figure(target, i18n.language) })}<div ref={scale} className={styles.scale} aria-hidden="true"><span className={styles.band} /><span className={styles.needle} /></div></dt>
      <dd>{verdict === undefined ? t('operator.notYet') : <Status tone={verdict === 'targetGood' ? 'healthy' : 'degraded'}>{t(`sound.${verdict}`)}</Status>}</dd>
    </div>
  );
}
