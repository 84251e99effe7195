// One RTMP(S) connection from the first packet of TCP to its end: socket, session, deadlines, stall watch. Never connects again.
import type { Socket } from 'node:net';
import { messageOf } from '../../contract/errors.ts';
import { RtmpClientSession, type RtmpClientEvent } from '../rtmp/rtmpClientSession.ts';
import { RtmpProtocolError } from '../rtmp/rtmpProtocolError.ts';
import type { Connection } from './carrier.ts';
import { failureOfRefusal } from './refusal.ts';
import { Pings } from './pings.ts';
import { RoundTrip } from './roundTrip.ts';
import { failureOfDial, failureOfSocketError, PublishFailure } from './publishFailure.ts';
import type { PublishTimeouts } from './publishTimeouts.ts';
import type { Proxy } from './proxyChoice.ts';
import { openTunnel } from './proxyTunnel.ts';
import { dial } from './rtmpSocket.ts';
import { publishNameOf, redactor, tcUrlOf, type RtmpTarget } from './rtmpUrl.ts';
import { SendWindow } from './sendWindow.ts';
import { StallWatch } from './stallWatch.ts';
import { UplinkMeter } from './uplinkMeter.ts';

const PING_EVERY_MS = 2000;
const PROXY_PART = 0.7;
/** Of the media time that may be on its way; a round trip less. */
const FILLER_RESERVE_MS = 1250;

export type ConnectionOptions = {
  readonly target: RtmpTarget;
  readonly ca: string | undefined;
  readonly proxy: Proxy | undefined;
  readonly ackWindowBytes: number;
  /** Declared, audio and video together. */
  readonly bytesPerSecond: number;
  readonly timeouts: PublishTimeouts;
  /** `acknowledgedBytes` or what has left the socket has grown: it may take more again. */
  readonly onProgress: () => void;
};

