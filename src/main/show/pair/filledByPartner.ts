// How much of the archive came from the other instance alone. Pure.
import type { ReceivedTrack } from '../../../contract/report.ts';
import type { SentTrack } from '../verification.ts';

/** Frames of each rendition that are served and that this instance has not sent: from before it began, after it ended, and where it missed some. */
export function filledByPartner(sent: readonly SentTrack[], received: readonly ReceivedTrack[]): { rendition: string; frames: number }[] {
  return sent.filter(({ kind }) => kind === 'video').flatMap(({ label, declaredKbps, frames }) => {
    const track = received.find((one) => one.kind === 'video' && one.track === `video_${declaredKbps * 1000}`);
    return track === undefined ? [] : [{ rendition: label, frames: Math.max(0, track.frames - frames) }];
  });
}
