// The publisher's side of an RTMP connection (RTMP 1.0 §7.2), without a socket: bytes in, events and bytes out.
// It publishes one stream, the way Flash Media Live Encoder does it, and never plays.
import { AmfEcmaArray, type AmfObject } from './amf0Value.ts';
import { defaultChunkLimits } from './chunkReader.ts';
import { buildCommand, parseCommand, statusOf, type RtmpCommand } from './commandMessage.ts';
import { buildWindowAcknowledgementSize } from './controlMessages.ts';
import { buildData, buildDataFrame, type RtmpData } from './dataMessage.ts';
import { ClientHandshake } from './handshake.ts';
import { RtmpLink } from './rtmpLink.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import { SendMemory } from './sendMemory.ts';
import { buildUserControl, parseUserControl } from './userControlMessage.ts';

export type RtmpClientStage = 'handshake' | 'connect' | 'createStream' | 'publish' | 'publishing' | 'ended';

export type RtmpClientEvent =
  /** The handshake is done, `connect` is accepted, the stream exists: the stage that begins now. */
  | { readonly type: 'stage'; readonly stage: 'connect' | 'createStream' | 'publish' }
  /** The server takes the stream: media may be sent. */
  | { readonly type: 'publishing' }
  /** The answer to `ping`, with what was asked. */
  | { readonly type: 'pong'; readonly timestamp: number }
  /** The server said no at this stage, or ended a stream that it had accepted (`publishing`). Texts are the server's own and may quote our names. */
  | { readonly type: 'refused'; readonly stage: RtmpClientStage; readonly code: string; readonly description: string };

export type RtmpClientOptions = {
  /** Everything between host and stream name, as the server wants it (`live/<token>`). */
  readonly app: string;
  readonly tcUrl: string;
  /** With its query string, if it has one. */
  readonly streamName: string;
  /** After how many bytes the server is asked to acknowledge. */
  readonly ackWindowBytes: number;
};

const FLASH_VERSION = 'FMLE/3.0 (compatible; Fieldcast)';
/** Most frames fit whole, so that neither side cuts them up; nginx-rtmp, node-media-server and FFmpeg take it. */
const CHUNK_SIZE = 64 << 10;
const NO_HEAD = new Uint8Array(0);
const AUDIO_CHUNK_STREAM = 4;
const VIDEO_CHUNK_STREAM = 6;
/** A server has nothing long to say to a publisher. */
const MAX_MESSAGE_BYTES = 256 << 10;
/** Transactions of the commands that expect an answer; the order is FMLE's. */
const transaction = { connect: 1, releaseStream: 2, fcPublish: 3, createStream: 4, publish: 5, fcUnpublish: 6, deleteStream: 7 } as const;

export class RtmpClientSession {
  readonly #options: RtmpClientOptions;
  readonly #link: RtmpLink;
  #stage: RtmpClientStage = 'handshake';
  #messageStreamId = 0;

  constructor(options: RtmpClientOptions) {
    this.#options = options;
    const handshake = new ClientHandshake();
    this.#link = new RtmpLink(handshake, { ...defaultChunkLimits, maxMessageBytes: MAX_MESSAGE_BYTES, maxPartialBytes: 4 * MAX_MESSAGE_BYTES }, new SendMemory());
    this.#link.sendRaw(handshake.start());
  }

  get stage(): RtmpClientStage {
    return this.#stage;
  }

  /** Bytes given out by `takeOutput`, or waiting there. */
  get sentBytes(): number {
    return this.#link.sentBytes;
  }

  /** Bytes that the server acknowledged (RTMP 1.0 §5.4.3); stays 0 with servers that never do. */
  get acknowledgedBytes(): number {
    return this.#link.acknowledgedBytes;
  }

  /** What has to be written to the socket, in order; at first C0 and C1. */
  takeOutput(): Uint8Array[] {
    return this.#link.takeOutput();
  }

  /** To be called for each output of `takeOutput` that was not empty, in order, once it was written: its memory is used again. */
  outputWritten(): void {
    this.#link.outputWritten();
  }

  /** Asks for an answer that repeats `timestamp` (RTMP 1.0 §7.1.7, Ping Request); not every server gives one. */
  ping(timestamp: number): void {
    this.#expectPublishing();
    this.#link.send(buildUserControl({ event: 'pingRequest', timestamp }));
  }

  /** Takes bytes in any split. Throws RtmpProtocolError for garbage: drop the connection then. */
  receive(bytes: Uint8Array): RtmpClientEvent[] {
    const wasDone = this.#link.handshakeDone;
    const messages = this.#link.receive(bytes);
    const events: RtmpClientEvent[] = [];
    if (!wasDone && this.#link.handshakeDone) {
      this.#connect();
      events.push({ type: 'stage', stage: 'connect' });
    }
    for (const message of messages) this.#handle(message, events);
    return events;
  }

  /** `@setDataFrame onMetaData`. */
  sendMetadata(timestampMs: number, values: AmfObject): void {
    this.#expectPublishing();
    this.#link.send(buildDataFrame(this.#messageStreamId, timestampMs, { name: 'onMetaData', values: [new AmfEcmaArray(values)] }));
  }

