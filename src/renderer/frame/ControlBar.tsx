// What the hand needs now. The act that changes the state of the show is always at the far right, and there is at most one.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { command, useCommands } from '../commands.ts';
import { changeLook, useLook } from '../lookStore.ts';
import type { ShowState } from '../../contract/report.ts';
import { Button } from '../parts/Button.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { missingIn, planOf, useChoice } from '../planStore.ts';
import { useApi, useShow } from '../showStore.ts';
import { useOffers } from '../offerStore.ts';
import { useVerdict } from '../verdictStore.ts';
import { Desk } from './Desk.tsx';
import styles from './Frame.module.css';

const isChord = (key: string) => (event: KeyboardEvent): boolean =>
  (event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === key;
const isStopChord = isChord('e');
const isLiveChord = isChord('l');

export function ControlBar() {
  const { t } = useTranslation();
  const isWatching = useApi((one) => one.role === 'watch');
  const state = useShow((show) => show.state);
  return (
    <footer className={styles.controlBar} aria-label={t('control.label')} data-bar>
      {isWatching ? <span className={styles.note}>{t('role.watching')}</span> : <Acts state={state} />}
    </footer>
  );
}

function Acts({ state }: { readonly state: ShowState }) {
  return (
    <>
      {(state === 'idle' || state === 'ended' || state === 'failed') && <Off />}
      {state === 'preparing' && <Preparing />}
      {state === 'rehearsing' && <Rehearsing />}
      {state === 'live' && <Live />}
      {state === 'ending' && <Ending />}
    </>
  );
}

function Off() {
  const { t } = useTranslation();
  const choice = useChoice();
  const { mode, page } = useLook();
  const ladder = useOffers((one) => one.ladders?.find(({ name }) => name === choice.ladder));
  const encoder = useOffers((one) => (ladder === undefined ? undefined : one.encoders[ladder.name]));
  const connected = useApi((one) => one.api !== undefined);
  const pending = useCommands((one) => one.pending);
  const isRefused = useVerdict((one) => one.problems.length > 0);
  const ready = connected && !pending && !isRefused && missingIn(choice, ladder).length === 0;
  const start = (): void => {
    if (ladder !== undefined) void command((api) => api.show.start.mutate(planOf(choice, ladder, encoder)));
  };
  const isPlain = choice.where === 'rtmp';
  return (
    <>
      {(mode !== 'operator' || page !== 'show') && <Button size="large" onPress={() => changeLook({ mode: 'operator', page: 'show' })}>{t('control.change')}</Button>}
      <span className={`${styles.note} ${styles.push}`}>{isPlain ? t('control.plainNote') : t('control.startNote')}</span>
      {isPlain
        ? <Button kind="air" size="show" icon="on-air" disabled={!ready} onPress={start}>{t('control.goLive')}</Button>
        : <Button kind="preview" size="show" icon="rehearsal" disabled={!ready} onPress={start}>{t('control.startRehearsal')}</Button>}
    </>
  );
}

function Preparing() {
  const { t } = useTranslation();
  const pending = useCommands((one) => one.pending);
  return (
    <>
      <Button size="large" disabled={pending} onPress={() => void command((api) => api.show.abort.mutate())}>{t('control.cancel')}</Button>
      <span className={styles.note}>{t('control.preparingNote')}</span>
    </>
  );
}

function Rehearsing() {
  const { t } = useTranslation();
  const pending = useCommands((one) => one.pending);
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      if (!isLiveChord(event)) return;
      event.preventDefault();
      if (!event.repeat) void goLive();
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  }, []);
  return (
    <>
      <Button size="large" disabled={pending} onPress={() => void command((api) => api.show.end.mutate())}>{t('control.endRehearsal')}</Button>
      <Desk />
      <span className={`${styles.note} ${styles.push}`}>{t('control.goLiveNote')}</span>
      <Button kind="air" size="show" icon="on-air" shortcut={t('control.ctrlL')} disabled={pending} onPress={() => void goLive()}>{t('control.goLive')}</Button>
    </>
  );
}

async function goLive(): Promise<void> {
  await command((api) => api.show.goLive.mutate());
}

function Live() {
  const { t } = useTranslation();
  const pending = useCommands((one) => one.pending);
  return (
    <>
      <Desk />
      <span className={styles.push} />
      <HoldButton label={t('control.stop')} shortcut={t('control.ctrlE')} isShortcut={isStopChord} disabled={pending} onHeld={() => void command((api) => api.show.end.mutate())} />
    </>
  );
}

function Ending() {
  const { t } = useTranslation();
  const pending = useCommands((one) => one.pending);
  return (
    <>
      <span className={styles.note}>{t('control.endingNote')}</span>
      <span className={styles.push} />
      <HoldButton label={t('control.endNow')} disabled={pending} onHeld={() => void command((api) => api.show.abort.mutate())} />
    </>
  );
}
