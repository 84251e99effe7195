// The engine's state as a plain page: what it is, one sentence, and a row for each rendition. It controls nothing yet.
import type { ShowState, ShowStats } from '../contract/report.ts';
import styles from './EngineStatus.module.css';
import { useShow } from './showStore.ts';

/** Word, shape and colour of a state; never the colour alone. */
const LAMPS: Readonly<Record<ShowState, { readonly word: string; readonly shape: string; readonly tone: 'idle' | 'preview' | 'air' | 'degraded' }>> = {
  idle: { word: 'OFF', shape: '○', tone: 'idle' },
  preparing: { word: 'PREPARING', shape: '◐', tone: 'preview' },
  rehearsing: { word: 'REHEARSAL', shape: '◆', tone: 'preview' },
  live: { word: 'ON AIR', shape: '●', tone: 'air' },
  ending: { word: 'ENDING', shape: '◔', tone: 'idle' },
  ended: { word: 'ENDED', shape: '○', tone: 'idle' },
  failed: { word: 'FAILED', shape: '⯃', tone: 'degraded' },
};

export function EngineStatus() {
  const { state, sentence, stats, playback, link, engine } = useShow();
  const lamp = LAMPS[state];
  const urls = Object.entries(playback).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return (
    <main>
      <h1>Fieldcast</h1>
      <p className={styles['lamp']} data-tone={lamp.tone}>
        <span aria-hidden="true">{lamp.shape}</span>
        <span role="status">{lamp.word}</span>
        {state === 'live' && stats !== undefined && <span className={styles['time']}>{clock(stats.onAirSeconds)}</span>}
      </p>
      <p className={styles['sentence']} aria-live="polite">{sentence}</p>
      {stats !== undefined && <Renditions stats={stats} />}
      {urls.length > 0 && (
        <section>
          <h2>Playback</h2>
          <ul className={styles['links']}>
            {urls.map(([name, url]) => <li key={name}>{name}: {url}</li>)}
          </ul>
        </section>
      )}
      <p className={styles['foot']}>
        {link === 'connected' && engine !== undefined ? `Engine ${engine.version}, process ${engine.pid}` : 'No engine'}
      </p>
    </main>
  );
}

function Renditions({ stats }: { readonly stats: ShowStats }) {
  return (
    <section>
      <h2>Renditions</h2>
      <table className={styles['table']}>
        <thead>
          <tr>
            <th scope="col">Rendition</th>
            <th scope="col">Size</th>
            <th scope="col">Declared kbit/s</th>
            <th scope="col">Actual kbit/s</th>
            <th scope="col">Frames</th>
            <th scope="col">Dropped</th>
            <th scope="col">Queue ms</th>
          </tr>
        </thead>
        <tbody>
          {stats.renditions.map((one) => (
            <tr key={one.name}>
              <td>{one.name}</td>
              <td>{one.width} × {one.height}</td>
              <td>{figure(one.declaredKbps)}</td>
              <td>{figure(one.actualKbps)}</td>
              <td>{figure(one.frames)}</td>
              <td>{figure(one.droppedFrames)}</td>
              <td>{longestQueue(stats, one.name)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function longestQueue(stats: ShowStats, rendition: string): string {
  const queues = stats.connections.filter((one) => one.rendition === rendition).map((one) => one.queuedMs);
  return queues.length === 0 ? 'not yet' : figure(Math.max(...queues));
}

function figure(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** h:mm:ss of a duration. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
