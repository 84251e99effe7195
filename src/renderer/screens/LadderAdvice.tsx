// The planner's ladder for this machine, source and destination, with a reason for each choice; taken over with one press.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LadderPlan } from '../../contract/ladderPlan.ts';
import type { Failure } from '../../contract/report.ts';
import { failureFrom } from '../commands.ts';
import { figure } from '../figures.ts';
import { offerPlan } from '../offerStore.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { choose, destinationOf, useChoice, videoOf } from '../planStore.ts';
import { useApi } from '../showStore.ts';
import styles from './GoLive.module.css';

export function LadderAdvice() {
  const { t, i18n } = useTranslation();
  const [plan, setPlan] = useState<LadderPlan>();
  const [failure, setFailure] = useState<Failure>();
  const [isAsking, setAsking] = useState(false);
  const asked = useRef<AbortController>(undefined);
  useEffect(() => () => asked.current?.abort(), []);
  const ask = async (): Promise<void> => {
    const { api } = useApi.getState();
    if (api === undefined) return;
    const over = new AbortController();
    asked.current = over;
    setAsking(true);
    setFailure(undefined);
    const choice = useChoice.getState();
    const destination = destinationOf(choice);
    try {
      setPlan(await api.ladder.plan.query({ video: videoOf(choice), measure: true, destination }, { signal: over.signal }));
    } catch (error) {
      if (!over.signal.aborted) setFailure(failureFrom(error));
    }
    setAsking(false);
  };
  return (
    <section aria-label={t('advice.title')}>
      <div className={styles.acts}>
        <Button disabled={isAsking} onPress={() => void ask()}>{plan === undefined ? t('advice.ask') : t('advice.again')}</Button>
        {isAsking && <Button onPress={() => asked.current?.abort()}>{t('control.cancel')}</Button>}
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
