// What is on air, at a key each: the sources, the sound, the slate. It shows what the engine said, never what was pressed.
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { useTranslation } from 'react-i18next';
import { actNow } from '../commands.ts';
import { useKeys, usePlainKeys } from '../hotkeys.ts';
import buttons from '../parts/Button.module.css';
import { Icon } from '../parts/Icon.tsx';
import { SourceThumb } from '../parts/SourceThumb.tsx';
import { useShow } from '../showStore.ts';
import { CueDialog } from './CueDialog.tsx';
import { SoundDialog } from './SoundDialog.tsx';
import styles from './Frame.module.css';

/** What a break is announced as; it ends earlier when the operator says so. */
const BREAK_SECONDS = 30;

export function Desk() {
  const { t } = useTranslation();
  const mix = useShow((show) => show.mix);
  const keys = useKeys();
  const isOnAir = useShow((show) => show.state === 'live');
  const isBreak = useShow((show) => show.lastBreak?.kind === 'out');
  const recording = useShow((show) => show.stats?.recording);
  const cue = (): void => {
    if (isOnAir) void actNow((api) => api.show.cue.mutate(isBreak ? { kind: 'in' } : { kind: 'out', durationSeconds: BREAK_SECONDS }));
  };
  const record = (): void => void actNow((api) => api.show.record.mutate({ on: recording?.state !== 'recording' }));
  const pictures = mix?.sources.filter((one) => one.id !== 'audio') ?? [];
  const switchTo = (source: string): void => {
    if (source !== mix?.picture && pictures.some((one) => one.id === source)) void actNow((api) => api.show.switchTo.mutate({ source, audio: 'follow' }));
  };
  const mute = (): void => void actNow((api) => api.show.mute.mutate({ on: mix?.muted !== true }));
  const slate = (): void => void actNow((api) => api.show.slate.mutate({ on: mix?.slate !== true }));
  usePlainKeys((key) => {
    if (mix === undefined) return;
    if (key === keys.mute) mute();
    else if (key === keys.slate) slate();
    else if (key === keys.cue) cue();
    else switchTo(key);
  });
  if (mix === undefined) return null;
  return (
    <>
      {pictures.length > 1 && (
        <ToggleGroup className={styles.sources} aria-label={t('desk.sources')} value={[mix.picture]} onValueChange={([id]) => { if (id !== undefined) switchTo(id); }}>
          {pictures.map(({ id, label }) => (
            <Toggle key={id} value={id} title={label}><SourceThumb source={id} />{id === mix.picture && <Icon name="on-air" />}<span className={styles.sourceLabel}>{label}</span><kbd className={buttons.key}>{id}</kbd></Toggle>
          ))}
        </ToggleGroup>
      )}
      <Toggle className={styles.deskButton} pressed={mix.muted} onPressedChange={mute}><Icon name="mic" />{mix.muted ? t('desk.muted') : t('desk.mute')}<kbd className={buttons.key}>{keys.mute.toUpperCase()}</kbd></Toggle>
      <Toggle className={styles.deskButton} pressed={mix.slate} onPressedChange={slate}><Icon name="slate" />{mix.slate ? t('desk.slateOn') : t('desk.slate')}<kbd className={buttons.key}>{keys.slate.toUpperCase()}</kbd></Toggle>
      <SoundDialog />
      {isOnAir && <Toggle className={styles.deskButton} pressed={isBreak} onPressedChange={cue}><Icon name="waiting" />{isBreak ? t('desk.cueIn') : t('desk.cueOut', { seconds: String(BREAK_SECONDS) })}<kbd className={buttons.key}>{keys.cue.toUpperCase()}</kbd></Toggle>}
      {isOnAir && <CueDialog />}
      {recording !== undefined && <Toggle className={styles.deskButton} pressed={recording.state === 'recording'} onPressedChange={record}><Icon name="on-air" />{recording.state === 'recording' ? t('desk.recording') : t('desk.record')}</Toggle>}
    </>
  );
}
