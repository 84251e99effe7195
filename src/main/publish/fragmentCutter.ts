// Packets → fragments: each GOP of the picture, and the sound that belongs to the same time, so that every instance of an event cuts in the
// same places. Keeps what is not a whole fragment yet; reads no clock.
import type { FrameRate } from '../../contract/ladder.ts';
import { firstAudioFrameAt } from '../media/timeline.ts';
import type { AudioPacket, VideoPacket } from '../media/packets.ts';
import type { TimedPacket } from './rtmpPackets.ts';
import { AUDIO_TRACK_ID, VIDEO_TRACK_ID } from './smoothHeader.ts';
import type { SmoothFragment } from './smoothFragment.ts';
import { ticksOfAudioFrame, ticksOfFrame, TICKS_PER_SECOND } from './smoothTime.ts';

/** A fragment, and the packets that it is made of. */
export type CutFragment = { readonly fragment: SmoothFragment; readonly entries: readonly TimedPacket[] };

type Held<P> = { readonly entry: TimedPacket; readonly packet: P };

/** A sample lasts until the next one; what is longer than this is a hole. */
const LONGEST_SAMPLE_TICKS = TICKS_PER_SECOND;

export class FragmentCutter {
  readonly #rate: FrameRate;
  #video: Held<VideoPacket>[] = [];
  #audio: Held<AudioPacket>[] = [];
  /** First AAC frames of the GOPs to which no sound has come yet. */
  #audioCuts: number[] = [];
  #sequence = 0;

  constructor(rate: FrameRate) {
    this.#rate = rate;
  }

  /** Packets in order of their time. Returns the fragments that are whole with this one. */
  add(entry: TimedPacket): CutFragment[] {
    const { packet } = entry;
    if (packet.kind === 'audio') {
      const isNext = this.#audioCuts[0] !== undefined && packet.frame >= this.#audioCuts[0];
      const cut = isNext ? this.#cutAudio(packet) : [];
      while (this.#audioCuts[0] !== undefined && packet.frame >= this.#audioCuts[0]) this.#audioCuts.shift();
      this.#audio.push({ entry, packet });
      return cut;
    }
    const cut = packet.isIdr ? this.#cutVideo(packet) : [];
    if (cut.length > 0) this.#audioCuts.push(firstAudioFrameAt(packet.frame, this.#rate));
    this.#video.push({ entry, packet });
    return cut;
  }

  /** Nothing follows: what is there becomes the last fragments. */
  flush(): CutFragment[] {
    const last = [...this.#cutVideo(undefined), ...this.#cutAudio(undefined)];
    this.#audioCuts = [];
    return last;
  }

  /** Packets that are in no fragment yet, picture before sound; they are forgotten. */
  takeBack(): TimedPacket[] {
    const entries = [...this.#video, ...this.#audio].map(({ entry }) => entry);
    this.#video = [];
    this.#audio = [];
    this.#audioCuts = [];
    return entries;
  }

  #cutVideo(next: VideoPacket | undefined): CutFragment[] {
    const held = this.#video;
    const [first] = held;
    if (first === undefined) return [];
    this.#video = [];
    const ticks = (frame: number): number => ticksOfFrame(frame, this.#rate);
    const samples = held.map(({ packet }, index) => {
      const after = held[index + 1]?.packet.decodeFrame ?? next?.decodeFrame;
      return {
        durationTicks: lastingTicks(ticks(packet.decodeFrame), after === undefined ? undefined : ticks(after), ticks(packet.decodeFrame + 1)),
        compositionTicks: ticks(packet.frame) - ticks(packet.decodeFrame), data: packet.data,
      };
    });
    const startTicks = ticks(first.packet.frame);
    const ownEnd = ticks(held.reduce((end, { packet }) => Math.max(end, packet.frame), 0) + 1);
    const nextStart = next === undefined ? undefined : ticks(next.frame);
    const endTicks = nextStart !== undefined && nextStart - ownEnd <= LONGEST_SAMPLE_TICKS ? nextStart : ownEnd;
    return [this.#cut(held, { trackId: VIDEO_TRACK_ID, kind: 'video', startTicks, durationTicks: endTicks - startTicks, samples })];
  }

  #cutAudio(next: AudioPacket | undefined): CutFragment[] {
    const held = this.#audio;
    const [first] = held;
    if (first === undefined) return [];
    this.#audio = [];
    const samples = held.map(({ packet }, index) => {
      const after = held[index + 1]?.packet.frame ?? next?.frame;
      return {
        durationTicks: lastingTicks(ticksOfAudioFrame(packet.frame), after === undefined ? undefined : ticksOfAudioFrame(after), ticksOfAudioFrame(packet.frame + 1)),
        compositionTicks: 0, data: packet.data,
      };
    });
    const startTicks = ticksOfAudioFrame(first.packet.frame);
    const durationTicks = samples.reduce((sum, sample) => sum + sample.durationTicks, 0);
    return [this.#cut(held, { trackId: AUDIO_TRACK_ID, kind: 'audio', startTicks, durationTicks, samples })];
  }

  #cut(held: readonly Held<unknown>[], fragment: Omit<SmoothFragment, 'sequence'>): CutFragment {
    this.#sequence += 1;
    return { fragment: { ...fragment, sequence: this.#sequence }, entries: held.map(({ entry }) => entry) };
  }
}

/** After a change of encoder the next GOP may begin to be decoded before the last one ends; each fragment has a time of its own. */
function lastingTicks(from: number, next: number | undefined, otherwise: number): number {
  return (next !== undefined && next > from && next - from <= LONGEST_SAMPLE_TICKS ? next : otherwise) - from;
}
