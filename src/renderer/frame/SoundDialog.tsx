// Gain and lip-sync of each source, heard at once and remembered for its next show. It shows what the engine said.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { gainDbSchema, offsetMsSchema } from '../../contract/source.ts';
import { actNow } from '../commands.ts';
import { figure } from '../figures.ts';
import { Icon } from '../parts/Icon.tsx';
import { keepSound } from '../planStore.ts';
import { useShow } from '../showStore.ts';
import type { MixEvent } from '../../contract/report.ts';
import { Dialog } from './Dialog.tsx';
import styles from './LogDialog.module.css';

const OFFSET_STEP_MS = 10;
const { minValue: LEAST_DB, maxValue: MOST_DB } = gainDbSchema;
const { minValue: LEAST_MS, maxValue: MOST_MS } = offsetMsSchema;

export function SoundDialog() {
  const { t } = useTranslation();
  const mix = useShow((show) => show.mix);
  if (mix === undefined) return null;
  return (
    <Dialog title={t('mixer.title')} close={t('log.close')} isLarge trigger={<><Icon name="mic" />{t('mixer.open')}</>}>
      <p>{t('mixer.note')}</p>
      <ul className={styles.mixer}>{mix.sources.map((source) => <Row key={source.id} source={source} isHeard={source.id === mix.sound} />)}</ul>
    </Dialog>
  );
}

function Row({ source: { id, label, gainDb, offsetMs }, isHeard }: { readonly source: MixEvent['sources'][number]; readonly isHeard: boolean }) {
  const { t, i18n } = useTranslation();
  const [typed, setTyped] = useState<string>();
  // The hand is ahead of the engine's answer: three presses are three steps. The figure beside it is what the engine said.
  const [handDb, setHandDb] = useState<number>();
  const setGain = (db: number): void => {
    setHandDb(db);
    keepSound(id, { gainDb: db });
    void actNow((api) => api.show.gain.mutate({ source: id, db }));
  };
  const setOffset = (text: string): void => {
    setTyped(text);
    const ms = offsetMsSchema.safeParse(text.trim() === '' ? undefined : Number(text));
    if (!ms.success) return;
    keepSound(id, { offsetMs: ms.data });
    void actNow((api) => api.show.offset.mutate({ source: id, ms: ms.data }));
  };
  const isWrong = typed !== undefined && !offsetMsSchema.safeParse(typed.trim() === '' ? undefined : Number(typed)).success;
  return (
    <li>
      <b>{isHeard && <Icon name="on-air" />}{label}{isHeard && <span className="spoken-only">{t('mixer.heard')}</span>}</b>
      <label>
        <span>{t('mixer.gain')}</span>
        <input type="range" min={LEAST_DB ?? 0} max={MOST_DB ?? 0} step={1} value={handDb ?? gainDb} aria-valuetext={`${figure(handDb ?? gainDb, i18n.language)} dB`} onChange={(event) => setGain(Number(event.target.value))} onBlur={() => setHandDb(undefined)} />
        <output>{figure(gainDb, i18n.language)} dB</output>
      </label>
      <label>
        <span>{t('mixer.offset')}</span>
        <input
          type="number" min={LEAST_MS ?? 0} max={MOST_MS ?? 0} step={OFFSET_STEP_MS} value={typed ?? String(offsetMs)} aria-invalid={isWrong}
          onChange={(event) => setOffset(event.target.value)} onBlur={() => setTyped(undefined)}
        />
        <span>ms</span>
      </label>
    </li>
  );
}
