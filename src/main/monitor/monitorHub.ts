// Who looks at the program and its sources: gives pictures and readings to those who have credit for them, and to nobody else. It queues nothing,
// and it outlives the shows: a client that stays sees the next one too.
import { metersMessage, USUAL_PICTURES_PER_SECOND, type Loudness, type MonitorGrant, type MonitorStamp } from '../../contract/monitorStream.ts';
import type { PooledBuffer } from '../media/framePool.ts';
import { levelsOf, merged, type LevelReading } from './levels.ts';

/** More credit than this at once would only be a longer queue in the socket. */
const MAX_PICTURE_CREDITS = 4;
const MAX_METER_CREDITS = 32;
/** Of each source; they come twice a second. */
const MAX_SOURCE_CREDITS = 2;

/** Where a client's messages go. `send` never waits and says when it has done with the message; a client whose socket is full says so and is passed over. */
export type MonitorViewer = { readonly isFull: () => boolean; readonly send: (message: Uint8Array, onSent: () => void) => void };

export type ViewerSeat = {
  grant(grant: MonitorGrant): void;
  /** Nothing is sent after this. */
  leave(): void;
};

type Seat = {
  readonly viewer: MonitorViewer;
  pictures: number;
  wantsEveryPicture: boolean;
  meters: number;
  readonly sources: Map<string, number>;
  /** Whether it has ever asked for readings, and what it has missed since its last one. */
  wantsMeters: boolean;
  missed: LevelReading | undefined;
};

export type MonitorTime = Pick<MonitorStamp, 'frame' | 'utcMs'>;
/** Draws a message; called only when someone takes it, and once for all of them. Its memory is used again when all have been sent it. */
type Draw = (stamp: MonitorStamp) => PooledBuffer;

export class MonitorHub {
  readonly #seats = new Set<Seat>();
  #pictureCount = 0;
  #meterCount = 0;
  readonly #sourceCounts = new Map<string, number>();

  /** A new client without any credit. */
  join(viewer: MonitorViewer): ViewerSeat {
    const seat: Seat = { viewer, pictures: 0, wantsEveryPicture: false, meters: 0, sources: new Map(), wantsMeters: false, missed: undefined };
    this.#seats.add(seat);
    return {
      grant: ({ pictures = 0, meters = 0, sources = {}, picturesPerSecond }) => {
        if (picturesPerSecond !== undefined) seat.wantsEveryPicture = picturesPerSecond > USUAL_PICTURES_PER_SECOND;
        seat.pictures = Math.min(MAX_PICTURE_CREDITS, seat.pictures + pictures);
        seat.meters = Math.min(MAX_METER_CREDITS, seat.meters + meters);
        seat.wantsMeters ||= meters > 0;
        for (const [source, count = 0] of Object.entries(sources)) {
          seat.sources.set(source, Math.min(MAX_SOURCE_CREDITS, (seat.sources.get(source) ?? 0) + count));
        }
      },
      leave: () => { this.#seats.delete(seat); },
    };
  }

  /** @param isUsual for everybody; else for those only who asked for more than the usual pictures. */
  offerPicture(time: MonitorTime, isUsual: boolean, draw: Draw): void {
    const takers = [...this.#seats].filter((seat) => seat.pictures > 0 && (isUsual || seat.wantsEveryPicture) && !seat.viewer.isFull());
    if (takers.length === 0) return;
    for (const seat of takers) seat.pictures -= 1;
    give(takers, draw({ ...time, sequence: this.#pictureCount }));
    this.#pictureCount += 1;
  }

  /** Like {@link offerPicture}, for those who have credit for this source. */
  offerSourcePicture(source: string, time: MonitorTime, draw: Draw): void {
    const takers = [...this.#seats].filter((seat) => (seat.sources.get(source) ?? 0) > 0 && !seat.viewer.isFull());
    if (takers.length === 0) return;
    const sequence = this.#sourceCounts.get(source) ?? 0;
    this.#sourceCounts.set(source, sequence + 1);
    for (const seat of takers) seat.sources.set(source, (seat.sources.get(source) ?? 0) - 1);
    give(takers, draw({ ...time, sequence }));
  }

  offerMeters(time: MonitorTime, reading: LevelReading, loudness: Loudness): void {
    const stamp = { ...time, sequence: this.#meterCount };
    this.#meterCount += 1;
    for (const seat of this.#seats) {
      if (!seat.wantsMeters) continue;
      const whole = seat.missed === undefined ? reading : merged(seat.missed, reading);
      if (seat.meters === 0 || seat.viewer.isFull()) {
        seat.missed = whole;
        continue;
      }
      seat.missed = undefined;
      seat.meters -= 1;
      seat.viewer.send(metersMessage(stamp, levelsOf(whole), loudness), () => undefined);
    }
  }
}

function give(takers: readonly Seat[], { bytes, lease }: PooledBuffer): void {
  for (const { viewer } of takers) {
    lease.hold();
    viewer.send(bytes, () => lease.release());
  }
  lease.release();
}
