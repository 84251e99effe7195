// One RTMP connection at the ingest: the socket, its deadlines, and the dialogue up to the published stream. Holds no media.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { RtmpProtocolError } from '../../rtmp/rtmpProtocolError.ts';
import { RtmpServerSession, type RtmpServerEvent } from '../../rtmp/rtmpServerSession.ts';
import type { ServiceLog } from '../serviceLog.ts';
import { isAddressAllowed } from '../addressRules.ts';
import type { Channel } from './channel.ts';
import { tokenOfApp } from './declaredTracks.ts';
import { IngestRefusal } from './ingestRefusal.ts';
import { Publication } from './publication.ts';
import type { EventLevel, Peer } from '../telemetry/ingestHistory.ts';

export type IngestDeadlines = {
  /** From the connection to the accepted publish. */
  readonly publishMs: number;
  /** Without a byte while publishing. */
  readonly idleMs: number;
  /** For a refused or ended peer to read the last words. */
  readonly lingerMs: number;
};

export const defaultDeadlines: IngestDeadlines = { publishMs: 10_000, idleMs: 30_000, lingerMs: 2000 };

/** Most that may wait for a peer that does not read. */
const MAX_UNREAD_BYTES = 1024 * 1024;

export type IngestGate = {
  /** The open channel with this access token. */
  channelOf(token: string): Channel | undefined;
};

export type IngestSurroundings = {
  readonly gate: IngestGate;
  readonly log: ServiceLog;
  readonly deadlines: IngestDeadlines;
  /** `rtmps:secondary`, for the log. */
  readonly endpoint: string;
};

export class IngestConnection {
  readonly #socket: Socket;
  readonly #surroundings: IngestSurroundings;
  readonly #session = new RtmpServerSession();
  #channel: Channel | undefined;
  #publication: Publication | undefined;
  /** Number of the publication in the event's journal. */
  #published: number | undefined;
  #encoder = '';
  readonly #peer: Peer;
  #deadline: NodeJS.Timeout;
  #isOver = false;