  /** A data message of any name, `onAdCue` for one. */
  sendData(timestampMs: number, data: RtmpData): void {
    this.#expectPublishing();
    this.#link.send(buildData(this.#messageStreamId, timestampMs, data));
  }

  /** `payload`: VIDEODATA of FLV, or what stands behind its first bytes where these are given apart as `head`. */
  sendVideo(timestampMs: number, payload: Uint8Array, head: Uint8Array = NO_HEAD): void {
    this.#expectPublishing();
    this.#link.send({ chunkStreamId: VIDEO_CHUNK_STREAM, timestampMs, typeId: messageType.video, messageStreamId: this.#messageStreamId, head, payload });
  }

  /** `payload`: AUDIODATA of FLV, or what stands behind its first bytes where these are given apart as `head`. */
  sendAudio(timestampMs: number, payload: Uint8Array, head: Uint8Array = NO_HEAD): void {
    this.#expectPublishing();
    this.#link.send({ chunkStreamId: AUDIO_CHUNK_STREAM, timestampMs, typeId: messageType.audio, messageStreamId: this.#messageStreamId, head, payload });
  }

  /** Ends the stream in good order: FCUnpublish, deleteStream. Does nothing where none is being published. */
  unpublish(): void {
    if (this.#stage !== 'publishing') return;
    this.#stage = 'ended';
    this.#command(0, 'FCUnpublish', transaction.fcUnpublish, this.#options.streamName);
    this.#command(0, 'deleteStream', transaction.deleteStream, this.#messageStreamId);
  }

  #expectPublishing(): void {
    if (this.#stage !== 'publishing') throw new Error(`Media cannot be sent in the stage "${this.#stage}".`);
  }

  #connect(): void {
    this.#stage = 'connect';
    const { app, tcUrl } = this.#options;
    this.#link.send(buildCommand(0, {
      name: 'connect', transactionId: transaction.connect, args: [], object: { app, type: 'nonprivate', flashVer: FLASH_VERSION, tcUrl },
    }));
  }

  #handle(message: RtmpMessage, events: RtmpClientEvent[]): void {
    if (message.typeId === messageType.userControl) {
      const control = parseUserControl(message.payload);
      if (control.event === 'pingResponse') events.push({ type: 'pong', timestamp: control.timestamp });
      return;
    }
    if (message.typeId !== messageType.commandAmf0 && message.typeId !== messageType.commandAmf3) return;
    const command = parseCommand(message);
    switch (command.name) {
      case '_result':
        this.#result(command, events);
        return;
      case '_error':
        // releaseStream and FCPublish are refused by servers that do not know them; that means nothing.
        if (command.transactionId === transaction.connect && this.#stage === 'connect') this.#refuse(command, events);
        if (command.transactionId === transaction.createStream && this.#stage === 'createStream') this.#refuse(command, events);
        return;
      case 'onStatus':
        this.#status(command, events);
        return;
      case 'close':
        this.#refuse(command, events);
        return;
      default:
        // onBWDone, onFCPublish and the like ask for nothing.
    }
  }

  #result(command: RtmpCommand, events: RtmpClientEvent[]): void {
    if (command.transactionId === transaction.connect && this.#stage === 'connect') {
      this.#stage = 'createStream';
      this.#link.send(buildWindowAcknowledgementSize(this.#options.ackWindowBytes));
      this.#link.sendChunkSize(CHUNK_SIZE);
      this.#command(0, 'releaseStream', transaction.releaseStream, this.#options.streamName);
      this.#command(0, 'FCPublish', transaction.fcPublish, this.#options.streamName);
      this.#command(0, 'createStream', transaction.createStream);
      events.push({ type: 'stage', stage: 'createStream' });
    } else if (command.transactionId === transaction.createStream && this.#stage === 'createStream') {
      const [messageStreamId] = command.args;
      if (typeof messageStreamId !== 'number') {
        this.#refuse(command, events);
        return;
      }
      this.#stage = 'publish';
      this.#messageStreamId = messageStreamId;
      this.#command(messageStreamId, 'publish', transaction.publish, this.#options.streamName, 'live');
      events.push({ type: 'stage', stage: 'publish' });
    }
  }

  #status(command: RtmpCommand, events: RtmpClientEvent[]): void {
    const { level, code } = statusOf(command);
    if (level === 'error' || code === 'NetConnection.Connect.Closed' || (this.#stage === 'publishing' && code.startsWith('NetStream.Unpublish'))) {
      this.#refuse(command, events);
    } else if (code === 'NetStream.Publish.Start' && this.#stage === 'publish') {
      this.#stage = 'publishing';
      events.push({ type: 'publishing' });
    }
  }

  #refuse(command: RtmpCommand, events: RtmpClientEvent[]): void {
    const stage = this.#stage;
    if (stage === 'ended') return;
    this.#stage = 'ended';
    const { code, description } = statusOf(command);
    events.push({ type: 'refused', stage, code, description });
  }

  #command(messageStreamId: number, name: string, transactionId: number, ...args: (string | number)[]): void {
    this.#link.send(buildCommand(messageStreamId, { name, transactionId, object: null, args }));
  }
}
