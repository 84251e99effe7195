// How old a picture of a device is when a client of the monitor has it: a screen that counts, through its capture worker and the program of a
// real show at 1080p, to a client that reads the count. The time of a count is that at which its painting was begun, so what stands here is
// more than the time from capture, by up to 10 ms and the painting itself.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEngineProcess } from '../../src/main/cli/engineProcess.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { openMonitor } from '../support/monitorClient.ts';
import { startRtmpServer } from '../support/rtmpServer.ts';
import { until } from '../support/until.ts';
import { readCounter, startX11Counter } from '../support/x11Counter.ts';
import { startXvfb } from '../support/xvfb.ts';
import type { BenchRow } from './benchRow.ts';

const SIZE = { width: 1920, height: 1080 };
const SECONDS = 12;
const AT_MOST_MS = 100;

/** `npm run bench latency`. */
export async function run(): Promise<BenchRow[]> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-bench-latency-'));
  const screen = await startXvfb(SIZE.width, SIZE.height);
  const [counter, server] = [await startX11Counter(screen.display), await startRtmpServer()];
  const engine = await startEngineProcess({ entry: fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url)), home });
  try {
    const base = ladderByName('480p');
    const [top] = base.renditions;
    if (top === undefined) throw new Error('The ladder 480p is empty.');
    await engine.api.show.start.mutate({
      video: { kind: 'screen', display: screen.display }, audio: { kind: 'none' }, destination: { kind: 'rtmp', url: `rtmp://127.0.0.1:${server.port}/live/{rendition}` },
      ladder: { ...base, renditions: [{ ...top, name: '1080p', ...SIZE }] }, rehearse: false, keepEvent: false,
    });
    let isLive = false;
    const subscription = engine.api.show.watch.subscribe(undefined, { onData: (event) => { isLive ||= event.type === 'state' && event.state === 'live'; } });
    await until(() => isLive, 'the show', 60_000);
    const client = await openMonitor(engine.ready);
    const ages: number[] = [];
    client.keepGranting({ pictures: 2 });
    await new Promise((resolve) => { setTimeout(resolve, SECONDS * 1000); });
    client.close();
    subscription.unsubscribe();
    for (const { message, atUtcMs } of client.arrivals) {
      if (message.type !== 'picture') continue;
      const paintedAt = counter.paintedAtUtcMs(readCounter(message.pixels, message.width, SIZE.width / message.width));
      if (paintedAt !== undefined) ages.push(atUtcMs - paintedAt);
    }
    ages.sort((a, b) => a - b);
    const quantile = (share: number): number => ages[Math.min(ages.length - 1, Math.floor(ages.length * share))] ?? Number.NaN;
    return [
      {
        name: 'age of a screen\'s picture at its client, median', value: quantile(0.5), unit: 'ms', atMost: AT_MOST_MS,
        note: `${ages.length} pictures of ${SECONDS} s at 1080p through x11grab; the program itself shows them 70 ms after they were captured.`,
      },
      { name: 'age of a screen\'s picture at its client, 99 of 100', value: quantile(0.99), unit: 'ms', atMost: AT_MOST_MS },
    ];
  } finally {
    await engine.api.show.abort.mutate().catch(() => undefined);
    await engine.shutdown();
    counter.stop();
    await Promise.all([server.close(), screen.stop()]);
    await rm(home, { recursive: true, force: true });
  }
}
