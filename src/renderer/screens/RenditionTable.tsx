// A row for each rendition: what was promised, what is made, and how it travels to each endpoint. Only what fails is coloured.
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectionReport, RenditionReport } from '../../contract/report.ts';
import { figure } from '../figures.ts';
import { LONG_QUEUE_MS } from '../health.ts';
import { Status } from '../parts/Status.tsx';
import table from '../parts/Table.module.css';
import { useShow } from '../showStore.ts';
import { encodingNow, leftOutMs, lostInWindow } from '../slidingFigures.ts';
import styles from './Operator.module.css';

/** Media arrives with each GOP, of 4 s at most: what is older than two and some has stopped. */
const STALE_SECONDS = 10;
/** An encoder that makes fewer of the program's frames than this over some seconds falls behind. */
const SLOW_SPEED = 0.95;
const STATES = ['idle', 'connecting', 'publishing', 'waiting', 'held', 'stopped', 'failed'] as const;

export function RenditionTable() {
  const { t, i18n } = useTranslation();
  const stats = useShow((show) => show.stats);
  const samples = useShow((show) => show.samples);
  if (stats === undefined) return null;
  const { renditions, connections } = stats;
  const ways = renditions.map((rendition) => connections.filter((one) => one.rendition === rendition.name));
  const groups = Math.max(1, ...ways.map((own) => own.length));
  const actual = renditions.map((one) => encodingNow(samples, one.name)?.kbps ?? one.actualKbps);
  const sum = (values: readonly number[]): string => figure(values.reduce((total, one) => total + one, 0), i18n.language);
  const nameOf = (group: number): string => (groups === 1 ? t('operator.connection')
    : group === 0 ? t('operator.primary') : group === 1 ? t('operator.secondary') : t('operator.endpoint', { number: group + 1 }));
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
            <th scope="col" className={table.number}>{t('operator.encode')}</th>
            <th scope="col" className={table.number}>{t('operator.arrived')}</th>
            {Array.from({ length: groups }, (_, group) => (
              <Fragment key={group}>
                <th scope="col" className={table.group}>{nameOf(group)}</th>
                <th scope="col" className={table.number}>{t('operator.queue')}</th>
                <th scope="col" className={table.number}>{t('operator.dropped')}</th>
              </Fragment>
            ))}
          </tr>
        </thead>
        <tbody>
          {renditions.map((rendition, index) => (
            <tr key={rendition.name}>
              <EncodedCells rendition={rendition} />
              {Array.from({ length: groups }, (_, group) => <ConnectionCells key={group} connection={ways[index]?.[group]} rendition={rendition.name} />)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('where.all')}</th>
            <td className={table.number}>{sum(renditions.map((one) => one.declaredKbps))}</td>
            <td className={table.number}>{sum(actual)}</td>
            <td colSpan={2} />
            {Array.from({ length: groups }, (_, group) => <td key={group} colSpan={3} className={table.group}><Taken connections={ways.flatMap((own) => own[group] ?? [])} /></td>)}
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function EncodedCells({ rendition }: { readonly rendition: RenditionReport }) {
  const { t, i18n } = useTranslation();
  const samples = useShow((show) => show.samples);
  const isResting = useShow((show) => show.stats?.encoder?.shed.includes(rendition.name) === true);
  const encoding = encodingNow(samples, rendition.name);
  const isBehind = isResting || (encoding !== undefined && encoding.speed < SLOW_SPEED);
  const age = rendition.arrived?.ageSeconds;
  return (
    <>
      <th scope="row">{rendition.name}<span className={table.size}>{rendition.width} × {rendition.height}</span></th>
      <td className={`${table.number} ${table.secondary}`}>{figure(rendition.declaredKbps, i18n.language)}</td>
      <td className={table.number}>{figure(encoding?.kbps ?? rendition.actualKbps, i18n.language)}</td>
      <td className={`${table.number} ${isBehind ? table.late : ''}`}>
        {isResting ? t('operator.resting') : encoding === undefined ? <NotYet /> : `${figure(encoding.speed, i18n.language, 2)} ×`}
      </td>
      <td className={`${table.number} ${age !== undefined && age > STALE_SECONDS ? table.late : ''}`}>{age === undefined ? <NotYet /> : t('operator.ago', { seconds: figure(age, i18n.language, 1) })}</td>
    </>
  );
}

function ConnectionCells({ connection, rendition }: { readonly connection: ConnectionReport | undefined; readonly rendition: string }) {
  const { t, i18n } = useTranslation();
  const samples = useShow((show) => show.samples);
  if (connection === undefined) return <><td className={table.group}><NotYet /></td><td className={table.number}><NotYet /></td><td className={table.number}><NotYet /></td></>;
  const ms = leftOutMs(samples, connection);
  const { droppedFrames } = lostInWindow(samples, rendition);
  // With their cause: they call for different remedies.
  const leftOut = [
    ...(droppedFrames > 0 ? [t('operator.byEncoder', { count: droppedFrames })] : []),
    ...(ms > 0 ? [t('operator.byNetwork', { seconds: figure(ms / 1000, i18n.language, 1) })] : []),
  ];
  return (
    <>
      <td className={table.group}><ConnectionState connection={connection} /></td>
      <td className={`${table.number} ${connection.queuedMs > LONG_QUEUE_MS ? table.late : ''}`}>{figure(connection.queuedMs, i18n.language)}</td>
      <td className={table.number}>
        {leftOut.length === 0 ? <span className={table.nothing}>0</span> : <span className={table.late}>{leftOut.join(', ')}</span>}
      </td>
    </>
  );
}

function ConnectionState({ connection }: { readonly connection: ConnectionReport }) {
  const { t } = useTranslation();
  const state = STATES.find((one) => one === connection.state) ?? 'idle';
  const word = t(`operator.state.${state}`);
  if (state === 'publishing') return <><Status tone="healthy" /> {word}</>;
  return <Status tone={state === 'waiting' || state === 'held' || state === 'failed' ? 'degraded' : 'idle'}>{word}</Status>;
}

/** How many of an endpoint's connections send, how far away it is, and where. */
function Taken({ connections }: { readonly connections: readonly ConnectionReport[] }) {
  const { t, i18n } = useTranslation();
  const first = connections[0];
  if (first === undefined) return null;
  const trips = connections.flatMap((one) => one.roundTripMs ?? []);
  const count = { taken: connections.filter((one) => one.state === 'publishing').length, all: connections.length };
  return (
    <>
      {trips.length === 0 ? t('operator.taken', count) : t('operator.roundTrip', { ...count, ms: figure(trips.reduce((total, one) => total + one, 0) / trips.length, i18n.language) })}
      , {hostOf(first)}
    </>
  );
}

function NotYet() {
  const { t } = useTranslation();
  return <span className={table.nothing}>{t('operator.notYet')}</span>;
}

function hostOf({ endpoint }: ConnectionReport): string {
  const parsed = URL.parse(endpoint);
  return parsed === null ? endpoint : `${parsed.protocol}//${parsed.host}`;
}
