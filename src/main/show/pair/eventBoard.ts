// The live event as a board on which the instances of a show write who they are and who owns it. Bounded in how often it writes;
// a board that cannot be reached never stops the show.
import { messageOf, OperatorError } from '../../../contract/errors.ts';
import { OWNER_TAG } from '../../../contract/eventTags.ts';
import type { PairEvent } from '../../../contract/pair.ts';
import type { Failure } from '../../../contract/report.ts';
import type { LiveEventInfo, LiveService } from '../../cloud/liveService.ts';
import { instanceTagOf, othersIn, placeIn, type InstanceState } from './instanceTag.ts';
import { claimed, holderOf, leaseOfTag, leaseTagOf, released, type Lease } from './leaseTag.ts';
import { changesBetween, isThere, NOBODY_SEEN, pairViewOf, type PairView } from './pairView.ts';

export type BoardService = Pick<LiveService, 'capabilities' | 'getEvent' | 'swapEventTags'>;

export type BoardSettings = {
  readonly service: BoardService;
  readonly eventName: string;
  /** What this instance is at the moment; `id` never changes. */
  readonly describe: () => InstanceState;
  /** The service's clock as this instance knows it, UTC ms. */
  readonly now: () => number;
  /** True where this instance may take an ownership that nobody holds. */
  readonly mayOwn: () => boolean;
  readonly onEvent: (event: PairEvent) => void;
  /** The tags have been read or written. */
  readonly onTags: () => void;
  readonly onWarning: (failure: Failure) => void;
  /** The ownership has come to this instance, with all tags; written down before anything is done with it. */
  readonly onOwned: (tags: Readonly<Record<string, string>>) => Promise<void>;
};

/** Missed heartbeats until an instance counts as gone. */
const MISSED_BEATS = 4;
/** Attempts to write against others who write at the same time. */
const ATTEMPTS = 8;
/** What is written without a condition counts once it has been read back after this time. */
const SETTLE_MS = 1500;
/** For how long an owner that closes keeps others from taking over, ms. */
const CLOSING_MS = 120_000;
const BUSY_PAUSE_MS = 200;

type Tags = Readonly<Record<string, string>>;
/** The tags to write in place of those that were read; undefined where nothing is to be written. */
type Change = (event: LiveEventInfo, nowMs: number) => Tags | undefined;
type Parting = { readonly verdict: 'close' | 'leave' | 'wait'; readonly lease: Lease | undefined };
type Written = { readonly tags: Tags; readonly isConfirmed: boolean };

/** How long the ownership lasts without a heartbeat, and an instance counts as there. */
export function leaseMs(service: Pick<LiveService, 'capabilities'>): number {
  return service.capabilities.heartbeatMs * MISSED_BEATS;
}

export class EventBoard {
  readonly #settings: BoardSettings;
  readonly #ttlMs: number;
  readonly #stop = new AbortController();
  #tags: Tags = {};
  #view: PairView = NOBODY_SEEN;
  #loop: Promise<void> | undefined;
  #hasFailed = false;
  #partnerSeen = false;
  /** Written again where an unconditional write of another has taken it away. */
  #told: Tags = {};

  constructor(settings: BoardSettings) {
    this.#settings = settings;
    this.#ttlMs = leaseMs(settings.service);
  }

  /** As of now: a lease that has run out since the last look counts as none. */
  get view(): PairView {
    const { describe, now } = this.#settings;
    return pairViewOf(this.#tags, describe(), now(), this.#ttlMs);
  }

  get partnerSeen(): boolean {
    return this.#partnerSeen;
  }

  /** What was read or written last. */
  get tags(): Tags {
    return this.#tags;
  }

  /** Writes at once, then with every heartbeat until {@link leave}. Never rejects. */
  async start(): Promise<void> {
    await this.#beat();
    this.#loop ??= this.#run();
  }

  /** Takes the ownership whoever holds it. @throws OperatorError EVENT_ENDING, EVENT_GONE, EVENT_BUSY */
  async takeOver(): Promise<void> {
    const written = await this.#write((event, nowMs) => {
      const lease = claimed(leaseOfTag(event.tags[OWNER_TAG]), this.#self, nowMs, this.#ttlMs, true);
      if (lease === undefined) throw new OperatorError('EVENT_ENDING', 'The owner is ending the event at this moment.', 'Start the show again on another event.');
      return this.#signed(event.tags, lease);
    });
    if (written !== undefined) await this.#apply(written);
  }

