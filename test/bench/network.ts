// What network faults cost a whole show: frames missing in the archive, time until every connection is well again, peak memory of the engine,
// and how fast a connection sends after it came back. `node test/bench/network.ts` runs all, about twelve minutes; arguments choose:
// `cut5 cut30 tls limit`, and `embedded` or `cloud` for one policy only.
import type { ShowReport, ShowStats } from '../../src/contract/report.ts';
import { startProxiedShow, type ProxiedShow } from '../support/proxiedShow.ts';
import { until } from '../support/until.ts';

const LIMIT_SECONDS = 120;
const TLS_SECONDS = 5;
/** Enough for the first flight of a TLS handshake, not for the second. */
const TLS_CUT_BYTES = 700;
/** After a fault the rate is watched for so long. */
const WATCH_RATE_SECONDS = 6;

type Policy = 'embedded' | 'cloud';

async function seconds(show: ProxiedShow, count: number): Promise<void> {
  const from = show.latestStats()?.programSeconds ?? 0;
  await until(() => (show.latestStats()?.programSeconds ?? 0) >= from + count, `${count} s of program`, count * 1000 + 20_000);
}

async function measure(fault: string, policy: Policy, strike: (show: ProxiedShow) => Promise<void>): Promise<void> {
  const show = await startProxiedShow({ burstWelcome: policy === 'embedded' });
  let peakBytes = 0;
  const timer = setInterval(() => { peakBytes = Math.max(peakBytes, process.memoryUsage.rss()); }, 250);
  try {
    await seconds(show, 2);
    await strike(show);
    const struckAtMs = performance.now();
    const struckAtEvent = show.events.length;
    await until(() => show.latestStats()?.connections.every((one) => one.state === 'publishing' && one.queuedMs < 1500) === true, 'every connection', 180_000);
    const recoveredMs = performance.now() - struckAtMs;
    await seconds(show, WATCH_RATE_SECONDS);
    const rate = fastest(show, show.events.slice(struckAtEvent).filter((event) => event.type === 'stats'));
    const report = await show.end();
    const disconnected = Math.max(...report.connections.map((one) => one.disconnectedMs)) / 1000;
    console.log(`| ${[
      fault, policy, missing(report, show), resumesAtIdr(report, show) ? 'yes' : 'NO', `${disconnected.toFixed(1)} s`, `${(recoveredMs / 1000).toFixed(1)} s`,
      `${rate.toFixed(1)} ×`, `${(peakBytes / 1e6).toFixed(0)} MB`,
    ].join(' | ')} |`);
  } finally {
    clearInterval(timer);
    await show.close();
  }
}

/** Frames of each rendition, and media time of the sound. */
function missing(report: ShowReport, show: ProxiedShow): string {
  const fps = show.ladder.frameRate.num / show.ladder.frameRate.den;
  return report.received.map(({ track, kind, gaps }) => {
    const lost = gaps.reduce((sum, gap) => sum + gap.lengthSeconds, 0);
    return kind === 'video' ? `${track} ${Math.round(lost * fps)}` : `sound ${lost.toFixed(1)} s`;
  }).join(', ');
}

/** Every gap of the picture ends on a GOP of the timeline, which is the same in all renditions. */
function resumesAtIdr(report: ShowReport, show: ProxiedShow): boolean {
  return report.received.filter((one) => one.kind === 'video').every(({ gaps, firstSeconds }) => gaps.every(({ atSeconds, lengthSeconds }) => {
    const gops = (atSeconds + lengthSeconds - firstSeconds) / show.ladder.gopSeconds;
    return Math.abs(gops - Math.round(gops)) < 0.01;
  }));
}

/** The highest rate of any connection over about two seconds, against what it declares. */
function fastest(show: ProxiedShow, stats: readonly ShowStats[]): number {
  return Math.max(0, ...stats.slice(2).flatMap((now, index) => {
    const before = stats[index];
    const elapsed = now.programSeconds - (before?.programSeconds ?? now.programSeconds);
    if (before === undefined || elapsed <= 0) return [];
    return now.connections.map((one) => {
      const declared = (show.ladder.renditions.find(({ name }) => name === one.rendition)?.declaredKbps ?? 0) + show.ladder.audioKbps;
      const earlier = before.connections.find((other) => other.rendition === one.rendition)?.sentBytes ?? 0;
      return ((one.sentBytes - earlier) * 8) / 1000 / elapsed / declared;
    });
  }));
}

const faults: Readonly<Record<string, { readonly name: string; readonly policies: readonly Policy[]; readonly strike: (show: ProxiedShow) => Promise<void> }>> = {
  ...Object.fromEntries([1, 5, 30, 120].map((length) => [`cut${length}`, {
    name: `cut of ${length} s`, policies: ['embedded', 'cloud'], strike: async (show: ProxiedShow) => {
      for (const proxy of show.proxies) proxy.cut(true);
      await seconds(show, length);
      for (const proxy of show.proxies) proxy.cut(false);
    },
  }])),
  tls: {
    name: `TLS cut off in the middle of records and handshakes for ${TLS_SECONDS} s`, policies: ['embedded', 'cloud'], strike: async (show) => {
      for (const proxy of show.proxies) proxy.truncate(TLS_CUT_BYTES);
      await seconds(show, TLS_SECONDS);
      for (const proxy of show.proxies) proxy.truncate(undefined);
    },
  },
  jitter: {
    name: '80 ms ± 60 ms each way for 20 s', policies: ['embedded', 'cloud'], strike: async (show) => {
      for (const proxy of show.proxies) proxy.delay(80, 60);
      await seconds(show, 20);
    },
  },
  limit: {
    name: `60 % of the ladder for ${LIMIT_SECONDS} s`, policies: ['cloud'], strike: async (show) => {
      show.limitUplink(show.neededBytesPerSecond * 0.6);
      await seconds(show, LIMIT_SECONDS);
      show.limitUplink(undefined);
    },
  },
};

const asked = process.argv.slice(2);
const unknown = asked.find((one) => faults[one] === undefined && one !== 'embedded' && one !== 'cloud');
if (unknown !== undefined) throw new Error(`There is no fault ${unknown}; there are ${Object.keys(faults).join(', ')}.`);
for (const [key, { name, policies, strike }] of Object.entries(faults)) {
  if (asked.some((one) => faults[one] !== undefined) && !asked.includes(key)) continue;
  for (const policy of policies) {
    if ((asked.includes('embedded') || asked.includes('cloud')) && !asked.includes(policy)) continue;
    await measure(name, policy, strike);
  }
}
process.exit(0);
