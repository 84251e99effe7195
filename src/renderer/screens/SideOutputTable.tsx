// A row for each place beside the main destination: how it fares, and a switch that touches it alone.
import { useTranslation } from 'react-i18next';
import type { SideOutputReport } from '../../contract/sideOutput.ts';
import { actNow } from '../commands.ts';
import { figure, size } from '../figures.ts';
import { LONG_QUEUE_MS } from '../health.ts';
import { Button } from '../parts/Button.tsx';
import { Status, type Tone } from '../parts/Status.tsx';
import table from '../parts/Table.module.css';
import { useApi, useShow } from '../showStore.ts';
import styles from './Operator.module.css';

const TONES: Readonly<Record<SideOutputReport['state'], Tone>> = {
  publishing: 'healthy', idle: 'idle', connecting: 'idle', off: 'idle', stopped: 'idle', held: 'degraded', waiting: 'degraded', failed: 'degraded',
};

export function SideOutputTable() {
  const { t } = useTranslation();
  const outputs = useShow((show) => show.stats?.sideOutputs);
  if (outputs === undefined || outputs.length === 0) return null;
  return (
    // It scrolls sideways on narrow windows, so the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.renditions} aria-label={t('also.live')} tabIndex={0}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{t('also.live')}</th>
            <th scope="col">{t('also.rendition')}</th>
            <th scope="col">{t('operator.connection')}</th>
            <th scope="col" className={table.number}>{t('also.sent')}</th>
            <th scope="col" className={table.number}>{t('operator.queue')}</th>
            <th scope="col" className={table.number}>{t('also.reconnects')}</th>
            <th scope="col"><span className="spoken-only">{t('also.act')}</span></th>
          </tr>
        </thead>
        <tbody>{outputs.map((output) => <Row key={output.name} output={output} />)}</tbody>
      </table>
    </section>
  );
}

function Row({ output: { name, state, rendition, sentBytes, queuedMs, reconnects, lastError } }: { readonly output: SideOutputReport }) {
  const { t, i18n } = useTranslation();
  const mayAct = useApi((one) => one.role !== 'watch');
  const isOver = state === 'off' || state === 'failed';
  const set = (on: boolean): void => void actNow((api) => api.show.also.mutate({ name, on }));
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className={table.secondary}>{rendition}</td>
      <td className={styles.said} title={lastError}>{state === 'publishing' ? <><Status tone="healthy" /> {t('also.state.publishing')}</> : <Status tone={TONES[state]}>{t(`also.state.${state}`)}</Status>}{isOver || state === 'waiting' ? <span className={table.size} lang="en">{lastError}</span> : null}</td>
      <td className={table.number}>{sentBytes === 0 ? <span className={table.nothing}>{t('operator.notYet')}</span> : size(sentBytes, i18n.language)}</td>
      <td className={`${table.number} ${queuedMs > LONG_QUEUE_MS ? table.late : ''}`}>{figure(queuedMs, i18n.language)}</td>
      <td className={table.number}>{figure(reconnects, i18n.language)}</td>
      <td className={table.number}>{mayAct && <Button onPress={() => set(isOver)}>{state === 'failed' ? t('also.again') : state === 'off' ? t('also.switchOn') : t('also.switchOff')}<span className="spoken-only"> {name}</span></Button>}</td>
    </tr>
  );
}
