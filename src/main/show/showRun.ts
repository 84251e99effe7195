// The conductor: one show from plan to report. It orders the steps and writes down what it creates; media and services do the work.
import { randomBytes } from 'node:crypto';
import { AAC_FRAME_SAMPLES, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { TIMELINE_ZERO_TAG } from '../../contract/eventTags.ts';
import type { ShowPlan } from '../../contract/plan.ts';
import type { AlarmEvent, AlarmReport, Failure, Playback, ReceivedTrack, ShowEvent, ShowReport, ShowState, Timings } from '../../contract/report.ts';
import { CHOSEN_ACCOUNT, parseArmDestination } from '../cloud/armDestination.ts';
import type { LiveEventInfo, LiveService, OperationOptions } from '../cloud/liveService.ts';
import { createTimeline, type Timeline } from '../media/timeline.ts';
import type { ChainEvents, DeskControls, MediaChain, PublishTarget } from './chain.ts';
import type { Journal, JournalStore } from './journal.ts';
import { ShowHealth } from './showHealth.ts';
import { verify, type Verdict } from './verification.ts';

/** A destination that has been opened: a service with events, or plain RTMP targets. */
export type OpenDestination =
  | { readonly kind: 'service'; readonly service: LiveService; readonly close: () => Promise<void> }
  | { readonly kind: 'rtmp'; readonly targets: readonly PublishTarget[] };

export type ShowParts = {
  readonly journals: JournalStore;
  readonly openDestination: (plan: ShowPlan, signal: AbortSignal, onProgress: (sentence: string) => void) => Promise<OpenDestination>;
  readonly createChain: (plan: ShowPlan, events: ChainEvents, eventName: string) => Promise<MediaChain>;
  readonly waitUntilPlayable: (hlsUrl: string, options: { ca: string | undefined; signal: AbortSignal; timeoutMs: number; minVariants: number }) => Promise<void>;
  readonly readArchive: (dashUrl: string, options: { ca: string | undefined; signal: AbortSignal }) => Promise<readonly ReceivedTrack[]>;
};

/** How long the whole clean-up of a failed or aborted show may take. */
const CLEANUP_MS = 30_000;
const PLAYABLE_MS = 45_000;
/** How long the service may take to serve the last fragment after the end. */
const ARCHIVE_SETTLE_MS = 15_000;
const STATS_INTERVAL_MS = 1_000;
const MAX_REPORTED_ALARMS = 200;

export class ShowRun {
  readonly done: Promise<void>;
  readonly #parts: ShowParts;
  readonly #publish: (event: ShowEvent) => void;
  readonly #resumed: 'new' | 'continue' | 'end';
  readonly #cancel = new AbortController();
  readonly #endRequested = Promise.withResolvers<void>();
  readonly #goLiveRequested = Promise.withResolvers<void>();
  readonly #fatal = Promise.withResolvers<never>();
  readonly #doneResolvers = Promise.withResolvers<void>();
  readonly #startedAtMs = performance.now();
  readonly #warnings: Failure[] = [];
  readonly #health = new ShowHealth((failure) => this.#warn(failure));
  readonly #alarms: AlarmReport[] = [];
  #journal: Journal;
  #state: ShowState = 'idle';
  #timings: Timings = {};
  #playback: Playback = {};
  #destination: OpenDestination | undefined;
  #chain: MediaChain | undefined;
  #onAirSinceSeconds: number | undefined;
  #ending = false;

  constructor(parts: ShowParts, journal: Journal, publish: (event: ShowEvent) => void, resumed: 'new' | 'continue' | 'end') {
    this.#parts = parts;
    this.#journal = journal;
    this.#publish = publish;
    this.#resumed = resumed;
    this.done = this.#doneResolvers.promise;
    // These are raced against other steps; when nobody waits for them any more they must not count as unhandled.
    this.#fatal.promise.catch(() => undefined);
  }

  get showId(): string {
    return this.#journal.showId;
  }

  /** From rehearsal to the public; says so when there is nothing to make public. */
  goLive(): void {
    if (this.#state !== 'rehearsing' && this.#state !== 'preparing') {
      throw new OperatorError('NOT_REHEARSING', `The show is ${this.#state}, not in rehearsal.`, 'Going live is possible from a rehearsal.');
    }
    this.#goLiveRequested.resolve();
  }

  /** @throws {OperatorError} `NO_SOURCES` before they are opened. */
  get desk(): DeskControls {
    if (this.#chain === undefined) throw new OperatorError('NO_SOURCES', 'The sources of the show are not open yet.', 'Try again in a moment.');
    return this.#chain.desk;
  }

  /** Connections that wait for their next attempt make it now. */
  reconnectNow(): void {
    this.#chain?.reconnectNow();
  }

  /** Ends in order: at the next GOP boundary, drained, everything that was created closed. */
  end(): void {
    this.#ending = true;
    this.#endRequested.resolve();
  }

  /** Ends at once; what was created at the service is still closed. */
  abort(): void {
    this.end();
    this.#cancel.abort(new OperatorError('ABORTED', 'The show was ended at once.', 'Start it again.'));
  }

  /** Runs the whole show. Never rejects: the report says how it ended. */
  async run(): Promise<void> {
    const stats = setInterval(() => this.#publishStats(), STATS_INTERVAL_MS);
    let failure: Failure | undefined;
    let verdict = notComparable();
    let received: readonly ReceivedTrack[] = [];
    try {
      if (this.#resumed === 'end') {
        await this.#enter('ending', 'Ending what an earlier run left behind.');
        this.#destination = await this.#parts.openDestination(this.#journal.plan, this.#cancel.signal, (sentence) => this.#progress(sentence));
      } else {
        await this.#untilEnd();
        ({ verdict, received } = await this.#finish());
      }
    } catch (error) {
      failure = failureOf(error);
    }
    clearInterval(stats);
    this.#health.stop();
    // The first cause is the one to act on; what could not be closed stands among the warnings.
    const leftOver = await this.#cleanUp();
    failure ??= leftOver;
    const state = failure === undefined ? 'ended' : 'failed';
    await this.#enter(state, failure === undefined ? 'The show has ended.' : `${failure.message} ${failure.action}`).catch(() => undefined);
    this.#publish(this.#report(failure, verdict, received));
    await this.#parts.journals.prune().catch(() => undefined);
    this.#doneResolvers.resolve();
  }

  /** Everything up to the moment at which the end is wanted. */
  async #untilEnd(): Promise<void> {
    const { plan } = this.#journal;
    await this.#enter('preparing', 'Preparing: checking the sources and the destination.');
    const names = await this.#chooseNames();
    const chain = await this.#parts.createChain(plan, {
      onWarning: (warning) => this.#warn(warning),
      onAlarm: (change) => this.#alarm({ type: 'alarm', ...change, atUtc: new Date().toISOString() }),
      onSource: (event) => this.#publish(event),
      onFatal: (error) => this.#fatal.reject(error),
    }, names.eventName);
    this.#chain = chain;
    const destination = await this.#step(this.#parts.openDestination(plan, this.#cancel.signal, (sentence) => this.#progress(sentence)));
    this.#destination = destination;
    if (destination.kind === 'service') await this.#step(destination.service.checkAccount(this.#cancel.signal));
    this.#progress('Waiting for the first picture.');
    await this.#step(chain.openSources());
    if (this.#ending) return;
    if (destination.kind === 'rtmp') await this.#carryPlain(chain, destination.targets);
    else await this.#carryOnService(chain, destination.service);
  }

  async #carryPlain(chain: MediaChain, targets: readonly PublishTarget[]): Promise<void> {
    this.#progress('Connecting.');
    await this.#step(chain.begin(createTimeline(nowUtcSeconds(), this.#journal.plan.ladder.frameRate, this.#journal.plan.ladder.gopSeconds), targets, this.#cancel.signal));
    this.#timings = { ...this.#timings, toIngestMs: this.#sinceStart() };
    this.#onAirSinceSeconds = chain.elapsedSeconds;
    this.#limitDuration(chain, 0);
    await this.#enter('live', 'On air: the server takes the stream.');
    await this.#untilEndOf(chain);
  }

  async #carryOnService(chain: MediaChain, service: LiveService): Promise<void> {
    const { plan } = this.#journal;
    const event = await this.#step(this.#openEvent(service));
    const timeline = this.#timelineOf(event);
    // Encrypted where that is offered, the primary first; the others are tried in turn when one fails.
    const offered = event.ingest.some((one) => one.secure) ? event.ingest.filter((one) => one.secure) : event.ingest;
    const [endpoint, ...alternates] = offered.toSorted((one, other) => Number(one.role !== 'primary') - Number(other.role !== 'primary'));
    if (endpoint === undefined) {
      throw new OperatorError('NO_INGEST', `The event ${event.name} offers no RTMP ingest address.`, 'Check that its input protocol is RTMP, or let Fieldcast create a new event.');
    }
    this.#setPlayback({ preview: event.previewHlsUrl });
    if (!plan.rehearse) await this.#publishOutput(service, event.name);
    if (this.#ending) return;
    this.#progress('Connecting to the ingest.');
    const targets = plan.ladder.renditions.map((rendition): PublishTarget => ({
      rendition: rendition.name,
      url: `${endpoint.url}/${rendition.name}`,
      alternateUrls: alternates.map((alternate) => `${alternate.url}/${rendition.name}`),
      ca: service.ca,
      burstWelcome: service.capabilities.burstWelcome,
    }));
    await this.#step(chain.begin(timeline, targets, this.#cancel.signal));
    this.#timings = { ...this.#timings, toIngestMs: this.#sinceStart() };
    this.#health.watch(service, event, () => (this.#journal.created.publishedOutput ? this.#journal.created.outputName : undefined));
    const preview = this.#watchPlayback(chain, service, 'preview');
    if (plan.rehearse) {
      await preview;
      if (!(await this.#rehearse(chain, service, event.name))) return;
    } else {
      this.#limitDuration(chain, 0);
    }
    await Promise.all([preview, this.#watchPlayback(chain, service, 'public')]);
    if (this.#onAirSinceSeconds !== undefined && !this.#ending) await this.#enter('live', 'On air: viewers can watch.');
    await this.#untilEndOf(chain);
  }

  /** Names are chosen once and written down before anything of that name is made. */
  async #chooseNames(): Promise<{ readonly eventName: string }> {
    const { plan, created } = this.#journal;
    if (plan.destination.kind === 'rtmp') return { eventName: 'rtmp' };
    const stamp = `${new Date().toISOString().replaceAll(/[-:]|\..*/g, '').replace('T', '-')}-${randomBytes(2).toString('hex')}`;
    const eventName = created.eventName ?? plan.eventName ?? addressedEvent(plan) ?? `fieldcast-${stamp.slice(2)}`;
    await this.#write({
      created: {
        ...created,
        eventName,
        accessToken: created.accessToken ?? randomBytes(16).toString('hex'),
        outputName: created.outputName ?? `show-${stamp}`,
        assetName: created.assetName ?? `${eventName}-${stamp}`,
        manifestName: created.manifestName ?? 'show',
      },
    });
    return { eventName };
  }

  /** Finds or creates the event and brings it to Running; attaches to one that runs already. */
  async #openEvent(service: LiveService): Promise<LiveEventInfo> {
    const { created } = this.#journal;
    const name = required(created.eventName);
    let event = await service.getEvent(name, this.#cancel.signal);
    if (event === undefined) {
      const zero = nowUtcSeconds();
      await this.#write({ created: { ...this.#journal.created, ownsEvent: true, startedEvent: true, timelineZeroUtcSeconds: zero } });
      this.#progress(`Creating the event ${name}.`);
      event = await service.ensureEvent({
        name,
        tags: { [TIMELINE_ZERO_TAG]: String(zero) },
        accessToken: required(created.accessToken),
        keyFrameIntervalSeconds: this.#journal.plan.ladder.gopSeconds,
      }, this.#operation('create'));
    } else if (event.state === 'Stopped' || event.state === 'StandBy') {
      const zero = nowUtcSeconds();
      await this.#write({ created: { ...this.#journal.created, startedEvent: true, timelineZeroUtcSeconds: zero } });
      event = await service.updateEventTags(name, { ...event.tags, [TIMELINE_ZERO_TAG]: String(zero) }, this.#operation('tags'));
    } else if (!created.ownsEvent && !created.startedEvent) {
      this.#warn({
        code: 'EVENT_ATTACHED',
        message: `The event ${name} is running already; this show joins it and will not stop it.`,
        action: 'Stop it yourself when everyone is done: it costs money while it runs.',
      });
    }
    this.#progress(`Starting the event ${name}. This can take minutes.`);
    event = await service.startEvent(name, this.#operation('start'));
    await this.#write({ operation: undefined });
    return event;
  }

  #timelineOf(event: LiveEventInfo): Timeline {
    const { ladder } = this.#journal.plan;
    const tag = event.tags[TIMELINE_ZERO_TAG];
    const zero = tag === undefined ? undefined : Number(tag);
    if (zero === undefined || !Number.isInteger(zero) || zero > nowUtcSeconds()) {
      throw new OperatorError(
        'NO_TIMELINE',
        `The running event ${event.name} was not started by Fieldcast, so its timeline is unknown${zero === undefined ? '' : ' or lies in the future (check the clock)'}.`,
        'Stop the event, or choose another name, and Fieldcast starts it with a timeline of its own.',
      );
    }
    return createTimeline(zero, ladder.frameRate, ladder.gopSeconds);
  }

  async #publishOutput(service: LiveService, eventName: string): Promise<void> {
    this.#progress('Opening the public stream.');
    await this.#write({ created: { ...this.#journal.created, publishedOutput: true } });
    const { created } = this.#journal;
    const published = await this.#step(service.publish({
      eventName,
      outputName: required(created.outputName),
      assetName: required(created.assetName),
      manifestName: required(created.manifestName),
      archiveWindowSeconds: 3600,
    }, this.#operation('publish')));
    await this.#write({ operation: undefined });
    this.#setPlayback({ ...this.#playback, hls: published.urls.hls, dash: published.urls.dash });
  }

  /** Holds the show where nobody outside sees it. True: go live now; false: the show is to end. */
  async #rehearse(chain: MediaChain, service: LiveService, eventName: string): Promise<boolean> {
    if (this.#ending) return false;
    await this.#enter('rehearsing', 'Rehearsal: the whole ladder flows, and nobody outside can see it.');
    this.#limitDuration(chain, chain.elapsedSeconds);
    const wanted = await this.#step(Promise.race([
      this.#goLiveRequested.promise.then(() => 'live' as const),
      Promise.race([this.#endRequested.promise, chain.reachedEnd]).then(() => 'end' as const),
    ]));
    if (wanted === 'end') return false;
    await this.#publishOutput(service, eventName);
    this.#limitDuration(chain, chain.elapsedSeconds);
    return true;
  }

  /** Waits until a viewer could watch. A stream that does not play in time is a warning, once: the media flows on and may yet. */
  async #watchPlayback(chain: MediaChain, service: LiveService, which: 'preview' | 'public'): Promise<void> {
    const url = which === 'preview' ? this.#playback.preview : this.#playback.hls;
    if (url === undefined) return;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#cancel.signal, stop.signal]);
    let warned = false;
    try {
      for (;;) {
        const result = await this.#step(Promise.race([
          this.#parts.waitUntilPlayable(url, { ca: service.ca, signal, timeoutMs: PLAYABLE_MS, minVariants: this.#journal.plan.ladder.renditions.length }).then(() => 'plays' as const, (error: unknown) => error),
          this.#endRequested.promise.then(() => 'end' as const),
          chain.reachedEnd.then(() => 'end' as const),
        ]));
        if (result === 'end') return;
        if (result === 'plays') {
          const elapsed = this.#sinceStart();
          this.#timings = { ...this.#timings, ...(which === 'preview' ? { toPreviewMs: elapsed } : { toPublicMs: elapsed }) };
          if (which === 'public') this.#onAirSinceSeconds = chain.elapsedSeconds;
          return;
        }
        if (!(result instanceof OperatorError) || result.code !== 'NOT_PLAYABLE') throw result;
        if (!warned) this.#warn(failureOf(result));
        warned = true;
      }
    } finally {
      stop.abort();
    }
  }

  #limitDuration(chain: MediaChain, fromSeconds: number): void {
    const { durationSeconds } = this.#journal.plan;
    if (durationSeconds !== undefined) chain.endAfter(fromSeconds + durationSeconds);
  }

  async #untilEndOf(chain: MediaChain): Promise<void> {
    await this.#step(Promise.race([this.#endRequested.promise, chain.reachedEnd]));
  }

  /** Drains the media and compares what was sent with what is served. */
  async #finish(): Promise<{ verdict: Verdict; received: readonly ReceivedTrack[] }> {
    this.#ending = true;
    await this.#enter('ending', 'Ending: the last frames are on their way.');
    const chain = this.#chain;
    if (chain === undefined) return { verdict: notComparable('The show was ended before it began.'), received: [] };
    await this.#step(chain.finish());
    const destination = this.#destination;
    if (destination?.kind !== 'service') {
      return { verdict: notComparable('A plain RTMP server does not tell what it received, so nothing could be compared.'), received: [] };
    }
    const { dash } = this.#playback;
    if (dash === undefined) return { verdict: notComparable('The show was not made public, so there is no archive to compare.'), received: [] };
    const { eventName, outputName } = this.#journal.created;
    this.#progress('Comparing what was sent with what is served.');
    // Read while the output still exists, so that a slow service can deliver its last fragment; then end it.
    const deadline = performance.now() + ARCHIVE_SETTLE_MS;
    let result = await this.#compare(destination.service, dash);
    while (result.verdict.mayStillArrive && performance.now() < deadline && !this.#cancel.signal.aborted) {
      await new Promise((resolve) => { setTimeout(resolve, 500); });
      result = await this.#compare(destination.service, dash);
    }
    // What is played from a running service's memory may never have reached its disk.
    const notRecorded = await this.#step(this.#health.archiveFailure());
    if (notRecorded !== undefined) result = { ...result, verdict: { verified: false, mayStillArrive: false, sentences: [...result.verdict.sentences, notRecorded] } };
    await this.#step(destination.service.endOutput(required(eventName), required(outputName), this.#operation('end-output')));
    return result;
  }

  async #compare(service: LiveService, dash: string): Promise<{ verdict: Verdict; received: readonly ReceivedTrack[] }> {
    const figures = this.#chain?.figures();
    if (figures === undefined) return { verdict: notComparable(), received: [] };
    try {
      const received = await this.#step(this.#parts.readArchive(dash, { ca: service.ca, signal: this.#cancel.signal }));
      const verdict = verify({
        sent: figures.sent,
        received,
        frameRate: this.#journal.plan.ladder.frameRate,
        audioFrameSeconds: AAC_FRAME_SAMPLES / AUDIO_SAMPLE_RATE,
        fromFirstFrame: !this.#journal.plan.rehearse && this.#resumed === 'new',
        keyframesAligned: figures.keyframesAligned,
      });
      return { verdict, received };
    } catch (error) {
      if (this.#cancel.signal.aborted) throw error;
      return { verdict: { ...notComparable(`The archive could not be read back: ${messageOf(error)}`), mayStillArrive: true }, received: [] };
    }
  }

  /** Closes all that was made, in the right order, bounded in time, whatever went before. Returns what could not be closed. */
  async #cleanUp(): Promise<Failure | undefined> {
    const signal = AbortSignal.timeout(CLEANUP_MS);
    let failure: Failure | undefined;
    await this.#chain?.abort().catch((error: unknown) => { failure = failureOf(error); });
    const destination = this.#destination;
    if (destination?.kind !== 'service') return failure;
    const { service } = destination;
    const { eventName, outputName, publishedOutput, ownsEvent, startedEvent } = this.#journal.created;
    const options = { ...this.#operation('clean-up'), signal };
    try {
      if (eventName !== undefined && outputName !== undefined && publishedOutput) await service.endOutput(eventName, outputName, options);
      if (eventName !== undefined && startedEvent) await this.#closeEvent(service, eventName, ownsEvent, options);
    } catch (error) {
      const cause = failureOf(error);
      failure = {
        code: 'NOT_CLEANED_UP',
        message: `The event ${eventName ?? ''} could not be stopped: ${cause.message}`,
        action: `It may still run and cost money. Try \`fieldcast resume --end ${this.#journal.showId}\`, or stop it at the service.`,
      };
      this.#warn(failure);
    } finally {
      await destination.close().catch(() => undefined);
    }
    return failure;
  }

  async #closeEvent(service: LiveService, eventName: string, ownsEvent: boolean, options: OperationOptions): Promise<void> {
    if (this.#journal.plan.keepEvent) {
      this.#warn({ code: 'EVENT_KEPT', message: `The event ${eventName} is still running, as asked.`, action: 'Stop it when you are done: it costs money while it runs.' });
      return;
    }
    this.#progress(`Stopping the event ${eventName}.`);
    await service.stopEvent(eventName, true, options);
    if (ownsEvent) await service.deleteEvent(eventName, options);
  }

  #report(failure: Failure | undefined, verdict: Verdict, received: readonly ReceivedTrack[]): ShowReport {
    const figures = this.#chain?.figures();
    const { eventName } = this.#journal.created;
    return {
      type: 'report',
      showId: this.#journal.showId,
      ...(eventName === undefined ? {} : { eventName }),
      outcome: failure === undefined ? 'ended' : 'failed',
      ...(failure === undefined ? {} : { failure }),
      onAirSeconds: this.#onAirSeconds(),
      renditions: [...(figures?.renditions ?? [])],
      audio: figures?.audio ?? { frames: 0, silenceMs: 0 },
      clock: figures?.clock ?? { lateTicks: 0, maxLateMs: 0 },
      keyframesAligned: figures?.keyframesAligned ?? false,
      connections: [...(figures?.connections ?? [])],
      received: [...received],
      playback: this.#playback,
      verified: failure === undefined && verdict.verified,
      verification: [...verdict.sentences],
      sources: [...(figures?.sources ?? [])],
      ...(figures?.recording === undefined ? {} : { recording: figures.recording }),
      warnings: this.#warnings,
      alarms: this.#alarms,
      timings: this.#timings,
    };
  }

  /** Waits for a step, but no longer than until the show is aborted or something fatal happens. */
  async #step<T>(step: Promise<T>): Promise<T> {
    const { signal } = this.#cancel;
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => undefined);
    const onAbort = (): void => aborted.reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    try {
      return await Promise.race([step, aborted.promise, this.#fatal.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #operation(step: string): OperationOptions {
    const pending = this.#journal.operation;
    return {
      signal: this.#cancel.signal,
      onProgress: (sentence) => this.#progress(sentence),
      ...(this.#resumed !== 'new' && pending?.step === step ? { resumeFrom: pending.token } : {}),
      onResumeToken: (token) => {
        void this.#write({ operation: { step, token } }).catch((error: unknown) => {
          this.#warn({ code: 'JOURNAL_NOT_WRITTEN', message: `The journal of the show could not be written: ${messageOf(error)}`, action: 'Free some disk space.' });
        });
      },
    };
  }

  async #enter(state: ShowState, sentence: string): Promise<void> {
    this.#state = state;
    this.#publish({ type: 'state', state, sentence, atUtc: new Date().toISOString() });
    await this.#write({ state });
  }

  /** Writes are one after the other: the file always holds the latest whole state. */
  async #write(change: { [Key in keyof Journal]?: Journal[Key] | undefined }): Promise<void> {
    const { operation, ...rest } = { ...this.#journal, ...change };
    this.#journal = { ...rest, ...(operation === undefined ? {} : { operation }) } as Journal;
    const journal = this.#journal;
    this.#lastWrite = this.#lastWrite.catch(() => undefined).then(async () => this.#parts.journals.write(journal));
    await this.#lastWrite;
  }

  #lastWrite: Promise<void> = Promise.resolve();

  #setPlayback(playback: { readonly [Key in keyof Playback]?: string | undefined }): void {
    this.#playback = Object.fromEntries(Object.entries(playback).filter(([, url]) => url !== undefined));
    this.#publish({ type: 'playback', playback: this.#playback });
  }

  #publishStats(): void {
    const figures = this.#chain?.figures();
    if (figures === undefined || this.#state === 'preparing') return;
    const { renditions, health } = this.#health.observe(figures);
    this.#publish({
      type: 'stats',
      state: this.#state,
      onAirSeconds: this.#onAirSeconds(),
      programSeconds: this.#chain?.elapsedSeconds ?? 0,
      renditions,
      connections: [...figures.connections],
      encoderLagFrames: figures.encoderLagFrames,
      health,
    });
  }

  #onAirSeconds(): number {
    return this.#onAirSinceSeconds === undefined ? 0 : (this.#chain?.elapsedSeconds ?? 0) - this.#onAirSinceSeconds;
  }

  #warn(warning: Failure): void {
    this.#warnings.push(warning);
    this.#publish({ type: 'warning', failure: warning });
  }

  #alarm(alarm: AlarmEvent): void {
    const { code, message, action, atUtc } = alarm;
    if (alarm.raised) {
      this.#alarms.push({ code, message, action, raisedAtUtc: atUtc });
      if (this.#alarms.length > MAX_REPORTED_ALARMS) this.#alarms.shift();
    } else {
      const open = this.#alarms.findLast((one) => one.code === code && one.clearedAtUtc === undefined);
      if (open !== undefined) open.clearedAtUtc = atUtc;
    }
    this.#publish(alarm);
  }

  #progress(sentence: string): void {
    this.#publish({ type: 'progress', sentence });
  }

  #sinceStart(): number {
    return Math.round(performance.now() - this.#startedAtMs);
  }
}

/** Nothing was compared, for this reason. */
function notComparable(...sentences: string[]): Verdict {
  return { verified: false, sentences, mayStillArrive: false };
}

function nowUtcSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The event that an `arm:` address names itself. */
function addressedEvent({ destination }: ShowPlan): string | undefined {
  if (destination.kind !== 'arm' || destination.address === CHOSEN_ACCOUNT) return undefined;
  return parseArmDestination(destination.address).eventName;
}

function required(value: string | undefined): string {
  if (value === undefined) throw new Error('A name was not chosen before it was used.');
  return value;
}

function failureOf(error: unknown): Failure {
  if (error instanceof OperatorError) return { code: error.code, message: error.message, action: error.action };
  return { code: 'INTERNAL', message: `Something unexpected happened: ${messageOf(error)}`, action: 'Try again; if it happens again, report it with the log.' };
}
