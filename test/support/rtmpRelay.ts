// An RTMP server that hands each stream on to another server under another app and name, with its times as they are. For clouds in tests that
// name streams in their own way.
import net from 'node:net';
import { RtmpClientSession } from '../../src/main/rtmp/rtmpClientSession.ts';
import type { RtmpServerEvent } from '../../src/main/rtmp/rtmpServerSession.ts';
import { startRtmpServer, type RtmpTestServer } from './rtmpServer.ts';

export type Onward = { readonly port: number; readonly app: string; readonly streamName: string };

/** @param onwardOf where a stream goes; undefined: it is refused */
export async function startRtmpRelay(onwardOf: (app: string, streamName: string) => Onward | undefined): Promise<RtmpTestServer> {
  const relays = new Map<object, { take(event: RtmpServerEvent): void; end(): void }>();
  const server = await startRtmpServer({
    answer: (event, connection) => (event.type === 'connect' || onwardOf(connection.app, event.streamName) !== undefined
      ? 'accept' : { code: 'NetStream.Publish.BadName', description: 'There is no such stream key.' }),
    onEvent: (event, connection) => {
      const onward = event.type === 'publish' ? onwardOf(connection.app, event.streamName) : undefined;
      if (onward !== undefined) relays.set(connection, relayTo(onward));
      relays.get(connection)?.take(event);
      // What was handed on is not kept.
      connection.media.length = 0;
    },
  });
  return {
    port: server.port, connections: server.connections,
    close: async () => {
      for (const relay of relays.values()) relay.end();
      await server.close();
    },
  };
}

function relayTo({ port, app, streamName }: Onward): { take(event: RtmpServerEvent): void; end(): void } {
  const session = new RtmpClientSession({ app, tcUrl: `rtmp://127.0.0.1:${port}/${app}`, streamName, ackWindowBytes: 1 << 20 });
  const socket = net.connect(port, '127.0.0.1');
  const waiting: RtmpServerEvent[] = [];
  const flush = (): void => {
    for (const bytes of session.takeOutput()) socket.write(Buffer.from(bytes), () => { if (bytes.length > 0) session.outputWritten(); });
  };
  const hand = (event: RtmpServerEvent): void => {
    if (event.type === 'metadata') session.sendMetadata(0, event.values);
    if (event.type === 'video') session.sendVideo(event.timestampMs, event.payload);
    if (event.type === 'audio') session.sendAudio(event.timestampMs, event.payload);
    if (event.type === 'unpublish') session.unpublish();
    flush();
  };
  socket.on('connect', flush);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    const events = session.receive(bytes);
    flush();
    if (events.some(({ type }) => type === 'publishing')) for (const event of waiting.splice(0)) hand(event);
  });
  return {
    take: (event) => {
      if (session.stage === 'publishing') hand(event);
      else if (event.type !== 'connect' && event.type !== 'publish') waiting.push(event);
    },
    end: () => socket.destroy(),
  };
}
