// Fragmented MP4 of a live encoder as it arrives (MS-SSTR, Fragmented MP4 Live Ingest): header boxes, then pairs of `moof` and `mdat`.
// Bytes in any split in, tracks and fragments out. Bounded; throws MediaFormatError for what breaks a rule, and nothing else.
import { MediaFormatError } from '../../media/formatError.ts';
import { wholeBoxesIn } from '../../media/mp4Boxes.ts';

export type SmoothTrack = {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** AVCDecoderConfigurationRecord or AudioSpecificConfig. */
  readonly config: Uint8Array;
};

export type SmoothSample = { readonly isSync: boolean; readonly durationTicks: number; readonly compositionTicks: number; readonly data: Uint8Array };

export type SmoothEvent =
  /** The Live Server Manifest, SMIL. */
  | { readonly type: 'manifest'; readonly smil: string }
  | { readonly type: 'tracks'; readonly tracks: readonly SmoothTrack[] }
  /** `timeTicks`: absolute presentation time of the first sample, from its tfxd. */
  | { readonly type: 'fragment'; readonly trackId: number; readonly timeTicks: number; readonly samples: readonly SmoothSample[] };

const MAX_HEADER_BYTES = 1024 * 1024;
/** Ten seconds at 24 Mbit/s. */
const MAX_MDAT_BYTES = 32 * 1024 * 1024;
const MAX_SAMPLES = 20_000;
const MAX_TRACKS = 24;
const TFXD = '6d1d9b0542d544e680e2141daff757b2';
const LIVE_MANIFEST = 'a5d40b30e81411ddba2f0800200c9a66';
const IS_NON_SYNC = 0x0001_0000;

type Fields = { readonly view: DataView; readonly bytes: Uint8Array };
type Defaults = { readonly durationTicks: number; readonly sizeBytes: number; readonly flags: number };
type Planned = Omit<SmoothSample, 'data'> & { readonly sizeBytes: number };
type Traf = { readonly trackId: number; readonly timeTicks: number; readonly planned: readonly Planned[] };

export class SmoothReader {
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  readonly #defaults = new Map<number, Defaults>();
  #traf: Traf | undefined;

