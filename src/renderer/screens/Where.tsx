// Step 2: which service takes the show, under which name, in which ladder, and whether it is recorded here.
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { useTranslation } from 'react-i18next';
import type { Ladder } from '../../contract/ladder.ts';
import { figure } from '../figures.ts';
import { useOffers } from '../offerStore.ts';
import { Field } from '../parts/Field.tsx';
import { Icon, type IconName } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import table from '../parts/Table.module.css';
import { choose, missingIn, useChoice, type Choice } from '../planStore.ts';
import { Button } from '../parts/Button.tsx';
import { chooseFolder, isDesktop } from '../shellStore.ts';
import { useShow } from '../showStore.ts';
import { useVerdict } from '../verdictStore.ts';
import { AccountChoice } from './AccountPanel.tsx';
import { EventSettings } from './EventSettings.tsx';
import { AlsoTo } from './AlsoTo.tsx';
import { PlanVerdict } from './PlanVerdict.tsx';
import { EventsDialog } from './EventsDialog.tsx';
import { LadderAdvice } from './LadderAdvice.tsx';
import { LadderEditor } from './LadderEditor.tsx';
import { isRunning } from '../showView.ts';
import styles from './GoLive.module.css';
import { StepHeader } from './StepHeader.tsx';

const SERVICES: Readonly<Record<Choice['where'], IconName>> = { embedded: 'screen', arm: 'cloud', rtmp: 'link' };

export function Where() {
  const { t } = useTranslation();
  const choice = useChoice();
  const ladders = useOffers((offers) => offers.ladders);
  const ladder = ladders?.find((one) => one.name === choice.ladder) ?? ladders?.[0];
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
        <Field label={t('where.record')} note={t('where.recordNote')}>
          <span className={styles.withButton}>
            <input type="text" value={choice.recordDir} spellCheck={false} onChange={(event) => choose({ recordDir: event.target.value })} />
            {isDesktop && <Button onPress={() => void chooseRecordDir()}>{t('where.choose')}</Button>}
          </span>
        </Field>
        <Field label={t('where.ladder')}>
          <select value={ladder?.name ?? ''} onChange={(event) => choose({ ladder: event.target.value })}>
            {(ladders ?? []).map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
          </select>
        </Field>
      </fieldset>
      {ladder !== undefined && <LadderTable ladder={ladder} />}
      {!running && <PlanVerdict />}
      <EventSettings running={running} />
      <AlsoTo running={running} />
      {!running && <LadderAdvice />}
      {!running && ladder !== undefined && <div className={styles.acts}><LadderEditor from={ladder} /></div>}
    </section>
  );
}

async function chooseRecordDir(): Promise<void> {
  const recordDir = await chooseFolder();
  if (recordDir !== undefined) choose({ recordDir });
}

function LadderTable({ ladder }: { readonly ladder: Ladder }) {
  const { t, i18n } = useTranslation();
  const fps = figure(ladder.frameRate.num / ladder.frameRate.den, i18n.language, ladder.frameRate.den === 1 ? 0 : 2);
  const total = ladder.renditions.reduce((sum, one) => sum + one.declaredKbps + ladder.audioKbps, 0);
  return (
    <table className={table.table}>
      <thead><tr><th scope="col">{t('where.rendition')}</th><th scope="col">{t('where.pictureSize')}</th><th scope="col" className={table.number}>{t('where.kbps')}</th></tr></thead>
      <tbody>
        {ladder.renditions.map(({ name, width, height, declaredKbps }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className={table.secondary}>{t('where.sizeWithRate', { width: String(width), height: String(height), fps })}</td>
            <td className={table.number}>{figure(declaredKbps, i18n.language)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t('where.all')}</th>
          <td>{t('where.sound', { count: ladder.renditions.length, kbps: String(ladder.audioKbps) })}</td>
          <td className={table.number}>{figure(total, i18n.language)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
