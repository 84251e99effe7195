// One RTMP connection below the commands, without a socket: handshake, chunks, acknowledgements, pings. Both sessions stand on it.
import { splitAggregate } from './aggregateMessage.ts';
import { ChunkReader, type ChunkLimits } from './chunkReader.ts';
import { ChunkWriter } from './chunkWriter.ts';
import { buildAcknowledgement, parseAcknowledgement, parseWindowAcknowledgementSize } from './controlMessages.ts';
import type { HandshakeStep } from './handshake.ts';
import { messageType, type RtmpMessage } from './rtmpMessage.ts';
import type { SendMemory } from './sendMemory.ts';
import { buildUserControl, parseUserControl } from './userControlMessage.ts';

/** Used until the peer names a window, and in place of one that would never be filled (RTMP 1.0 §5.4.4 leaves the default open). */
const DEFAULT_ACK_WINDOW_BYTES = 2_500_000;

type Handshake = { receive(bytes: Uint8Array): HandshakeStep };

export class RtmpLink {
  readonly #reader: ChunkReader;
  readonly #writer: ChunkWriter;
  readonly #memory: SendMemory | undefined;
  /** Of each output that was taken and is not written yet: where the memory stood. */
  readonly #marks: number[] = [];
  #handshake: Handshake | undefined;
  #output: Uint8Array[] = [];
  #sentBytes = 0;
  #receivedBytes = 0;
  #reportedBytes = 0;
  #ackWindowBytes = DEFAULT_ACK_WINDOW_BYTES;
  #acknowledgedBytes = 0;
  #lastSequence = 0;

  /** @param memory for what is sent; where it is given, each output that was taken must be reported with {@link outputWritten} */
  constructor(handshake: Handshake, limits: ChunkLimits, memory?: SendMemory) {
    this.#handshake = handshake;
    this.#memory = memory;
    this.#writer = new ChunkWriter(memory === undefined ? undefined : (bytes) => memory.allocate(bytes));
    this.#reader = new ChunkReader(limits);
  }

  get handshakeDone(): boolean {
    return this.#handshake === undefined;
  }

  /** Bytes received, handshake included. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Bytes given out for sending, handshake included. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes that the peer said it has received; never more than were sent. */
  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  setMaxMessageBytes(maxMessageBytes: number): void {
    this.#reader.setMaxMessageBytes(maxMessageBytes);
  }

  /** Messages above protocol control, aggregates taken apart. Answers pings and sends acknowledgements by itself. Throws RtmpProtocolError. */
  receive(bytes: Uint8Array): RtmpMessage[] {
    this.#receivedBytes += bytes.length;
    let chunkBytes: Uint8Array | undefined = bytes;
    if (this.#handshake !== undefined) {
      const step: HandshakeStep = this.#handshake.receive(bytes);
      for (const output of step.output) this.sendRaw(output);
      chunkBytes = step.rest;
      if (chunkBytes !== undefined) this.#handshake = undefined;
    }
    if (chunkBytes === undefined) return [];
    const messages = this.#reader.push(chunkBytes).flatMap((message) => this.#above(message));
    // One acknowledgement for all that came at once, however small a window the peer asks for.
    if (this.#receivedBytes - this.#reportedBytes >= this.#ackWindowBytes) {
      this.#reportedBytes = this.#receivedBytes;
      this.send(buildAcknowledgement(this.#receivedBytes));
    }
    return messages;
  }

  send(message: RtmpMessage): void {
    this.sendRaw(this.#writer.write(message));
  }

  sendChunkSize(size: number): void {
    this.sendRaw(this.#writer.setChunkSize(size));
  }

  sendRaw(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    const last = this.#output.at(-1);
    // Neighbours in memory leave in one piece: each piece of a write costs the same, however small.
    if (last !== undefined && last.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
      this.#output[this.#output.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length);
    } else {
      this.#output.push(bytes);
    }
  }

  /** What has to be written to the socket, in order; empties the list. */
  takeOutput(): Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    if (this.#memory !== undefined && output.length > 0) this.#marks.push(this.#memory.mark);
    return output;
  }

  /** The oldest output that was taken has left: its memory may be used again. */
  outputWritten(): void {
    const mark = this.#marks.shift();
    if (mark !== undefined) this.#memory?.giveBack(mark);
  }

  #above(message: RtmpMessage): RtmpMessage[] {
    switch (message.typeId) {
      case messageType.acknowledgement:
        this.#acknowledge(parseAcknowledgement(message.payload));
        return [];
      case messageType.windowAcknowledgementSize:
        // 0 would ask for endless acknowledgements; it means "no window" in peers that send it.
        this.#ackWindowBytes = parseWindowAcknowledgementSize(message.payload) || DEFAULT_ACK_WINDOW_BYTES;
        return [];
      case messageType.userControl: {
        const control = parseUserControl(message.payload);
        if (control.event !== 'pingRequest') return [message];
        this.send(buildUserControl({ event: 'pingResponse', timestamp: control.timestamp }));
        return [];
      }
      case messageType.aggregate:
        return splitAggregate(message);
      default:
        return [message];
    }
  }

  /** §5.4.3 counts modulo 2^32; nginx-rtmp begins again at 0 after 0xF0000000 bytes, and a peer may lie. */
  #acknowledge(sequence: number): void {
    const unacknowledged = this.#sentBytes - this.#acknowledgedBytes;
    const step = (sequence - this.#lastSequence) >>> 0;
    this.#lastSequence = sequence;
    this.#acknowledgedBytes += step <= unacknowledged ? step : Math.min(sequence, unacknowledged);
  }
}
