// A client of the monitor stream that grants and grants but never reads: what a page that hangs looks like to the engine.
import { connect } from 'node:net';
import type { EngineReady } from '../../src/contract/engine.ts';
import { MONITOR_PATH } from '../../src/contract/monitorStream.ts';
import { API_SUBPROTOCOL } from '../../src/main/api/subprotocol.ts';

const GRANT_INTERVAL_MS = 100;

export type StuckClient = {
  /** Reads all that was kept for it and resolves with the number of bytes once nothing more comes. */
  readRest(): Promise<number>;
  close(): void;
};

export function openStuckMonitor(ready: Pick<EngineReady, 'address' | 'token'>): StuckClient {
  const { port } = new URL(ready.address);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${MONITOR_PATH} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n`
    + `sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: ${API_SUBPROTOCOL}, ${ready.token}\r\n\r\n`);
  // A final text frame with a mask of zeros, RFC 6455 §5.2.
  const grant = Buffer.from('{"pictures":8,"meters":64}');
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | grant.length, 0, 0, 0, 0]), grant]);
  const timer = setInterval(() => socket.write(frame), GRANT_INTERVAL_MS);
  return {
    readRest: async () => {
      clearInterval(timer);
      let [bytes, lastAtMs] = [0, performance.now()];
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        lastAtMs = performance.now();
      });
      socket.resume();
      await new Promise<void>((resolve) => {
        const look = setInterval(() => {
          if (performance.now() - lastAtMs < 500) return;
          clearInterval(look);
          resolve();
        }, 50);
      });
      return bytes;
    },
    close: () => {
      clearInterval(timer);
      socket.destroy();
    },
  };
}
