// The connections of a show: one publisher for each rendition, opened as soon as its headers are known. Packets that come
// before are kept in order, so that the first GOP is whole.
import type { ConnectionReport, Failure } from '../../contract/report.ts';
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { RtmpPublisher } from '../publish/rtmpPublisher.ts';
import type { PublishTarget } from './chain.ts';

/** Media that may wait for a connection; the rest of a longer outage is dropped by whole GOPs. */
const MAX_QUEUED_MS = 20_000;

type Line = {
  readonly target: PublishTarget;
  video: VideoTrackConfig | undefined;
  publisher: RtmpPublisher | undefined;
  readonly early: MediaPacket[];
};

export type ConnectionEvents = {
  readonly onWarning: (failure: Failure) => void;
  /** A connection was refused for good. */
  readonly onFailed: (rendition: string, error: Error) => void;
};

export class Connections {
  readonly #lines: readonly Line[];
  readonly #encoderName: string;
  readonly #events: ConnectionEvents;
  readonly #opened: PromiseWithResolvers<void>[];
  #audio: AudioTrackConfig | undefined;
  /** Resolves when the server has taken the first media of every connection. */
  readonly accepted: Promise<void>;

  constructor(targets: readonly PublishTarget[], encoderName: string, events: ConnectionEvents) {
    this.#lines = targets.map((target) => ({ target, video: undefined, publisher: undefined, early: [] }));
    this.#encoderName = encoderName;
    this.#events = events;
    this.#opened = targets.map(() => Promise.withResolvers<void>());
    this.accepted = Promise.all(this.#opened.map(async (one) => one.promise)).then(() => undefined);
    this.accepted.catch(() => undefined);
  }

  configureVideo(config: VideoTrackConfig): void {
    const line = this.#lines.find((one) => one.target.rendition === config.rendition);
    if (line === undefined) return;
    line.video = config;
    this.#openWhereComplete();
  }

  configureAudio(config: AudioTrackConfig): void {
    this.#audio = config;
    this.#openWhereComplete();
  }

  send(packet: MediaPacket): void {
    for (const line of this.#lines) {
      if (packet.kind === 'video' && packet.rendition !== line.target.rendition) continue;
      if (line.publisher === undefined) line.early.push(packet);
      else line.publisher.send(packet);
    }
  }

  reports(): ConnectionReport[] {
    return this.#lines.flatMap(({ target, publisher }) => {
      if (publisher === undefined) return [];
      const stats = publisher.stats();
      return [{
        rendition: target.rendition,
        endpoint: stats.endpoint,
        state: publisher.state.state,
        sentBytes: stats.sentBytes,
        acknowledgedBytes: stats.acknowledgedBytes,
        reconnects: stats.reconnects,
        queuedMs: Math.round(stats.queuedMs),
        droppedMs: Math.round(stats.droppedMs),
        ...(stats.lastError === undefined ? {} : { lastError: stats.lastError.message }),
      }];
    });
  }

  /** Drains every connection and takes leave of the server; bounded by the publisher. */
  async stop(): Promise<void> {
    await Promise.all(this.#lines.map(async ({ publisher }) => publisher?.stop()));
  }

  #openWhereComplete(): void {
    this.#lines.forEach((line, index) => {
      if (line.publisher !== undefined || line.video === undefined || this.#audio === undefined) return;
      const { target } = line;
      const publisher = new RtmpPublisher({
        url: target.url,
        ...(target.ca === undefined ? {} : { ca: target.ca }),
        video: line.video,
        audio: this.#audio,
        encoderName: this.#encoderName,
        policy: { burstWelcome: target.burstWelcome, maxQueuedMs: MAX_QUEUED_MS },
      });
      line.publisher = publisher;
      const opened = this.#opened[index];
      publisher.onEvent((event) => {
        if (event.type === 'mediaTaken') opened?.resolve();
        else if (event.state.state === 'failed') this.#events.onFailed(target.rendition, event.state.failure);
        else if (event.state.state === 'waiting') {
          const { code, message, action } = event.state.failure;
          this.#events.onWarning({ code, message: `${target.rendition}: ${message}`, action });
        }
      });
      for (const packet of line.early.splice(0)) publisher.send(packet);
      publisher.start();
    });
  }
}
