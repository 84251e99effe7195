// The last minute of a channel in memory, for its preview. Bounded in time and bytes; never touches the disk.
import type { ByteRange, Presentation, PresentedSegment, PresentedTrack } from '../origin/presentation.ts';
import { segmentAt } from '../origin/segmentSearch.ts';
import type { Cue } from './cue.ts';
import { isSameFormat, type Fragment, type TrackFormat, type TrackIdentity } from './fragment.ts';

const WINDOW_SECONDS = 60;
/** Of one track: a minute at about 60 Mbit/s is more, and then the window is shorter. */
const MAX_TRACK_BYTES = 96 * 1024 * 1024;

type Held = PresentedSegment & { readonly bytes: Uint8Array };

class WindowTrack implements PresentedTrack {
  readonly identity: TrackIdentity;
  readonly formats: TrackFormat[] = [];
  readonly inits: Uint8Array[] = [];
  segments: Held[] = [];
  readonly earlierChanges: number[] = [];
  #bytes = 0;

  constructor(identity: TrackIdentity) {
    this.identity = identity;
  }

  append(fragment: Fragment): void {
    let formatId = this.formats.findIndex((format) => isSameFormat(format, fragment.format));
    if (formatId < 0) {
      formatId = this.formats.length;
      this.formats.push(fragment.format);
      this.inits.push(fragment.init);
    }
    const { sequence, startTicks, durationTicks, bytes } = fragment;
    this.segments.push({ sequence, startTicks, durationTicks, sizeBytes: bytes.length, formatId, bytes });
    this.#bytes += bytes.length;
    const oldestTicks = startTicks + durationTicks - WINDOW_SECONDS * this.identity.timescale;
    let gone = 0;
    for (const segment of this.segments) {
      if (segment.startTicks >= oldestTicks && this.#bytes <= MAX_TRACK_BYTES) break;
      this.#bytes -= segment.sizeBytes;
      gone += 1;
    }
    if (gone === 0) return;
    for (let index = 1; index <= gone; index += 1) {
      const [before, after] = [this.segments[index - 1], this.segments[index]];
      if (before !== undefined && after !== undefined && before.formatId !== after.formatId) this.earlierChanges.push(after.startTicks);
    }
    this.segments = this.segments.slice(gone);
  }
}

type WindowedChannel = { readonly zeroUtcMs: number | undefined; readonly expectedTracks: readonly string[]; readonly cues: readonly Cue[] };

export class LiveWindow implements Presentation {
  readonly manifestName = 'preview';
  readonly isLive = true;
  readonly windowSeconds = WINDOW_SECONDS;
  readonly #tracks = new Map<string, WindowTrack>();
  readonly #channel: WindowedChannel;

  constructor(channel: WindowedChannel) {
    this.#channel = channel;
  }

  get zeroUtcMs(): number | undefined {
    return this.#channel.zeroUtcMs;
  }

  get expectedTracks(): readonly string[] {
    return this.#channel.expectedTracks;
  }

  get cues(): readonly Cue[] {
    return this.#channel.cues;
  }

  get tracks(): readonly PresentedTrack[] {
    return [...this.#tracks.values()];
  }

  append(fragment: Fragment): void {
    const { name } = fragment.track;
    const track = this.#tracks.get(name) ?? new WindowTrack(fragment.track);
    this.#tracks.set(name, track);
    track.append(fragment);
  }

  async init(trackName: string, formatId: number): Promise<Uint8Array | undefined> {
    return this.#tracks.get(trackName)?.inits[formatId];
  }

  async read(trackName: string, segment: PresentedSegment, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
    const bytes = segmentAt(this.#tracks.get(trackName)?.segments ?? [], segment.startTicks)?.bytes;
    return range ? bytes?.subarray(range.start, range.end + 1) : bytes;
  }
}
