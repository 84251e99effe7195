// The sources of the plan before there is a show, as the engine captures them: looked at while a step shows them and the page is seen.
import { useEffect } from 'react';
import { create } from 'zustand';
import type { AlarmEvent, Failure, SourceHealth } from '../contract/report.ts';
import type { PreviewEvent } from '../contract/sourcePreview.ts';
import { failureFrom } from './commands.ts';
import { previewOf, useChoice } from './planStore.ts';
import { useApi, useShow } from './showStore.ts';
import { isRunning } from './showView.ts';

export type SourceLook = {
  readonly isOn: boolean;
  readonly labels: readonly { readonly id: string; readonly label: string }[];
  /** What became of sources that do not deliver, by id. */
  readonly states: Readonly<Record<string, SourceHealth>>;
  /** Why one could not be opened, by id; it is tried again. */
  readonly unopened: Readonly<Record<string, Failure>>;
  readonly alarms: readonly AlarmEvent[];
  /** Of the look itself. */
  readonly failure: Failure | undefined;
};

const nothingSeen: SourceLook = { isOn: false, labels: [], states: {}, unopened: {}, alarms: [], failure: undefined };
export const useSourceLook = create<SourceLook>(() => nothingSeen);

/** So long nothing more is chosen, ms: a device is not opened for a passing choice. */
const REST_MS = 600;

/** Looks for as long as the component is there. */
export function useLookAtSources(): void {
  const api = useApi((one) => one.api);
  const isWatching = useApi((one) => one.role === 'watch');
  const running = useShow((show) => isRunning(show.state));
  const wanted = useChoice((choice) => choice.look);
  const request = useChoice((choice) => JSON.stringify(previewOf(choice) ?? null));
  useEffect(() => {
    const asked: ReturnType<typeof previewOf> | null = JSON.parse(request) as ReturnType<typeof previewOf> | null;
    if (api === undefined || isWatching || running || !wanted || asked === null || asked === undefined) return undefined;
    let stop = (): void => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const begin = (): void => {
      if (document.hidden) return;
      timer = setTimeout(() => {
        useSourceLook.setState({ ...nothingSeen, isOn: true });
        const looking = api.engine.preview.subscribe(asked, {
          onData: (event) => useSourceLook.setState((before) => afterLook(before, event)),
          onError: (error) => useSourceLook.setState({ ...nothingSeen, failure: failureFrom(error) }),
          onComplete: () => useSourceLook.setState(nothingSeen),
        });
        stop = () => looking.unsubscribe();
      }, REST_MS);
    };
    const end = (): void => {
      clearTimeout(timer);
      stop();
      stop = () => undefined;
      useSourceLook.setState(nothingSeen);
    };
    const onVisibility = (): void => {
      end();
      begin();
    };
    document.addEventListener('visibilitychange', onVisibility);
    begin();
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      end();
    };
  }, [api, isWatching, running, wanted, request]);
}

/** What is known after one more event. Pure. */
export function afterLook(before: SourceLook, event: PreviewEvent): SourceLook {
  switch (event.type) {
    case 'mix': {
      const { unopened } = before;
      const labels = event.sources.map(({ id, label }) => ({ id, label }));
      // What is in the mix has been opened.
      return { ...before, labels, unopened: Object.fromEntries(Object.entries(unopened).filter(([id]) => !labels.some((one) => one.id === id))) };
    }
    case 'source': return { ...before, states: { ...before.states, [event.source]: event.state } };
    case 'unopened': return { ...before, unopened: { ...before.unopened, [event.source]: event.failure } };
    case 'alarm': {
      const others = before.alarms.filter((one) => one.code !== event.code);
      return { ...before, alarms: event.raised ? [...others, event] : others };
    }
  }
}
