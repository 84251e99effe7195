// One bar for each channel, moved at display rate outside of React; its value is told to assistive technology once a second.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { figure } from '../figures.ts';
import { FLOOR_DBFS, MeterBallistics } from '../meterBallistics.ts';
import { onMeters } from '../monitorFeed.ts';
import styles from './SoundMeters.module.css';

/** Convention of the field: −20 and −9 dBFS part the zones. */
const WARM_DBFS = -20;
const HOT_DBFS = -9;
const MARKS = [0, HOT_DBFS, WARM_DBFS, -30, -40, -50, FLOOR_DBFS];
const CHANNELS = ['left', 'right'] as const;

export function SoundMeters({ direction }: { readonly direction: 'upright' | 'lying' }) {
  const { t, i18n } = useTranslation();
  const bars = useRef<(HTMLDivElement | null)[]>([]);
  useEffect(() => {
    const channels = CHANNELS.map(() => new MeterBallistics());
    const stop = onMeters((reading) => {
      channels.forEach((one, index) => one.push(reading.channels[index]?.peakDbfs ?? Number.NEGATIVE_INFINITY, performance.now()));
    });
    const shown = channels.map(() => ({ level: '', peak: '' }));
    let frame = requestAnimationFrame(function move() {
      channels.forEach((one, index) => {
        const bar = bars.current[index];
        const before = shown[index];
        if (bar === null || bar === undefined || before === undefined) return;
        // A bar is a few hundred pixels long: what moves less is not drawn again.
        const level = share(one.level(performance.now())).toFixed(3);
        const peak = share(one.peak).toFixed(3);
        if (level !== before.level) bar.style.setProperty('--level', level);
        if (peak !== before.peak) bar.style.setProperty('--peak', peak);
        shown[index] = { level, peak };
      });
      frame = requestAnimationFrame(move);
    });
    const tell = setInterval(() => {
      channels.forEach((one, index) => {
        const level = one.level(performance.now());
        bars.current[index]?.setAttribute('aria-valuenow', level.toFixed(1));
        bars.current[index]?.setAttribute('aria-valuetext', `${figure(level, i18n.language, 1)} dBFS`);
      });
    }, 1000);
    return () => {
      stop();
      cancelAnimationFrame(frame);
      clearInterval(tell);
    };
  }, [i18n.language]);
  return (
    <div className={styles.meters} data-direction={direction}>
      {direction === 'upright' && (
        <div className={styles.scale} aria-hidden="true">
          {MARKS.map((mark) => <span key={mark} ref={(element) => element?.style.setProperty('top', `${(1 - share(mark)) * 100}%`)}>{figure(mark, 'en')}</span>)}
        </div>
      )}
      {CHANNELS.map((channel, index) => (
        <div
          key={channel} className={styles.bar} role="meter" aria-label={t(`sound.${channel}`)}
          aria-valuemin={FLOOR_DBFS} aria-valuemax={0} aria-valuenow={FLOOR_DBFS}
          ref={(element) => {
            bars.current[index] = element;
          }}
        >
          <span className={styles.lit} />
          <span className={styles.peak} />
        </div>
      ))}
    </div>
  );
}

/** Position on the scale, 0 to 1. */
function share(dbfs: number): number {
  return (Math.max(FLOOR_DBFS, Math.min(0, dbfs)) - FLOOR_DBFS) / -FLOOR_DBFS;
}
