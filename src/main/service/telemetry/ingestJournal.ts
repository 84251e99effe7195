// Writes down what happens at the ingest of one live event: connections, first chunks, losses, and a heartbeat for each track.
// Bounded in memory whatever a peer does. Opens nothing and decides nothing.
import type { TrackTelemetry } from '../mediaPlane.ts';
import { ChunkAlignment, type Chunk } from './chunkAlignment.ts';
import type { EventLevel, Heartbeat, IngestEvent, IngestHistory, IngestSession, Interruption, Peer, TrackLabel } from './ingestHistory.ts';

const MAX_EVENTS = 500;
const MAX_HEARTBEATS = 1000;
const MAX_INTERRUPTIONS = 100;
/** Documented: a heartbeat for each track every 20 s. */
const HEARTBEAT_MS = 20_000;
const DRIFT_OVER_MS = 60_000;
/** A fault that lasts is told again after this time. */
const REPEAT_AFTER_MS = 20_000;
/** Tracks of one presentation further apart than this are out of step; more than the longest queue of a healthy publisher. */
const UNALIGNED_MS = 6000;
/** A track without arrivals for this long is not being received. */
const RECEIVING_MS = 5000;

export type Publisher = { readonly streamName: string; readonly peer: Peer; readonly encoder: string; readonly tlsVersion: string | undefined };
type Connection = Publisher & { readonly connection: number };
type Counters = { readonly gaps: number; readonly nonIncreasing: number; readonly stale: number };

export class IngestJournal {
  readonly #now: () => number;
  readonly #events: IngestEvent[] = [];
  readonly #heartbeats: Heartbeat[] = [];
  readonly #publishers = new Map<number, Connection>();
  readonly #begun = new Set<string>();
  readonly #toldAt = new Map<string, number>();
  readonly #seen = new Map<string, Counters>();
  readonly #atLastHeartbeat = new Map<string, Counters>();
  #alignment = new ChunkAlignment();
  #connections = 0;
  #session: (Omit<IngestSession, 'interruptions'> & { readonly interruptions: readonly Interruption[] }) | undefined;
  #lastHeartbeatMs: number | undefined;

