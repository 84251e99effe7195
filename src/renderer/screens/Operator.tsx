// On air: the program with its sound, a row for each rendition, what comes back, and the last minute of the network.
import { useTranslation } from 'react-i18next';
import { figure, size } from '../figures.ts';
import { Status } from '../parts/Status.tsx';
import { LONG_QUEUE_MS } from '../health.ts';
import { useMonitor } from '../monitorFeed.ts';
import { CopyButton } from '../parts/Button.tsx';
import { Loudness } from '../parts/Loudness.tsx';
import { ProgramPicture } from '../parts/ProgramPicture.tsx';
import { PublicPicture } from '../parts/PublicPicture.tsx';
import { PreviewDelay, ServicePreview, useReturnedUrl } from '../parts/ServicePreview.tsx';
import { SoundMeters } from '../parts/SoundMeters.tsx';
import { Sparkline } from '../parts/Sparkline.tsx';
import { useShow } from '../showStore.ts';
import { longestQueueMs, lostInWindow, throughputKbps } from '../slidingFigures.ts';
import styles from './Operator.module.css';
import { LiveOutputs } from './LiveOutputs.tsx';
import { BillingFact, MachineFact, PartnerFact } from './RailFacts.tsx';
import { RenditionTable } from './RenditionTable.tsx';
import { SideOutputTable } from './SideOutputTable.tsx';

export function Operator() {
  const { t } = useTranslation();
  const { hasPicture, hasSound } = useMonitor();
  const top = useShow((show) => show.stats?.renditions[0]);
  return (
    <main className={styles.operator} data-bar>
      <div className={styles.stage}>
        <section className={styles.program} aria-labelledby="program-title">
          <div className={styles.pictureHeading}><h2 id="program-title">{t('operator.program')}</h2>{top !== undefined && <span>{t('where.sizeWithRate', { width: String(top.width), height: String(top.height), fps: String(top.fps) })}</span>}</div>
          {hasPicture && <div className={styles.bigPicture}><ProgramPicture /></div>}
        </section>
        {hasSound && (
          <section className={styles.sound} aria-labelledby="sound-title">
            <div className={styles.pictureHeading}><h2 id="sound-title">{t('sound.title')}</h2></div>
            <div className={styles.soundBody}><SoundMeters direction="upright" /><Loudness /></div>
          </section>
        )}
        <RenditionTable />
        <SideOutputTable />
      </div>
      <aside className={styles.rail} aria-label={t('operator.figures')}>
        <Returned />
        <PublicPicture />
        <Charts />
        <Facts />
        <LiveOutputs />
        <Warnings />
      </aside>
    </main>
  );
}

function Returned() {
  const { t } = useTranslation();
  const url = useReturnedUrl();
  if (url === undefined) return null;
  return (
    <section aria-labelledby="preview-title">
      <div className={styles.pictureHeading}><h2 id="preview-title">{t('operator.preview')}</h2><PreviewDelay /></div>
      <div className={styles.smallPicture}><ServicePreview url={url} /></div>
    </section>
  );
}

function Charts() {
  const { t, i18n } = useTranslation();
  const samples = useShow((show) => show.samples);
  const declared = useShow((show) => show.stats?.renditions.reduce((sum, one) => sum + one.declaredKbps, 0) ?? 0);
  const throughput = throughputKbps(samples);
  const queue = longestQueueMs(samples);
  const kbps = throughput.at(-1)?.value;
  const ms = queue.at(-1)?.value;
  const throughputText = kbps === undefined ? t('operator.notYet') : t('operator.throughputNow', { mbps: figure(kbps / 1000, i18n.language, 1), declared: figure(declared / 1000, i18n.language, 1) });
  const queueText = ms === undefined ? t('operator.notYet') : t('operator.queueNow', { ms: figure(ms, i18n.language) });
  return (
    <section className={styles.charts} aria-label={t('operator.network')}>
      <div className={styles.chartHeading}><h2>{t('operator.throughput')}</h2><span>{throughputText}</span></div>
      <Sparkline points={throughput} limit={declared} beyondIsFault={false} label={`${t('operator.throughput')}: ${throughputText}`} />
      <div className={styles.chartHeading}><h2>{t('operator.queue60')}</h2><span>{queueText}</span></div>
      <Sparkline points={queue} limit={LONG_QUEUE_MS} beyondIsFault label={`${t('operator.queue60')}: ${queueText}`} />
    </section>
  );
}

