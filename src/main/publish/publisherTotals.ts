// What one publisher has done in all, over all its connections. Counts only; decides nothing.
import type { MediaPacket } from '../media/packets.ts';
import type { Connection } from './carrier.ts';
import type { PublisherState } from './publisherState.ts';

export class PublisherTotals {
  /** Connections on which the server accepted the stream. */
  accepted = 0;
  sentVideoFrames = 0;
  sentAudioFrames = 0;
  lostFrames = 0;
  #endedSentBytes = 0;
  #endedAcknowledgedBytes = 0;
  #droppedWhileHeld = 0;
  /** What was dropped before the stream began is not missing from it. */
  #dropsBeforeFirst = 0;
  #disconnectedMs = 0;
  #lostAtMs: number | undefined;

  /** @param backlogDrops video frames that the backlog has dropped so far */
  sent(packet: MediaPacket, backlogDrops: number): void {
    if (packet.kind === 'audio') {
      this.sentAudioFrames += 1;
      return;
    }
    if (this.sentVideoFrames === 0) this.#dropsBeforeFirst = backlogDrops + this.#droppedWhileHeld;
    this.sentVideoFrames += 1;
  }

  droppedWhileHeld(packet: MediaPacket): void {
    if (packet.kind === 'video') this.#droppedWhileHeld += 1;
  }

  /** Video frames that were sent on a connection which broke before the server said that it has them. */
  lostOnTheWay(frames: number): void {
    this.lostFrames += frames;
  }

  ended(connection: Connection): void {
    this.#endedSentBytes += connection.flushedBytes;
    this.#endedAcknowledgedBytes += connection.acknowledgedBytes;
  }

  /** Time counts as disconnected from the loss of an accepted connection until the next one is accepted; giving way does not count. */
  entered(state: PublisherState['state'], nowMs: number): void {
    if (this.accepted > 0 && (state === 'connecting' || state === 'waiting')) {
      this.#lostAtMs ??= nowMs;
      return;
    }
    this.#disconnectedMs = this.disconnectedMs(nowMs);
    this.#lostAtMs = undefined;
  }

  sentBytes(current: Connection | undefined): number {
    return this.#endedSentBytes + (current?.flushedBytes ?? 0);
  }

  acknowledgedBytes(current: Connection | undefined): number {
    return this.#endedAcknowledgedBytes + (current?.acknowledgedBytes ?? 0);
  }

  /** Video frames that were never sent, since the first one that was. */
  droppedFrames(backlogDrops: number): number {
    return this.sentVideoFrames === 0 ? 0 : backlogDrops + this.#droppedWhileHeld - this.#dropsBeforeFirst;
  }

  disconnectedMs(nowMs: number): number {
    return this.#disconnectedMs + (this.#lostAtMs === undefined ? 0 : nowMs - this.#lostAtMs);
  }
}
