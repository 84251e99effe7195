// Does the embedded service's media half keep anything of a long show? Hours of packets through real sockets as fast as they are taken, with
// an output that records them; the heap after a full collection for each hour of media. `node --expose-gc test/bench/serviceMemory.ts [hours]`.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { publishTo } from '../support/ingestClient.ts';
import { runMediaPlane } from '../support/mediaPlane.ts';
import { audioHeader, audioPackets, gopPackets, videoHeader } from '../support/syntheticStream.ts';
import { until } from '../support/until.ts';

const GOP_SECONDS = 2;
const FRAMES_PER_GOP = 60;
/** GOPs that may be on their way. */
const AHEAD = 20;
const BITRATE_WINDOW_MS = 21_000;
const RATE = { num: 30, den: 1 };
/** An index entry of one segment in memory, for each of the tracks. */
const MOST_BYTES_PER_SEGMENT = 400;

const hours = Number(process.argv[2] ?? 6);
const { gc } = globalThis;
if (gc === undefined) throw new Error('Run it with --expose-gc.');
const run = await runMediaPlane();
const zero = Math.floor(Date.now() / 1000) - (hours + 1) * 3600;
const channel = await run.openChannel({ timelineZeroUtcSeconds: zero });
const output = await run.startOutput(channel, { archiveWindowSeconds: 25 * 3600 });
const renditions = await Promise.all([600, 300].map(async (kbps) => {
  const client = await publishTo(run.ingestUrl(channel), `r${kbps}`);
  client.metadata({ videodatarate: kbps, audiodatarate: 128, framerate: 30 });
  client.send([videoHeader(), audioHeader()]);
  return client;
}));

const framesTaken = (): number => Math.min(...run.plane.telemetry(channel.eventName).filter(({ kind }) => kind === 'video').map(({ frames }) => frames), Infinity);
let sent = 0;
const points: { readonly hour: number; readonly heapBytes: number; readonly rssBytes: number }[] = [];
/** Segments whose entry of 64 bytes is on disk: what waits for the disk is no leak. */
const segmentsOnDisk = async (): Promise<number> => (await stat(path.join(output.assetDir, 'video_600000.index')).catch(() => ({ size: 0 }))).size / 64;
/** Returns how many have been sent. */
const sendGop = (): number => {
  const audio = audioPackets(sent * GOP_SECONDS * 1000, (sent + 1) * GOP_SECONDS * 1000);
  for (const client of renditions) client.send([...gopPackets(sent, FRAMES_PER_GOP, RATE), ...audio]);
  sent += 1;
  return sent;
};
const look = async (hour: number): Promise<void> => {
  // Bitrates are a mean of the last 20 s by the clock, which are hours of media here: they are let go with the next packet.
  await new Promise((resolve) => { setTimeout(resolve, BITRATE_WINDOW_MS); });
  sendGop();
  await until(() => framesTaken() >= (sent - 1) * FRAMES_PER_GOP, 'one more GOP', 60_000);
  for (let count = 0; count < 3; count += 1) {
    gc({ type: 'major', execution: 'sync' });
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  points.push({ hour, heapBytes: heapUsed + external, rssBytes: rss });
  console.log(`${hour.toFixed(1).padStart(5)} h of media: heap ${(heapUsed / 1e6).toFixed(1)} MB, outside ${(external / 1e6).toFixed(1)} MB (buffers ${(arrayBuffers / 1e6).toFixed(1)}), resident ${(rss / 1e6).toFixed(0)} MB`);
};

const gopsPerHour = 3600 / GOP_SECONDS;
for (let hour = 1; hour <= hours; hour += 1) {
  while (sendGop() < hour * gopsPerHour) {
    if (sent % AHEAD === 0) await until(() => framesTaken() >= (sent - AHEAD) * FRAMES_PER_GOP, 'the plane to take what was sent', 60_000);
  }
  await until(() => framesTaken() >= (sent - 2) * FRAMES_PER_GOP, 'the rest', 60_000);
  await until(async () => await segmentsOnDisk() >= sent - 4, 'the disk', 60_000);
  await look(hour);
}
for (const client of renditions) client.socket.destroy();
const [first, last] = [points[0], points.at(-1)];
await run.close();
if (first === undefined || last === undefined || first === last) throw new Error('Give at least one hour.');
const segments = (last.hour - first.hour) * gopsPerHour * 3;
const bytesPerSegment = (last.heapBytes - first.heapBytes) / segments;
console.log(`kept of each segment: ${bytesPerSegment.toFixed(0)} bytes (at most ${MOST_BYTES_PER_SEGMENT}); of an hour with these tracks ${((bytesPerSegment * gopsPerHour * 3) / 1e6).toFixed(2)} MB`);
process.exit(bytesPerSegment <= MOST_BYTES_PER_SEGMENT ? 0 : 1);
