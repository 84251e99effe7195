// The engine's stage: at most one show at a time, and the questions about this machine. The API calls nothing else.
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { AccountEvent, Finding, UnfinishedOperation, UnfinishedShow, UplinkRecord } from '../../contract/engine.ts';
import type { Device } from '../../contract/device.ts';
import type { CueReceipt, CueRequest } from '../../contract/cue.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { AssetPlayback } from '../../contract/upload.ts';
import { PLAYER_TABLE, type MadeProtection, type ProtectionEntry, type ProtectionForm } from '../../contract/contentProtection.ts';
import type { FilterEntry, FilterForm, FilterScope } from '../../contract/mediaFilter.ts';
import { secretsOf } from '../cloud/protection/keyPolicy.ts';
import type { LibraryListing } from '../../contract/library.ts';
import type { EncodersReport, LadderPlan, ladderPlanRequestSchema } from '../../contract/ladderPlan.ts';
import type { EndpointChange, EndpointStatus, EventAction } from '../../contract/eventSettings.ts';
import type { LiveOutputStatus } from '../../contract/liveOutput.ts';
import type { KeyStatus } from '../../contract/sideOutput.ts';
import type { Destination, PlanQuestion, PlanVerdict, ShowPlan } from '../../contract/plan.ts';
import type { PreviewEvent, PreviewRequest } from '../../contract/sourcePreview.ts';
import type { FigureHistory, ShowEvent } from '../../contract/report.ts';
import { serviceRows, SERVICES } from '../cloud/serviceTable.ts';
import { EVENT_LIMITS } from '../encode/eventLimits.ts';
import { ladderProblems, refuse } from '../encode/ladderRules.ts';
import { shippedLadders } from '../encode/ladders.ts';
import type { RecordingNotes, RepairedFile } from '../../contract/recording.ts';
import type { RecordingBook } from '../record/recordingBook.ts';
import { isAlive } from '../secrets/fileLock.ts';
import { FigureRecord } from '../health/figureHistory.ts';
import type { MonitorHub } from '../monitor/monitorHub.ts';
import type { LiveService, PublicationChoice } from '../cloud/liveService.ts';
import { accountEvents, actOnOwnEvent, stopOwnEvent } from './eventGuard.ts';
import { completionOf, type CompletionChoice } from './archiveCompletion.ts';
import { watchShowElsewhere } from './engineDescriptor.ts';
import { EventLog } from './eventLog.ts';
import { ShowRecord } from './support/showRecord.ts';
import type { Bundle } from './support/supportBundle.ts';
import { removeAsset } from './libraryGuard.ts';
import type { ProtectionSecretStore } from './protectionSecrets.ts';
import type { AccountDesk } from './accountDesk.ts';
import type { Journal, JournalStore } from './journal.ts';
import { verdictOn } from './planVerdict.ts';
import type { StreamKeyDesk } from './streamKeys.ts';
import { OperationBook } from './operationBook.ts';
import { singleStreamPlatform, withSentRenditions } from './plainDestination.ts';
import type { Planning } from './planning.ts';
import { ShowRun, type ShowParts } from './showRun.ts';
import type { SourcePreviews } from './sourcePreview.ts';
import type { UploadQueue } from '../upload/uploadQueue.ts';

/** What the stage is built from; the engine's entry fills it with the real parts. */
export type StageParts = ShowParts & {
  readonly version: string;
  readonly home: string;
  readonly journals: JournalStore;
  readonly monitor: MonitorHub;
  readonly recordings: RecordingBook;
  readonly repairRecordings: (isWritten: (notes: RecordingNotes) => boolean) => Promise<RepairedFile[]>;
  /** Opens a service for a question beside any show. Rejects for a destination that is none. */
  readonly openService: (destination: Destination, signal: AbortSignal) => Promise<{ readonly service: LiveService; readonly close: () => Promise<void> }>;
  /** @param current what is known of the show that runs, or ran last */
  readonly writeReport: (out: string | undefined, current: () => object) => Promise<Bundle>;
  readonly doctor: (signal: AbortSignal) => Promise<readonly Finding[]>;
  readonly devices: (signal: AbortSignal) => Promise<readonly Device[]>;
  readonly planning: Planning;
  readonly previews: SourcePreviews;
  readonly uploads: UploadQueue;
  /** Signing in, and choosing an account. */
  readonly accounts: AccountDesk;
  /** Keys and certificates of content protection. */
  readonly protectionSecrets: ProtectionSecretStore;
  readonly streamKeys: StreamKeyDesk;
  /** Asks the process to end once everything is down. */
  readonly onShutdown: () => void;
  /** A show begins, and is over. */
  readonly onShow?: (isRunning: boolean) => Promise<void>;
};

