// Step 3: before a rehearsal the state of this machine, in it the checks and what comes back, afterwards what became of it.
import { useTranslation } from 'react-i18next';
import type { Finding } from '../../contract/engine.ts';
import { rehearsalChecks, type Check } from '../checks.ts';
import { clock, figure, size } from '../figures.ts';
import { LogList } from '../frame/LogDialog.tsx';
import { useOffers } from '../offerStore.ts';
import { CopyButton } from '../parts/Button.tsx';
import { Icon } from '../parts/Icon.tsx';
import { PreviewDelay, ServicePreview, useReturnedUrl } from '../parts/ServicePreview.tsx';
import { Status, type Tone } from '../parts/Status.tsx';
import { usePreview } from '../previewStore.ts';
import { useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';
import { longestQueueMs, throughputKbps } from '../slidingFigures.ts';
import { LacksOfLastShow } from './ArchiveLacks.tsx';
import styles from './GoLive.module.css';
import { StepHeader } from './StepHeader.tsx';
import { Unfinished } from './Unfinished.tsx';

export function Rehearse() {
  const { t } = useTranslation();
  const show = useShow();
  const preview = usePreview();
  const { state } = show;
  const checks = state === 'rehearsing' ? rehearsalChecks(show, preview).filter((one) => one.id !== 'preview' || show.playback.preview !== undefined) : [];
  const passed = checks.filter((one) => one.verdict === 'pass').length;
  return (
    // It scrolls, so the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.step} tabIndex={0} aria-labelledby="step-3" aria-current={isRunning(state) ? 'step' : undefined}>
      <StepHeader number={3} id="step-3" title={t('step.rehearse')} current={isRunning(state)}>
        {state === 'rehearsing'
          ? <Status tone={passed === checks.length ? 'healthy' : checks.some((one) => one.verdict === 'fix') ? 'degraded' : 'preview'}>{t('step.checks', { passed, all: checks.length })}</Status>
          : !isRunning(state) && <Status tone="idle">{t('step.waits')}</Status>}
      </StepHeader>
      {state === 'rehearsing' && <Rehearsal checks={checks} />}
      {state === 'preparing' && <Preparing />}
      {!isRunning(state) && (show.report === undefined ? <Before /> : <After />)}
    </section>
  );
}

function Before() {
  const { t } = useTranslation();
  const findings = useOffers((offers) => offers.findings);
  return (
    <>
      <Unfinished />
      <p className={styles.intro}>{t('rehearse.first')}</p>
      <h3 className={styles.subheading}>{t('rehearse.machine')}</h3>
      {findings === undefined ? <p className={styles.note}><Icon name="waiting" />{t('rehearse.examining')}</p> : <ul>{findings.map((finding) => <FindingRow key={finding.id} finding={finding} />)}</ul>}
    </>
  );
}

function FindingRow({ finding }: { readonly finding: Finding }) {
  const { t } = useTranslation();
  const tone: Tone = finding.verdict === 'ok' ? 'healthy' : 'degraded';
  return (
    <li className={styles.check} data-open={finding.verdict !== 'ok'}>
      <Status tone={tone}>{t(`rehearse.finding.${finding.verdict}`)}</Status>
      <div lang="en">
        <h4>{finding.title}</h4>
        <p>{finding.sentence}{finding.verdict !== 'ok' && finding.action !== undefined && ` ${finding.action}`}</p>
      </div>
    </li>
  );
}

function Preparing() {
  const { t } = useTranslation();
  const log = useShow((show) => show.log);
  return (
    <>
      <p className={styles.intro}>{t('rehearse.preparing')}</p>
      <div className={styles.progress} role="progressbar" aria-label={t('light.preparing')} />
      <LogList entries={log} />
    </>
  );
}

function Rehearsal({ checks }: { readonly checks: readonly Check[] }) {
  const { t, i18n } = useTranslation();
  const show = useShow();
  const preview = useReturnedUrl();
  const connections = show.stats?.connections ?? [];
  const kbps = throughputKbps(show.samples).at(-1)?.value;
  const queueMs = longestQueueMs(show.samples).at(-1)?.value;
  const notYet = t('operator.notYet');
  return (
    <>
      <div className={styles.pictureHeading}><h3>{t('operator.preview')}</h3>{preview !== undefined ? <PreviewDelay /> : <span>{t('operator.noPreview')}</span>}</div>
      <div className={styles.returned}>
        {preview !== undefined && <ServicePreview url={preview} />}
        <dl>
          <div><dt>{t('rehearse.arriving')}</dt><dd>{t('figureOf.arriving', { taken: connections.filter((one) => one.acknowledgedBytes > 0).length, all: connections.length })}</dd></div>
          <div><dt>{t('rehearse.throughput')}</dt><dd>{kbps === undefined ? notYet : `${figure(kbps / 1000, i18n.language, 1)} Mbit/s`}</dd></div>
          <div><dt>{t('rehearse.queue')}</dt><dd>{queueMs === undefined ? notYet : `${figure(queueMs, i18n.language)} ms`}</dd></div>
        </dl>
      </div>
      <ul>{checks.map((check) => <CheckRow key={check.id} check={check} />)}</ul>
    </>
  );
}

const CHECK_TONES = { pass: 'healthy', fix: 'degraded', running: 'idle' } as const;

function CheckRow({ check }: { readonly check: Check }) {
  const { t, i18n } = useTranslation();
  // Each check has values of its own, which the typed function cannot know.
  const say = t as (key: string, values: Readonly<Record<string, string>>) => string;
  const values = Object.fromEntries(Object.entries(check.values).map(([name, value]) => (
    [name, typeof value === 'number' ? figure(value, i18n.language, name === 'delaySeconds' ? 1 : 0) : value]
  )));
  const known = check.verdict !== 'running' || check.id === 'arriving';
  return (
    <li className={styles.check} data-open={check.verdict === 'fix'}>
      <Status tone={CHECK_TONES[check.verdict]}>{t(`rehearse.verdict.${check.verdict}`)}</Status>
      <div>
        <h4>{t(`check.${check.id}`)}</h4>
        {check.verdict === 'fix' && <p>{t(`check.${check.id}Fix`)}</p>}
      </div>
      <span className={styles.figure}>{known && Object.keys(values).length > 0 ? say(`figureOf.${check.id}`, values) : t('operator.notYet')}</span>
    </li>
  );
}

function After() {
  const { t, i18n } = useTranslation();
  const show = useShow();
  const { report } = show;
  if (report === undefined) return null;
  const frames = report.renditions.reduce((sum, one) => sum + one.frames, 0);
  return (
    <>
      <h3 className={styles.subheading}>{t('rehearse.last')}</h3>
      <dl className={styles.facts}>
        <div><dt>{t('rehearse.onAir')}</dt><dd>{clock(report.onAirSeconds)}</dd></div>
        <div><dt>{t('rehearse.frames')}</dt><dd>{figure(frames, i18n.language)}</dd></div>
        {report.recording !== undefined && <div><dt>{t('rehearse.recording')}</dt><dd>{size(report.recording.sizeBytes, i18n.language)}</dd><dd className={styles.factNote}>{report.recording.path}</dd></div>}
      </dl>
      <ul lang="en">
        {report.failure !== undefined && <li className={styles.check} data-open="true"><Status tone="degraded" icon="failed">{t('light.failed')}</Status><div><p>{report.failure.message}</p><p>{report.failure.action}</p><CopyButton text={report.failure.code}>{t('copy.code', { code: report.failure.code })}</CopyButton></div></li>}
        {report.verification.map((sentence) => (
          <li key={sentence} className={styles.check}><Status tone={report.verified ? 'healthy' : 'idle'}>{report.verified ? t('light.verified') : t('light.ended')}</Status><div><p>{sentence}</p></div></li>
        ))}
      </ul>
      <LacksOfLastShow />
      <h3 className={styles.subheading}>{t('rehearse.steps')}</h3>
      <LogList entries={show.log} />
    </>
  );
}
