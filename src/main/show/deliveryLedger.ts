// What of a show has not reached its service, by time range and cause: from the frames that were encoded, those that the connections
// say have arrived, and what could be read back. Looks at indices, never at bytes.
import { AAC_FRAME_SAMPLES, AUDIO_SAMPLE_RATE, type Ladder } from '../../contract/ladder.ts';
import type { ReceivedTrack } from '../../contract/report.ts';
import type { Undelivered } from '../../contract/undelivered.ts';
import { FrameRanges, intersection, joined, type FrameRange } from '../media/frameRanges.ts';
import type { MediaPacket } from '../media/packets.ts';
import { exactMsOfFrame, firstAudioFrameAt, utcMsOfFrame, type Timeline } from '../media/timeline.ts';
import { declaredKbpsOf } from './verification.ts';

/** Frames at the very end of the sound that may lie behind the last whole GOP of the picture, or in the encoder. */
const AUDIO_TAIL_FRAMES = 2;
/** More than this is told more coarsely. */
const MAX_TOLD = 2_000;
const AUDIO = 'audio';

type Track = {
  readonly name: string;
  readonly kind: 'video' | 'audio';
  readonly declaredKbps: number;
  readonly framesPerSecond: number;
  readonly encoded: FrameRanges;
  readonly sent: FrameRanges;
  readonly arrived: FrameRanges;
};

export class DeliveryLedger {
  readonly #timeline: Timeline;
  readonly #startFrame: number;
  readonly #tracks: readonly Track[];

