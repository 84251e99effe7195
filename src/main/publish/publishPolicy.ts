// What a connection does when media waits: thresholds in media time and the two policies of destinations. Data only.

/** A bounded file for a backlog that is to be replayed. */
export type SpoolLimits = {
  readonly folder: string;
  readonly maxBytes: number;
  /** Media time. */
  readonly maxMs: number;
};

export type PublishPolicy = {
  /** True where a backlog may be sent faster than real time after a reconnect. */
  readonly burstWelcome: boolean;
  /**
   * True where a new connection begins with what the server may not have and goes on with what waits: always with `burstWelcome`, and over
   * Smooth Streaming everywhere, as its documentation asks. Else it begins at the next IDR.
   */
  readonly resendsLast?: boolean;
  /** Most media time that may wait in memory; beyond it the oldest GOPs are dropped, audio last. */
  readonly maxQueuedMs: number;
  /** Beyond this, frames to which no other frame refers are dropped; never where it is not given. */
  readonly dropNonReferenceAboveMs?: number;
  /** Only with `burstWelcome`: where the backlog goes that memory shall not hold. */
  readonly spool?: SpoolLimits;
};

/** True where a new connection begins with what the server may not have, false where it begins at the next IDR. */
export function resendsAfterBreak({ burstWelcome, resendsLast = false }: PublishPolicy): boolean {
  return burstWelcome || resendsLast;
}

/** The highest rendition gives way first: it loses its cheap frames before anybody else loses anything (DESIGN §6). */
const TOP_DROPS_NON_REFERENCE_ABOVE_MS = 1500;
/** Later than the moment at which the top rendition is shed, so that the lower ones stay whole while that helps. */
const LOWER_DROP_NON_REFERENCE_ABOVE_MS = 5000;
/** Whole GOPs go then: what is older would reach the viewers too late to be of use. */
const DROP_GOPS_ABOVE_MS = 10_000;
/** With a spool, memory holds little; this only bounds it should the disk fail. */
const MAX_IN_MEMORY_MS = 60_000;
const SPOOL_MAX_BYTES = 2 ** 31;
const SPOOL_MAX_MS = 30 * 60_000;

/** Never a burst, the next IDR after every interruption: MPE_CAPACITY_LIMIT_REACHED is a cloud's answer to anything else. */
export function cloudPolicy(isTop: boolean): PublishPolicy {
  return {
    burstWelcome: false,
    maxQueuedMs: DROP_GOPS_ABOVE_MS,
    dropNonReferenceAboveMs: isTop ? TOP_DROPS_NON_REFERENCE_ABOVE_MS : LOWER_DROP_NON_REFERENCE_ABOVE_MS,
  };
}

/** Nothing is dropped while the spool has room: the archive gets every frame, if late. */
export function replayPolicy(spoolFolder: string): PublishPolicy {
  return {
    burstWelcome: true,
    maxQueuedMs: MAX_IN_MEMORY_MS,
    spool: { folder: spoolFolder, maxBytes: SPOOL_MAX_BYTES, maxMs: SPOOL_MAX_MS },
  };
}
