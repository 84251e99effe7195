// Runs one show from the command line: starts the engine, follows the show, and turns Ctrl-C and Enter into the engine's calls.
import { TRPCClientError } from '@trpc/client';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import { failureSchema, type ShowEvent, type ShowReport } from '../../contract/report.ts';
import type { EngineClient } from '../api/client.ts';
import { startEngineProcess, type EngineProcess } from './engineProcess.ts';
import { ladderPlanLines } from './ladderPlanText.ts';
import { listenToKeys } from './showKeys.ts';
import type { ShowPrinter } from './showPrinter.ts';

/** What the engine's planner chooses before the show; the rest of the plan stays. */
export type PlanningWish = { readonly chooses: 'ladder and encoder' | 'encoder'; readonly uplinkKbps?: number };

/** What the engine is asked to do: a new show, or an earlier one taken up or ended. */
export type ShowRequest =
  | { readonly kind: 'start'; readonly plan: ShowPlan; readonly wish?: PlanningWish }
  | { readonly kind: 'resume'; readonly showId: string; readonly end: boolean };

export type RunSettings = {
  readonly entry: string;
  readonly home: string;
  readonly printer: ShowPrinter;
  readonly say: (text: string) => void;
};

/** Resolves with the report; rejects with an OperatorError when no show came about or the engine died. */
export async function runShow(request: ShowRequest, settings: RunSettings): Promise<ShowReport> {
  const engine = await startEngineProcess(settings);
  const release = handleInterrupts(engine, settings.say);
  try {
    if (request.kind === 'start') await warnOfUnfinished(engine.api, settings.say);
    const started = request.kind === 'start'
      ? engine.api.show.start.mutate(await settledPlan(request.plan, request.wish, engine, settings.say))
      : engine.api.show.resume.mutate({ showId: request.showId, end: request.end });
    await started.catch((error: unknown) => { throw operatorErrorOf(error); });
    const stopListening = keysOf(engine.api, request.kind === 'start' && request.plan.rehearse, settings.say);
    try {
      return await follow(engine, settings.printer);
    } finally {
      stopListening();
    }
  } finally {
    release();
    await engine.shutdown();
  }
}

/** The plan with what the planner chose, after the reasons were said. */
async function settledPlan(plan: ShowPlan, wish: PlanningWish | undefined, engine: EngineProcess, say: (text: string) => void): Promise<ShowPlan> {
  if (wish === undefined) return plan;
  say('Planning the ladder. Where the encoders of this machine were not tried yet, that takes some seconds.');
  const answer = engine.api.ladder.plan.query({
    video: plan.video, measure: true,
    ...(plan.event?.type === undefined ? {} : { eventType: plan.event.type }),
    // What the uplink was last seen to carry there, and what a platform takes, bound a ladder that is chosen; one that was given is the operator's.
    ...(wish.chooses === 'encoder' ? { ladder: plan.ladder } : { destination: plan.destination }),
    ...(wish.uplinkKbps === undefined ? {} : { uplinkKbps: wish.uplinkKbps }),
  }).catch((error: unknown) => { throw operatorErrorOf(error); });
  const gone = engine.exited.then(() => { throw new OperatorError('ABORTED', 'The show was ended before it began.', 'Start it again.'); });
  const chosen = await Promise.race([answer, gone]);
  for (const line of ladderPlanLines(chosen)) say(line);
  return { ...plan, ladder: chosen.ladder, encoder: chosen.encoder };
}

/** The typed failure inside an answer of the engine, or the plain message. */
export function operatorErrorOf(error: unknown): Error {
  if (error instanceof TRPCClientError) {
    const parsed = failureSchema.safeParse((error.data as { failure?: unknown } | undefined)?.failure);
    if (parsed.success) return new OperatorError(parsed.data.code, parsed.data.message, parsed.data.action, { cause: error });
  }
  return error instanceof Error ? error : new Error(messageOf(error));
}

async function follow(engine: EngineProcess, printer: ShowPrinter): Promise<ShowReport> {
  const report = Promise.withResolvers<ShowReport>();
  const subscription = engine.api.show.watch.subscribe(undefined, {
    onData: (event: ShowEvent) => {
      printer.print(event);
      if (event.type === 'report') report.resolve(event);
    },
    onError: (error) => report.reject(operatorErrorOf(error)),
  });
  void engine.exited.then(({ code, stderr }) => report.reject(new OperatorError(
    'ENGINE_DIED',
    `The engine ended unexpectedly (code ${code ?? 'none'}). ${stderr.trim().split('\n').slice(-3).join(' ')}`,
    'Run `fieldcast resume` to take the show up again, or `fieldcast resume --end` to close what it left.',
  )));
  try {
    return await report.promise;
  } finally {
    subscription.unsubscribe();
  }
}

/** First Ctrl-C: end in order. Second: at once. A closed terminal or SIGTERM counts as the first. */
function handleInterrupts(engine: EngineProcess, say: (text: string) => void): () => void {
  let asked = false;
  const onSignal = (): void => {
    const call = asked ? engine.api.show.abort.mutate() : engine.api.show.end.mutate();
    say(asked ? 'Ending at once.' : 'Ending the show. Press Ctrl-C again to end at once.');
    asked = true;
    call.catch(() => { void engine.shutdown(); });
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => { for (const signal of signals) process.off(signal, onSignal); };
}

function keysOf(api: EngineClient, rehearses: boolean, say: (text: string) => void): () => void {
  const sayWhy = (error: unknown): void => say(messageOf(operatorErrorOf(error)));
  if (rehearses && process.stdin.isTTY) say('Press Enter to go live.');
  return listenToKeys({
    ...(rehearses ? { goLive: () => { api.show.goLive.mutate().catch(sayWhy); } } : {}),
    reconnectNow: () => { api.show.reconnectNow.mutate().catch(sayWhy); },
  });
}

async function warnOfUnfinished(api: EngineClient, say: (text: string) => void): Promise<void> {
  const { unfinished } = await api.engine.info.query();
  for (const show of unfinished) {
    say(`ATTENTION  The show of ${show.startedAtUtc} (event ${show.eventName ?? 'none'}, ${show.destination}) never ended. `
      + `Take it up with \`fieldcast resume ${show.showId}\`, or close it with \`fieldcast resume --end ${show.showId}\`.`);
  }
}