  constructor(timeline: Timeline, ladder: Ladder, startFrame: number) {
    this.#timeline = timeline;
    this.#startFrame = startFrame;
    const { num, den } = timeline.frameRate;
    const empty = (): Pick<Track, 'encoded' | 'sent' | 'arrived'> => ({ encoded: new FrameRanges(), sent: new FrameRanges(), arrived: new FrameRanges() });
    this.#tracks = [
      ...ladder.renditions.map(({ name, declaredKbps }): Track => ({ name, kind: 'video', declaredKbps, framesPerSecond: num / den, ...empty() })),
      { name: AUDIO, kind: 'audio', declaredKbps: ladder.audioKbps, framesPerSecond: AUDIO_SAMPLE_RATE / AAC_FRAME_SAMPLES, ...empty() },
    ];
  }

  encoded(packet: MediaPacket): void {
    this.#track(packet.kind === 'video' ? packet.rendition : AUDIO)?.encoded.add(packet.frame);
  }

  /** It has been given to a connection; whether it arrives is not known yet. */
  sent(rendition: string, packet: Pick<MediaPacket, 'kind' | 'frame'>): void {
    this.#track(packet.kind === 'video' ? rendition : AUDIO)?.sent.add(packet.frame);
  }

  /** Sound counts as delivered when one connection has carried it: every one carries the same. */
  arrived(rendition: string, packet: Pick<MediaPacket, 'kind' | 'frame'>): void {
    this.#track(packet.kind === 'video' ? rendition : AUDIO)?.arrived.add(packet.frame);
  }

  /**
   * In order of track and time; pieces of one cause that are less than a GOP apart are one.
   * @param endFrame the frame behind the program's last one, once it has ended; without it, what is on its way counts as not delivered.
   * @param received what was read back; nothing where that is not possible.
   * @param archiveFailed the service has said that it does not record
   */
  undelivered(endFrame: number | undefined, received: readonly ReceivedTrack[], archiveFailed = false): Undelivered[] {
    const arrivals = this.#tracks.filter(({ kind, arrived }) => kind === 'video' && arrived.ranges.length > 0).map(({ arrived }) => arrived.ranges[0]?.from ?? 0);
    // What was made before the first connection stood is before the stream, not missing from it.
    const first = arrivals.length === 0 ? this.#startFrame : Math.min(...arrivals);
    const all = this.#tracks.flatMap((track) => this.#missingOf(track, this.#spanOf(track, first, endFrame), received, archiveFailed));
    let gops = 1;
    let told = all.flatMap((one) => this.#told(one, gops));
    while (told.length > MAX_TOLD) {
      gops *= 4;
      told = all.flatMap((one) => this.#told(one, gops));
    }
    return told;
  }

  #track(name: string): Track | undefined {
    return this.#tracks.find((one) => one.name === name);
  }

  #spanOf({ kind, encoded, arrived }: Track, firstFrame: number, endFrame: number | undefined): FrameRange {
    const { frameRate, framesPerGop } = this.#timeline;
    const lastEncoded = encoded.ranges.at(-1)?.to;
    if (kind === 'video') return { from: firstFrame, to: endFrame ?? lastEncoded ?? firstFrame };
    const begins = firstAudioFrameAt(firstFrame, frameRate);
    // Sound is ahead of the picture in the encoders: what passed before the first picture came is before the stream too.
    const firstArrived = arrived.ranges[0]?.from ?? begins;
    const from = Math.max(begins, firstArrived < firstAudioFrameAt(firstFrame + framesPerGop, frameRate) ? firstArrived : begins);
    const end = endFrame === undefined ? undefined : firstAudioFrameAt(endFrame, frameRate) - AUDIO_TAIL_FRAMES;
    return { from, to: end ?? lastEncoded ?? from };
  }

  /** Each missing frame once: by the last place that it is known to have reached. */
  #missingOf(track: Track, span: FrameRange, received: readonly ReceivedTrack[], archiveFailed: boolean): { track: Track; cause: Undelivered['cause']; ranges: FrameRange[] }[] {
    const missing = received.length === 0 ? track.arrived.missing(span) : this.#notServed(track, span, received);
    const causes = [
      { cause: 'encoder' as const, of: track.encoded.missing(span) },
      { cause: 'queue' as const, of: intersection(track.encoded.ranges, intersection(track.sent.missing(span), track.arrived.missing(span))) },
      { cause: 'network' as const, of: intersection(track.encoded.ranges, intersection(track.sent.ranges, track.arrived.missing(span))) },
      { cause: archiveFailed ? 'archive' as const : 'ingest' as const, of: intersection(track.encoded.ranges, track.arrived.ranges) },
    ];
    return causes.map(({ cause, of }) => ({ track, cause, ranges: intersection(missing, of) }));
  }

  /** What is served is there, whoever has delivered it. Of the time before what is still served only the connections know. */
  #notServed(track: Track, span: FrameRange, received: readonly ReceivedTrack[]): FrameRange[] {
    const served = received.find((one) => one.kind === track.kind && declaredKbpsOf(one.track) === track.declaredKbps);
    if (served === undefined) return [span];
    const frameAt = (seconds: number): number => Math.round(seconds * track.framesPerSecond);
    const [firstServed, behindLast] = [frameAt(served.firstSeconds), frameAt(served.lastSeconds) + 1];
    const before = track.arrived.missing({ from: span.from, to: Math.min(span.to, firstServed) });
    const gaps = served.gaps.map(({ atSeconds, lengthSeconds }) => ({ from: frameAt(atSeconds), to: frameAt(atSeconds + lengthSeconds) }));
    return intersection([span], [...before, ...gaps, ...(behindLast < span.to ? [{ from: behindLast, to: span.to }] : [])]);
  }

  #told({ track, cause, ranges }: { track: Track; cause: Undelivered['cause']; ranges: FrameRange[] }, gops: number): Undelivered[] {
    const { framesPerGop, frameRate } = this.#timeline;
    const gopSeconds = exactMsOfFrame(framesPerGop, frameRate) / 1000;
    return joined(ranges, gopSeconds * gops * track.framesPerSecond).map(({ from, to, frames }) => {
      const [fromSeconds, toSeconds] = [from / track.framesPerSecond, to / track.framesPerSecond];
      const utcOf = (seconds: number): string => new Date(utcMsOfFrame(this.#timeline, 0) + seconds * 1000).toISOString();
      return { track: track.name, cause, fromSeconds, toSeconds, fromUtc: utcOf(fromSeconds), toUtc: utcOf(toSeconds), frames };
    });
  }
}
