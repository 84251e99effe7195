// What the encoders of this computer carry, as they were measured; measured anew when somebody asks. Long, so it can be given up.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { encoderText } from '../../contract/encoder.ts';
import type { EncodersReport } from '../../contract/ladderPlan.ts';
import { figure } from '../figures.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';
import { useWork } from '../useWork.ts';
import styles from './GoLive.module.css';
import { useChosenLadder } from './LadderChoice.tsx';

export function MachineLimits() {
  const { t, i18n } = useTranslation();
  const running = useShow((show) => isRunning(show.state));
  const ladder = useChosenLadder();
  const [report, setReport] = useState<EncodersReport>();
  const { isWorking: isMeasuring, failure, run, cancel } = useWork();
  const measure = async (again: boolean): Promise<void> => {
    await run(async (api, signal) => setReport(await api.engine.encoders.query({ again, ...(ladder === undefined ? {} : { ladder }) }, { signal })));
  };
  return (
    <section aria-labelledby="limits-title">
      <h3 id="limits-title" className={styles.subheading}>{t('limits.title')}</h3>
      <p className={styles.fieldNote}>{report === undefined ? t('limits.note') : t('limits.with', { time: new Date(report.probedAtUtc).toLocaleString(i18n.language), ladder: report.ladder.name })}</p>
      {report === undefined && !isMeasuring && failure === undefined && <p className={styles.note}><Icon name="info" />{running ? t('limits.locked') : t('limits.none')}</p>}
      <FailureNote failure={failure} />
      <ul>{report?.encoders.map(({ encoder, verdict, sentence, choice, speed }) => {
        const isSlow = verdict === 'works' && speed !== undefined && speed < 1;
        return (
          <li key={encoder} className={styles.check} data-open="true">
            <Status tone={verdict === 'works' && !isSlow ? 'healthy' : 'degraded'}>{isSlow ? t('limits.tooSlow') : t(`limits.verdict.${verdict}`)}</Status>
            <div><h4>{choice === undefined ? encoder : encoderText(choice)}</h4><p lang="en">{sentence}</p></div>
            {speed !== undefined && <b className={styles.figure}>{figure(speed, i18n.language, 1)} ×</b>}
          </li>
        );
      })}</ul>
      <div className={styles.acts}>
        <Button disabled={isMeasuring || running} onPress={() => void measure(report !== undefined)}>{report === undefined ? t('limits.ask') : t('limits.measure')}</Button>
        {isMeasuring && <Button onPress={cancel}>{t('control.cancel')}</Button>}
      </div>
      {isMeasuring && <div className={styles.progress} role="progressbar" aria-label={t('limits.measuring')} />}
      <p aria-live="polite" className={styles.fieldNote}>{isMeasuring ? t('limits.measuring') : ''}</p>
    </section>
  );
}
