// One show as one of several instances on its event: joins the board, the clock and the endpoints to what the conductor does. It never
// touches media.
import { hostname } from 'node:os';
import type { EncoderChoice } from '../../../contract/encoder.ts';
import { OperatorError } from '../../../contract/errors.ts';
import { MADE_TAG, OUTPUT_TAG } from '../../../contract/eventTags.ts';
import type { Ladder } from '../../../contract/ladder.ts';
import type { EndpointUse, Pair } from '../../../contract/pair.ts';
import type { ClockReading, LiveEventInfo, LiveService } from '../../cloud/liveService.ts';
import type { ChainFigures } from '../chain.ts';
import type { ShowBook } from '../showBook.ts';
import type { ShowSteps } from '../showSteps.ts';
import { EventBoard, leaseMs } from './eventBoard.ts';
import { freeEndpoint, othersIn, type InstanceState } from './instanceTag.ts';
import { clockWarning, ladderToJoin } from './joinPlan.ts';
import { outputOfTag, outputTagOf } from './outputTag.ts';
import { isThere } from './pairView.ts';
import { fingerprintOf } from './planTag.ts';

/** What this machine encodes a ladder with. @throws OperatorError JOIN_ENCODER_UNABLE */
export type EncoderFor = (ladder: Ladder, wanted: EncoderChoice | undefined, signal: AbortSignal) => Promise<EncoderChoice>;

/** The clock is compared again after so many heartbeats. */
const CLOCK_EVERY_BEATS = 60;

export class ShowPair {
  readonly #book: ShowBook;
  readonly #steps: ShowSteps;
  readonly #figures: () => ChainFigures | undefined;
  readonly #publicKnown = Promise.withResolvers<void>();
  #clock: ClockReading | undefined;
  #clockTimer: NodeJS.Timeout | undefined;
  #endpoint: EndpointUse = 'primary';
  #board: EventBoard | undefined;
  #parting: Promise<'close' | 'leave'> | undefined;

  constructor(book: ShowBook, steps: ShowSteps, figures: () => ChainFigures | undefined) {
    this.#book = book;
    this.#steps = steps;
    this.#figures = figures;
  }

