// The server's side of one publisher's connection (RTMP 1.0 §7.2), without a socket: bytes in, events and bytes out.
// It never decides who may publish, and it serves no player.
import { amfMembersOf, type AmfObject, type AmfValue } from './amf0Value.ts';
import { defaultChunkLimits, type ChunkLimits } from './chunkReader.ts';
import { buildCommand, parseCommand, type RtmpCommand } from './commandMessage.ts';
import { buildSetPeerBandwidth, buildWindowAcknowledgementSize } from './controlMessages.ts';
import { parseData } from './dataMessage.ts';
import { ServerHandshake } from './handshake.ts';
import { RtmpLink } from './rtmpLink.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';
import { buildUserControl } from './userControlMessage.ts';

export type RtmpServerEvent =
  /** Answer with `acceptConnect()` or `reject()`. `app` may have several segments (`live/<token>`), without slashes at its ends. */
  | { readonly type: 'connect'; readonly app: string; readonly tcUrl: string; readonly flashVer: string }
  /** Answer with `acceptPublish()` or `reject()`. `streamName` is as it was sent, with its query string if it has one. */
  | { readonly type: 'publish'; readonly streamName: string }
  | { readonly type: 'metadata'; readonly values: AmfObject }
  /** `payload` is VIDEODATA or AUDIODATA of FLV, unchecked and never empty; `timestampMs` has 32 bits and wraps. */
  | { readonly type: 'video' | 'audio'; readonly timestampMs: number; readonly payload: Uint8Array }
  | { readonly type: 'data'; readonly name: string; readonly values: readonly AmfValue[]; readonly timestampMs: number }
  /** The publisher ended its stream in good order. */
  | { readonly type: 'unpublish' }
  /** Nothing more will come: refused, or closed by the peer. The owner writes the last output and ends the socket. */
  | { readonly type: 'closed' };

export type RtmpServerLimits = ChunkLimits & {
  /** Longest message before a publish was accepted, when nobody knows yet who the peer is. */
  readonly maxMessageBytesBeforePublish: number;
  /** Most payload that may wait while the owner has not answered `connect` or `publish`. */
  readonly maxWaitingBytes: number;
};

const defaultServerLimits: RtmpServerLimits = { ...defaultChunkLimits, maxMessageBytesBeforePublish: 64 << 10, maxWaitingBytes: 4 << 20 };

type State = 'handshake' | 'opening' | 'connectAsked' | 'connected' | 'publishAsked' | 'publishing' | 'closed';

/** Window that we ask for and grant; what Flash Media Server and its successors use. */
const WINDOW_BYTES = 2_500_000;
const CHUNK_SIZE = 4096;
/** The one message stream that a connection gets (0 is the connection itself). */
const MESSAGE_STREAM_ID = 1;

export class RtmpServerSession {
  readonly #link: RtmpLink;
  readonly #limits: RtmpServerLimits;
  #state: State = 'handshake';
  /** Transaction of the `connect` that waits for an answer. */
  #askedTransaction = 0;
  #waiting: RtmpMessage[] = [];
  #waitingBytes = 0;
  #events: RtmpServerEvent[] = [];

  constructor(limits: Partial<RtmpServerLimits> = {}) {
    this.#limits = { ...defaultServerLimits, ...limits };
    this.#link = new RtmpLink(new ServerHandshake(), { ...this.#limits, maxMessageBytes: this.#limits.maxMessageBytesBeforePublish });
  }

  get bytesReceived(): number {
    return this.#link.receivedBytes;
  }

