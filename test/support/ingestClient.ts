// A publisher on a plain socket, for tests of the ingest: says what it is told to and keeps what the server answered.
import net from 'node:net';
import { RtmpClientSession, type RtmpClientEvent } from '../../src/main/rtmp/rtmpClientSession.ts';
import type { StreamPacket } from './syntheticStream.ts';
import { until } from './until.ts';

export type IngestClient = {
  readonly session: RtmpClientSession;
  readonly socket: net.Socket;
  readonly events: RtmpClientEvent[];
  send(packets: readonly StreamPacket[]): void;
  metadata(values: { readonly [key: string]: number }): void;
  /** Ends the stream in good order and closes. */
  unpublish(): void;
  refused(): Promise<Extract<RtmpClientEvent, { type: 'refused' }>>;
  closed(): Promise<void>;
};

/** Connects and publishes; resolves when the server has accepted or refused the stream. @param url `rtmp://127.0.0.1:port/live/token` */
export async function publishTo(url: string, streamName = 'stream'): Promise<IngestClient> {
  const { port, pathname } = new URL(url);
  const session = new RtmpClientSession({ app: pathname.slice(1), tcUrl: url, streamName, ackWindowBytes: 2_500_000 });
  const socket = net.connect(Number(port), '127.0.0.1');
  const events: RtmpClientEvent[] = [];
  let isClosed = false;
  const flush = (): void => { for (const bytes of session.takeOutput()) if (!socket.destroyed) socket.write(bytes); };
  socket.on('data', (bytes: Uint8Array) => {
    events.push(...session.receive(bytes));
    flush();
  });
  socket.on('error', () => {});
  socket.on('close', () => { isClosed = true; });
  flush();
  const refusal = (): Extract<RtmpClientEvent, { type: 'refused' }> | undefined => events.find((event) => event.type === 'refused');
  await until(() => session.stage === 'publishing' || refusal() !== undefined || isClosed, 'an answer to publish');
  return {
    session, socket, events,
    send(packets) {
      for (const { type, timestampMs, payload } of packets) {
        if (type === 'video') session.sendVideo(timestampMs % 2 ** 32, payload);
        else session.sendAudio(timestampMs % 2 ** 32, payload);
      }
      flush();
    },
    metadata(values) {
      session.sendMetadata(0, values);
      flush();
    },
    unpublish() {
      session.unpublish();
      flush();
      socket.end();
    },
    async refused() {
      await until(() => refusal() !== undefined, 'a refusal');
      return refusal()!;
    },
    closed: () => until(() => isClosed, 'the end of the connection'),
  };
}