function Facts() {
  const { t, i18n } = useTranslation();
  const { stats, samples, playback } = useShow();
  const top = stats?.renditions[0];
  const lost = top === undefined ? undefined : lostInWindow(samples, top.name);
  const reconnects = stats?.connections.reduce((sum, one) => sum + one.reconnects, 0);
  const shown = (value: number | undefined): string => (value === undefined ? t('operator.notYet') : figure(value, i18n.language));
  return (
    <dl className={styles.facts}>
      <div><dt>{t('operator.repeated')}</dt><dd>{shown(lost?.repeatedFrames)}</dd><dd className={styles.factNote}>{t('operator.repeatedNote')}</dd></div>
      <div><dt>{t('operator.lag')}</dt><dd>{stats === undefined ? t('operator.notYet') : t('operator.lagFrames', { count: stats.encoderLagFrames })}</dd></div>
      {stats?.recording !== undefined && (
        <div><dt>{t('record.title')}</dt><dd><Status tone={stats.recording.state === 'recording' ? 'air' : stats.recording.state === 'interrupted' ? 'degraded' : 'idle'}>{stats.recording.state === 'recording' ? size(stats.recording.sizeBytes, i18n.language) : t(`record.${stats.recording.state}`)}</Status></dd>
          <dd className={styles.factNote}>{stats.recording.path}{stats.recording.diskSecondsLeft !== undefined && `, ${t('record.left', { hours: figure(stats.recording.diskSecondsLeft / 3600, i18n.language, 1) })}`}</dd></div>
      )}
      {stats?.uplink !== undefined && <div><dt>{t('operator.uplink')}</dt><dd>{t('operator.uplinkNow', { carries: figure(stats.uplink.carriesKbps / 1000, i18n.language, 1), needed: figure(stats.uplink.neededKbps / 1000, i18n.language, 1) })}</dd><dd className={styles.factNote}>{stats.uplink.isLimit ? t('operator.uplinkLimit') : t('operator.uplinkMore')}</dd></div>}
      <PartnerFact />
      <BillingFact />
      <MachineFact />
      <div><dt>{t('operator.reconnects')}</dt><dd>{shown(reconnects)}</dd></div>
      {stats?.encoder !== undefined && stats.encoder.shed.length > 0 && <div><dt>{t('operator.shed')}</dt><dd>{stats.encoder.shed.join(', ')}</dd></div>}
      {playback.hls !== undefined && <div><dt>{t('operator.watch')}</dt><dd><CopyButton text={playback.hls}>{t('copy.hls')}</CopyButton></dd><dd className={styles.url}>{playback.hls}</dd></div>}
      {playback.dash !== undefined && <div><dt>{t('operator.watch')}</dt><dd><CopyButton text={playback.dash}>{t('copy.dash')}</CopyButton></dd><dd className={styles.url}>{playback.dash}</dd></div>}
    </dl>
  );
}

function Warnings() {
  const { t } = useTranslation();
  const warnings = useShow((show) => show.warnings);
  return (
    <section className={styles.warnings} aria-label={t('operator.warnings')}>
      <div className={styles.chartHeading}><h2>{t('operator.warnings')}</h2>{warnings.length === 0 && <span>{t('operator.noWarnings')}</span>}</div>
      <ul lang="en">
        {warnings.toReversed().slice(0, 5).map(({ id, text, failure }) => (
          <li key={id}>{text} {failure?.action} {failure !== undefined && <CopyButton text={failure.code}>{t('copy.code', { code: failure.code })}</CopyButton>}</li>
        ))}
      </ul>
    </section>
  );
}