  /** @throws MediaFormatError */
  push(bytes: Uint8Array): SmoothEvent[] {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    const events: SmoothEvent[] = [];
    for (let box = this.#takeBox(); box !== undefined; box = this.#takeBox()) events.push(...this.#eventsOf(box));
    return events;
  }

  /** The next whole top-level box. */
  #takeBox(): { readonly type: string; readonly body: Uint8Array } | undefined {
    if (this.#pendingBytes < 8) return undefined;
    const head = this.#peek(8);
    const size = new DataView(head.buffer, head.byteOffset).getUint32(0);
    const type = Buffer.from(head.subarray(4)).toString('latin1');
    if (size < 8 || size > (type === 'mdat' ? MAX_MDAT_BYTES : MAX_HEADER_BYTES)) throw new MediaFormatError('invalid', `A box ${plain(type)} of ${size} bytes is not taken.`);
    if (this.#pendingBytes < size) return undefined;
    const all = this.#peek(size);
    this.#pending = [(this.#pending[0] ?? all).subarray(size)];
    this.#pendingBytes -= size;
    return { type, body: all.subarray(8) };
  }

  /** Joins only what is needed once it is all there. */
  #peek(count: number): Uint8Array {
    if ((this.#pending[0]?.length ?? 0) < count) this.#pending = [Buffer.concat(this.#pending)];
    return (this.#pending[0] ?? new Uint8Array()).subarray(0, count);
  }

  #eventsOf({ type, body }: { readonly type: string; readonly body: Uint8Array }): SmoothEvent[] {
    switch (type) {
      case 'uuid':
        return hex(body, 0, 16) === LIVE_MANIFEST ? [{ type: 'manifest', smil: Buffer.from(body.subarray(20)).toString('utf8') }] : [];
      case 'moov':
        return [{ type: 'tracks', tracks: this.#tracksOf(body) }];
      case 'moof':
        this.#traf = this.#trafOf(body);
        return [];
      case 'mdat': {
        const traf = this.#traf;
        this.#traf = undefined;
        if (traf === undefined) throw new MediaFormatError('invalid', 'Media came without a moof.');
        let at = 0;
        const samples = traf.planned.map(({ sizeBytes, ...sample }) => {
          if (at + sizeBytes > body.length) throw new MediaFormatError('truncated', 'A fragment has fewer bytes than its samples.');
          at += sizeBytes;
          return { ...sample, data: body.subarray(at - sizeBytes, at) };
        });
        return [{ type: 'fragment', trackId: traf.trackId, timeTicks: traf.timeTicks, samples }];
      }
      default:
        // ftyp, free, mfra and whatever else says nothing that is needed.
        return [];
    }
  }

  #tracksOf(moov: Uint8Array): SmoothTrack[] {
    const tracks: SmoothTrack[] = [];
    for (const box of childrenOf(moov)) {
      if (box.type === 'mvex') for (const trex of childrenOf(box.body)) if (trex.type === 'trex') this.#noteDefaults(trex.body);
      if (box.type !== 'trak') continue;
      const track = trackOf(box.body);
      if (track !== undefined) tracks.push(track);
      if (tracks.length > MAX_TRACKS) throw new MediaFormatError('invalid', 'The stream has too many tracks.');
    }
    return tracks;
  }

  #noteDefaults(trex: Uint8Array): void {
    const { view } = fieldsOf(trex, 24);
    if (this.#defaults.size < MAX_TRACKS) this.#defaults.set(view.getUint32(4), { durationTicks: view.getUint32(12), sizeBytes: view.getUint32(16), flags: view.getUint32(20) });
  }

  #trafOf(moof: Uint8Array): Traf {
    const trafs = childrenOf(moof).filter(({ type }) => type === 'traf');
    const [traf] = trafs;
    if (traf === undefined || trafs.length !== 1) throw new MediaFormatError('unsupported', 'A moof must hold one track fragment.');
    let trackId: number | undefined;
    let timeTicks: number | undefined;
    let defaults: Defaults = { durationTicks: 0, sizeBytes: 0, flags: 0 };
    const planned: Planned[] = [];
    for (const { type, body } of childrenOf(traf.body)) {
      if (type === 'tfhd') {
        trackId = fieldsOf(body, 8).view.getUint32(4);
        defaults = headerDefaults(body, this.#defaults.get(trackId) ?? defaults);
      } else if (type === 'trun') {
        planned.push(...runOf(body, defaults));
        if (planned.length > MAX_SAMPLES) throw new MediaFormatError('invalid', 'A fragment has too many samples.');
      } else if (type === 'uuid' && hex(body, 0, 16) === TFXD) {
        // Signed: sound begins before zero by the encoder's delay.
        const { view } = fieldsOf(body, 28);
        timeTicks = body[16] === 1 ? Number(fieldsOf(body, 36).view.getBigInt64(20)) : view.getUint32(20);
      }
    }
    // Without it nobody knows where the fragment belongs.
    if (trackId === undefined || timeTicks === undefined) throw new MediaFormatError('invalid', 'A fragment has no track or no absolute time (tfxd).');
    return { trackId, timeTicks, planned };
  }
}

type Child = { readonly type: string; readonly body: Uint8Array };

function childrenOf(bytes: Uint8Array): Child[] {
  return [...wholeBoxesIn(bytes)].map(({ type, contentStart, end }) => ({ type, body: bytes.subarray(contentStart, end) }));
}

function within(bytes: Uint8Array, path: readonly string[]): Uint8Array | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return bytes;
  const child = childrenOf(bytes).find(({ type }) => type === first);
  return child && within(child.body, rest);
}

function trackOf(trak: Uint8Array): SmoothTrack | undefined {
  const [tkhd, mdhd, hdlr, stsd] = [['tkhd'], ['mdia', 'mdhd'], ['mdia', 'hdlr'], ['mdia', 'minf', 'stbl', 'stsd']].map((path) => within(trak, path));
  if (!tkhd || !mdhd || !hdlr || !stsd) throw new MediaFormatError('invalid', 'A track of the header is incomplete.');
  const id = tkhd[0] === 1 ? fieldsOf(tkhd, 24).view.getUint32(20) : fieldsOf(tkhd, 16).view.getUint32(12);
  const timescale = mdhd[0] === 1 ? fieldsOf(mdhd, 24).view.getUint32(20) : fieldsOf(mdhd, 16).view.getUint32(12);
  if (timescale === 0) throw new MediaFormatError('invalid', 'A track has no timescale.');
  const handler = Buffer.from(hdlr.subarray(8, 12)).toString('latin1');
  const [entry] = childrenOf(stsd.subarray(8));
  if (handler === 'vide') {
    const config = entry && within(entry.body.subarray(78), ['avcC']);
    if (entry?.type !== 'avc1' || !config) throw new MediaFormatError('unsupported', 'The video is not H.264 (avc1).');
    return { id, kind: 'video', timescale, config: config.slice() };
  }
  if (handler !== 'soun') return undefined;
  const esds = entry && within(entry.body.subarray(28), ['esds']);
  if (entry?.type !== 'mp4a' || !esds) throw new MediaFormatError('unsupported', 'The audio is not AAC (mp4a).');
  return { id, kind: 'audio', timescale, config: decoderInfoOf(esds.subarray(4)) };
}

/** DecoderSpecificInfo inside ES_Descriptor and DecoderConfigDescriptor (ISO/IEC 14496-1 §7.2.6). */
function decoderInfoOf(descriptors: Uint8Array): Uint8Array {
  let at = 0;
  for (let depth = 0; depth < 4; depth += 1) {
    const tag = descriptors[at];
    let size = 0;
    at += 1;
    for (let read = 0; read < 4; read += 1) {
      const byte = descriptors[at] ?? 0;
      at += 1;
      size = size * 128 + (byte & 0x7f);
      if ((byte & 0x80) === 0) break;
    }
    if (tag === 0x05 && size > 0 && at + size <= descriptors.length) return descriptors.slice(at, at + size);
    if (tag === 0x03) at += 3;
    else if (tag === 0x04) at += 13;
    else break;
  }
  throw new MediaFormatError('invalid', 'The audio has no decoder configuration.');
}

/** ISO/IEC 14496-12 §8.8.7 */
function headerDefaults(tfhd: Uint8Array, known: Defaults): Defaults {
  const { view } = fieldsOf(tfhd, 8);
  const flags = view.getUint32(0) & 0xff_ffff;
  let at = 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
  const next = (flag: number, otherwise: number): number => {
    if ((flags & flag) === 0) return otherwise;
    at += 4;
    return fieldsOf(tfhd, at).view.getUint32(at - 4);
  };
  return { durationTicks: next(0x8, known.durationTicks), sizeBytes: next(0x10, known.sizeBytes), flags: next(0x20, known.flags) };
}

/** ISO/IEC 14496-12 §8.8.8 */
function runOf(trun: Uint8Array, defaults: Defaults): Planned[] {
  const { view } = fieldsOf(trun, 8);
  const flags = view.getUint32(0) & 0xff_ffff;
  const count = view.getUint32(4);
  if (count > MAX_SAMPLES) throw new MediaFormatError('invalid', 'A fragment has too many samples.');
  let at = 8 + (flags & 1 ? 4 : 0);
  const next = (flag: number, otherwise: number): number => {
    if ((flags & flag) === 0) return otherwise;
    at += 4;
    return fieldsOf(trun, at).view.getUint32(at - 4);
  };
  const firstFlags = next(0x4, -1);
  return Array.from({ length: count }, (_one, index) => {
    const durationTicks = next(0x100, defaults.durationTicks);
    const sizeBytes = next(0x200, defaults.sizeBytes);
    const sampleFlags = next(0x400, index === 0 && firstFlags >= 0 ? firstFlags : defaults.flags);
    return { durationTicks, sizeBytes, isSync: (sampleFlags & IS_NON_SYNC) === 0, compositionTicks: next(0x800, 0) | 0 };
  });
}

function fieldsOf(bytes: Uint8Array, least: number): Fields {
  if (bytes.length < least) throw new MediaFormatError('truncated', 'A box ends inside its fields.');
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString('hex');
}

function plain(type: string): string {
  return type.replaceAll(/[^\w ]/g, '?');
}
