// Reads the movie fragments of one segment without its media: walks over its boxes with a few small range requests.
import { boxAt, readMovieFragment, type FragmentSamples, type InitTrack } from './isoBoxes.ts';
import { MediaDamage, type ByteRange, type MediaFetcher } from './mediaFetch.ts';

/** One `moof` of 2 s at 60 fps is some 2 KiB. */
const FIRST_READ_BYTES = 16 * 1024;
const MAX_FRAGMENT_BYTES = 4 * 1024 * 1024;
/** For servers that ignore ranges and send a whole segment. */
const MAX_SEGMENT_BYTES = 128 * 1024 * 1024;
const MAX_BOXES = 4096;

/** A segment that is not there: its status, for the report. */
export class SegmentMissing extends Error {
  constructor(status: number) {
    super(`the service answers ${status}`);
    this.name = 'SegmentMissing';
  }
}

/**
 * The samples of each fragment of a segment, in file order.
 * @throws SegmentMissing, MediaDamage, or OperatorError where the service cannot be reached.
 */
export async function readSegment(fetcher: MediaFetcher, url: string, range: ByteRange | undefined, tracks: readonly InitTrack[]): Promise<FragmentSamples[]> {
  const window = new ByteWindow(fetcher, url, range);
  const found: FragmentSamples[] = [];
  let fragments = 0;
  // Of the fragment whose media comes next: samples cannot be larger together than the media that holds them.
  let pendingBytes = 0;
  let at = 0;
  for (let boxes = 0; await window.has(at); boxes += 1) {
    if (boxes > MAX_BOXES) throw new MediaDamage('the segment has too many boxes');
    const { bytes, offset } = await window.read(at, 16);
    const box = boxAt(bytes, offset, offset + (window.size ?? Number.MAX_SAFE_INTEGER) - at);
    const size = box.end - offset;
    if (box.type === 'moof') {
      if (size > MAX_FRAGMENT_BYTES) throw new MediaDamage('a fragment\'s header is absurdly large');
      const whole = await window.read(at, size);
      const samples = readMovieFragment(whole.bytes.subarray(whole.offset, whole.offset + size), tracks);
      fragments += 1;
      pendingBytes = samples.reduce((sum, one) => sum + one.sizeBytes, 0);
      found.push(...samples);
    } else if (box.type === 'mdat') {
      if (pendingBytes > box.end - box.contentStart) throw new MediaDamage('a fragment claims more media than it has');
      pendingBytes = 0;
    }
    at += size;
  }
  if (fragments === 0) throw new MediaDamage('the segment holds no fragment');
  if (pendingBytes > 0) throw new MediaDamage('a fragment has no media');
  return found;
}

/** @throws SegmentMissing, MediaDamage, OperatorError. */
export async function readWhole(fetcher: MediaFetcher, url: string, range: ByteRange | undefined, maxBytes: number): Promise<Buffer> {
  const fetched = await fetcher.get(url, maxBytes, range);
  if (fetched.status !== 200 && fetched.status !== 206) throw new SegmentMissing(fetched.status);
  if (range === undefined || fetched.status === 206) return fetched.bytes;
  return fetched.bytes.subarray(range.first, range.last + 1);
}

/** A segment of which only the parts that were asked for are fetched. Positions count from the segment's start. */
class ByteWindow {
  readonly #fetcher: MediaFetcher;
  readonly #url: string;
  readonly #origin: number;
  #size: number | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(fetcher: MediaFetcher, url: string, range: ByteRange | undefined) {
    this.#fetcher = fetcher;
    this.#url = url;
    this.#origin = range?.first ?? 0;
    this.#size = range === undefined ? undefined : range.last - range.first + 1;
  }

  get size(): number | undefined {
    return this.#size;
  }

  /** True while the segment goes on at `at`. */
  async has(at: number): Promise<boolean> {
    if (this.#size !== undefined) return at < this.#size;
    await this.#fetch(at, FIRST_READ_BYTES);
    return this.#size === undefined || at < this.#size;
  }

  /** At least `count` bytes at `at`, or all that there are before the end. */
  async read(at: number, count: number): Promise<{ bytes: Buffer; offset: number }> {
    const wanted = Math.min(at + count, this.#size ?? Number.MAX_SAFE_INTEGER);
    if (at < this.#start || wanted > this.#start + this.#bytes.length) await this.#fetch(at, Math.max(count, FIRST_READ_BYTES));
    if (Math.min(at + count, this.#size ?? Number.MAX_SAFE_INTEGER) > this.#start + this.#bytes.length) throw new MediaDamage('the segment ends too early');
    return { bytes: this.#bytes, offset: at - this.#start };
  }

  async #fetch(at: number, count: number): Promise<void> {
    const last = Math.min(at + count, this.#size ?? Number.MAX_SAFE_INTEGER) - 1;
    const fetched = await this.#fetcher.get(this.#url, MAX_SEGMENT_BYTES, { first: this.#origin + at, last: this.#origin + last });
    // Beyond the end of a resource whose length the server does not tell (RFC 9110 §15.5.17).
    if (fetched.status === 416 && this.#size === undefined && at > 0) {
      this.#size = at;
      return;
    }
    if (fetched.status !== 200 && fetched.status !== 206) throw new SegmentMissing(fetched.status);
    this.#bytes = fetched.bytes;
    this.#start = fetched.first - this.#origin;
    if (fetched.totalBytes === undefined) return;
    const available = fetched.totalBytes - this.#origin;
    if (this.#size === undefined) this.#size = available;
    else if (this.#size > available) throw new MediaDamage('the segment is shorter than the manifest says');
  }
}