  /** @param now UTC ms */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get history(): IngestHistory {
    return { session: this.#session, events: this.#events, heartbeats: this.#heartbeats };
  }

  /** The event's channel is opened anew: its tracks begin from nothing. What happened before stays on record. */
  reopened(): void {
    this.#begun.clear();
    this.#seen.clear();
    this.#atLastHeartbeat.clear();
    this.#alignment = new ChunkAlignment();
    this.#lastHeartbeatMs = undefined;
  }

  /** A publisher was accepted. @returns its number, for {@link publisherLeft} */
  publisherCame(publisher: Publisher): number {
    const atUtcMs = this.#now();
    this.#connections += 1;
    const connection = this.#connections;
    this.#publishers.set(connection, { ...publisher, connection });
    const known = this.#session;
    if (known === undefined) {
      this.#session = { streamName: publisher.streamName, beginUtcMs: atUtcMs, end: undefined, interruptions: [] };
    } else if (known.end !== undefined) {
      // Not at the end: the last chunks are packaged after their publishers have left.
      this.#begun.clear();
      const pause = { beginUtcMs: known.end.atUtcMs, endUtcMs: atUtcMs, reason: known.end.reason };
      this.#session = { ...known, end: undefined, interruptions: [...known.interruptions, pause].slice(-MAX_INTERRUPTIONS) };
    }
    this.#tell({ atUtcMs, level: 'Information', type: 'BeginIngest', ...publisher });
    return connection;
  }

  /** @param resultCode in the words of the API, e.g. MPE_CLIENT_TERMINATED_SESSION */
  publisherLeft(connection: number, resultCode: string, level: EventLevel, receivedBytes: number): void {
    const publisher = this.#publishers.get(connection);
    if (publisher === undefined) return;
    const atUtcMs = this.#now();
    this.#publishers.delete(connection);
    const { streamName, peer } = publisher;
    this.#tell({ atUtcMs, level, type: 'EndIngest', streamName, peer, resultCode, connection, receivedBytes });
    if (this.#publishers.size > 0 || this.#session === undefined) return;
    this.#session = { ...this.#session, end: { atUtcMs, reason: resultCode } };
  }

  /** Somebody who knew the token was turned away. */
  refused(streamName: string | undefined, peer: Peer, resultCode: string, message: string): void {
    // A peer that tries again and again must not push out what matters.
    if (!this.#isNews(`refused ${peer.address} ${resultCode}`)) return;
    this.#tell({ atUtcMs: this.#now(), level: 'Error', type: 'InvalidConnection', streamName, peer, resultCode, message });
  }

  /** A chunk of a track has been packaged. */
  chunk(chunk: Chunk, resolution: string | undefined): void {
    const { track, atMs, durationMs } = chunk;
    const atUtcMs = this.#now();
    if (!this.#begun.has(track.trackName)) {
      this.#begun.add(track.trackName);
      this.#tell({ atUtcMs, level: 'Information', type: 'FirstChunkReceived', track, atMs, durationMs, resolution });
    }
    if (track.kind === 'audio') return;
    const odd = this.#alignment.add(chunk);
    if (odd === undefined || !this.#isNews(`unaligned ${[track.trackName, odd.track.trackName].sort().join(' ')}`)) return;
    const [one, two] = odd.atMs <= atMs ? [odd, chunk] : [chunk, odd];
    this.#tell({
      atUtcMs, level: 'Error', type: 'UnalignedKeyFrames', track,
      one: { atMs: one.atMs, durationMs: one.durationMs }, two: { atMs: two.atMs, durationMs: two.durationMs },
    });
  }

  /** Looks at the tracks; called about once a second. Losses since the last look become events, every 20 s a heartbeat is made. */
  observe(tracks: readonly TrackTelemetry[]): void {
    const atUtcMs = this.#now();
    for (const track of tracks) this.#losses(track, atUtcMs);
    this.#presentation(tracks, atUtcMs);
    if (tracks.length === 0) return;
    this.#lastHeartbeatMs ??= atUtcMs;
    if (atUtcMs - this.#lastHeartbeatMs < HEARTBEAT_MS) return;
    this.#lastHeartbeatMs = atUtcMs;
    for (const track of tracks) this.#heartbeat(track, atUtcMs);
  }

  #losses(telemetry: TrackTelemetry, atUtcMs: number): void {
    const track = labelOf(telemetry);
    const before = this.#seen.get(telemetry.trackName) ?? NOTHING;
    const now = countersOf(telemetry);
    this.#seen.set(telemetry.trackName, now);
    for (const gap of telemetry.gaps.slice(before.gaps)) {
      this.#tell({ atUtcMs, level: 'Warning', type: 'Discontinuity', track, previousMs: gap.atMs, currentMs: gap.atMs + gap.lengthMs });
    }
    const atMs = telemetry.lastTimestampMs ?? 0;
    const drops = [
      [now.nonIncreasing > before.nonIncreasing, 'FragmentDrop_NonIncreasingTimestamp'],
      [now.stale > before.stale, 'FragmentDrop_OverlapTimestamp'],
    ] as const;
    for (const [happened, reason] of drops) {
      if (happened && this.#isNews(`${reason} ${track.trackName}`)) this.#tell({ atUtcMs, level: 'Warning', type: 'ChunkDropped', track, atMs, reason });
    }
  }

  #presentation(tracks: readonly TrackTelemetry[], atUtcMs: number): void {
    const reached = tracks.flatMap(({ kind, lastTimestampMs, lastArrivalUtcMs }) => (
      lastTimestampMs !== undefined && lastArrivalUtcMs !== undefined && atUtcMs - lastArrivalUtcMs <= RECEIVING_MS ? [{ atMs: lastTimestampMs, kind }] : []
    )).sort((one, other) => one.atMs - other.atMs);
    const [min, max] = [reached[0], reached.at(-1)];
    if (min === undefined || max === undefined || max.atMs - min.atMs <= UNALIGNED_MS || !this.#isNews('presentation')) return;
    this.#tell({ atUtcMs, level: 'Error', type: 'UnalignedPresentation', min, max });
  }

  #heartbeat(telemetry: TrackTelemetry, atUtcMs: number): void {
    const { trackName, lastTimestampMs, lastArrivalUtcMs, incomingBitrate } = telemetry;
    const before = this.#atLastHeartbeat.get(trackName) ?? NOTHING;
    const now = countersOf(telemetry);
    this.#atLastHeartbeat.set(trackName, now);
    const beat = {
      atUtcMs, track: labelOf(telemetry), incomingBitrate, lastTimestampMs, lastArrivalUtcMs,
      overlapCount: now.stale - before.stale,
      discontinuityCount: now.gaps - before.gaps,
      nonIncreasingCount: now.nonIncreasing - before.nonIncreasing,
      isReceiving: lastArrivalUtcMs !== undefined && atUtcMs - lastArrivalUtcMs <= RECEIVING_MS,
    };
    this.#heartbeats.push({ ...beat, driftSeconds: this.#drift(beat) });
    if (this.#heartbeats.length > MAX_HEARTBEATS) this.#heartbeats.shift();
  }

  #drift(beat: Omit<Heartbeat, 'driftSeconds'>): number | undefined {
    const earlier = this.#heartbeats.findLast((one) => one.track.trackName === beat.track.trackName && beat.atUtcMs - one.atUtcMs >= DRIFT_OVER_MS);
    const [before, now] = [delayOf(earlier), delayOf(beat)];
    return before === undefined || now === undefined ? undefined : Math.round((now - before) / 1000);
  }

  #isNews(what: string): boolean {
    const now = this.#now();
    const told = this.#toldAt.get(what);
    if (told !== undefined && now - told < REPEAT_AFTER_MS) return false;
    this.#toldAt.delete(what);
    this.#toldAt.set(what, now);
    const [oldest] = this.#toldAt.keys();
    if (this.#toldAt.size > MAX_EVENTS && oldest !== undefined) this.#toldAt.delete(oldest);
    return true;
  }

  #tell(event: IngestEvent): void {
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }
}

const NOTHING: Counters = { gaps: 0, nonIncreasing: 0, stale: 0 };

function countersOf({ gaps, nonIncreasingCount, staleCount }: TrackTelemetry): Counters {
  return { gaps: gaps.length, nonIncreasing: nonIncreasingCount, stale: staleCount };
}

function labelOf({ trackName, kind, declaredBitrate }: TrackTelemetry): TrackLabel {
  return { trackName, kind, declaredBitrate };
}

function delayOf(beat: Pick<Heartbeat, 'lastArrivalUtcMs' | 'lastTimestampMs'> | undefined): number | undefined {
  if (beat?.lastArrivalUtcMs === undefined || beat.lastTimestampMs === undefined) return undefined;
  return beat.lastArrivalUtcMs - beat.lastTimestampMs;
}
