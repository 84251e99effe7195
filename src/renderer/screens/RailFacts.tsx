// Who else carries the event, what it costs, and how this computer fares: the rows of the rail beside the recording.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { figure } from '../figures.ts';
import { Status } from '../parts/Status.tsx';
import { useShow } from '../showStore.ts';
import styles from './Operator.module.css';

/** Programs that are apart by less are in step, ms: two frames of 30 a second. */
const IN_STEP_MS = 67;

export function PartnerFact() {
  const { t, i18n } = useTranslation();
  const pair = useShow((show) => show.stats?.pair);
  if (pair?.partner === undefined) return null;
  const { name, isPresent, phaseMs } = pair.partner;
  const inStep = isPresent && Math.abs(phaseMs) <= IN_STEP_MS && pair.differences.length === 0;
  return (
    <div>
      <dt>{t('rail.partner')}</dt><dd>{isPresent ? `${phaseMs > 0 ? '+' : ''}${figure(phaseMs, i18n.language)} ms` : t('operator.notYet')}</dd>
      <dd className={styles.factNote}><Status tone={inStep ? 'healthy' : 'degraded'}>{name}, {!isPresent ? t('rail.partnerGone') : inStep ? t('rail.inStep') : t('rail.apart')}</Status></dd>
    </div>
  );
}

export function BillingFact() {
  const { t, i18n } = useTranslation();
  const isBilled = useShow((show) => show.stats?.isBilled);
  const since = useShow((show) => show.stats?.eventSinceUtc);
  const ownership = useShow((show) => show.stats?.pair?.ownership);
  if (isBilled === undefined) return null;
  return (
    <div>
      <dt>{t('rail.billing')}</dt><dd>{isBilled ? t('rail.costs') : t('rail.free')}</dd>
      <dd className={styles.factNote}>{[...(since === undefined ? [] : [t('rail.billingSince', { time: new Date(since).toLocaleTimeString(i18n.language) })]), ...(ownership === undefined ? [] : [ownership === 'ours' ? t('rail.owned') : t('rail.notOwned')])].join(', ')}</dd>
    </div>
  );
}

export function MachineFact() {
  const { t, i18n } = useTranslation();
  const cpu = useShow((show) => show.stats?.cpuPercent);
  const encoder = useShow((show) => show.stats?.encoder?.encoder);
  const battery = useBattery();
  if (cpu === undefined) return null;
  const power = battery === undefined ? [] : [battery.charging ? t('rail.mains') : '', t('rail.battery', { percent: figure(battery.level * 100, i18n.language) })].filter((one) => one !== '');
  return (
    <div>
      <dt>{t('rail.machine')}</dt><dd>{t('rail.cpu', { percent: figure(cpu, i18n.language) })}</dd>
      <dd className={styles.factNote}>{[...(encoder === undefined ? [] : [t('rail.encoder', { encoder })]), ...power].join(', ')}</dd>
    </div>
  );
}

type Battery = { readonly level: number; readonly charging: boolean };
type BatteryManager = EventTarget & Battery;

/** Of the computer that shows this page; undefined where its browser does not say, and where it has none. */
function useBattery(): Battery | undefined {
  const [battery, setBattery] = useState<Battery>();
  useEffect(() => {
    const { getBattery } = navigator as Navigator & { getBattery?: () => Promise<BatteryManager> };
    const over = new AbortController();
    void (async () => {
      const found = await getBattery?.call(navigator).catch(() => undefined);
      if (found === undefined || over.signal.aborted) return;
      // A computer without a battery says that it is charging and full, without an end.
      const tell = (): void => setBattery(found.charging && found.level === 1 ? undefined : { level: found.level, charging: found.charging });
      tell();
      for (const change of ['levelchange', 'chargingchange']) found.addEventListener(change, tell, { signal: over.signal });
    })();
    return () => over.abort();
  }, []);
  return battery;
}
