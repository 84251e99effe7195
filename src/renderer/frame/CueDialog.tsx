// Cues of every kind: a break with its length, its end, a message made elsewhere, data for viewers; and withdrawing one in time.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cueRequestSchema, MIN_PRE_ROLL_SECONDS } from '../../contract/cue.ts';
import type { Failure } from '../../contract/report.ts';
import { failureFrom } from '../commands.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { useApi } from '../showStore.ts';
import { CueList } from './CueList.tsx';
import { Dialog } from './Dialog.tsx';
import styles from './LogDialog.module.css';

const AS = { out: ['splice-insert', 'time-signal', 'simple', 'cue-point'], in: ['splice-insert', 'time-signal'] } as const;
type As = (typeof AS.out)[number];
const KINDS = ['out', 'in', 'data', 'scte35'] as const;
type Kind = (typeof KINDS)[number];
type Form = { readonly kind: Kind; readonly id: string; readonly duration: string; readonly preRoll: string; readonly as: As; readonly text: string; readonly via: 'stream' | 'https' };
/** Services take no more than two cues a second. */
const REST_MS = 600;
const EMPTY: Form = { kind: 'out', id: '', duration: '30', preRoll: '', as: 'splice-insert', text: '', via: 'stream' };

export function CueDialog() {
  const { t } = useTranslation();
  return <Dialog title={t('cue.title')} close={t('log.close')} isLarge trigger={t('cue.open')}><Cues /></Dialog>;
}

function Cues() {
  const { t } = useTranslation();
  const [form, setForm] = useState(EMPTY);
  const [failure, setFailure] = useState<Failure>();
  /** A cue is on its way, or the next one would come too soon behind it. */
  const [isResting, setResting] = useState(false);
  const change = (to: Partial<Form>): void => setForm((before) => ({ ...before, ...to }));
  const parsed = cueRequestSchema.safeParse(requestOf(form));
  const [issue] = parsed.success ? [] : parsed.error.issues;
  const give = async (request: unknown): Promise<void> => {
    const { api } = useApi.getState();
    const cue = cueRequestSchema.safeParse(request);
    if (api === undefined || !cue.success) return;
    setFailure(undefined);
    setResting(true);
    try {
      await api.show.cue.mutate(cue.data);
    } catch (error) {
      setFailure(failureFrom(error));
    }
    setTimeout(setResting, REST_MS, false);
  };
  const hasPreRoll = form.kind !== 'data' || form.via === 'stream';
  return (
    <>
      <form className={styles.form} onSubmit={(event) => { event.preventDefault(); void give(requestOf(form)); }}>
        <label><span>{t('cue.kind')}</span>
          <select value={form.kind} onChange={(event) => change({ kind: KINDS.find((one) => one === event.target.value) ?? 'out', as: 'splice-insert' })}>{KINDS.map((one) => <option key={one} value={one}>{t(`cue.kinds.${one}`)}</option>)}</select>
        </label>
        {(form.kind === 'out' || form.kind === 'data') && <label><span>{t('cue.duration')}</span><input type="number" min={0} step="any" value={form.duration} onChange={(event) => change({ duration: event.target.value })} /></label>}
        {(form.kind === 'out' || form.kind === 'in') && (
          <label><span>{t('cueList.as')}</span>
            <select value={form.as} onChange={(event) => change({ as: AS.out.find((one) => one === event.target.value) ?? 'splice-insert' })}>{AS[form.kind].map((one) => <option key={one} value={one}>{t(`cueList.asKinds.${one}`)}</option>)}</select>
          </label>
        )}
        {form.kind === 'data' && <label><span>{t('cue.json')}</span><textarea rows={3} value={form.text} spellCheck={false} placeholder={'{"score": "1:0"}'} onChange={(event) => change({ text: event.target.value })} /></label>}
        {form.kind === 'scte35' && <label><span>{t('cue.section')}</span><textarea rows={3} value={form.text} spellCheck={false} onChange={(event) => change({ text: event.target.value })} /></label>}
        {form.kind === 'data' && (
          <label><span>{t('cue.via')}</span>
            <select value={form.via} onChange={(event) => change({ via: event.target.value === 'https' ? 'https' : 'stream' })}><option value="stream">{t('cue.viaStream')}</option><option value="https">{t('cue.viaHttps')}</option></select>
          </label>
        )}
        {hasPreRoll && <label><span>{t('cue.preRoll')}</span><input type="number" min={0} step="any" placeholder={form.kind === 'data' ? '0' : String(MIN_PRE_ROLL_SECONDS)} value={form.preRoll} onChange={(event) => change({ preRoll: event.target.value })} /></label>}
        <label><span>{t('cue.id')}</span><input type="text" value={form.id} spellCheck={false} placeholder={t('cue.idNote')} onChange={(event) => change({ id: event.target.value })} /></label>
        <p className={styles.acts}><Button disabled={!parsed.success || isResting} onPress={() => void give(requestOf(form))}>{t('cue.give')}</Button>{issue !== undefined && form.text !== '' && <span>{t('cue.wrong')}</span>}</p>
      </form>
      <FailureNote failure={failure} />
      <CueList isResting={isResting} onWithdraw={(id) => void give({ kind: 'cancel', id })} />
    </>
  );
}

/** As the contract takes it; what is left empty is left out. */
function requestOf({ kind, id, duration, preRoll, as, text, via }: Form): unknown {
  const common = { kind, ...(id.trim() === '' ? {} : { id: id.trim() }), ...(preRoll.trim() === '' ? {} : { preRollSeconds: Number(preRoll) }) };
  const lasting = duration.trim() === '' ? {} : { durationSeconds: Number(duration) };
  switch (kind) {
    case 'out': return { ...common, ...lasting, as };
    case 'in': return { ...common, as };
    case 'scte35': return { ...common, section: text.trim() };
    case 'data': return { ...common, ...lasting, via, data: jsonOf(text) };
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
