// A process that takes RTMP streams and forgets them; prints its port. For measuring senders without measuring a receiver.
import net from 'node:net';
import { RtmpServerSession, type RtmpServerEvent } from '../../src/main/rtmp/rtmpServerSession.ts';

const server = net.createServer((socket) => {
  const session = new RtmpServerSession();
  const take = (events: readonly RtmpServerEvent[]): void => {
    for (const event of events) {
      if (event.type === 'connect') session.acceptConnect();
      if (event.type === 'publish') session.acceptPublish();
      take(session.takeEvents());
    }
  };
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    take(session.receive(bytes));
    for (const output of session.takeOutput()) socket.write(output);
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as net.AddressInfo).port));
// Ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0));
