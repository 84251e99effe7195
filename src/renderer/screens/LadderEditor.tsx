// A ladder made by hand: checked by the engine's own rules, with their sentences, before it can be used.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ladderSchema, type FrameRate, type Ladder } from '../../contract/ladder.ts';
import type { LadderPlan } from '../../contract/ladderPlan.ts';
import type { Failure } from '../../contract/report.ts';
import { failureFrom } from '../commands.ts';
import { figure } from '../figures.ts';
import { Dialog } from '../frame/Dialog.tsx';
import styles from '../frame/LogDialog.module.css';
import { offerPlan } from '../offerStore.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Status } from '../parts/Status.tsx';
import { destinationOf, keepLadder, useChoice, videoOf } from '../planStore.ts';
import { useApi } from '../showStore.ts';

type Row = { readonly key: number; readonly width: string; readonly height: string; readonly kbps: string };
type Draft = { readonly name: string; readonly rate: string; readonly rows: readonly Row[] };
type Verdict = { readonly of: Draft; readonly plan?: LadderPlan; readonly failure?: Failure };

const RATES: readonly FrameRate[] = [
  { num: 24_000, den: 1001 }, { num: 24, den: 1 }, { num: 25, den: 1 }, { num: 30_000, den: 1001 }, { num: 30, den: 1 }, { num: 50, den: 1 }, { num: 60_000, den: 1001 }, { num: 60, den: 1 },
];
const OWN_NAME = 'own';
const MAX_RENDITIONS = 8;
const FIELDS = ['width', 'height', 'kbps'] as const;

/** @param from what the editing begins with */
export function LadderEditor({ from }: { readonly from: Ladder }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t('ladder.edit')}</Button>
      <Dialog title={t('ladder.title')} close={t('log.close')} open={isOpen} onClose={() => setOpen(false)}>{isOpen && <Editor from={from} onUsed={() => setOpen(false)} />}</Dialog>
    </>
  );
}

