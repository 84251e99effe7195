// One Smooth Streaming POST from the empty one that asks first to the answer that ends it: sockets, deadlines, stall watch. Never connects again.
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Connection } from './carrier.ts';
import { failureOfDial, failureOfSocketError, PublishFailure } from './publishFailure.ts';
import type { PublishTimeouts } from './publishTimeouts.ts';
import type { Proxy } from './proxyChoice.ts';
import { openTunnel } from './proxyTunnel.ts';
import { dial } from './rtmpSocket.ts';
import { failureOfAnswer, isAccepted, type SmoothAnswer } from './smoothRefusal.ts';
import { smoothRedactor, type SmoothTarget } from './smoothUrl.ts';
import { StallWatch } from './stallWatch.ts';

export type SmoothConnectionOptions = {
  readonly target: SmoothTarget;
  readonly ca: string | undefined;
  readonly proxy: Proxy | undefined;
  /** What the server is told of the encoder. */
  readonly userAgent: string;
  readonly timeouts: PublishTimeouts;
  /** More has left this process. */
  readonly onProgress: () => void;
};

/** One piece at a time is given to the socket, so that what has left is known to this size. */
const PIECE_BYTES = 16 << 10;
const MAX_ANSWER_BYTES = 4096;
const MAX_HEAD_BYTES = 16 << 10;
/** An answer that has begun is read for so long. */
const ANSWER_MS = 2000;
/** Part of the time to connect that a proxy may take. */
const PROXY_PART = 0.7;
/** The farewell ends after this even where it makes progress. */
const MAX_FINISH_MS = 20_000;