  constructor(socket: Socket, surroundings: IngestSurroundings) {
    this.#socket = socket;
    this.#surroundings = surroundings;
    this.#deadline = setTimeout(() => { this.#fail('The peer did not publish in time.'); }, surroundings.deadlines.publishMs);
    // Kept, because a closed socket no longer knows it.
    this.#peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    socket.setNoDelay(true);
    socket.on('data', (bytes: Uint8Array) => { this.#receive(bytes); });
    // Whatever ends a socket ends in 'close'.
    socket.on('error', () => {});
    socket.on('end', () => { this.#over(false); });
    socket.on('close', () => { this.#over(false); });
  }

  /** Tells the publisher why it must go, and closes. */
  disconnect(refusal: IngestRefusal): void {
    this.#refuse(refusal);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (let events = this.#session.receive(bytes); events.length > 0; events = this.#session.takeEvents()) {
        for (const event of events) {
          if (this.#isOver) return;
          this.#handle(event);
        }
      }
      this.#flush();
      this.#waitForPackager();
    } catch (error) {
      if (error instanceof IngestRefusal) this.#refuse(error);
      else if (error instanceof RtmpProtocolError) this.#fail(`${error.code}: ${error.message}`);
      else throw error;
    }
  }

  /** A publisher that sends its backlog faster than it can be packaged is held back by TCP. */
  #waitForPackager(): void {
    const catchingUp = this.#channel?.catchingUp;
    if (!catchingUp || this.#isOver) return;
    this.#socket.pause();
    void catchingUp.then(() => this.#socket.resume());
  }

  #handle(event: RtmpServerEvent): void {
    switch (event.type) {
      case 'connect':
        this.#encoder = event.flashVer.slice(0, 128);
        this.#connect(event.app);
        return;
      case 'publish':
        this.#publish(event.streamName);
        return;
      case 'metadata':
        this.#publication?.metadata(event.values);
        return;
      case 'video':
        this.#refreshIdleDeadline();
        this.#publication?.video(event.timestampMs, event.payload);
        return;
      case 'audio':
        this.#refreshIdleDeadline();
        this.#publication?.audio(event.timestampMs, event.payload);
        return;
      case 'unpublish':
        this.#endPublication(true, 'MPE_CLIENT_TERMINATED_SESSION', 'Information');
        this.#setDeadline(this.#surroundings.deadlines.publishMs, 'The peer stayed without publishing again.');
        return;
      case 'closed':
        this.#over(true);
        return;
      case 'data':
        this.#publication?.data(event.name, event.values, event.timestampMs);
        return;
    }
  }

  #connect(app: string): void {
    const token = tokenOfApp(app);
    const channel = token === undefined ? undefined : this.#surroundings.gate.channelOf(token);
    if (channel?.spec.protocol !== 'RTMP') {
      throw new IngestRefusal('MPE_RTMP_APPID_AUTH_FAILURE', 'The RTMP app is not live/<access token> of a running live event.');
    }
    if (!isAddressAllowed(channel.spec.ingestAllow, this.#peer.address)) {
      const refusal = new IngestRefusal('MPE_INGEST_ENCODER_CONNECTION_DENIED', 'The live event does not allow publishers from this address.');
      channel.journal.refused(undefined, this.#peer, refusal.code, refusal.message);
      throw refusal;
    }
    channel.attach(this);
    this.#channel = channel;
    this.#session.acceptConnect();
  }

  #publish(streamName: string): void {
    const channel = this.#channel;
    if (!channel) return;
    this.#publication = new Publication(channel, streamName, this.#peer.address);
    this.#session.acceptPublish();
    this.#published = channel.journal.publisherCame({
      streamName: streamName.split('?', 1)[0] ?? '', peer: this.#peer, encoder: this.#encoder,
      tlsVersion: this.#socket instanceof TLSSocket ? this.#socket.getProtocol() ?? undefined : undefined,
    });
    this.#refreshIdleDeadline();
    this.#surroundings.log.info({ ...this.#about(channel), streamName: streamName.split('?')[0] }, 'A publisher has begun.');
  }

  #refreshIdleDeadline(): void {
    this.#setDeadline(this.#surroundings.deadlines.idleMs, 'MPE_RTMP_SESSION_IDLE_TIMEOUT: the publisher sent nothing for too long.', 'MPE_RTMP_SESSION_IDLE_TIMEOUT');
  }

  #setDeadline(ms: number, reason: string, resultCode?: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => { this.#fail(reason, resultCode); }, ms);
  }

  /** Says why in RTMP and closes behind it. */
  #refuse(refusal: IngestRefusal): void {
    if (this.#isOver) return;
    this.#surroundings.log.warn({ ...this.#about(this.#channel), code: refusal.code }, refusal.message);
    const code = this.#channel ? 'NetStream.Publish.Denied' : 'NetConnection.Connect.Rejected';
    this.#session.reject(code, `${refusal.code}: ${refusal.message}`);
    if (this.#published === undefined) this.#channel?.journal.refused(undefined, this.#peer, refusal.code, refusal.message);
    else this.#endPublication(false, refusal.code, refusal.code.startsWith('MPI_') ? 'Information' : 'Error');
    this.#over(true);
  }

  /** Closes at once: the peer does not speak RTMP, or not in time. */
  #fail(reason: string, resultCode = 'MPE_CLIENT_TERMINATED_SESSION'): void {
    if (this.#isOver) return;
    this.#endPublication(false, resultCode, 'Warning');
    this.#surroundings.log.warn(this.#about(this.#channel), reason);
    this.#over(false);
    this.#socket.destroy();
  }

  #over(canLinger: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#endPublication(false, 'MPE_CLIENT_TERMINATED_SESSION', 'Warning');
    this.#channel?.detach(this);
    this.#flush();
    if (this.#socket.destroyed) return;
    if (!canLinger) {
      this.#socket.destroySoon();
    } else {
      this.#socket.end();
    }
    // A peer that keeps sending or never closes is cut off. What it sends is read and forgotten, so that its last words arrive.
    const cut = setTimeout(() => { this.#socket.destroy(); }, this.#surroundings.deadlines.lingerMs);
    this.#socket.once('close', () => { clearTimeout(cut); });
  }

  #endPublication(isClean: boolean, resultCode: string, level: EventLevel): void {
    this.#publication?.end(isClean);
    this.#publication = undefined;
    if (this.#published !== undefined) this.#channel?.journal.publisherLeft(this.#published, resultCode, level, this.#socket.bytesRead);
    this.#published = undefined;
  }

  #flush(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    for (const bytes of this.#session.takeOutput()) this.#socket.write(bytes);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#socket.destroy();
  }

  #about(channel: Channel | undefined): object {
    return { endpoint: this.#surroundings.endpoint, eventName: channel?.spec.eventName, peer: this.#socket.remoteAddress };
  }
}
