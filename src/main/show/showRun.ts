// The conductor: one show from plan to report. It orders the steps; media and services do the work, and what is made stands in the book.
import type { CueReceipt, CueRequest } from '../../contract/cue.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { Failure, ShowEvent, ShowReport, Timings } from '../../contract/report.ts';
import type { LiveOutputStatus } from '../../contract/liveOutput.ts';
import type { LiveService } from '../cloud/liveService.ts';
import { createTimeline } from '../media/timeline.ts';
import type { ChainEvents, ChainFigures, DeskControls, EncoderControls, MediaChain, PublishTarget } from './chain.ts';
import { MachineLoad } from '../health/machineLoad.ts';
import { refuseEvent } from './eventRules.ts';
import { ingestTargets } from './ingestTargets.ts';
import { filledByPartner } from './pair/filledByPartner.ts';
import { ShowPair, type EncoderFor } from './pair/showPair.ts';
import type { Journal, JournalStore } from './journal.ts';
import { notComparable, PublicStream, type Comparison, type PlaybackReaders } from './publicStream.ts';
import { ShowBook, type Beginning } from './showBook.ts';
import { chooseNames, closeWhatWasMade, nowUtcSeconds, openEvent, timelineOf } from './showEvent.ts';
import type { RecordingControls } from './recordingDesk.ts';
import { ShowHealth } from './showHealth.ts';
import { PLATFORM_RULES } from './sideOutputs.ts';
import { showReportOf } from './showReport.ts';
import { failureOf, ShowSteps } from './showSteps.ts';
import type { UplinkRecords } from './uplinkRecords.ts';

/** A destination that has been opened: a service with events, or plain RTMP targets. */
export type OpenDestination =
  | { readonly kind: 'service'; readonly service: LiveService; readonly close: () => Promise<void> }
  | { readonly kind: 'rtmp'; readonly targets: readonly PublishTarget[]; /** What its platform may not like. */ readonly warnings: readonly string[] };

export type ShowParts = PlaybackReaders & {
  readonly journals: JournalStore;
  readonly uplinks: UplinkRecords;
  readonly openDestination: (plan: ShowPlan, signal: AbortSignal, onProgress: (sentence: string) => void) => Promise<OpenDestination>;
  readonly encoderFor: EncoderFor;
  readonly createChain: (plan: ShowPlan, events: ChainEvents, eventName: string, instance: string) => Promise<MediaChain>;
};

/** How long the service may take to end and stop what a show has made. */
const CLEANUP_MS = 30_000;
const STATS_INTERVAL_MS = 1_000;

export class ShowRun {
  readonly done: Promise<void>;
  readonly #parts: ShowParts;
  readonly #book: ShowBook;
  readonly #steps = new ShowSteps();
  readonly #stream: PublicStream;
  readonly #health: ShowHealth;
  readonly #pair: ShowPair;
  readonly #load = new MachineLoad();
  readonly #goLiveRequested = Promise.withResolvers<void>();
  readonly #doneResolvers = Promise.withResolvers<void>();
  readonly #startedAtMs = performance.now();
  #timings: Timings = {};
  #destination: OpenDestination | undefined;
  #chain: MediaChain | undefined;
  #onAirSinceSeconds: number | undefined;

  constructor(parts: ShowParts, journal: Journal, publish: (event: ShowEvent) => void, beginning: Beginning) {
    this.#parts = parts;
    this.#book = new ShowBook(parts.journals, journal, publish, beginning);
    this.#stream = new PublicStream(this.#book, this.#steps, parts);
    this.#health = new ShowHealth((failure) => this.#book.warn(failure));
    this.#pair = new ShowPair(this.#book, this.#steps, () => this.#chain?.figures());
    this.done = this.#doneResolvers.promise;
  }

  get showId(): string {
    return this.#book.journal.showId;
  }

  /** From rehearsal to the public; says so when there is nothing to make public. */
  goLive(): void {
    const { state } = this.#book;
    if (state !== 'rehearsing' && state !== 'preparing') {
      throw new OperatorError('NOT_REHEARSING', `The show is ${state}, not in rehearsal.`, 'Going live is possible from a rehearsal.');
    }
    if (this.#pair.isGuest) {
      throw new OperatorError('NOT_OWNER', `${this.#pair.ownerName} owns the event and decides when it goes public; this instance follows.`, 'Go live there, or take over with `fieldcast control take-over`.');
    }
    this.#goLiveRequested.resolve();
  }

