// What the engine would refuse of the plan as it is chosen, and what it would give up; in its own sentences.
import { useTranslation } from 'react-i18next';
import { Status } from '../parts/Status.tsx';
import { useVerdict } from '../verdictStore.ts';
import styles from './GoLive.module.css';

export function PlanVerdict() {
  const { t } = useTranslation();
  const { problems, remarks } = useVerdict();
  return (
    <ul aria-label={t('plan.remark')} className={styles.verdict}>
      {problems.map((sentence) => <li key={sentence}><Status tone="degraded">{t('plan.refused')}</Status><p lang="en">{sentence}</p></li>)}
      {remarks.map((sentence) => <li key={sentence}><Status tone="idle" icon="info">{t('plan.remark')}</Status><p lang="en">{sentence}</p></li>)}
    </ul>
  );
}