export class SmoothConnection implements Connection {
  readonly opened: Promise<void>;
  readonly ended: Promise<PublishFailure | undefined>;
  /** What a POST says nothing of while it runs. */
  readonly arrivingKbps = undefined;
  readonly sendBufferMs = undefined;
  readonly roundTripMs = undefined;
  readonly #options: SmoothConnectionOptions;
  readonly #host: string;
  readonly #dialing = new AbortController();
  readonly #open = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<PublishFailure | undefined>();
  #request: http.ClientRequest | undefined;
  #sockets: Socket[] = [];
  #waiting: Uint8Array[] = [];
  #isWriting = false;
  #sentBytes = 0;
  #flushedBytes = 0;
  #isAnswered = false;
  #isFinishing = false;
  #isOver = false;
  #deadline: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: SmoothConnectionOptions) {
    this.#options = options;
    this.#host = `${options.target.host}:${options.target.port}`;
    this.opened = this.#open.promise;
    this.opened.catch(() => undefined);
    this.ended = this.#end.promise;
    void this.#begin();
  }

  /** Bytes of the body that were given to {@link write}. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  get flushedBytes(): number {
    return this.#flushedBytes;
  }

  get bufferedBytes(): number {
    return this.#isOver ? 0 : this.#sentBytes - this.#flushedBytes;
  }

  /** A server says what it has when it answers, which it does at the end. */
  get acknowledgedBytes(): number {
    return this.#isAnswered ? this.#flushedBytes : 0;
  }

  /** More of the body; it can no longer be dropped. */
  write(pieces: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    for (const piece of pieces) {
      this.#sentBytes += piece.length;
      for (let at = 0; at < piece.length; at += PIECE_BYTES) this.#waiting.push(piece.subarray(at, at + PIECE_BYTES));
    }
    this.#writeNext();
  }

  /** Ends the body and waits for the answer; bounded by `drainMs` without progress. */
  async finish(): Promise<boolean> {
    if (this.#isOver) return false;
    this.#isFinishing = true;
    this.#stopWatching();
    const { drainMs } = this.#options.timeouts;
    const until = performance.now() + Math.max(drainMs, MAX_FINISH_MS);
    let flushedBytes = this.#flushedBytes;
    this.#watch = setInterval(() => {
      if (this.#flushedBytes === flushedBytes || performance.now() > until) this.destroy();
      flushedBytes = this.#flushedBytes;
    }, drainMs);
    this.#writeNext();
    await this.ended;
    return this.#isAnswered;
  }

  destroy(): void {
    this.#over(undefined);
  }

  async #begin(): Promise<void> {
    const { target, timeouts } = this.#options;
    try {
      this.#expectWithin(timeouts.connectMs, target.secure ? 'the connection with TLS' : 'the connection');
      const probe = this.#post(await this.#dial(), { 'content-length': 0 });
      this.#expectWithin(timeouts.publishMs, 'the answer to the request to publish');
      probe.end();
      const answer = await this.#answerTo(probe);
      if (!isAccepted(answer)) throw failureOfAnswer(answer, 'probe', this.#host, smoothRedactor(target));
      this.#expectWithin(timeouts.connectMs, target.secure ? 'the connection with TLS' : 'the connection');
      const socket = await this.#dial();
      if (this.#isOver) return;
      socket.on('close', () => this.#fail(this.#closedByServer()));
      const request = this.#post(socket, { 'transfer-encoding': 'chunked', 'content-type': 'video/mp4' });
      this.#request = request;
      request.flushHeaders();
      void this.#watchAnswer(request);
      this.#stopWatching();
      this.#watchForStalls();
      this.#open.resolve();
    } catch (error) {
      this.#fail(this.#failureOf(error));
    }
  }

  async #dial(): Promise<Socket> {
    const { target, ca, proxy, timeouts } = this.#options;
    const { signal } = this.#dialing;
    const tunnel = proxy === undefined ? undefined : await openTunnel(proxy, { host: target.host, port: target.port, signal, limitMs: timeouts.connectMs * PROXY_PART });
    let isTlsBegun = false;
    const socket = await dial(target, { ca, signal, tunnel, onTlsBegins: () => { isTlsBegun = true; } }).catch((error: unknown) => {
      throw failureOfDial(error, this.#host, isTlsBegun) ?? this.#closedByServer();
    });
    this.#sockets.push(socket);
    // Whoever uses it learns of it as well; nobody listens in between.
    socket.on('error', () => undefined);
    if (this.#isOver) socket.destroy();
    return socket;
  }

  #post(socket: Socket, headers: http.OutgoingHttpHeaders): http.ClientRequest {
    const { target, userAgent } = this.#options;
    const isUsual = target.port === (target.secure ? 443 : 80);
    const host = target.host.includes(':') ? `[${target.host}]` : target.host;
    const request = http.request({
      method: 'POST', path: target.path, createConnection: () => socket, maxHeaderSize: MAX_HEAD_BYTES,
      headers: { host: isUsual ? host : `${host}:${target.port}`, 'user-agent': userAgent, ...headers },
    });
    request.on('error', (error) => this.#fail(this.#failureOf(error)));
    return request;
  }

  async #answerTo(request: http.ClientRequest): Promise<SmoothAnswer> {
    const answered = Promise.withResolvers<SmoothAnswer>();
    request.on('response', (response) => {
      let body = '';
      const done = (): void => {
        clearTimeout(timer);
        answered.resolve({ status: response.statusCode ?? 0, body });
      };
      const timer = setTimeout(done, ANSWER_MS);
      response.setEncoding('utf8').on('data', (text: string) => {
        body = (body + text).slice(0, MAX_ANSWER_BYTES);
        if (body.length === MAX_ANSWER_BYTES) done();
      });
      for (const event of ['end', 'error', 'close']) response.on(event, done);
    });
    request.on('close', () => answered.reject(this.#closedByServer()));
    request.on('error', (error) => answered.reject(this.#failureOf(error)));
    return answered.promise;
  }

  /** A server that answers before the body has ended does not want the rest of it. */
  async #watchAnswer(request: http.ClientRequest): Promise<void> {
    try {
      const answer = await this.#answerTo(request);
      this.#isAnswered = request.writableEnded && isAccepted(answer);
      this.#over(this.#isAnswered ? undefined : failureOfAnswer(answer, 'stream', this.#host, smoothRedactor(this.#options.target)));
    } catch (error) {
      this.#fail(this.#failureOf(error));
    }
  }

  #writeNext(): void {
    const request = this.#request;
    if (this.#isOver || request === undefined || this.#isWriting) return;
    const piece = this.#waiting.shift();
    if (piece === undefined) {
      if (this.#isFinishing && !request.writableEnded) request.end();
      return;
    }
    this.#isWriting = true;
    request.write(piece, (error) => {
      this.#isWriting = false;
      if (error !== undefined && error !== null) return;
      this.#flushedBytes += piece.length;
      this.#writeNext();
      if (!this.#isWriting && !this.#isOver) this.#options.onProgress();
    });
  }

  #closedByServer(): PublishFailure {
    if (this.#request !== undefined) return new PublishFailure('PUBLISH_CONNECTION_LOST', `${this.#host} closed the connection.`, 'Fieldcast connects again by itself.');
    return new PublishFailure('PUBLISH_CLOSED', `${this.#host} closed the connection instead of accepting the stream.`, 'Check the ingest address, and that the event runs.');
  }

  #failureOf(error: unknown): PublishFailure {
    if (error instanceof PublishFailure) return error;
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
      if (error.code.startsWith('HPE_')) return new PublishFailure('PUBLISH_PROTOCOL', `${this.#host} does not speak HTTP as it should.`, 'Check the ingest address.', 'always', { cause: error });
      return failureOfSocketError(error, this.#host);
    }
    return this.#closedByServer();
  }

  #expectWithin(limitMs: number, what: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.#fail(new PublishFailure('PUBLISH_NO_ANSWER', `${this.#host} did not complete ${what} within ${limitMs / 1000} s.`, 'Check that the address is a Smooth Streaming ingest and that the event runs.'));
    }, limitMs);
  }

  #watchForStalls(): void {
    const { stallMs } = this.#options.timeouts;
    const watch = new StallWatch(stallMs, 0, performance.now());
    this.#watch = setInterval(() => {
      if (!watch.isStalled({ flushedBytes: this.flushedBytes, bufferedBytes: this.bufferedBytes, acknowledgedBytes: 0 }, performance.now())) return;
      this.#fail(new PublishFailure('PUBLISH_STALLED', `${this.#host} took nothing for ${stallMs / 1000} s.`, 'Check the uplink. Fieldcast connects again by itself.'));
    }, Math.max(20, stallMs / 8));
  }

  #stopWatching(): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#watch);
  }

  #fail(failure: PublishFailure): void {
    this.#over(failure);
  }

  #over(failure: PublishFailure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopWatching();
    this.#dialing.abort();
    for (const socket of this.#sockets) socket.destroy();
    this.#open.reject(failure ?? new PublishFailure('PUBLISH_STOPPED', 'The connection was given up.', 'Nothing needs to be done.'));
    this.#end.resolve(failure);
  }
}
