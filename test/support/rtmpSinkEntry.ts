// A process that takes RTMP streams, RTMPS ones where key and certificate (files) are named, and forgets them. First line: its port. Then a line for each stream that ended: when each of its messages
// arrived, `[type, timestamp, monotonic ms]`. For measuring senders without measuring a receiver.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { RtmpServerSession, type RtmpServerEvent } from '../../src/main/rtmp/rtmpServerSession.ts';

const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));
const serve = (socket: net.Socket): void => {
  const session = new RtmpServerSession();
  let arrivals: (readonly [string, number, number])[] = [];
  const take = (events: readonly RtmpServerEvent[]): void => {
    for (const event of events) {
      if (event.type === 'connect') session.acceptConnect();
      if (event.type === 'publish') session.acceptPublish();
      if (event.type === 'video' || event.type === 'audio') arrivals.push([event.type, event.timestampMs, Number(process.hrtime.bigint()) / 1e6]);
      if (event.type === 'unpublish') {
        console.log(JSON.stringify(arrivals));
        arrivals = [];
      }
      take(session.takeEvents());
    }
  };
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    take(session.receive(bytes));
    for (const output of session.takeOutput()) socket.write(output);
  });
};
const server = key === undefined || cert === undefined ? net.createServer(serve) : tls.createServer({ key, cert }, serve);
server.listen(0, '127.0.0.1', () => console.log((server.address() as net.AddressInfo).port));
// Ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0));
