// What has been handed to the connections, track by track, and whether the renditions keep step. Looks at packets, never at bytes.
import type { Ladder } from '../../contract/ladder.ts';
import { AlignmentChecker } from '../encode/alignment.ts';
import type { MediaPacket } from '../media/packets.ts';
import type { SentTrack } from './verification.ts';

type Span = { frames: number; first: number; last: number };

export class SentTracks {
  readonly #ladder: Ladder;
  readonly #alignment: AlignmentChecker;
  readonly #spans = new Map<string, Span>();

  constructor(ladder: Ladder, framesPerGop: number) {
    this.#ladder = ladder;
    this.#alignment = new AlignmentChecker(framesPerGop, ladder.renditions.map((one) => one.name));
  }

  add(packet: MediaPacket): void {
    const key = packet.kind === 'video' ? packet.rendition : 'audio';
    const span = this.#spans.get(key);
    if (span === undefined) {
      this.#spans.set(key, { frames: 1, first: packet.frame, last: packet.frame });
    } else {
      span.frames += 1;
      span.first = Math.min(span.first, packet.frame);
      span.last = Math.max(span.last, packet.frame);
    }
    if (packet.kind === 'video') this.#alignment.add(packet);
  }

  /** All renditions may have an IDR at this frame, inside a GOP. */
  expectIdr(frame: number): void {
    this.#alignment.expectIdr(frame);
  }

  get keyframesAligned(): boolean {
    return this.#alignment.report().keyframesAligned;
  }

  get tracks(): SentTrack[] {
    const video = this.#ladder.renditions.map((one) => ({ key: one.name, label: one.name, kind: 'video' as const, declaredKbps: one.declaredKbps }));
    const audio = { key: 'audio', label: 'audio', kind: 'audio' as const, declaredKbps: this.#ladder.audioKbps };
    return [...video, audio].flatMap(({ key, ...track }) => {
      const span = this.#spans.get(key);
      return span === undefined ? [] : [{ ...track, ...span }];
    });
  }
}