  /**
   * Takes bytes in any split and returns what they mean, in order. Behind an unanswered `connect` or `publish` everything waits;
   * once it is answered, what waited comes out of `takeEvents()` or the next `receive()`.
   * Throws RtmpProtocolError for garbage: drop the connection then.
   */
  receive(bytes: Uint8Array): RtmpServerEvent[] {
    if (this.#state === 'closed') return [];
    const messages = this.#link.receive(bytes);
    if (this.#state === 'handshake' && this.#link.handshakeDone) this.#state = 'opening';
    for (const message of messages) this.#take(message);
    return this.takeEvents();
  }

  /** Events that waited behind an answer. */
  takeEvents(): RtmpServerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** What has to be written to the socket, in order. Ask after `receive` and after every answer. */
  takeOutput(): Uint8Array[] {
    return this.#link.takeOutput();
  }

  acceptConnect(): void {
    this.#expect('connectAsked', 'connect');
    this.#state = 'connected';
    this.#link.send(buildWindowAcknowledgementSize(WINDOW_BYTES));
    this.#link.send(buildSetPeerBandwidth(WINDOW_BYTES, 'dynamic'));
    this.#link.sendChunkSize(CHUNK_SIZE);
    this.#command(0, '_result', this.#askedTransaction, { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, mode: 1 }, {
      level: 'status', code: 'NetConnection.Connect.Success', description: 'Connection succeeded.', objectEncoding: 0,
    });
    this.#resume();
  }

  acceptPublish(): void {
    this.#expect('publishAsked', 'publish');
    this.#state = 'publishing';
    this.#link.setMaxMessageBytes(this.#limits.maxMessageBytes);
    this.#link.send(buildUserControl({ event: 'streamBegin', messageStreamId: MESSAGE_STREAM_ID }));
    this.#status('status', 'NetStream.Publish.Start', 'Publishing has started.');
    this.#resume();
  }

  /**
   * Refuses what was asked, or ends a stream that is being published; the session is over then.
   * `code` is NetConnection.Connect.… for a connect, NetStream.Publish.… else.
   */
  reject(code: string, description: string): void {
    if (this.#state === 'closed') return;
    const info = { level: 'error', code, description };
    // Before a connect there is nobody to tell: the bytes of an answer would not even be chunks yet.
    if (this.#state === 'handshake' || this.#state === 'opening') this.#link.takeOutput();
    else if (this.#state === 'connectAsked') this.#command(0, '_error', this.#askedTransaction, null, info);
    else this.#status('error', code, description);
    this.#close();
  }

  #expect(state: State, question: string): void {
    if (this.#state !== state) throw new Error(`There is no ${question} to accept: the session is in the state "${this.#state}".`);
  }

  #take(message: RtmpMessage): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'connectAsked' && this.#state !== 'publishAsked') {
      this.#handle(message);
      return;
    }
    this.#waitingBytes += message.payload.length + 64;
    if (this.#waitingBytes > this.#limits.maxWaitingBytes) {
      throw new RtmpProtocolError('waiting_limit', 'The peer sent too much without waiting for an answer.');
    }
    this.#waiting.push(message);
  }

  #resume(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const message of waiting) this.#take(message);
  }

  #handle(message: RtmpMessage): void {
    switch (message.typeId) {
      case messageType.commandAmf0:
      case messageType.commandAmf3:
        this.#handleCommand(parseCommand(message));
        return;
      case messageType.audio:
      case messageType.video:
        // Some encoders send empty messages at the end of a track.
        if (this.#state !== 'publishing' || message.payload.length === 0) return;
        this.#events.push({ type: message.typeId === messageType.audio ? 'audio' : 'video', timestampMs: message.timestampMs, payload: message.payload });
        return;
      case messageType.dataAmf0:
      case messageType.dataAmf3:
        if (this.#state === 'publishing') this.#handleData(message);
        return;
      default:
        // Shared objects, buffer lengths and peer bandwidth ask nothing of a server that only receives.
    }
  }

  #handleData(message: RtmpMessage): void {
    const { name, values } = parseData(message);
    if (name === 'onMetaData') this.#events.push({ type: 'metadata', values: amfMembersOf(values[0]) ?? {} });
    else this.#events.push({ type: 'data', name, values, timestampMs: message.timestampMs });
  }

