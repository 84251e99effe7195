// One POST of a Smooth Streaming encoder: its boxes become the packets that any publication brings, so that everything behind is the same.
import { MediaFormatError } from '../../media/formatError.ts';
import { buildAudioPayload } from '../../rtmp/flvAudio.ts';
import { buildVideoPayload } from '../../rtmp/flvVideo.ts';
import type { Channel } from './channel.ts';
import { IngestRefusal } from './ingestRefusal.ts';
import { Publication } from './publication.ts';
import { SmoothReader, type SmoothEvent, type SmoothSample, type SmoothTrack } from './smoothReader.ts';

type Open = { readonly track: SmoothTrack; readonly publication: Publication; hasBegun: boolean };

export class SmoothPublication {
  readonly #channel: Channel;
  readonly #streamName: string;
  readonly #encoder: string;
  readonly #address: string;
  readonly #reader = new SmoothReader();
  readonly #tracks = new Map<number, Open>();
  /** bit/s by kind, in the order of the manifest. */
  #declared: readonly { readonly kind: 'video' | 'audio'; readonly bitrate: number; readonly trackId: number | undefined }[] = [];

  /** @param encoder what it calls itself @param address of the publisher */
  constructor(channel: Channel, streamName: string, encoder: string, address: string) {
    this.#channel = channel;
    this.#streamName = streamName;
    this.#encoder = encoder;
    this.#address = address;
  }

  /** @throws IngestRefusal when the stream cannot be taken */
  push(bytes: Uint8Array): void {
    try {
      for (const event of this.#reader.push(bytes)) this.#take(event);
    } catch (error) {
      if (error instanceof MediaFormatError) throw new IngestRefusal('MPE_INGEST_CODEC_NOT_SUPPORTED', error.message, { cause: error });
      throw error;
    }
  }

  /** @param isClean the encoder has ended its body */
  end(isClean: boolean): void {
    for (const { publication } of this.#tracks.values()) publication.end(isClean);
    this.#tracks.clear();
  }

  #take(event: SmoothEvent): void {
    if (event.type === 'manifest') this.#declared = declaredIn(event.smil);
    else if (event.type === 'tracks') {
      if (this.#tracks.size > 0) throw new IngestRefusal('MPE_INGEST_CODEC_NOT_SUPPORTED', 'The header came twice on one connection.');
      for (const track of event.tracks) this.#tracks.set(track.id, { track, publication: new Publication(this.#channel, this.#streamName, this.#address), hasBegun: false });
    } else {
      const open = this.#tracks.get(event.trackId);
      // Sparse tracks carry what nobody here shows.
      if (open !== undefined) this.#fragment(open, event.timeTicks, event.samples);
    }
  }

  #fragment(open: Open, timeTicks: number, samples: readonly SmoothSample[]): void {
    const { track, publication } = open;
    const [first] = samples;
    if (first === undefined) return;
    if (!open.hasBegun) this.#begin(open, first);
    const msOf = (ticks: number): number => (ticks * 1000) / track.timescale;
    // tfxd tells when the first sample is shown.
    let decodeTicks = timeTicks - first.compositionTicks;
    for (const sample of samples) {
      if (track.kind === 'audio') {
        publication.audio(msOf(decodeTicks), buildAudioPayload({ aacPacketType: 'raw', data: sample.data }));
      } else {
        const dtsMs = Math.round(msOf(decodeTicks));
        const compositionMs = Math.round(msOf(decodeTicks + sample.compositionTicks)) - dtsMs;
        publication.video(dtsMs, buildVideoPayload({ frameType: sample.isSync ? 'key' : 'inter', avcPacketType: 'nalu', compositionMs, data: sample.data }));
      }
      decodeTicks += sample.durationTicks;
    }
  }

  /** The manifest declares the rate of each track; the frame rate follows from the first frame's length. */
  #begin(open: Open, { durationTicks }: SmoothSample): void {
    const { track, publication } = open;
    open.hasBegun = true;
    const ofKind = this.#declared.filter(({ kind }) => kind === track.kind);
    const position = [...this.#tracks.values()].filter(({ track: { kind } }) => kind === track.kind).indexOf(open);
    const bitrate = (ofKind.find(({ trackId }) => trackId === track.id) ?? ofKind[position])?.bitrate;
    if (bitrate === undefined) throw new IngestRefusal('MPE_INGEST_DESCRIPTION_INFO_NOT_RECEIVED', `The live server manifest declares no ${track.kind} of this stream.`);
    if (track.kind === 'video') {
      publication.metadata({ encoder: this.#encoder, videodatarate: bitrate / 1000, ...(durationTicks > 0 ? { framerate: track.timescale / durationTicks } : {}) });
      publication.video(0, buildVideoPayload({ frameType: 'key', avcPacketType: 'config', compositionMs: 0, data: track.config }));
    } else {
      publication.metadata({ encoder: this.#encoder, audiodatarate: bitrate / 1000 });
      publication.audio(0, buildAudioPayload({ aacPacketType: 'config', data: track.config }));
    }
  }
}

/** `<video systemBitrate="…"><param name="trackID" value="1"/>…` and the same for audio; everything else of the SMIL is for players. */
function declaredIn(smil: string): { kind: 'video' | 'audio'; bitrate: number; trackId: number | undefined }[] {
  return [...smil.matchAll(/<(video|audio)\b([^>]*)>([\s\S]*?)<\/\1>/g)].flatMap(([, kind, attributes = '', body = '']) => {
    const bitrate = Number(/systemBitrate="(\d{1,10})"/i.exec(attributes)?.[1] ?? Number.NaN);
    const trackId = /<param\s+name="trackID"\s+value="(\d{1,10})"/i.exec(body)?.[1];
    return bitrate > 0 ? [{ kind: kind === 'video' ? 'video' as const : 'audio' as const, bitrate, trackId: trackId === undefined ? undefined : Number(trackId) }] : [];
  });
}
