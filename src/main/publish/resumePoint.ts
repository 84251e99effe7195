// Where the connections of one show begin again after a fault that struck several: at one IDR of the timeline, the next that all of them can
// reach. Reads no clock, sends nothing, and lets nobody wait for long.

/** So long a connection that stands waits for those that are still being opened; more than a slow line needs for TCP, TLS and RTMP. */
const GRACE_MS = 1500;

/** `away` is expected back; `ready` waits for its IDR; `absent` (sending, giving way, or over) concerns nobody. */
type Stage = 'away' | 'ready' | 'absent';

export class ResumePoint {
  readonly #members = new Set<ResumeMember>();
  /** IDRs up to here have passed one of those that are ready. */
  #passedFrame = -1;
  /** Everybody begins at the first IDR from here on. */
  #agreedFrame: number | undefined;
  #readySinceMs = 0;

  /** One for each connection that must not be flooded. */
  member(): ResumeMember {
    const member = new ResumeMember(this);
    this.#members.add(member);
    return member;
  }

  /** To be called by members. */
  becameReady(nowMs: number): void {
    if (this.#in('ready').length === 1) {
      this.#agreedFrame = undefined;
      this.#readySinceMs = nowMs;
    }
    this.#passedFrame = Math.max(...this.#in('ready').map(({ newestIdr }) => newestIdr));
  }

  /** To be called by members that are ready. @param idrFrame index of an IDR that this member could begin with */
  decide(idrFrame: number, nowMs: number): boolean {
    if (this.#agreedFrame === undefined) {
      const isLate = nowMs - this.#readySinceMs >= GRACE_MS;
      if (idrFrame <= this.#passedFrame || (!isLate && this.#in('away').length > 0)) return false;
      this.#agreedFrame = idrFrame;
    }
    return idrFrame >= this.#agreedFrame;
  }

  #in(stage: Stage): ResumeMember[] {
    return [...this.#members].filter((one) => one.stage === stage);
  }
}

export class ResumeMember {
  readonly #point: ResumePoint;
  #stage: Stage = 'away';
  #newestIdr = -1;

  constructor(point: ResumePoint) {
    this.#point = point;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Index of the newest IDR that has come for this connection. */
  get newestIdr(): number {
    return this.#newestIdr;
  }

  /** It is being opened, or waits for the next attempt. */
  away(): void {
    this.#stage = 'away';
  }

  /** Nobody shall wait for it. */
  absent(): void {
    this.#stage = 'absent';
  }

  /** The server takes the stream: from now on {@link beginsAt} is asked. */
  ready(nowMs: number): void {
    this.#stage = 'ready';
    this.#point.becameReady(nowMs);
  }

  /** Every IDR is to be told, in order. True where a connection that is ready begins with it; true as well while it is not ready. */
  beginsAt(idrFrame: number, nowMs: number): boolean {
    this.#newestIdr = idrFrame;
    if (this.#stage !== 'ready') return true;
    if (!this.#point.decide(idrFrame, nowMs)) return false;
    this.#stage = 'absent';
    return true;
  }
}