  #handleCommand(command: RtmpCommand): void {
    if (this.#state === 'opening' && command.name !== 'connect') {
      throw new RtmpProtocolError('message_order', 'The peer sent a command before "connect".');
    }
    switch (command.name) {
      case 'connect':
        this.#connect(command);
        return;
      case 'createStream':
        this.#command(0, '_result', command.transactionId, null, MESSAGE_STREAM_ID);
        return;
      case 'publish':
        this.#publish(command);
        return;
      case 'releaseStream':
        this.#result(command);
        return;
      case 'FCPublish':
        this.#command(0, 'onFCPublish', 0, null, { level: 'status', code: 'NetStream.Publish.Start', description: 'Publishing may start.' });
        this.#result(command);
        return;
      case 'FCUnpublish':
        this.#command(0, 'onFCUnpublish', 0, null, { level: 'status', code: 'NetStream.Unpublish.Success', description: 'The stream was ended.' });
        this.#result(command);
        this.#unpublish();
        return;
      case 'closeStream':
      case 'deleteStream':
        this.#unpublish();
        return;
      case 'play':
      case 'play2':
        this.#status('error', 'NetStream.Play.Failed', 'This server takes streams and plays none.');
        return;
      case 'close':
        this.#unpublish();
        this.#close();
        return;
      default:
        // _checkbw, getStreamLength, answers to what nobody asked: whoever waits for a result is told that there is none.
        if (command.transactionId > 0 && !command.name.startsWith('_')) {
          this.#command(0, '_error', command.transactionId, null, { level: 'error', code: 'NetConnection.Call.Failed', description: 'The server does not know this command.' });
        }
    }
  }

  #connect(command: RtmpCommand): void {
    if (this.#state !== 'opening') throw new RtmpProtocolError('message_order', 'The peer sent "connect" a second time.');
    const members = amfMembersOf(command.object) ?? {};
    this.#state = 'connectAsked';
    this.#askedTransaction = command.transactionId;
    const app = textOf(members['app']).replace(/^\/+|\/+$/g, '');
    this.#events.push({ type: 'connect', app, tcUrl: textOf(members['tcUrl']), flashVer: textOf(members['flashVer']) });
  }

  #publish(command: RtmpCommand): void {
    const [streamName] = command.args;
    if (this.#state === 'publishing') {
      this.#status('error', 'NetStream.Publish.Failed', 'This connection publishes a stream already.');
    } else if (typeof streamName !== 'string' || streamName === '') {
      this.#status('error', 'NetStream.Publish.BadName', 'A stream needs a name.');
    } else {
      this.#state = 'publishAsked';
      this.#events.push({ type: 'publish', streamName });
    }
  }

  #unpublish(): void {
    if (this.#state !== 'publishing') return;
    this.#state = 'connected';
    this.#link.setMaxMessageBytes(this.#limits.maxMessageBytesBeforePublish);
    this.#status('status', 'NetStream.Unpublish.Success', 'The stream was ended.');
    this.#events.push({ type: 'unpublish' });
  }

  #close(): void {
    this.#state = 'closed';
    this.#waiting = [];
    this.#events.push({ type: 'closed' });
  }

  #result(command: RtmpCommand): void {
    if (command.transactionId > 0) this.#command(0, '_result', command.transactionId, null, undefined);
  }

  /** §7.2.2: onStatus on the message stream. */
  #status(level: 'status' | 'error', code: string, description: string): void {
    this.#command(MESSAGE_STREAM_ID, 'onStatus', 0, null, { level, code, description });
  }

  #command(messageStreamId: number, name: string, transactionId: number, object: AmfValue, argument: AmfValue): void {
    this.#link.send(buildCommand(messageStreamId, { name, transactionId, object, args: [argument] }));
  }
}

function textOf(value: AmfValue): string {
  return typeof value === 'string' ? value : '';
}