  /** Makes this instance the owner of the event, whoever was. */
  async takeOver(): Promise<void> {
    await this.#pair.takeOver();
  }

  /** @throws {OperatorError} `NO_SOURCES` before they are opened. */
  get desk(): DeskControls {
    if (this.#chain === undefined) throw new OperatorError('NO_SOURCES', 'The sources of the show are not open yet.', 'Try again in a moment.');
    return this.#chain.desk;
  }

  /** @throws {OperatorError} `NOT_ENCODING` before there is anything to encode. */
  get encoder(): EncoderControls {
    if (this.#chain === undefined) throw new OperatorError('NOT_ENCODING', 'Nothing is being encoded yet.', 'Try again in a moment.');
    return this.#chain;
  }

  /**
   * Every rendition begins anew at the next possible frame, with which it answers.
   * @throws {OperatorError} `IDR_IN_PAIR` beside another instance, which does not cut there: if the one that viewers see died within that
   * GOP, the other's copy of it would not fit behind what was shown. And as {@link EncoderControls}.
   */
  requestIdr(): number {
    if (this.#pair.view()?.partner?.isPresent === true) {
      throw new OperatorError(
        'IDR_IN_PAIR', 'Two instances carry this event, and both have to cut at the same frames.',
        'Give a cue instead (`fieldcast cue out`): it stands at a keyframe that both have. Or wait for the next GOP.',
      );
    }
    return this.encoder.requestIdr();
  }

  /** @throws {OperatorError} when the cue cannot be carried out as it was asked for */
  async cue(request: CueRequest): Promise<CueReceipt> {
    const chain = this.#chain;
    if (chain === undefined) throw new OperatorError('NOT_ON_AIR', 'No media flows yet.', 'Give the cue while the show is in rehearsal or live.');
    const receipt = request.kind === 'data' && request.via === 'https' ? await this.#postData(request) : chain.cue(request);
    this.#book.cue(receipt);
    return receipt;
  }

  /** What records the event, as the service tells it; empty where the destination knows no events, and before the event is open. */
  async outputs(signal: AbortSignal): Promise<readonly LiveOutputStatus[]> {
    const destination = this.#destination;
    const { eventName, outputName } = this.#book.journal.created;
    if (destination?.kind !== 'service' || eventName === undefined) return [];
    return await destination.service.listOutputs(eventName, outputName, signal);
  }

  /** @throws {OperatorError} `NOT_ON_AIR` before the first picture. */
  get recording(): RecordingControls {
    if (this.#chain === undefined) throw new OperatorError('NOT_ON_AIR', 'The show has no picture to record.', 'Try again in a moment.');
    return this.#chain.recording;
  }

  /** Connections that wait for their next attempt make it now. */
  reconnectNow(): void {
    this.#chain?.reconnectNow();
  }

  /** Switches an output beside the main one on or off. @throws {OperatorError} `NOT_ON_AIR`, `NO_SUCH_OUTPUT` */
  setSideOutput(name: string, on: boolean): void {
    if (this.#chain === undefined) throw new OperatorError('NOT_ON_AIR', 'No media flows yet.', 'Try again while the show is in rehearsal or live.');
    this.#chain.setSideOutput(name, on);
  }

  /** Ends in order: at the next GOP boundary, drained, everything that was created closed. */
  end(): void {
    this.#steps.requestEnd();
  }

  /** Ends at once; what was created at the service is still closed. */
  abort(): void {
    this.#steps.abort();
  }

  /** Runs the whole show. Never rejects: the report says how it ended. */
  async run(): Promise<void> {
    const stats = setInterval(() => this.#publishStats(), STATS_INTERVAL_MS);
    const book = this.#book;
    let failure: Failure | undefined;
    let comparison: Comparison = { verdict: notComparable(), received: [] };
    try {
      if (book.beginning === 'end') {
        await book.enter('ending', 'Ending what an earlier run left behind.');
        this.#destination = await this.#open();
      } else {
        await this.#untilEnd();
        comparison = await this.#finish();
        await this.#settleRecording();
      }
    } catch (error) {
      failure = failureOf(error);
    }
    clearInterval(stats);
    this.#health.stop();
    // The first cause is the one to act on; what could not be closed stands among the warnings.
    const leftOver = await this.#cleanUp();
    failure ??= leftOver;
    const undelivered = this.#chain?.undelivered(comparison.received, this.#health.hasArchiveFailed) ?? [];
    await this.#chain?.recording.keep(undelivered);
    const state = failure === undefined ? 'ended' : 'failed';
    await book.enter(state, failure === undefined ? 'The show has ended.' : `${failure.message} ${failure.action}`).catch(() => undefined);
    const figures = this.#chain?.figures();
    book.say(showReportOf(book, { failure, comparison, figures, undelivered, onAirSeconds: this.#onAirSeconds(), timings: this.#timings, pair: this.#pairReport(comparison, figures) }));
    await this.#noteUplink();
    await this.#parts.journals.prune().catch(() => undefined);
    this.#doneResolvers.resolve();
  }

  /** Everything up to the moment at which the end is wanted. */
  async #untilEnd(): Promise<void> {
    const book = this.#book;
    await book.enter('preparing', 'Preparing: checking the sources and the destination.');
    const names = await chooseNames(book);
    // What is joined decides how the media is made.
    if (book.journal.plan.join !== undefined) await this.#join();
    const chain = await this.#parts.createChain(book.journal.plan, {
      onWarning: (warning) => book.warn(warning),
      onAlarm: (change) => book.alarm({ type: 'alarm', ...change, atUtc: new Date().toISOString() }),
      onSource: (event) => book.say(event),
      onEncoder: (event) => book.say(event),
      onSideOutput: (event) => book.say(event),
      onFatal: (error) => this.#steps.fail(error),
    }, names.eventName, book.journal.showId);
    this.#chain = chain;
    const destination = this.#destination ?? await this.#steps.run(this.#open());
    this.#destination = destination;
    if (destination.kind === 'service') {
      const { plan } = book.journal;
      if (plan.join === undefined) refuseEvent(plan.event ?? {}, plan.ladder, destination.service.capabilities);
      await this.#steps.run(destination.service.checkAccount(this.#steps.signal));
    }
    book.progress('Waiting for the first picture.');
    await this.#steps.run(chain.openSources());
    if (this.#steps.isEnding) return;
    if (destination.kind === 'rtmp') await this.#carryPlain(chain, destination);
    else await this.#carryOnService(chain, destination.service);
  }

  /** @throws OperatorError with the reason why this instance cannot take part in the event */
  async #join(): Promise<void> {
    const destination = await this.#steps.run(this.#open());
    this.#destination = destination;
    if (destination.kind === 'rtmp') throw new OperatorError('JOIN_NO_EVENT', 'A plain RTMP server has no event that could be joined.', 'Name the account that the first instance uses.');
    const { canUpdate, streams } = destination.service.capabilities;
    if (!canUpdate || streams === 'one') {
      throw new OperatorError('JOIN_IMPOSSIBLE', canUpdate ? 'An event of this service takes one stream, so two instances would push each other out.' : 'At this service two instances cannot agree: an event there stays as it was created.', 'Go live with one instance, and record on the other.');
    }
    await this.#steps.run(this.#pair.takeOverPlan(destination.service, this.#parts.encoderFor));
    await this.#parts.journals.supersede(this.#book.journal);
  }

  async #open(): Promise<OpenDestination> {
    return this.#parts.openDestination(this.#book.journal.plan, this.#steps.signal, (sentence) => this.#book.progress(sentence));
  }

  async #carryPlain(chain: MediaChain, { targets, warnings }: Extract<OpenDestination, { kind: 'rtmp' }>): Promise<void> {
    for (const message of warnings) this.#book.warn({ code: PLATFORM_RULES, message, action: 'It may refuse the stream or make less of it. `--ladder auto` plans what it takes.' });
    const { ladder } = this.#book.journal.plan;
    this.#book.progress('Connecting.');
    await this.#steps.run(chain.begin(createTimeline(nowUtcSeconds(), ladder.frameRate, ladder.gopSeconds), targets, this.#steps.signal));
    this.#timings = { ...this.#timings, toIngestMs: this.#sinceStart() };
    this.#onAirSinceSeconds = chain.elapsedSeconds;
    this.#limitDuration(chain, 0);
    await this.#book.enter('live', 'On air: the server takes the stream.');
    await this.#untilEndOf(chain);
  }

  async #carryOnService(chain: MediaChain, service: LiveService): Promise<void> {
    const book = this.#book;
    const { plan } = book.journal;
    const event = await this.#steps.run(openEvent(book, this.#steps, service, this.#pair.now));
    const timeline = timelineOf(event, plan.ladder);
    const targets = ingestTargets(event, plan.ladder, service, await this.#steps.run(this.#pair.attach(service, event)), plan.ingest);
    book.setPlayback({ preview: event.previewHlsUrl });
    // What was public when an engine died stays public: its viewers wait. A guest goes public with the owner.
    const rehearses = this.#pair.isGuest ? !this.#pair.isPublicKnown : plan.rehearse && !book.journal.created.publishedOutput;
    if (!rehearses) await this.#publish(service, event.name);
    if (this.#steps.isEnding) return;
    book.progress('Connecting to the ingest.');
    await this.#steps.run(chain.begin(timeline, targets, this.#steps.signal));
    this.#timings = { ...this.#timings, toIngestMs: this.#sinceStart() };
    this.#health.watch(service, event, () => (book.journal.created.publishedOutput ? book.journal.created.outputName : undefined));
    const preview = this.#watchPlayback(chain, service, 'preview');
    if (rehearses) {
      await preview;
      if (!(await this.#rehearse(chain, service, event.name))) return;
    } else {
      this.#limitDuration(chain, 0);
    }
    await Promise.all([preview, this.#watchPlayback(chain, service, 'public')]);
    if (this.#onAirSinceSeconds !== undefined && !this.#steps.isEnding) await book.enter('live', 'On air: viewers can watch.');
    await this.#untilEndOf(chain);
  }

  /** Holds the show where nobody outside sees it. True: go live now; false: the show is to end. */
  async #rehearse(chain: MediaChain, service: LiveService, eventName: string): Promise<boolean> {
    if (this.#steps.isEnding) return false;
    await this.#book.enter('rehearsing', 'Rehearsal: the whole ladder flows, and nobody outside can see it.');
    this.#limitDuration(chain, chain.elapsedSeconds);
    // A guest may share its uplink with a partner that is being watched.
    chain.probeUplink(!this.#pair.isGuest);
    const wanted = await this.#steps.run(Promise.race([
      Promise.race([this.#goLiveRequested.promise, this.#pair.publicKnown]).then(() => 'live' as const),
      Promise.race([this.#steps.endRequested, chain.reachedEnd]).then(() => 'end' as const),
    ]));
    chain.probeUplink(false);
    await this.#noteUplink();
    if (wanted === 'end') return false;
    await this.#publish(service, eventName);
    this.#limitDuration(chain, chain.elapsedSeconds);
    return true;
  }

  /** For the planning of the next show. */
  async #noteUplink(): Promise<void> {
    await this.#parts.uplinks.note(this.#book.journal.plan.destination, this.#chain?.figures().uplink).catch(() => undefined);
  }

  async #publish(service: LiveService, eventName: string): Promise<void> {
    await this.#steps.run(this.#pair.settleOutput());
    await this.#stream.publish(service, eventName);
  }

  async #watchPlayback(chain: MediaChain, service: LiveService, which: 'preview' | 'public'): Promise<void> {
    if (!(await this.#stream.untilPlayable(chain, service, which))) return;
    const elapsed = this.#sinceStart();
    this.#timings = { ...this.#timings, ...(which === 'preview' ? { toPreviewMs: elapsed } : { toPublicMs: elapsed }) };
    if (which === 'public') this.#onAirSinceSeconds = chain.elapsedSeconds;
  }

  #limitDuration(chain: MediaChain, fromSeconds: number): void {
    const { durationSeconds } = this.#book.journal.plan;
    if (durationSeconds !== undefined) chain.endAfter(fromSeconds + durationSeconds);
  }

  async #untilEndOf(chain: MediaChain): Promise<void> {
    await this.#steps.run(Promise.race([this.#steps.endRequested, chain.reachedEnd]));
  }

  /** Drains the media and compares what was sent with what is served. */
  async #finish(): Promise<Comparison> {
    this.#steps.requestEnd();
    await this.#book.enter('ending', 'Ending: the last frames are on their way.');
    const chain = this.#chain;
    if (chain === undefined) return { verdict: notComparable('The show was ended before it began.'), received: [] };
    await this.#steps.run(chain.finish());
    const destination = this.#destination;
    if (destination?.kind !== 'service') {
      return { verdict: notComparable('A plain RTMP server does not tell what it received, so nothing could be compared.'), received: [] };
    }
    const comparison = await this.#stream.compare(chain, destination.service, async () => this.#health.archiveFailure());
    if (await this.#steps.run(this.#pair.leave(destination.service)) === 'close') await this.#stream.end(destination.service);
    return comparison;
  }

  /** Whoever does not want to wait ends the show at once, and has the recording in fragments. */
  async #settleRecording(): Promise<void> {
    const chain = this.#chain;
    if (chain?.figures().recording === undefined) return;
    this.#book.progress('Finishing the recording.');
    await this.#steps.run(chain.recording.settle()).catch(() => undefined);
  }

  /** Closes all that was made, in the right order, bounded in time, whatever went before. Returns what could not be closed. */
  async #cleanUp(): Promise<Failure | undefined> {
    let failure: Failure | undefined;
    await this.#chain?.abort().catch((error: unknown) => { failure = failureOf(error); });
    const destination = this.#destination;
    if (destination?.kind !== 'service') return failure;
    const { service } = destination;
    const notClosed = await closeWhatWasMade(this.#book, service, async () => this.#pair.leave(service), CLEANUP_MS);
    await destination.close().catch(() => undefined);
    return notClosed ?? failure;
  }

  #pairReport(comparison: Comparison, figures: ChainFigures | undefined): ShowReport['pair'] {
    const pair = this.#pair.view();
    if (pair === undefined) return undefined;
    return { ownership: pair.ownership, partnerSeen: this.#pair.partnerSeen, filledByPartner: this.#pair.partnerSeen ? filledByPartner(figures?.sent ?? [], comparison.received) : [] };
  }

  /** The service's own call: it takes the data at once, and stamps it itself. */
  async #postData({ id, data }: Extract<CueRequest, { kind: 'data' }>): Promise<CueReceipt> {
    const destination = this.#destination;
    const { eventName } = this.#book.journal.created;
    if (destination?.kind !== 'service' || !destination.service.capabilities.eventData || eventName === undefined) {
      throw new OperatorError('NO_EVENT_DATA', 'The destination has no call for data.', 'Send it beside the media: leave --via out.');
    }
    await destination.service.sendEventData(eventName, JSON.stringify(data), this.#steps.signal);
    return { kind: 'data', id: id ?? 'unnamed', atSeconds: this.#chain?.elapsedSeconds ?? 0, atUtc: new Date().toISOString() };
  }

  #publishStats(): void {
    const figures = this.#chain?.figures();
    const { state } = this.#book;
    if (figures === undefined || state === 'preparing') return;
    const { renditions, health } = this.#health.observe(figures);
    const pair = this.#pair.view();
    const { created: { eventName, timelineZeroUtcSeconds }, plan } = this.#book.journal;
    const cpuPercent = this.#load.percent();
    this.#book.say({
      type: 'stats',
      state,
      ...(eventName === undefined ? {} : { eventName }),
      ...(timelineZeroUtcSeconds === undefined ? {} : { eventSinceUtc: new Date(timelineZeroUtcSeconds * 1000).toISOString() }),
      ...(plan.destination.kind === 'rtmp' ? {} : { isBilled: plan.destination.kind === 'arm' }),
      ...(cpuPercent === undefined ? {} : { cpuPercent }),
      onAirSeconds: this.#onAirSeconds(),
      programSeconds: this.#chain?.elapsedSeconds ?? 0,
      renditions,
      connections: [...figures.connections],
      ...(figures.sideOutputs.length === 0 ? {} : { sideOutputs: [...figures.sideOutputs] }),
      ...(figures.uplink === undefined ? {} : { uplink: figures.uplink }),
      encoderLagFrames: figures.encoderLagFrames,
      ...(figures.encoder === undefined ? {} : { encoder: figures.encoder }),
      ...(figures.recording === undefined ? {} : { recording: figures.recording }),
      health,
      ...(pair === undefined ? {} : { pair }),
    });
  }

  #onAirSeconds(): number {
    return this.#onAirSinceSeconds === undefined ? 0 : (this.#chain?.elapsedSeconds ?? 0) - this.#onAirSinceSeconds;
  }

  #sinceStart(): number {
    return Math.round(performance.now() - this.#startedAtMs);
  }
}
