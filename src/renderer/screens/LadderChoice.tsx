// Which ladder the next show is made in, what it sends, and the ways to another one: for step 2 and for the settings.
import { useTranslation } from 'react-i18next';
import type { Ladder } from '../../contract/ladder.ts';
import { figure } from '../figures.ts';
import { useOffers } from '../offerStore.ts';
import { Field } from '../parts/Field.tsx';
import table from '../parts/Table.module.css';
import { choose, useChoice } from '../planStore.ts';
import styles from './GoLive.module.css';
import { LadderAdvice } from './LadderAdvice.tsx';
import { LadderEditor } from './LadderEditor.tsx';

/** The chosen one, or the first where that is not there; undefined until the engine has told its ladders. */
export function useChosenLadder(): Ladder | undefined {
  const chosen = useChoice((choice) => choice.ladder);
  return useOffers(({ ladders }) => ladders?.find((one) => one.name === chosen) ?? ladders?.[0]);
}

export function LadderChoice() {
  const { t } = useTranslation();
  const ladders = useOffers((offers) => offers.ladders);
  const ladder = useChosenLadder();
  return (
    <Field label={t('where.ladder')}>
      <select value={ladder?.name ?? ''} onChange={(event) => choose({ ladder: event.target.value })}>
        {(ladders ?? []).map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
      </select>
    </Field>
  );
}

/** Planning one for this machine, or making one by hand; not while a show runs. */
export function LadderWork() {
  const ladder = useChosenLadder();
  return (
    <>
      <LadderAdvice />
      {ladder !== undefined && <div className={styles.acts}><LadderEditor from={ladder} /></div>}
    </>
  );
}

/** What the chosen ladder sends. */
export function LadderTable() {
  const { t, i18n } = useTranslation();
  const ladder = useChosenLadder();
  if (ladder === undefined) return null;
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
