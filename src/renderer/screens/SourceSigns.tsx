// What each source of the plan gives now, before there is a show: its picture, its level, and what is wrong with it as measured.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TFunction } from 'i18next';
import { useMonitor } from '../monitorFeed.ts';
import { CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { SoundMeters } from '../parts/SoundMeters.tsx';
import { SourceThumb } from '../parts/SourceThumb.tsx';
import { Status } from '../parts/Status.tsx';
import { choose, previewOf, useChoice } from '../planStore.ts';
import { useApi } from '../showStore.ts';
import { useLookAtSources, useSourceLook, type SourceLook } from '../sourceLook.ts';
import styles from './GoLive.module.css';
import { sourceName } from './sourceName.ts';

export function SourceSigns() {
  const { t } = useTranslation();
  useLookAtSources();
  const choice = useChoice();
  const look = useSourceLook();
  const hasSound = useMonitor((monitor) => monitor.hasSound);
  const mayLook = useApi((one) => one.role !== 'watch');
  const planned = previewOf(choice);
  if (!mayLook) return null;
  const pictures = planned === undefined ? [] : [planned.video, ...planned.otherVideo ?? []];
  return (
    <section aria-labelledby="signs-title" className={styles.signs}>
      <div className={styles.signsHead}>
        <h3 id="signs-title" className={styles.subheading}>{t('signs.title')}</h3>
        <label className={styles.signsSwitch}><input type="checkbox" checked={choice.look} onChange={(event) => choose({ look: event.target.checked })} />{t('signs.look')}</label>
      </div>
      {!choice.look && <p className={styles.fieldNote}>{t('signs.off')}</p>}
      <FailureNote failure={look.failure} />
      {choice.look && (
        <ul>
          {pictures.map((spec, index) => {
            const id = String(index + 1);
            return <Sign key={`${id} ${String(look.isOn)}`} id={id} name={sourceName(spec, t)} look={look} isPicture />;
          })}
          {look.isOn && hasSound && <li className={styles.signSound}><span>{t('source.sound')}</span><SoundMeters direction="lying" /></li>}
          {choice.audio.kind !== 'source' && choice.audio.kind !== 'none' && <Sign id="audio" name={sourceName(choice.audio, t)} look={look} isPicture={false} />}
        </ul>
      )}
      <ul aria-live="polite">{look.alarms.map((alarm) => (
        <li key={alarm.code} className={styles.signAlarm}><Status tone="degraded">{t('signs.attention')}</Status><p lang="en">{alarm.message} {alarm.action} <CopyButton text={alarm.code}>{t('copy.code', { code: alarm.code })}</CopyButton></p></li>
      ))}</ul>
    </section>
  );
}

function Sign({ id, name, look, isPicture }: { readonly id: string; readonly name: string; readonly look: SourceLook; readonly isPicture: boolean }) {
  const { t } = useTranslation();
  const failure = look.unopened[id];
  // A source that has been opened need not deliver yet.
  const [isSeen, setSeen] = useState(false);
  const isOpen = look.labels.some((one) => one.id === id);
  return (
    <li className={styles.sign} data-picture={isPicture}>
      {isPicture && <span className={styles.signPicture}><SourceThumb source={id} onSeen={() => setSeen(true)} /></span>}
      <div>
        <b>{name}</b>
        {failure !== undefined
          ? <p><Status tone="degraded">{t('signs.closed')}</Status> <span lang="en">{failure.message} {failure.action}</span> <CopyButton text={failure.code}>{t('copy.code', { code: failure.code })}</CopyButton></p>
          : <p><SignWord state={isOpen && (isSeen || !isPicture) ? look.states[id] ?? 'live' : undefined} isOn={look.isOn} t={t} /></p>}
      </div>
    </li>
  );
}

function SignWord({ state, isOn, t }: { readonly state: SourceLook['states'][string] | undefined; readonly isOn: boolean; readonly t: TFunction }) {
  if (state === undefined) return <Status tone="idle">{isOn ? t('signs.opening') : t('operator.notYet')}</Status>;
  return <Status tone={state === 'live' ? 'healthy' : 'degraded'}>{t(`signs.state.${state}`)}</Status>;
}