export class RtmpConnection implements Connection {
  readonly opened: Promise<void>;
  readonly ended: Promise<PublishFailure | undefined>;
  readonly session: RtmpClientSession;
  readonly #options: ConnectionOptions;
  /** Undefined until it may carry data. */
  #socket: Socket | undefined;
  readonly #dialing = new AbortController();
  readonly #host: string;
  readonly #roundTrip = new RoundTrip();
  readonly #pings = new Pings();
  readonly #uplink = new UplinkMeter();
  readonly #window: SendWindow;
  #deadline: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #pinging: NodeJS.Timeout | undefined;
  #isOver = false;
  #flushedAtEnd = 0;
  #acknowledgedBytes = 0;
  #shortestTripMs = Infinity;
  readonly #open = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<PublishFailure | undefined>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { target, timeouts } = options;
    this.#window = new SendWindow(options.bytesPerSecond, options.ackWindowBytes);
    this.#host = `${target.host}:${target.port}`;
    this.opened = this.#open.promise;
    this.opened.catch(() => undefined);
    this.ended = this.#end.promise;
    this.session = new RtmpClientSession({
      app: target.app, tcUrl: tcUrlOf(target), streamName: publishNameOf(target), ackWindowBytes: options.ackWindowBytes,
    });
    this.#expectWithin(timeouts.connectMs, target.secure ? 'the connection with TLS' : 'the connection');
    void this.#dial();
  }

  /** Bytes that have left this process. */
  get flushedBytes(): number {
    if (this.#isOver) return this.#flushedAtEnd;
    return this.#socket === undefined ? 0 : Math.max(0, this.session.sentBytes - this.#socket.writableLength);
  }

  get acknowledgedBytes(): number {
    return this.session.acknowledgedBytes;
  }

  /** By pings where the server answers them, else by acknowledgements. */
  get roundTripMs(): number | undefined {
    return this.#pings.roundTripMs ?? this.#roundTrip.roundTripMs;
  }

  /** How long what was written and is not acknowledged takes to arrive, at the rate of the last seconds; needs a server that acknowledges. */
  get sendBufferMs(): number | undefined {
    const kbps = this.arrivingKbps;
    return kbps === undefined || kbps === 0 ? undefined : ((this.session.sentBytes - this.session.acknowledgedBytes) * 8) / kbps;
  }

  /** Kbit/s that the server has acknowledged of late. */
  get arrivingKbps(): number | undefined {
    return this.#uplink.arrivingKbps(performance.now());
  }

  /** Bytes that the socket was given and has not passed on. */
  get bufferedBytes(): number {
    return this.#isOver ? 0 : (this.#socket?.writableLength ?? 0);
  }

  /** False while the socket's own buffer is full, or enough is on its way: what is not given to it can still be dropped. */
  get takesMore(): boolean {
    return !this.#isOver && this.#socket?.writableNeedDrain === false && this.#window.isOpenAt(this.session.sentBytes);
  }

  /** The same for what nobody needs: only while so little is on its way that media would not have to wait behind it. */
  get takesFiller(): boolean {
    // The shortest round trip: the one of now would grow with what waits on the way, and allow for more of it.
    this.#shortestTripMs = Math.min(this.#shortestTripMs, this.roundTripMs ?? Infinity);
    const reserveMs = Math.max(0, FILLER_RESERVE_MS - (this.#shortestTripMs === Infinity ? 0 : this.#shortestTripMs));
    return this.takesMore && this.#window.isOpenAt(this.session.sentBytes + (this.#options.bytesPerSecond * reserveMs) / 1000);
  }

  /** Writes what the session has to say. */
  flush(): void {
    const socket = this.#socket;
    if (this.#isOver || socket === undefined) return;
    const output = this.session.takeOutput();
    if (output.length === 0) return;
    const onWritten = (): void => this.session.outputWritten();
    const [only] = output;
    if (only !== undefined && output.length === 1) {
      socket.write(only, onWritten);
    } else {
      socket.cork();
      for (const [index, bytes] of output.entries()) socket.write(bytes, index === output.length - 1 ? onWritten : undefined);
      socket.uncork();
    }
    this.#roundTrip.wrote(this.session.sentBytes, performance.now());
  }

  /**
   * Ends the stream in good order and closes; bounded by `drainMs`. What was written before is delivered if the network allows.
   * True when the server has read to the end and closed its side.
   */
  async finish(): Promise<boolean> {
    if (this.#isOver) return false;
    let isLate = false;
    this.session.unpublish();
    this.flush();
    this.#stopWatching();
    this.#deadline = setTimeout(() => {
      isLate = true;
      this.destroy();
    }, this.#options.timeouts.drainMs);
    // A reset instead of a FIN could cost the server the last frames: the socket is closed only when the server has closed its side.
    this.#socket?.end();
    const failure = await this.ended;
    return failure === undefined && !isLate;
  }

  /** Ends at once. */
  destroy(): void {
    this.#over(undefined);
  }

  async #dial(): Promise<void> {
    const { target, ca, proxy, timeouts } = this.#options;
    const { signal } = this.#dialing;
    let isTlsBegun = false;
    try {
      // The proxy's part of the time, so that its silence is told from that of the ingest.
      const tunnel = proxy === undefined ? undefined : await openTunnel(proxy, { host: target.host, port: target.port, signal, limitMs: timeouts.connectMs * PROXY_PART });
      const socket = await dial(target, { ca, signal, tunnel, onTlsBegins: () => { isTlsBegun = true; } });
      if (this.#isOver) socket.destroy();
      else this.#carryOn(socket);
    } catch (error) {
      this.#fail(failureOfDial(error, this.#host, isTlsBegun) ?? this.#closedByServer());
    }
  }

  #carryOn(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('drain', this.#options.onProgress);
    socket.on('error', (error) => this.#fail(failureOfSocketError(error, this.#host)));
    socket.on('close', () => this.#fail(this.#closedByServer()));
    this.#expectWithin(this.#options.timeouts.handshakeMs, 'the RTMP handshake', 'PUBLISH_HANDSHAKE');
    this.flush();
  }

  #receive(bytes: Buffer): void {
    if (this.#isOver) return;
    let events: RtmpClientEvent[];
    try {
      events = this.session.receive(bytes);
    } catch (error) {
      if (!(error instanceof RtmpProtocolError)) throw error;
      this.#fail(new PublishFailure(this.session.stage === 'handshake' ? 'PUBLISH_HANDSHAKE' : 'PUBLISH_PROTOCOL', `${this.#host} does not speak RTMP as it should: ${messageOf(error)}`, 'Check the ingest address.', 'always', { cause: error }));
      return;
    }
    for (const event of events) this.#handle(event);
    this.flush();
    if (this.session.acknowledgedBytes > this.#acknowledgedBytes) {
      this.#acknowledgedBytes = this.session.acknowledgedBytes;
      const nowMs = performance.now();
      this.#roundTrip.acknowledged(this.#acknowledgedBytes, nowMs);
      this.#uplink.acknowledged(this.#acknowledgedBytes, nowMs);
      this.#window.acknowledged(this.#acknowledgedBytes);
      this.#options.onProgress();
    }
  }

  #handle(event: RtmpClientEvent): void {
    if (this.#isOver) return;
    switch (event.type) {
      case 'stage':
        if (event.stage === 'connect') this.#expectWithin(this.#options.timeouts.publishMs, 'the answer to the request to publish');
        return;
      case 'publishing':
        this.#stopWatching();
        this.#watchForStalls();
        this.#pinging = setInterval(() => this.#ping(), PING_EVERY_MS);
        this.#open.resolve();
        return;
      case 'pong':
        this.#pings.answered(event.timestamp, performance.now());
        return;
      case 'refused':
        this.#fail(failureOfRefusal(event, this.#host, redactor(this.#options.target)));
    }
  }

  #closedByServer(): PublishFailure {
    if (this.session.stage === 'publishing') {
      return new PublishFailure('PUBLISH_CONNECTION_LOST', `${this.#host} closed the connection.`, 'Fieldcast connects again by itself.');
    }
    return new PublishFailure(
      'PUBLISH_CLOSED', `${this.#host} closed the connection instead of accepting the stream.`,
      'Check the stream key and the stream name, and that the event runs and nobody else sends this stream.',
    );
  }

  #expectWithin(limitMs: number, what: string, code = 'PUBLISH_NO_ANSWER'): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.#fail(new PublishFailure(code, `${this.#host} did not complete ${what} within ${limitMs / 1000} s.`, 'Check that the address is an RTMP ingest and that the event runs.'));
    }, limitMs);
  }

  #watchForStalls(): void {
    const { stallMs } = this.#options.timeouts;
    const watch = new StallWatch(stallMs, this.#options.ackWindowBytes, performance.now());
    this.#watch = setInterval(() => {
      const counters = { flushedBytes: this.flushedBytes, bufferedBytes: this.bufferedBytes, acknowledgedBytes: this.session.acknowledgedBytes };
      if (!watch.isStalled(counters, performance.now())) return;
      this.#fail(new PublishFailure('PUBLISH_STALLED', `${this.#host} took nothing for ${stallMs / 1000} s.`, 'Check the uplink. Fieldcast connects again by itself.'));
    }, Math.max(20, stallMs / 8));
  }

  #ping(): void {
    const timestamp = this.session.stage === 'publishing' ? this.#pings.next(performance.now()) : undefined;
    if (timestamp === undefined) return;
    this.session.ping(timestamp);
    this.flush();
  }

  #stopWatching(): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#pinging);
    clearInterval(this.#watch);
  }

  #fail(failure: PublishFailure): void {
    this.#over(this.session.stage === 'ended' && failure.code === 'PUBLISH_CLOSED' ? undefined : failure);
  }

  #over(failure: PublishFailure | undefined): void {
    if (this.#isOver) return;
    this.#flushedAtEnd = this.flushedBytes;
    this.#isOver = true;
    this.#stopWatching();
    this.#dialing.abort();
    this.#socket?.destroy();
    this.#open.reject(failure ?? new PublishFailure('PUBLISH_STOPPED', 'The connection was given up.', 'Nothing needs to be done.'));
    this.#end.resolve(failure);
  }
}
