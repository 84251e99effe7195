// Live events of the account: attach to one, see which cost money and whose they are, stop what Fieldcast left.
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountEvent } from '../../contract/engine.ts';
import { Dialog } from '../frame/Dialog.tsx';
import dialog from '../frame/LogDialog.module.css';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Status } from '../parts/Status.tsx';
import { choose, destinationOf, useChoice } from '../planStore.ts';
import type { EngineClient } from '../../main/api/client.ts';
import { useAsked } from '../useAsked.ts';
import { useWork } from '../useWork.ts';

export function EventsDialog() {
  const { t } = useTranslation();
  return <Dialog title={t('events.title')} close={t('log.close')} trigger={t('events.open')}><Events /></Dialog>;
}

function Events() {
  const { t } = useTranslation();
  const choice = useChoice();
  const [destination] = useState(() => destinationOf(choice));
  const list = useCallback(async (api: EngineClient, signal: AbortSignal) => await api.engine.events.query(destination, { signal }), [destination]);
  const { answer, failure, isAsking, again } = useAsked(list);
  return (
    <>
      <p aria-live="polite">{isAsking ? t('events.looking') : answer?.length === 0 ? t('events.none') : t('events.note')}</p>
      <FailureNote failure={failure} />
      <ul className={dialog.rows}>{answer?.map((event) => <EventRow key={event.name} event={event} onStopped={again} />)}</ul>
    </>
  );
}

function EventRow({ event, onStopped }: { readonly event: AccountEvent; readonly onStopped: () => void }) {
  const { t, i18n } = useTranslation();
  const { name, state, ours, costs, sinceUtc, showId } = event;
  const choice = useChoice();
  const { isWorking, failure, run, cancel } = useWork();
  const whose = showId !== undefined ? t('events.ofShow') : ours ? t('events.orphaned') : t('events.foreign');
  const destination = destinationOf(choice);
  const act = async (ask: Parameters<typeof run>[0]): Promise<void> => {
    await run(ask);
    onStopped();
  };
  return (
    <li>
      <div><b>{name}</b><p>{[state, whose, ...(sinceUtc === undefined ? [] : [t('events.since', { time: new Date(sinceUtc).toLocaleString(i18n.language) })])].join(', ')}</p></div>
      <Status tone={costs ? 'degraded' : 'idle'}>{costs ? t('events.costs') : t('events.free')}</Status>
      <div className={dialog.acts}>
        <Button disabled={isWorking} onPress={() => choose({ eventName: name, join: ours ? choice.join : true })}>{choice.eventName === name ? t('events.chosen') : t('events.use')}</Button>
        {ours && costs && !isWorking && <HoldButton label={t('events.stop')} onHeld={() => void act(async (api, signal) => api.engine.stopEvent.mutate({ destination, eventName: name }, { signal }))} />}
        {ours && state === 'Stopped' && !isWorking && showId === undefined && <HoldButton label={t('library.delete')} onHeld={() => void act(async (api, signal) => api.engine.actOnEvent.mutate({ destination, eventName: name, act: { action: 'delete' } }, { signal }))} />}
        {isWorking && <><Status tone="preview">{t('events.working')}</Status><Button onPress={cancel}>{t('control.cancel')}</Button></>}
      </div>
      {failure !== undefined && <div className={dialog.wide}><FailureNote failure={failure} /></div>}
    </li>
  );
}
