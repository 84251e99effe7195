// The planner's ladder for this machine, source and destination, with a reason for each choice; taken over with one press.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LadderPlan } from '../../contract/ladderPlan.ts';
import { figure } from '../figures.ts';
import { offerPlan } from '../offerStore.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { choose, destinationOf, useChoice, videoOf } from '../planStore.ts';
import { useWork } from '../useWork.ts';
import styles from './GoLive.module.css';

export function LadderAdvice() {
  const { t, i18n } = useTranslation();
  const [plan, setPlan] = useState<LadderPlan>();
  const { isWorking: isAsking, failure, run, cancel } = useWork();
  const ask = async (): Promise<void> => {
    const choice = useChoice.getState();
    const destination = destinationOf(choice);
    const { type } = choice.form;
    await run(async (api, signal) => setPlan(await api.ladder.plan.query(
      { video: videoOf(choice), measure: true, destination, ...(type === 'usual' ? {} : { eventType: type }) }, { signal },
    )));
  };
  return (
    <section aria-label={t('advice.title')}>
      <div className={styles.acts}>
        <Button disabled={isAsking} onPress={() => void ask()}>{plan === undefined ? t('advice.ask') : t('advice.again')}</Button>
        {isAsking && <Button onPress={cancel}>{t('control.cancel')}</Button>}
        {plan !== undefined && <Button onPress={() => { offerPlan(plan); choose({ ladder: plan.ladder.name }); }}>{t('advice.use')}</Button>}
      </div>
      <p aria-live="polite" className={styles.fieldNote}>{isAsking ? t('advice.measuring') : ''}</p>
      <FailureNote failure={failure} />
      {plan !== undefined && (
        <>
          <h3 className={styles.subheading}>{t('advice.result', { renditions: plan.ladder.renditions.map((one) => one.name).join(', '), kbps: figure(plan.totalKbps, i18n.language), speed: figure(plan.expectedSpeed, i18n.language, 1) })}</h3>
          <ul lang="en">{plan.reasons.map(({ about, sentence }) => <li key={`${about} ${sentence}`} className={styles.reason}>{sentence}</li>)}</ul>
        </>
      )}
    </section>
  );
}
