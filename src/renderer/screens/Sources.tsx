// Step 1: what is seen and what is heard. Lists what the engine found, and shows what the chosen ones give now.
import { useTranslation } from 'react-i18next';
import type { TFunction } from 'i18next';
import type { AudioSpec, SourceSpec } from '../../contract/source.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Icon, type IconName } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { lookAgain, useOffers, type Device } from '../offerStore.ts';
import { choose, missingIn, useChoice } from '../planStore.ts';
import { useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';
import { Permissions } from './Permissions.tsx';
import styles from './GoLive.module.css';
import { sourceName } from './sourceName.ts';
import { SourceSigns } from './SourceSigns.tsx';
import { StepHeader } from './StepHeader.tsx';

type Option<Spec> = { readonly spec: Spec; readonly icon: IconName; readonly name: string; readonly detail: string };

export function Sources() {
  const { t } = useTranslation();
  const choice = useChoice();
  const ladders = useOffers((offers) => offers.ladders);
  const running = useShow((show) => isRunning(show.state));
  const missing = missingIn(choice, ladders?.[0]).includes('path');
  return (
    // It scrolls, so the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.step} aria-labelledby="step-1" tabIndex={0}>
      <StepHeader number={1} id="step-1" title={t('step.sources')}>
        {running ? <Status tone="idle" icon="lock">{t('step.locked')}</Status> : missing ? <Status tone="degraded">{t('step.missing')}</Status> : <Status tone="healthy">{t('step.chosen')}</Status>}
      </StepHeader>
      {!running && <SourceSigns />}
      <SourceChoices running={running} />
      {running && <p className={styles.note}><Icon name="lock" />{t('control.locked')}</p>}
    </section>
  );
}

/** What is seen and heard, and what stands ready beside it: for the step and for the settings. */
export function SourceChoices({ running }: { readonly running: boolean }) {
  const { t } = useTranslation();
  const choice = useChoice();
  const { devices, ladders } = useOffers();
  const missing = missingIn(choice, ladders?.[0]).includes('path');
  return (
    <>
      <fieldset disabled={running} className={styles.choices}>
        <legend>{t('source.picture')}</legend>
        {pictureOptions(devices ?? [], choice.video, t).map((option) => (
          <Choice key={keyOf(option.spec)} group="picture" option={option} chosen={keyOf(option.spec) === keyOf(choice.video)} onChoose={() => choose({ video: option.spec })} />
        ))}
        {choice.video.kind === 'file' && (
          <label className={styles.path}>
            <span>{t('source.path')}</span>
            <input type="text" value={choice.filePath} spellCheck={false} aria-invalid={missing} onChange={(event) => choose({ filePath: event.target.value })} />
            {missing && <span className={styles.wrong}><Icon name="degraded" />{t('source.pathMissing')}</span>}
          </label>
        )}
      </fieldset>
      <Others running={running} devices={devices ?? []} />
      <fieldset disabled={running} className={styles.choices}>
        <legend>{t('source.sound')}</legend>
        {soundOptions(devices ?? [], choice.audio, t).map((option) => (
          <Choice key={keyOf(option.spec)} group="sound" option={option} chosen={keyOf(option.spec) === keyOf(choice.audio)} onChoose={() => choose({ audio: option.spec })} />
        ))}
      </fieldset>
      <Permissions />
      <DevicesFound />
    </>
  );
}

/** Sources that stand ready: captured all the time, switched to with a digit. */
function Others({ running, devices }: { readonly running: boolean; readonly devices: readonly Device[] }) {
  const { t } = useTranslation();
  const { video, others } = useChoice();
  const offered = pictureOptions(devices, video, t).filter((option) => option.spec.kind !== 'file' && keyOf(option.spec) !== keyOf(video));
  if (offered.length === 0) return null;
  return (
    <fieldset disabled={running} className={styles.choices}>
      <legend>{t('source.others')}</legend>
      {offered.map(({ spec, name }) => {
        const isReady = others.some((one) => keyOf(one) === keyOf(spec));
        return (
          <label key={keyOf(spec)} className={styles.ready}>
            <input type="checkbox" checked={isReady} disabled={!isReady && others.length >= 7} onChange={() => choose({ others: isReady ? others.filter((one) => keyOf(one) !== keyOf(spec)) : [...others, spec] })} />
            {name}
          </label>
        );
      })}
    </fieldset>
  );
}

function DevicesFound() {
  const { t } = useTranslation();
  const { devices, failure } = useOffers();
  const count = (kind: string): number => (devices ?? []).filter((one) => one.kind === kind).length;
  const text = failure !== undefined ? ''
    : devices === undefined ? t('source.searching')
      : count('camera') + count('screen') === 0 ? t('source.nothing')
        : t('source.found', { cameras: count('camera'), screens: count('screen'), microphones: count('microphone') });
  return (
    <div className={styles.found}>
      {failure === undefined ? <p aria-live="polite">{text}</p> : <FailureNote failure={failure} />}
      <Button disabled={devices === undefined} onPress={() => void lookAgain()}>{t('source.again')}</Button>
    </div>
  );
}

function Choice<Spec>({ group, option, chosen, onChoose }: { readonly group: string; readonly option: Option<Spec>; readonly chosen: boolean; readonly onChoose: () => void }) {
  return (
    <label className={styles.choice}>
      <input type="radio" name={group} checked={chosen} onChange={onChoose} />
      <Icon name={option.icon} />
      <span>
        <span className={styles.choiceName}>{option.name}</span>
        <span className={styles.choiceDetail}>{option.detail}</span>
      </span>
    </label>
  );
}

function pictureOptions(devices: readonly Device[], chosen: SourceSpec, t: TFunction): readonly Option<SourceSpec>[] {
  const found = devices.flatMap((device): Option<SourceSpec>[] => {
    if (device.kind === 'camera') return [{ spec: { kind: 'camera', name: device.id }, icon: 'camera', name: device.name, detail: detailOf(t('source.camera'), device) }];
    if (device.kind === 'screen') return [{ spec: { kind: 'screen', display: device.id }, icon: 'screen', name: device.name, detail: detailOf(t('source.screen'), device) }];
    return [];
  });
  const options: readonly Option<SourceSpec>[] = [
    ...found,
    { spec: { kind: 'test' }, icon: 'slate', name: t('source.test'), detail: t('source.testDetail') },
    { spec: { kind: 'file', path: '-' }, icon: 'folder', name: t('source.file'), detail: t('source.fileDetail') },
  ];
  if (options.some((one) => keyOf(one.spec) === keyOf(chosen))) return options;
  // What was chosen last time stays visible when it is not connected now.
  return [{ spec: chosen, icon: 'camera', name: sourceName(chosen, t), detail: t('source.gone') }, ...options];
}

function soundOptions(devices: readonly Device[], chosen: AudioSpec, t: TFunction): readonly Option<AudioSpec>[] {
  const microphones = devices.filter((device) => device.kind === 'microphone').map((device): Option<AudioSpec> => (
    { spec: { kind: 'microphone', name: device.id }, icon: 'mic', name: device.name, detail: detailOf(t('source.microphone'), device) }
  ));
  const options: readonly Option<AudioSpec>[] = [
    { spec: { kind: 'source' }, icon: 'link', name: t('source.own'), detail: t('source.ownDetail') },
    ...microphones,
    { spec: { kind: 'test' }, icon: 'slate', name: t('source.tone'), detail: t('source.testDetail') },
    { spec: { kind: 'none' }, icon: 'off', name: t('source.none'), detail: '' },
  ];
  if (options.some((one) => keyOf(one.spec) === keyOf(chosen))) return options;
  return [{ spec: chosen, icon: 'mic', name: sourceName(chosen, t), detail: t('source.gone') }, ...options];
}

function detailOf(kind: string, { id, name, detail }: Device): string {
  return [kind, ...(id === name ? [] : [id]), ...(detail === undefined ? [] : [detail])].join(', ');
}

/** A file is one choice whatever its path. */
function keyOf(spec: SourceSpec | AudioSpec): string {
  return spec.kind === 'file' ? 'file' : JSON.stringify(spec);
}
