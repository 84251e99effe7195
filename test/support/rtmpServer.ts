// A small RTMP(S) server on RtmpServerSession for tests: keeps what each publisher sent, and answers as the test decides.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { AmfObject } from '../../src/main/rtmp/amf0Value.ts';
import { RtmpServerSession, type RtmpServerEvent } from '../../src/main/rtmp/rtmpServerSession.ts';

export type ReceivedMedia = { readonly type: 'audio' | 'video'; readonly timestampMs: number; readonly payload: Uint8Array };

export type ServedConnection = {
  readonly socket: net.Socket;
  app: string;
  tcUrl: string;
  streamName: string;
  metadata: AmfObject | undefined;
  readonly media: ReceivedMedia[];
  unpublished: boolean;
  error: unknown;
};

export type Answer = 'accept' | 'silence' | 'hangUp' | { readonly code: string; readonly description: string };

export type RtmpTestServer = {
  readonly port: number;
  readonly connections: readonly ServedConnection[];
  close(): Promise<void>;
};

export async function startRtmpServer(options: {
  readonly answer?: (event: Extract<RtmpServerEvent, { type: 'connect' | 'publish' }>, connection: ServedConnection) => Answer;
  readonly onEvent?: (event: RtmpServerEvent, connection: ServedConnection) => void;
  /** Where given, the server speaks RTMPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Receives every byte as it arrives, before the session. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** Any free one where it is not given. */
  readonly port?: number;
} = {}): Promise<RtmpTestServer> {
  const connections: ServedConnection[] = [];
  const serve = (socket: net.Socket): void => {
    const session = new RtmpServerSession();
    const connection: ServedConnection = {
      socket, app: '', tcUrl: '', streamName: '', metadata: undefined, media: [], unpublished: false, error: undefined,
    };
    connections.push(connection);
    const flush = (): void => {
      for (const bytes of session.takeOutput()) socket.write(bytes);
    };
    const decide = (event: Extract<RtmpServerEvent, { type: 'connect' | 'publish' }>): void => {
      const answer = options.answer?.(event, connection) ?? 'accept';
      if (answer === 'silence') return;
      if (answer === 'hangUp') socket.destroy();
      else if (answer !== 'accept') session.reject(answer.code, answer.description);
      else if (event.type === 'connect') session.acceptConnect();
      else session.acceptPublish();
      for (const waited of session.takeEvents()) handle(waited);
    };
    const handle = (event: RtmpServerEvent): void => {
      if (event.type === 'connect') Object.assign(connection, { app: event.app, tcUrl: event.tcUrl });
      if (event.type === 'publish') connection.streamName = event.streamName;
      if (event.type === 'metadata') connection.metadata = event.values;
      if (event.type === 'audio' || event.type === 'video') connection.media.push(event);
      if (event.type === 'unpublish') connection.unpublished = true;
      if (event.type === 'connect' || event.type === 'publish') decide(event);
      options.onEvent?.(event, connection);
      if (event.type === 'closed') {
        flush();
        socket.end();
      }
    };
    socket.on('data', (bytes) => {
      options.onBytes?.(bytes);
      try {
        for (const event of session.receive(bytes)) handle(event);
      } catch (error) {
        connection.error = error;
        socket.destroy();
        return;
      }
      if (!socket.destroyed) flush();
    });
    socket.on('error', () => undefined);
  };
  const server = options.tls === undefined ? net.createServer(serve) : tls.createServer(options.tls, serve);
  server.on('tlsClientError', () => undefined);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    connections,
    async close() {
      for (const { socket } of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
