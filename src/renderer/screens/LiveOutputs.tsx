// What records the event, as the service tells it: how much is kept and how far viewers may go back. Asked anew now and then; it changes seldom.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveOutputStatus } from '../../contract/liveOutput.ts';
import { figure } from '../figures.ts';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { useApi, useShow } from '../showStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './Operator.module.css';

const REFRESH_MS = 15_000;
const list = async (api: EngineClient, signal: AbortSignal) => await api.show.outputs.query(undefined, { signal });

/** Where the destination knows events and this page may ask. */
export function LiveOutputs() {
  const hasEvent = useShow((show) => show.stats?.eventName !== undefined && show.state === 'live' && show.playback.hls !== undefined);
  const role = useApi((one) => one.role);
  return hasEvent && role !== 'watch' ? <Outputs /> : null;
}

function Outputs() {
  const { t } = useTranslation();
  const { answer, failure, again } = useAsked(list);
  useEffect(() => {
    const timer = setInterval(again, REFRESH_MS);
    return () => clearInterval(timer);
  }, [again]);
  return (
    <section aria-labelledby="outputs-title">
      <div className={styles.chartHeading}><h2 id="outputs-title">{t('outputs.title')}</h2></div>
      <FailureNote failure={failure} />
      {answer?.length === 0 && <p className={styles.factNote}>{t('outputs.none')}</p>}
      {answer?.map((output) => <Output key={output.name} output={output} />)}
      {answer !== undefined && answer.length > 0 && <p className={styles.locked} title={t('outputs.fixedNote')}><Icon name="lock" />{t('outputs.fixed')}: {t('outputs.fixedNote')}</p>}
    </section>
  );
}

function Output({ output: { name, state, archiveSeconds, rewindSeconds, ofShow } }: { readonly output: LiveOutputStatus }) {
  const { t } = useTranslation();
  const span = useSpan();
  return (
    <dl className={styles.facts}>
      <div><dt>{name}</dt><dd><Status tone={state === 'Running' ? 'air' : 'idle'}>{state}</Status></dd><dd className={styles.factNote}>{ofShow ? t('outputs.ofShow') : t('outputs.other')}</dd></div>
      {archiveSeconds !== undefined && <div><dt>{t('outputs.archive')}</dt><dd>{span(archiveSeconds)}</dd></div>}
      <div><dt>{t('outputs.rewind')}</dt><dd>{rewindSeconds === undefined ? t('outputs.usual') : span(rewindSeconds)}</dd></div>
    </dl>
  );
}

/** A length in the unit in which it is whole. */
function useSpan(): (seconds: number) => string {
  const { t, i18n } = useTranslation();
  return (seconds) => {
    if (seconds >= 3600 && seconds % 1800 === 0) return t('outputs.span.hours', { hours: figure(seconds / 3600, i18n.language, seconds % 3600 === 0 ? 0 : 1) });
    if (seconds % 60 === 0) return t('outputs.span.minutes', { minutes: figure(seconds / 60, i18n.language) });
    return t('outputs.span.seconds', { seconds: figure(seconds, i18n.language) });
  };
}
