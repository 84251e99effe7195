// Step 2: which service takes the show, under which name, in which ladder, and whether it is recorded here.
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { useTranslation } from 'react-i18next';
import { Field } from '../parts/Field.tsx';
import { Icon, type IconName } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { choose, missingIn, useChoice, type Choice } from '../planStore.ts';
import { Button } from '../parts/Button.tsx';
import { useShow } from '../showStore.ts';
import { useVerdict } from '../verdictStore.ts';
import { AccountChoice } from './AccountPanel.tsx';
import { EventSettings } from './EventSettings.tsx';
import { AlsoTo } from './AlsoTo.tsx';
import { PlanVerdict } from './PlanVerdict.tsx';
import { EventsDialog } from './EventsDialog.tsx';
import { LadderChoice, LadderTable, LadderWork, useChosenLadder } from './LadderChoice.tsx';
import { RecordDir } from './RecordingFields.tsx';
import { isRunning } from '../showView.ts';
import styles from './GoLive.module.css';
import { StepHeader } from './StepHeader.tsx';

const SERVICES: Readonly<Record<Choice['where'], IconName>> = { embedded: 'screen', arm: 'cloud', rtmp: 'link' };

export function Where() {
  const { t } = useTranslation();
  const choice = useChoice();
  const ladder = useChosenLadder();
  const running = useShow((show) => isRunning(show.state));
  const isRefused = useVerdict((one) => one.problems.length > 0);
  const missing = missingIn(choice, ladder).filter((one) => one !== 'path');
  return (
    // It scrolls, so the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.step} aria-labelledby="step-2" tabIndex={0}>
      <StepHeader number={2} id="step-2" title={t('step.where')}>
        {running ? <Status tone="idle" icon="lock">{t('step.locked')}</Status> : missing.length > 0 ? <Status tone="degraded">{t('step.missing')}</Status> : isRefused ? <Status tone="degraded">{t('light.refused')}</Status> : <Status tone="healthy">{t('step.chosen')}</Status>}
      </StepHeader>
      <ToggleGroup className={styles.services} aria-label={t('where.service')} disabled={running} value={[choice.where]} onValueChange={([value]) => {
        if (value === 'embedded' || value === 'arm' || value === 'rtmp') choose({ where: value });
      }}>
        {(Object.keys(SERVICES) as Choice['where'][]).map((one) => <Toggle key={one} value={one}><Icon name={SERVICES[one]} />{t(`where.${one}`)}</Toggle>)}
      </ToggleGroup>
      <fieldset disabled={running} className={styles.form}>
        {choice.where === 'embedded' && choice.embeddedHome === '' && <p className={styles.note}><Icon name="info" />{t('where.embeddedNote')}</p>}
        {choice.where === 'embedded' && choice.embeddedHome !== '' && (
          <div className={styles.note}><Icon name="info" /><span>{t('where.embeddedElsewhere', { home: choice.embeddedHome })} <Button onPress={() => choose({ embeddedHome: '', join: false, eventName: '' })}>{t('where.embeddedOwn')}</Button></span></div>
        )}
        {choice.where === 'arm' && <AccountChoice />}
        {choice.where === 'arm' && (
          <Field label={t('where.address')} note={t('where.addressNote')}>
            <input type="text" value={choice.armAddress} spellCheck={false} onChange={(event) => choose({ armAddress: event.target.value })} />
          </Field>
        )}
        {choice.where === 'rtmp' && (
          <Field label={t('where.url')} note={t('where.urlNote')} {...(missing.includes('url') ? { wrong: t('where.urlMissing') } : {})}>
            {/* As a password it is neither shown on a screen that others see nor offered again. */}
            <input type="password" value={choice.rtmpUrl} autoComplete="off" spellCheck={false} aria-invalid={missing.includes('url')} onChange={(event) => choose({ rtmpUrl: event.target.value })} />
          </Field>
        )}
        {choice.where !== 'rtmp' && (
          <>
          <Field label={t('where.event')} note={t('where.eventNote')} {...(missing.includes('event') ? { wrong: t('where.eventWrong') } : {})}>
            <input type="text" value={choice.eventName} spellCheck={false} aria-invalid={missing.includes('event')} onChange={(event) => choose({ eventName: event.target.value })} />
          </Field>
          <label className={styles.ready}><input type="checkbox" checked={choice.join} onChange={(event) => choose({ join: event.target.checked })} />{t('where.join')}</label>
          <div className={styles.acts}><EventsDialog /></div>
          </>
        )}
        <RecordDir />
        <LadderChoice />
      </fieldset>
      <LadderTable />
      {!running && <PlanVerdict />}
      <EventSettings running={running} />
      <AlsoTo running={running} />
      {!running && <LadderWork />}
    </section>
  );
}