export type Stage = ReturnType<typeof createStage>;

export function createStage(parts: StageParts) {
  let run: ShowRun | undefined;
  const log = new EventLog();
  const record = new ShowRecord(parts.home);
  const operations = new OperationBook(parts.home);
  const unwatch = watchShowElsewhere(parts.home, () => parts.uploads.hold());
  let figures = new FigureRecord();
  let shuttingDown = false;
  /** Measurements of encoders under way: they give way to a show. */
  let measuring = new AbortController();

  function stopMeasuring(): void {
    measuring.abort(new OperatorError('MEASUREMENT_ENDED', 'The measurement of the encoders gave way to a show.', 'Ask again when it has ended.'));
    measuring = new AbortController();
  }

  function begin(journal: Journal, resumed: 'new' | 'continue' | 'end'): void {
    stopMeasuring();
    log.reset();
    record.begin();
    const figuresOfIt = new FigureRecord();
    figures = figuresOfIt;
    const current = new ShowRun(parts, journal, (event) => {
      log.publish(event);
      if (event.type === 'stats') figuresOfIt.observe(event, performance.now());
      void record.take(event);
    }, resumed);
    run = current;
    // The show has the uplink first.
    const letUploadsGoOn = parts.uploads.hold();
    // `run` never rejects: a failure is a report.
    void (async () => {
      await parts.onShow?.(true);
      // The devices are the show's from here on.
      await parts.previews.end();
      await current.run();
      letUploadsGoOn();
      if (run === current) run = undefined;
      await parts.onShow?.(false);
    })();
  }

  function requireRun(): ShowRun {
    if (run === undefined) throw new OperatorError('NO_SHOW', 'No show is running.', 'Start one first.');
    return run;
  }

  function requireIdle(): void {
    if (shuttingDown) throw new OperatorError('SHUTTING_DOWN', 'The engine is shutting down.', 'Start it again.');
    if (run !== undefined) throw new OperatorError('SHOW_RUNNING', 'A show is running already.', 'End it first; one engine carries one show.');
  }

  /** Asks a service with the shows of this home that have not ended at hand. */
  async function askService<T>(destination: Destination, signal: AbortSignal, question: (service: LiveService, unfinished: readonly Journal[]) => Promise<T>): Promise<T> {
    const { service, close } = await parts.openService(destination, signal);
    try {
      return await question(service, await parts.journals.unfinished());
    } finally {
      await close().catch(() => undefined);
    }
  }

  return {
    info: async (): Promise<{ version: string; pid: number; home: string; showRunning: boolean; unfinished: UnfinishedShow[] }> => ({
      version: parts.version,
      pid: process.pid,
      home: parts.home,
      showRunning: run !== undefined,
      unfinished: (await parts.journals.unfinished())
        .filter((journal) => journal.showId !== run?.showId)
        .map((journal) => ({
          showId: journal.showId,
          state: journal.state,
          startedAtUtc: journal.startedAtUtc,
          eventName: journal.created.eventName,
          destination: journal.plan.destination.kind,
        })),
    }),
    /** Names accounts: not for those who only watch. */
    operations: async (): Promise<UnfinishedOperation[]> => operations.unfinished(),
    /** A support bundle without secrets, in a new file. */
    report: async (out: string | undefined): Promise<Bundle> => parts.writeReport(out, () => record.current),
    doctor: async (signal: AbortSignal | undefined) => parts.doctor(signal ?? new AbortController().signal),
    events: async (destination: Destination, signal = new AbortController().signal): Promise<AccountEvent[]> =>
      askService(destination, signal, async (service, unfinished) => accountEvents(service, unfinished, signal)),
    uplink: async (destination: Destination): Promise<UplinkRecord | undefined> => parts.uplinks.last(destination),
    stopEvent: async (destination: Destination, name: string, signal = new AbortController().signal): Promise<AccountEvent> =>
      askService(destination, signal, async (service, unfinished) =>
        operations.carryOut({ destination, account: service.label }, { kind: 'event', name, action: 'stop' }, { signal }, async (_wish, options) => stopOwnEvent(service, name, unfinished, options))),
    actOnEvent: async (destination: Destination, name: string, act: EventAction, signal = new AbortController().signal): Promise<AccountEvent | undefined> =>
      askService(destination, signal, async (service, unfinished) =>
        operations.carryOut({ destination, account: service.label }, { kind: 'event', name, action: act.action }, { signal }, async (_wish, options) => actOnOwnEvent(service, name, act, unfinished, options))),
    endpoints: async (destination: Destination, signal = new AbortController().signal): Promise<readonly EndpointStatus[]> =>
      askService(destination, signal, async (service) => service.listEndpoints(signal)),
    changeEndpoint: async (destination: Destination, change: EndpointChange, signal = new AbortController().signal): Promise<EndpointStatus> =>
      askService(destination, signal, async (service) => {
        const place = { destination, account: service.label };
        // An endpoint that an unfinished change has stopped does not say itself what it did before.
        const isPending = await operations.pending(place, { kind: 'endpoint', change }) !== undefined;
        const run = change.run ?? (isPending ? undefined : (await service.listEndpoints(signal)).find(({ name }) => name === change.name)?.state === 'Running');
        const settled = { kind: 'endpoint' as const, change: { ...change, ...(run === undefined ? {} : { run }) } };
        return operations.carryOut(place, settled, { signal }, async (wish, options) => service.changeEndpoint(wish.change, options));
      }),
    library: {
      list: async (destination: Destination, search?: string, signal = new AbortController().signal): Promise<LibraryListing> =>
        askService(destination, signal, async ({ library }) => library.listAssets(search, signal)),
      publish: async (destination: Destination, assetName: string, choice: PublicationChoice, signal = new AbortController().signal): Promise<AssetPlayback> =>
        askService(destination, signal, async ({ library }) => {
          await library.readAsset(assetName, signal);
          return library.publishAsset(assetName, choice, { signal, onProgress: () => undefined });
        }),
      addresses: async (destination: Destination, assetName: string, signal = new AbortController().signal): Promise<AssetPlayback> =>
        askService(destination, signal, async ({ library }) => library.addresses(assetName, { signal, onProgress: () => undefined })),
      testToken: async (destination: Destination, assetName: string, lifeSeconds: number, signal = new AbortController().signal): Promise<string> =>
        askService(destination, signal, async ({ library }) => library.testToken(assetName, lifeSeconds, signal)),
      unpublish: async (destination: Destination, assetName: string, signal = new AbortController().signal): Promise<number> =>
        askService(destination, signal, async ({ library }) => library.unpublishAsset(assetName, signal)),
      remove: async (destination: Destination, assetName: string, evenIfPublic: boolean, signal = new AbortController().signal): Promise<void> =>
        askService(destination, signal, async ({ library }) => removeAsset(library, assetName, evenIfPublic, signal)),
    },
    filters: {
      list: async (destination: Destination, scope: FilterScope, signal = new AbortController().signal): Promise<readonly FilterEntry[]> =>
        askService(destination, signal, async ({ library }) => library.listFilters(scope, signal)),
      put: async (destination: Destination, scope: FilterScope, name: string, form: FilterForm, signal = new AbortController().signal): Promise<void> =>
        askService(destination, signal, async ({ library }) => library.putFilter(scope, name, form, signal)),
      remove: async (destination: Destination, scope: FilterScope, name: string, evenIfUsed: boolean, signal = new AbortController().signal): Promise<void> =>
        askService(destination, signal, async ({ library }) => library.removeFilter(scope, name, evenIfUsed, signal)),
    },
    protection: {
      table: () => PLAYER_TABLE,
      list: async (destination: Destination, signal = new AbortController().signal): Promise<readonly ProtectionEntry[]> =>
        askService(destination, signal, async ({ library }) => library.listProtections(signal)),
      put: async (destination: Destination, name: string, form: ProtectionForm, signal = new AbortController().signal): Promise<MadeProtection> =>
        askService(destination, signal, async ({ library }) => library.putProtection(name, form, await parts.protectionSecrets.read(secretsOf(form)), signal)),
      remove: async (destination: Destination, name: string, signal = new AbortController().signal): Promise<void> =>
        askService(destination, signal, async ({ library }) => library.removeProtection(name, signal)),
      secrets: async (): Promise<readonly string[]> => parts.protectionSecrets.names(),
      keepSecret: async (name: string, value: string | undefined): Promise<void> => parts.protectionSecrets.keep(name, value),
    },
    keys: {
      status: async (asked: readonly string[]): Promise<KeyStatus> => parts.streamKeys.status(asked),
      keep: async (name: string, key: string | undefined): Promise<void> => parts.streamKeys.keep(name, key),
    },
    verdict: (asked: PlanQuestion): PlanVerdict => verdictOn(asked),
    /** What each service can do, and what each type of event takes. */
    services: () => ({ services: SERVICES, rows: serviceRows(), eventTypes: EVENT_LIMITS }),
    ladders: (): readonly Ladder[] => shippedLadders(),
    /** A measurement beside a show would take its processor: then only what is known is answered with. */
    planLadder: async (request: z.output<typeof ladderPlanRequestSchema>, signal = new AbortController().signal): Promise<LadderPlan> => {
      const seen = request.destination === undefined ? undefined : await parts.uplinks.last(request.destination);
      // What was carried without a limit in sight must not become one.
      const uplinkKbps = request.uplinkKbps ?? (seen?.isLimit === true ? Math.max(64, seen.carriesKbps) : undefined);
      const platform = request.destination === undefined ? undefined : singleStreamPlatform(request.destination, request.eventType);
      const plan = async (): Promise<LadderPlan> => parts.planning.plan({ ...request, uplinkKbps, platform }, run === undefined, AbortSignal.any([signal, measuring.signal]));
      // A camera can be opened once.
      return request.source === undefined && request.video?.kind === 'camera' ? parts.previews.giveWayTo(plan) : plan();
    },
    encoders: async ({ ladder, again }: { readonly ladder?: Ladder | undefined; readonly again: boolean }, signal = new AbortController().signal): Promise<EncodersReport> => {
      if (ladder !== undefined) refuse(ladderProblems(ladder));
      if (again) requireIdle();
      const report = await parts.planning.encoders(ladder, again, run === undefined, AbortSignal.any([signal, measuring.signal]));
      if (report === undefined) throw new OperatorError('SHOW_RUNNING', 'The encoders cannot be measured beside a show.', 'Ask again when it has ended.');
      return report;
    },
    devices: async (signal: AbortSignal | undefined) => parts.devices(signal ?? new AbortController().signal),
    /** The sources of a plan as pictures and levels on the monitor, for as long as it is listened to; a show ends it. */
    preview: async function* preview(request: PreviewRequest, signal: AbortSignal | undefined): AsyncGenerator<PreviewEvent> {
      requireIdle();
      yield* parts.previews.watch(request, signal);
    },

    start: async (plan: ShowPlan): Promise<{ showId: string }> => {
      requireIdle();
      refuse(ladderProblems(plan.ladder));
      const showId = randomUUID();
      begin({ version: 1, showId, startedAtUtc: new Date().toISOString(), state: 'idle', plan: withSentRenditions(plan), created: { ownsEvent: false, startedEvent: false, publishedOutput: false } }, 'new');
      return { showId };
    },

    resume: async (showId: string, end: boolean): Promise<{ showId: string }> => {
      requireIdle();
      const journal = await parts.journals.read(showId);
      if (journal === undefined) {
        throw new OperatorError('NO_SUCH_SHOW', `No show with the id ${showId} is on record.`, 'List the unfinished shows with `fieldcast resume`.');
      }
      requireIdle();
      begin(journal, end ? 'end' : 'continue');
      return { showId };
    },

    goLive: () => requireRun().goLive(),
    switchTo: (source: string, audio: 'follow' | 'stay') => requireRun().desk.switchTo(source, audio),
    mute: (on: boolean) => requireRun().desk.mute(on),
    showSlate: (on: boolean) => requireRun().desk.showSlate(on),
    setGain: (source: string, db: number) => requireRun().desk.setGain(source, db),
    setOffset: (source: string, ms: number) => requireRun().desk.setOffset(source, ms),
    setBitrate: (rendition: string, kbps: number) => ({ frame: requireRun().encoder.setBitrate(rendition, kbps) }),
    requestIdr: () => ({ frame: requireRun().requestIdr() }),
    cue: async (request: CueRequest): Promise<CueReceipt> => requireRun().cue(request),
    outputs: async (signal = new AbortController().signal): Promise<readonly LiveOutputStatus[]> => requireRun().outputs(signal),
    startRecording: async (dir: string | undefined) => requireRun().recording.start(dir),
    stopRecording: async () => requireRun().recording.stop(),
    recordings: async (): Promise<RecordingNotes[]> => parts.recordings.list(),
    /** Uploads a recording as the on-demand version of its show, at the same addresses; answers with the upload's id. */
    completeArchive: async (recordingId: string, choice: CompletionChoice): Promise<string[]> => {
      const notes = (await parts.recordings.list()).find(({ id }) => id === recordingId);
      if (notes === undefined) throw new OperatorError('NO_SUCH_RECORDING', `No recording has the id ${recordingId}.`, 'List them with `fieldcast recordings --json`.');
      return parts.uploads.add(completionOf(notes, await parts.journals.list(), choice));
    },
    /** Makes plain files of what crashes have left in fragments; what a living process records is left alone. */
    repairRecordings: async (): Promise<RepairedFile[]> => parts.repairRecordings(({ pid, isOver }) => !isOver && isAlive(pid)),
    setSideOutput: (name: string, on: boolean) => requireRun().setSideOutput(name, on),
    reconnectNow: () => requireRun().reconnectNow(),
    /** Of the show that runs, or ran last. */
    history: (): FigureHistory => figures.view(),
    takeOver: async () => requireRun().takeOver(),
    end: () => requireRun().end(),
    abort: () => requireRun().abort(),

    /** What is known of the show that runs (or ran last), then everything that happens. */
    watch: (signal: AbortSignal | undefined): AsyncGenerator<ShowEvent> => log.watch(signal),

    /** Where clients look at the program of whichever show is on. */
    monitor: parts.monitor,

    uploads: parts.uploads,

    accounts: parts.accounts,

    /** Ends the show in order, then the process. */
    shutdown: async (): Promise<void> => {
      shuttingDown = true;
      stopMeasuring();
      if (run !== undefined) {
        run.end();
        await run.done;
      }
      parts.accounts.cancel();
      await parts.previews.end();
      unwatch();
      await parts.uploads.close();
      parts.onShutdown();
    },

    /** Ends the show at once; for a second Ctrl-C and for a parent that has gone twice. */
    abortNow: async (): Promise<void> => {
      shuttingDown = true;
      stopMeasuring();
      run?.abort();
      await run?.done;
      parts.accounts.cancel();
      await parts.previews.end();
      unwatch();
      await parts.uploads.close();
      parts.onShutdown();
    },
  };
}
