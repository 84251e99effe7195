// What network faults cost a whole show: frames missing in the archive, time until every connection is well again, peak memory of the engine.
// `node test/bench/network.ts`, about six minutes; `node test/bench/network.ts 5 30` measures cuts of these seconds only.
import { startProxiedShow, type ProxiedShow } from '../support/proxiedShow.ts';
import { until } from '../support/until.ts';

const CUTS_SECONDS = [1, 5, 30, 120];
const LIMIT_SECONDS = 120;

type Row = { readonly fault: string; readonly policy: string; readonly missing: string; readonly recoveredMs: number; readonly peakMb: number };

async function seconds(show: ProxiedShow, count: number): Promise<void> {
  const from = show.latestStats()?.programSeconds ?? 0;
  await until(() => (show.latestStats()?.programSeconds ?? 0) >= from + count, `${count} s of program`, count * 1000 + 20_000);
}

async function measure(fault: string, burstWelcome: boolean, strike: (show: ProxiedShow) => Promise<void>): Promise<Row> {
  const show = await startProxiedShow({ burstWelcome });
  let peakBytes = 0;
  const timer = setInterval(() => { peakBytes = Math.max(peakBytes, process.memoryUsage.rss()); }, 250);
  try {
    await seconds(show, 2);
    await strike(show);
    const struckAtMs = performance.now();
    await until(() => show.latestStats()?.connections.every((one) => one.state === 'publishing' && one.queuedMs < 1500) === true, 'every connection', 180_000);
    const recoveredMs = performance.now() - struckAtMs;
    await seconds(show, 2);
    const report = await show.end();
    const fps = show.ladder.frameRate.num / show.ladder.frameRate.den;
    const missing = report.received.filter((track) => track.kind === 'video')
      .map((track) => `${track.track} ${Math.round(track.gaps.reduce((sum, gap) => sum + gap.lengthSeconds, 0) * fps)}`).join(', ');
    return { fault, policy: burstWelcome ? 'embedded' : 'cloud', missing, recoveredMs, peakMb: peakBytes / 1e6 };
  } finally {
    clearInterval(timer);
    await show.close();
  }
}

const asked = process.argv.slice(2).map(Number);
const cuts = asked.length > 0 ? asked : CUTS_SECONDS;
const rows: Row[] = [];
const note = (row: Row): void => {
  rows.push(row);
  console.log(`| ${row.fault} | ${row.policy} | ${row.missing} | ${(row.recoveredMs / 1000).toFixed(1)} s | ${row.peakMb.toFixed(0)} MB |`);
};
for (const cutSeconds of cuts) {
  for (const burstWelcome of [true, false]) {
    note(await measure(`cut of ${cutSeconds} s`, burstWelcome, async (show) => {
      for (const proxy of show.proxies) proxy.cut(true);
      await seconds(show, cutSeconds);
      for (const proxy of show.proxies) proxy.cut(false);
    }));
  }
}
if (asked.length === 0) {
  note(await measure(`60 % of the ladder for ${LIMIT_SECONDS} s`, false, async (show) => {
    show.limitUplink(show.neededBytesPerSecond * 0.6);
    await seconds(show, LIMIT_SECONDS);
    show.limitUplink(undefined);
  }));
}
process.exit(0);