  /** The service's clock as far as it is known, UTC ms. */
  readonly now = (): number => Date.now() + (this.#clock?.offsetMs ?? 0);

  /** True while another instance owns the event. */
  get isGuest(): boolean {
    return this.#board?.view.ownership === 'partner';
  }

  /** Resolves when the event tells of a public stream. */
  get publicKnown(): Promise<void> {
    return this.#publicKnown.promise;
  }

  get isPublicKnown(): boolean {
    return outputOfTag(this.#board?.tags[OUTPUT_TAG]) !== undefined;
  }

  get ownerName(): string {
    return this.#board?.view.partner?.name ?? 'Another instance';
  }

  /** Before anything is opened: takes over the plan of the event that is joined. @throws OperatorError with the reason against it */
  async takeOverPlan(service: LiveService, encoderFor: EncoderFor): Promise<void> {
    const { plan, created } = this.#book.journal;
    if (plan.join === undefined) return;
    this.#book.progress('Comparing the clock of this computer with the service\'s.');
    this.#clock = await service.readClock(this.#steps.signal);
    const warning = clockWarning(this.#clock);
    if (warning !== undefined) this.#book.warn(warning);
    const ladder = await ladderToJoin(plan, created.eventName ?? '', service, this.now(), this.#steps.signal);
    this.#book.progress('Finding out whether this computer can encode the event\'s ladder.');
    const encoder = await encoderFor(ladder, plan.encoder, this.#steps.signal);
    await this.#book.write({ plan: { ...plan, ladder, encoder } });
  }

  /** Takes a place on the event's board. Resolves once the others can see it. */
  async attach(service: LiveService, event: LiveEventInfo): Promise<EndpointUse> {
    const { plan } = this.#book.journal;
    const present = othersIn(event.tags, this.#book.journal.showId).filter((one) => isThere(one, this.now(), leaseMs(service)));
    this.#endpoint = plan.pair === 'both' ? 'both' : freeEndpoint(present);
    this.#board = this.#boardOn(service, event.name);
    this.#watchClock(service);
    await this.#board.start();
    return this.#endpoint;
  }

  /** Names of the public stream that every instance uses: those that the event tells, else this show's own, which it tells from then on. */
  async settleOutput(): Promise<void> {
    const { outputName, assetName, manifestName } = this.#book.journal.created;
    const own = outputName === undefined || assetName === undefined || manifestName === undefined ? undefined : outputTagOf({ outputName, assetName, manifestName });
    if (this.#board === undefined || own === undefined) return;
    const known = outputOfTag(await this.#board.tell(OUTPUT_TAG, own));
    if (known !== undefined) await this.#book.writeCreated(known);
  }

  /** @throws OperatorError NOT_ON_EVENT, and those of {@link EventBoard.takeOver} */
  async takeOver(): Promise<void> {
    if (this.#board === undefined) throw new OperatorError('NOT_ON_EVENT', 'The show is not on an event yet, or its destination knows none.', 'Try again once it is connected.');
    await this.#board.takeOver();
  }

  view(): Pair | undefined {
    if (this.#board === undefined) return undefined;
    const { ownership, partner, differences } = this.#board.view;
    return {
      ownership, differences: [...differences], mode: this.#book.journal.plan.pair ?? 'one-each', endpoint: this.#endpoint,
      clockOffsetMs: this.#clock?.offsetMs ?? 0, clockUncertaintyMs: this.#clock?.uncertaintyMs ?? 500,
      ...(partner === undefined ? {} : { partner }),
    };
  }

  get partnerSeen(): boolean {
    return this.#board?.partnerSeen === true;
  }

  /** Takes leave of the event, once. `close`: what was made is this show's to end. @throws OperatorError where the event cannot be read */
  async leave(service: LiveService): Promise<'close' | 'leave'> {
    this.#parting ??= this.#leave(service);
    return this.#parting;
  }

  async #leave(service: LiveService): Promise<'close' | 'leave'> {
    clearInterval(this.#clockTimer);
    const { eventName, startedEvent, publishedOutput } = this.#book.journal.created;
    if (eventName === undefined || (this.#board === undefined && !startedEvent && !publishedOutput)) return 'leave';
    const board = this.#board ?? this.#boardOn(service, eventName);
    const verdict = await board.leave(this.#book.journal.plan.keepEvent).catch((error: unknown) => {
      // What is gone has been closed by somebody; to close it again is harmless.
      if (error instanceof OperatorError && error.code === 'EVENT_GONE') return 'close' as const;
      throw error;
    });
    if (verdict === 'leave') await this.#book.writeCreated({ ownsEvent: false, startedEvent: false, publishedOutput: false });
    return verdict;
  }

  #boardOn(service: LiveService, eventName: string): EventBoard {
    const book = this.#book;
    return new EventBoard({
      service, eventName,
      describe: () => this.#describe(),
      now: this.now,
      mayOwn: () => book.journal.plan.join !== undefined || book.journal.created.startedEvent,
      onEvent: (event) => book.say(event),
      onTags: () => { if (this.isPublicKnown) this.#publicKnown.resolve(); },
      onWarning: (failure) => book.warn(failure),
      onOwned: async (tags) => {
        const output = outputOfTag(tags[OUTPUT_TAG]);
        await book.writeCreated({ startedEvent: true, ownsEvent: book.journal.created.ownsEvent || tags[MADE_TAG] === '1', ...(output === undefined ? {} : { ...output, publishedOutput: true }) });
      },
    });
  }

  #describe(): InstanceState {
    const { showId, plan } = this.#book.journal;
    const figures = this.#figures();
    const publishing = figures?.connections.filter(({ state }) => state === 'publishing').length ?? 0;
    return {
      id: showId, name: hostname(), seenUtcMs: this.now(), state: this.#book.state, endpoint: this.#endpoint, fingerprint: fingerprintOf(plan.ladder),
      parameterSets: figures?.parameterSets ?? '', clockOffsetMs: this.#clock?.offsetMs ?? 0,
      aheadMs: figures?.nextFrameUtcMs === undefined ? 0 : figures.nextFrameUtcMs - this.now(),
      publishing, connections: figures?.connections.length ?? 0,
    };
  }

  /** For the owner too, whom nobody compares before air; a service that does not tell its time is no failure. */
  #watchClock(service: LiveService): void {
    const read = async (): Promise<void> => {
      this.#clock = await service.readClock(this.#steps.signal).catch(() => this.#clock);
    };
    if (this.#clock === undefined) void read();
    this.#clockTimer ??= setInterval(() => void read(), service.capabilities.heartbeatMs * CLOCK_EVERY_BEATS);
    this.#clockTimer.unref();
  }
}