function Editor({ from, onUsed }: { readonly from: Ladder; readonly onUsed: () => void }) {
  const { t, i18n } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(from, useChoice.getState().ownLadders.some(({ name }) => name === from.name)));
  const [verdict, setVerdict] = useState<Verdict>();
  const [isAsking, setAsking] = useState(false);
  const now = verdict?.of === draft ? verdict : undefined;
  const check = async (): Promise<void> => {
    const { api } = useApi.getState();
    if (api === undefined) return;
    const ladder = ladderSchema.safeParse(ladderOf(draft, from));
    if (!ladder.success) {
      setVerdict({ of: draft, failure: { code: 'LADDER_INVALID', message: ladder.error.issues.map(({ path, message }) => `${placeOf(path)}${message}.`).join(' '), action: '' } });
      return;
    }
    setAsking(true);
    const choice = useChoice.getState();
    const destination = destinationOf(choice);
    try {
      setVerdict({ of: draft, plan: await api.ladder.plan.query({ ladder: ladder.data, video: videoOf(choice), measure: false, destination }) });
    } catch (error) {
      setVerdict({ of: draft, failure: failureFrom(error) });
    }
    setAsking(false);
  };
  const setRow = (key: number, change: Partial<Row>): void => setDraft((before) => ({ ...before, rows: before.rows.map((row) => (row.key === key ? { ...row, ...change } : row)) }));
  const { plan } = now ?? {};
  return (
    <>
      <div className={styles.form}>
        <label><span>{t('ladder.name')}</span><input type="text" maxLength={32} value={draft.name} spellCheck={false} onChange={(event) => setDraft({ ...draft, name: event.target.value })} /></label>
        <label><span>{t('ladder.rate')}</span>
          <select value={draft.rate} onChange={(event) => setDraft({ ...draft, rate: event.target.value })}>
            {ratesWith(from.frameRate).map((rate) => <option key={keyOf(rate)} value={keyOf(rate)}>{figure(rate.num / rate.den, i18n.language, rate.den === 1 ? 0 : 2)}</option>)}
          </select>
        </label>
      </div>
      <table className={styles.ladder}>
        <thead><tr><th scope="col">{t('ladder.width')}</th><th scope="col">{t('ladder.height')}</th><th scope="col">{t('where.kbps')}</th><th scope="col"><span className="spoken-only">{t('ladder.remove')}</span></th></tr></thead>
        <tbody>
          {draft.rows.map((row, index) => (
            <tr key={row.key}>
              {FIELDS.map((field) => (
                <td key={field}><input type="number" min={0} value={row[field]} aria-label={t('ladder.cell', { field: t(`ladder.${field}`), number: index + 1 })} onChange={(event) => setRow(row.key, { [field]: event.target.value })} /></td>
              ))}
              <td><Button disabled={draft.rows.length === 1} onPress={() => setDraft({ ...draft, rows: draft.rows.filter(({ key }) => key !== row.key) })}>{t('ladder.remove')}<span className="spoken-only"> {index + 1}</span></Button></td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.acts}>
        <Button disabled={draft.rows.length >= MAX_RENDITIONS} onPress={() => setDraft({ ...draft, rows: [...draft.rows, nextRow(draft.rows)] })}>{t('ladder.add')}</Button>
        <Button disabled={isAsking} onPress={() => void check()}>{t('ladder.check')}</Button>
        <Button disabled={plan === undefined} onPress={() => { if (plan !== undefined) { offerPlan(plan); keepLadder(plan.ladder); onUsed(); } }}>{t('advice.use')}</Button>
      </p>
      <div aria-live="polite">
        {now?.failure !== undefined && <FailureNote failure={now.failure} />}
        {plan !== undefined && (
          <>
            <p><Status tone={plan.expectedSpeed < 1 ? 'degraded' : 'healthy'}>{plan.expectedSpeed < 1 ? t('ladder.tooSlow') : t('ladder.fits')}</Status> {t('advice.result', { renditions: plan.ladder.renditions.map((one) => one.name).join(', '), kbps: figure(plan.totalKbps, i18n.language), speed: figure(plan.expectedSpeed, i18n.language, 1) })}</p>
            <ul lang="en" className={styles.reasons}>{plan.reasons.map(({ about, sentence }) => <li key={`${about} ${sentence}`}>{sentence}</li>)}</ul>
          </>
        )}
      </div>
    </>
  );
}

function draftOf(ladder: Ladder, isOwn: boolean): Draft {
  return {
    name: isOwn ? ladder.name : OWN_NAME, rate: keyOf(ladder.frameRate),
    rows: ladder.renditions.map(({ width, height, declaredKbps }, key) => ({ key, width: String(width), height: String(height), kbps: String(declaredKbps) })),
  };
}

/** As it was typed: what is no number is refused by the schema, not mended here. */
function ladderOf({ name, rate, rows }: Draft, from: Ladder): unknown {
  return {
    ...from, name: name.trim() === '' ? OWN_NAME : name.trim(), frameRate: ratesWith(from.frameRate).find((one) => keyOf(one) === rate),
    renditions: rows.map(({ width, height, kbps }) => ({ name: `${Math.min(Number(width), Number(height))}p`, width: Number(width), height: Number(height), declaredKbps: Number(kbps) })),
  };
}

/** Three quarters of the last one's sides at half of its bitrate, as ladders go. */
function nextRow(rows: readonly Row[]): Row {
  const last = rows.at(-1);
  const even = (side: string | undefined): string => String(Math.max(16, 2 * Math.round((Number(side ?? 640) * 0.75) / 2)));
  return { key: Math.max(...rows.map((row) => row.key), 0) + 1, width: even(last?.width), height: even(last?.height), kbps: String(Math.max(50, Math.round(Number(last?.kbps ?? 1000) / 2))) };
}

function ratesWith(own: FrameRate): readonly FrameRate[] {
  return RATES.some((one) => keyOf(one) === keyOf(own)) ? RATES : [...RATES, own];
}

function keyOf({ num, den }: FrameRate): string {
  return `${num}/${den}`;
}

function placeOf(path: readonly PropertyKey[]): string {
  const [where, index, field] = path;
  return where === 'renditions' && typeof index === 'number' ? `Rendition ${index + 1}${field === undefined ? '' : `, ${String(field)}`}: ` : '';
}
