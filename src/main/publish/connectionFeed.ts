// Moves packets from a backlog to one connection: headers first, and again where an encoder with other parameter sets took over; then what the
// socket takes, up to where it is to give way. Sees when the server has taken the first media. Never connects, never drops.
import { randomBytes } from 'node:crypto';
import type { AudioTrackConfig, VideoTrackConfig } from '../media/packets.ts';
import type { Backlog } from './backlog.ts';
import type { Feed, FeedEvents } from './carrier.ts';
import { messageOfCue } from './cueMessages.ts';
import { FlushPoint } from './flushPoint.ts';
import { HoldPoint } from './holdPoint.ts';
import type { PendingCues } from './pendingCues.ts';
import type { RtmpConnection } from './rtmpConnection.ts';
import { audioHeader, headOf, metadataOf, videoHeader, type TimedPacket } from './rtmpPackets.ts';
import type { VideoHeaders } from './videoHeaders.ts';

export type FeedSettings = {
  readonly video: VideoTrackConfig;
  readonly audio: AudioTrackConfig;
  /** Parameter sets of the video by time. */
  readonly headers: VideoHeaders;
  /** `encoder` of the metadata. */
  readonly encoderName: string;
  /** What the server was asked to acknowledge after. */
  readonly ackWindowBytes: number;
  readonly cues: PendingCues;
};

/** A server that has taken so many windows, for so long, without a word does not acknowledge. */
const SILENT_WINDOWS = 3;
const SILENT_MS = 4000;
/** What is sent in one go goes to the socket in writes of about this size. */
const WRITE_BYTES = 64 << 10;

/** Servers pass over data messages of names that they do not know. */
const FILLER_NAME = 'onFieldcastUplinkTest';
const FILLER_BYTES = 8192;
/** No two places alike, so that no tunnel on the way can make it smaller. */
const filler = randomBytes(FILLER_BYTES).toString('base64').slice(0, FILLER_BYTES);

export class ConnectionFeed implements Feed {
  readonly holdPoint: Promise<'hold'>;
  readonly #connection: RtmpConnection;
  readonly #backlog: Backlog;
  readonly #settings: FeedSettings;
  readonly #events: FeedEvents;
  readonly #hold = new HoldPoint();
  readonly #flush = new FlushPoint();
  /** False until the headers were sent. */
  #hasBegun = false;
  /** Whose parameter sets the server was told last. */
  #sentHeader: VideoTrackConfig | undefined;
  /** The first video frame, until it was taken: bytes sent when it had been, and when that was. */
  #firstMedia: { readonly endsAtByte: number; readonly sentAtMs: number } | 'taken' | undefined;
  #takenBytes = 0;
  #lastTimestampMs = 0;

  constructor(connection: RtmpConnection, backlog: Backlog, settings: FeedSettings, events: FeedEvents) {
    this.#connection = connection;
    this.#backlog = backlog;
    this.#settings = settings;
    this.#events = events;
    this.holdPoint = this.#hold.promise;
  }

  get isTaken(): boolean {
    return this.#firstMedia === 'taken';
  }

  hold(): void {
    this.#hold.want();
    this.pump();
  }

  release(): void {
    this.#hold.release();
  }

  async flush(): Promise<void> {
    await this.#flush.want(() => this.pump());
  }

  fill(bytes: number): number {
    const connection = this.#connection;
    if (!this.isTaken || this.#hold.isWanted || this.#flush.isWanted) return 0;
    const from = connection.session.sentBytes;
    for (let left = bytes; left > 0 && connection.takesFiller && connection.session.stage === 'publishing'; left -= FILLER_BYTES) {
      connection.session.sendData(this.#lastTimestampMs, { name: FILLER_NAME, values: [filler.slice(0, Math.min(left, FILLER_BYTES))] });
    }
    connection.flush();
    return connection.session.sentBytes - from;
  }

  giveUp(): void {
    this.#flush.reached();
  }

  /** What was taken was sent. */
  close(): void {
    this.release();
  }

  pump(): void {
    const connection = this.#connection;
    const { session } = connection;
    let writtenBytes = session.sentBytes;
    while (connection.takesMore && session.stage === 'publishing') {
      if (this.#hold.isWanted && (!this.#hasBegun || this.#backlog.isAtGopBoundary)) {
        this.#hold.reached();
        break;
      }
      const next = this.#backlog.take(this.#flush.isWanted);
      if (next === undefined) {
        if (!this.#backlog.isSpooling) this.#flush.reached();
        break;
      }
      this.#send(next);
      if (session.sentBytes - writtenBytes < WRITE_BYTES) continue;
      connection.flush();
      writtenBytes = session.sentBytes;
    }
    connection.flush();
    this.#progress();
  }

  #send(next: TimedPacket): void {
    const { session } = this.#connection;
    const { video, audio, encoderName } = this.#settings;
    const { packet, timestampMs } = next;
    this.#lastTimestampMs = timestampMs;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      session.sendMetadata(timestampMs, metadataOf(video, audio, encoderName));
      this.#sendVideoHeader(timestampMs);
      session.sendAudio(timestampMs, audioHeader(audio));
    } else if (packet.kind === 'video' && packet.isIdr) {
      this.#sendVideoHeader(timestampMs);
    }
    const head = headOf(next, video.frameRate);
    if (packet.kind === 'audio') {
      session.sendAudio(timestampMs, packet.data, head);
    } else {
      session.sendVideo(timestampMs, packet.data, head);
      this.#firstMedia ??= { endsAtByte: session.sentBytes, sentAtMs: performance.now() };
    }
    // Behind a packet: a server that was told no time yet cannot place a cue.
    for (const cue of this.#settings.cues.due(timestampMs)) {
      session.sendData(timestampMs, messageOfCue(cue));
      this.#settings.cues.sent(cue, session.sentBytes);
    }
    this.#events.onSent(packet, session.sentBytes);
    this.#backlog.sent(next, session.sentBytes);
  }

  /** Where the server does not know it. */
  #sendVideoHeader(timestampMs: number): void {
    const { headers, video } = this.#settings;
    const header = headers.at(timestampMs) ?? video;
    if (header !== this.#sentHeader) this.#connection.session.sendVideo(timestampMs, videoHeader(header));
    this.#sentHeader = header;
  }

  #progress(): void {
    const { flushedBytes, session: { acknowledgedBytes } } = this.#connection;
    const first = this.#firstMedia;
    if (first === undefined) return;
    this.#backlog.acknowledge(acknowledgedBytes);
    this.#settings.cues.acknowledge(acknowledgedBytes);
    // Of a server that does not acknowledge nothing better is known than what has left this machine.
    const takenBytes = first === 'taken' && acknowledgedBytes === 0 ? flushedBytes : acknowledgedBytes;
    if (takenBytes > this.#takenBytes) this.#events.onTaken(takenBytes);
    this.#takenBytes = takenBytes;
    if (first === 'taken') return;
    const isSilent = acknowledgedBytes === 0 && performance.now() - first.sentAtMs >= SILENT_MS
      && flushedBytes >= first.endsAtByte + SILENT_WINDOWS * this.#settings.ackWindowBytes;
    if (acknowledgedBytes < first.endsAtByte && !isSilent) return;
    this.#firstMedia = 'taken';
    this.#events.onMediaTaken(!isSilent);
  }
}
