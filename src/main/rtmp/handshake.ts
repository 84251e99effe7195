// The simple handshake of RTMP 1.0 §5.2: C0 C1 C2 against S0 S1 S2, without digests. Clients that send digests accept it too.
import { ByteQueue } from './byteQueue.ts';
import { RtmpProtocolError } from './rtmpProtocolError.ts';

const VERSION = 3;
/** RFC 8446 §5.1: a TLS record begins with one of these; a server that expects TLS answers with an alert. */
const TLS_RECORD_TYPES = { first: 20, last: 23 };
/** C1, C2, S1 and S2 (§5.2.3, §5.2.4). */
const PART_BYTES = 1536;
/** What each side sends in all. */
export const HANDSHAKE_BYTES = 1 + 2 * PART_BYTES;

export type HandshakeStep = {
  readonly output: readonly Uint8Array[];
  /** Set once the handshake is done: the bytes that came behind it. */
  readonly rest: Uint8Array | undefined;
};

/** Server side. Answers C0 and C1 with S0, S1 and S2; is done when C2 has come. */
export class ServerHandshake {
  readonly #queue = new ByteQueue();
  #answered = false;

  /** Throws RtmpProtocolError (`handshake_version`) at the first byte when it is not plain RTMP. */
  receive(bytes: Uint8Array): HandshakeStep {
    if (!this.#answered && this.#queue.length === 0) checkVersion(bytes[0]);
    this.#queue.push(bytes);
    const output: Uint8Array[] = [];
    if (!this.#answered) {
      const hello = this.#queue.take(1 + PART_BYTES);
      if (hello === undefined) return { output, rest: undefined };
      // §5.2.4: S2 repeats C1. Its "time2" is left as it came: peers compare all of it with what they sent.
      output.push(helloBytes(), hello.slice(1));
      this.#answered = true;
    }
    // §5.2.4: C2 repeats S1, but clients that tried a digest answer with something else; its content proves nothing.
    return { output, rest: takeRestAfterPart(this.#queue) };
  }
}

/** Client side. `start` gives C0 and C1; `receive` answers S1 with C2; is done when S2 has come. */
export class ClientHandshake {
  readonly #queue = new ByteQueue();
  #answered = false;

  start(): Uint8Array {
    return helloBytes();
  }

  /** Throws RtmpProtocolError (`handshake_version`) at the first byte when the server speaks something else. */
  receive(bytes: Uint8Array): HandshakeStep {
    if (!this.#answered && this.#queue.length === 0) checkVersion(bytes[0]);
    this.#queue.push(bytes);
    const output: Uint8Array[] = [];
    if (!this.#answered) {
      const hello = this.#queue.take(1 + PART_BYTES);
      if (hello === undefined) return { output, rest: undefined };
      output.push(hello.slice(1));
      this.#answered = true;
    }
    return { output, rest: takeRestAfterPart(this.#queue) };
  }
}

function takeRestAfterPart(queue: ByteQueue): Uint8Array | undefined {
  if (queue.take(PART_BYTES) === undefined) return undefined;
  return queue.take(queue.length);
}

/** §5.2.2: 3 is the version; 6 and 8 are the encrypted variants; 32 and above are text protocols. */
function checkVersion(version: number | undefined): void {
  if (version === undefined || version === VERSION) return;
  const what = version >= TLS_RECORD_TYPES.first && version <= TLS_RECORD_TYPES.last ? 'TLS (RTMPS)' : version >= 32 ? 'a text protocol such as HTTP' : `RTMP version ${version}`;
  throw new RtmpProtocolError('handshake_version', `The peer speaks ${what}, not plain RTMP.`);
}

/** C0 C1 or S0 S1: version, time 0, four zero bytes (they say "no digest"), 1528 random bytes. */
function helloBytes(): Uint8Array {
  const bytes = new Uint8Array(1 + PART_BYTES);
  bytes[0] = VERSION;
  globalThis.crypto.getRandomValues(bytes.subarray(9));
  return bytes;
}
