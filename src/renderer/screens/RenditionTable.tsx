// A row for each rendition and connection: what was promised, what is made, and how it travels. Only what fails is coloured.
import { useTranslation } from 'react-i18next';
import type { ConnectionReport, RenditionReport } from '../../contract/report.ts';
import { figure, size } from '../figures.ts';
import { LONG_QUEUE_MS } from '../health.ts';
import { Status } from '../parts/Status.tsx';
import table from '../parts/Table.module.css';
import { useShow } from '../showStore.ts';
import { lostInWindow } from '../slidingFigures.ts';
import styles from './Operator.module.css';

type RowProps = { readonly rendition: RenditionReport; readonly connection: ConnectionReport | undefined };

/** Media arrives with each GOP, of 4 s at most: what is older than two and some has stopped. */
const STALE_SECONDS = 10;
const STATES = ['idle', 'connecting', 'publishing', 'waiting', 'stopped', 'failed'] as const;

export function RenditionTable() {
  const { t, i18n } = useTranslation();
  const stats = useShow((show) => show.stats);
  if (stats === undefined) return null;
  const { renditions, connections } = stats;
  const rows = renditions.flatMap((rendition): RowProps[] => {
    const own = connections.filter((one) => one.rendition === rendition.name);
    return own.length === 0 ? [{ rendition, connection: undefined }] : own.map((connection) => ({ rendition, connection }));
  });
  const sum = (value: (one: RenditionReport) => number): string => figure(renditions.reduce((total, one) => total + value(one), 0), i18n.language);
  return (
    // It scrolls sideways on narrow windows, so the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.renditions} aria-label={t('operator.renditions')} tabIndex={0}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{t('operator.head')}</th>
            <th scope="col" className={table.number}>{t('operator.declared')}</th>
            <th scope="col" className={table.number}>{t('operator.actual')}</th>
            <th scope="col">{t('operator.connection')}</th>
            <th scope="col" className={table.number}>{t('operator.arrived')}</th>
            <th scope="col" className={table.number}>{t('operator.acknowledged')}</th>
            <th scope="col" className={table.number}>{t('operator.queue')}</th>
            <th scope="col" className={table.number}>{t('operator.dropped')}</th>
          </tr>
        </thead>
        <tbody>{rows.map(({ rendition, connection }) => <Row key={`${rendition.name} ${connection?.endpoint ?? ''}`} rendition={rendition} connection={connection} />)}</tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('where.all')}</th>
            <td className={table.number}>{sum((one) => one.declaredKbps)}</td>
            <td className={table.number}>{sum((one) => one.actualKbps)}</td>
            <td colSpan={5}>{t('operator.taken', { taken: connections.filter((one) => one.state === 'publishing').length, all: connections.length })}{connections[0] !== undefined && `, ${hostOf(connections[0])}`}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function Row({ rendition, connection }: RowProps) {
  const { t, i18n } = useTranslation();
  const samples = useShow((show) => show.samples);
  const lost = lostInWindow(samples, rendition.name);
  const notYet = <span className={table.nothing}>{t('operator.notYet')}</span>;
  const age = rendition.arrived?.ageSeconds;
  const isLate = connection !== undefined && connection.queuedMs > LONG_QUEUE_MS;
  return (
    <tr>
      <th scope="row">{rendition.name}<span className={table.size}>{rendition.width} × {rendition.height}</span></th>
      <td className={`${table.number} ${table.secondary}`}>{figure(rendition.declaredKbps, i18n.language)}</td>
      <td className={table.number}>{figure(rendition.actualKbps, i18n.language)}</td>
      <td>{connection === undefined ? notYet : <ConnectionState connection={connection} />}</td>
      <td className={`${table.number} ${age !== undefined && age > STALE_SECONDS ? table.late : ''}`}>{age === undefined ? notYet : t('operator.ago', { seconds: figure(age, i18n.language, 1) })}</td>
      <td className={table.number}>{connection === undefined || connection.acknowledgedBytes === 0 ? notYet : size(connection.acknowledgedBytes, i18n.language)}</td>
      <td className={`${table.number} ${isLate ? table.late : ''}`}>{connection === undefined ? notYet : figure(connection.queuedMs, i18n.language)}</td>
      <td className={table.number}>
        {lost.droppedFrames === 0 && lost.droppedMs === 0
          ? <span className={table.nothing}>0</span>
          : <span className={table.late}>{[
            ...(lost.droppedFrames > 0 ? [t('operator.frames', { count: lost.droppedFrames })] : []),
            ...(lost.droppedMs > 0 ? [t('operator.seconds', { seconds: figure(lost.droppedMs / 1000, i18n.language, 1) })] : []),
          ].join(', ')}</span>}
      </td>
    </tr>
  );
}

function ConnectionState({ connection }: { readonly connection: ConnectionReport }) {
  const { t } = useTranslation();
  const state = STATES.find((one) => one === connection.state) ?? 'idle';
  const word = t(`operator.state.${state}`);
  if (state === 'publishing') return <><Status tone="healthy" /> {word}</>;
  return <Status tone={state === 'waiting' || state === 'failed' ? 'degraded' : 'idle'}>{word}</Status>;
}

function hostOf({ endpoint }: ConnectionReport): string {
  const parsed = URL.parse(endpoint);
  return parsed === null ? endpoint : `${parsed.protocol}//${parsed.host}`;
}