  /** Adds a tag for the others, unless it is there; returns what stands there then. @throws OperatorError EVENT_GONE, EVENT_BUSY */
  async tell(tag: string, value: string): Promise<string> {
    let known: string | undefined;
    await this.#write((event) => {
      known = event.tags[tag];
      return known === undefined ? { ...event.tags, [tag]: value } : undefined;
    });
    this.#told = { ...this.#told, [tag]: known ?? value };
    return known ?? value;
  }

  /**
   * Takes leave, and says what becomes of the event: `close` means that this instance owns it and nobody else is there, so that it is to
   * end what was made; nobody can join any more. `keep`: the event is to stay all the same.
   */
  async leave(keep: boolean): Promise<'close' | 'leave'> {
    this.#stop.abort();
    await this.#loop;
    const deadline = performance.now() + 2 * this.#ttlMs;
    for (;;) {
      const last: { parting: Parting } = { parting: { verdict: 'wait', lease: undefined } };
      const written = await this.#write((event, nowMs) => {
        last.parting = this.#parting(event.tags, nowMs, keep, performance.now() < deadline);
        return last.parting.verdict === 'wait' ? undefined : this.#unsigned(event.tags, last.parting.lease);
      });
      const { verdict } = last.parting;
      if (verdict === 'leave' || (verdict === 'close' && written?.isConfirmed === true)) return verdict;
      await pause(SETTLE_MS);
    }
  }

  /** Who goes on with the event when this instance ends. An owner that says nothing may be dead: its lease is waited for. */
  #parting(tags: Tags, nowMs: number, keep: boolean, canWait: boolean): Parting {
    const lease = leaseOfTag(tags[OWNER_TAG]);
    const holder = holderOf(lease, nowMs);
    const others = othersIn(tags, this.#self);
    if (holder !== undefined && holder !== this.#self) {
      const owner = others.find(({ id }) => id === holder);
      const isSilent = owner === undefined || !isThere(owner, nowMs, this.#ttlMs / 2);
      return { verdict: isSilent && this.#settings.mayOwn() && canWait ? 'wait' : 'leave', lease: undefined };
    }
    if (holder === undefined && !this.#settings.mayOwn()) return { verdict: 'leave', lease: undefined };
    const isAlone = !others.some((one) => isThere(one, nowMs, this.#ttlMs));
    if (!isAlone) return { verdict: 'leave', lease: released(lease, this.#self) };
    if (keep) return { verdict: 'close', lease: released(lease, this.#self) };
    const own = claimed(lease, this.#self, nowMs, Math.max(CLOSING_MS, this.#ttlMs));
    return { verdict: 'close', lease: own === undefined ? undefined : { ...own, closing: true } };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await pause(this.#settings.service.capabilities.heartbeatMs, signal);
      if (!signal.aborted) await this.#beat();
    }
  }

  /** One heartbeat: what others wrote is read, what we are is written, a lease that is ours is renewed and a free one claimed. */
  async #beat(): Promise<void> {
    try {
      const written = await this.#write((event, nowMs) => {
        const lease = leaseOfTag(event.tags[OWNER_TAG]);
        const isOurs = lease?.holder === this.#self;
        const next = isOurs || this.#settings.mayOwn() ? claimed(lease, this.#self, nowMs, this.#ttlMs) : undefined;
        return this.#signed(event.tags, next);
      });
      if (written !== undefined) await this.#apply(written);
      this.#hasFailed = false;
    } catch (error) {
      const isBusy = error instanceof OperatorError && error.code === 'EVENT_BUSY';
      if (!this.#hasFailed && !isBusy) {
        this.#settings.onWarning({
          code: 'BOARD_UNREACHABLE', message: `The state of the two instances cannot be exchanged through the event: ${messageOf(error)}`,
          action: 'The stream itself is not affected. Look at the other instance before anything is stopped.',
        });
      }
      this.#hasFailed ||= !isBusy;
    }
    this.#look();
  }

  /** Reads, changes and writes until nobody interferes. Undefined where nothing was to be written. @throws OperatorError EVENT_GONE, EVENT_BUSY */
  async #write(change: Change): Promise<Written | undefined> {
    const { service, eventName, now } = this.#settings;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const signal = AbortSignal.timeout(Math.max(5000, this.#ttlMs / 2));
      const event = await service.getEvent(eventName, signal);
      if (event === undefined) throw new OperatorError('EVENT_GONE', `The event ${eventName} does not exist any more.`, 'Look whether another instance has ended the show.');
      const tags = change(event, now());
      if (tags === undefined) return undefined;
      const swap = await service.swapEventTags(event, tags, signal);
      if (swap === 'written') {
        const wasOurs = leaseOfTag(event.tags[OWNER_TAG])?.holder === this.#self;
        return { tags, isConfirmed: event.version !== undefined || wasOurs };
      }
      // Two who write at once must not meet again and again.
      await pause((swap === 'busy' ? BUSY_PAUSE_MS : 0) + Math.random() * 40 * attempt);
    }
    throw new OperatorError('EVENT_BUSY', `The service took no change of the event ${eventName} just now.`, 'Try again.');
  }

  async #apply({ tags, isConfirmed }: Written): Promise<void> {
    const wasOurs = this.#view.ownership === 'ours';
    // Without a condition another may have written over it: what is ours is what the next reading shows.
    const { [OWNER_TAG]: _owner, ...rest } = tags;
    this.#tags = isConfirmed ? tags : { ...rest, ...(this.#tags[OWNER_TAG] === undefined ? {} : { [OWNER_TAG]: this.#tags[OWNER_TAG] }) };
    this.#settings.onTags();
    if (!wasOurs && this.view.ownership === 'ours') await this.#settings.onOwned(tags);
    this.#look();
  }

  #look(): void {
    const before = this.#view;
    this.#view = this.view;
    this.#partnerSeen ||= this.#view.partner?.isPresent === true;
    for (const event of changesBetween(before, this.#view, new Date(this.#settings.now()).toISOString())) this.#settings.onEvent(event);
  }

  get #self(): string {
    return this.#settings.describe().id;
  }

  #signed(tags: Tags, lease: Lease | undefined): Tags {
    return { ...this.#told, ...tags, [placeIn(tags, this.#self)]: instanceTagOf(this.#settings.describe()), ...(lease === undefined ? {} : { [OWNER_TAG]: leaseTagOf(lease) }) };
  }

  #unsigned(tags: Tags, lease: Lease | undefined): Tags {
    const others = Object.fromEntries(Object.entries(tags).filter(([, value]) => !value.startsWith(`${this.#self};`)));
    return { ...others, ...(lease === undefined ? {} : { [OWNER_TAG]: leaseTagOf(lease) }) };
  }
}

/** Ends early, without an error, when the signal aborts. */
async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
    if (signal?.aborted === true) { clearTimeout(timer); resolve(); }
  });
}
