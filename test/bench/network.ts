// What network faults cost a whole show: frames missing in the archive, time until every connection is well again, peak memory of the engine,
// how fast a connection sends after it came back, and whether all begin again with the same IDR. `npm run bench network` runs all, about twelve
// minutes; FIELDCAST_NETWORK chooses: `cut5 cut30 tls limit`, and `embedded` or `cloud` for one policy only.
import type { ShowReport, ShowStats } from '../../src/contract/report.ts';
import { startProxiedShow, type ProxiedShow } from '../support/proxiedShow.ts';
import { until } from '../support/until.ts';
import type { BenchRow } from './benchRow.ts';

const LIMIT_SECONDS = 120;
const TLS_SECONDS = 5;
/** Enough for the first flight of a TLS handshake, not for the second. */
const TLS_CUT_BYTES = 700;
/** After a fault the rate is watched for so long. */
const WATCH_RATE_SECONDS = 6;
/** Of what a connection declares; GOPs differ by so much. */
const MOST_RATE = 1.5;

type Policy = 'embedded' | 'cloud';
type Fault = {
  readonly name: string;
  readonly policies: readonly Policy[];
  /** All connections break. */
  readonly interrupts: boolean;
  readonly strike: (show: ProxiedShow) => Promise<void>;
};

async function seconds(show: ProxiedShow, count: number): Promise<void> {
  const from = show.latestStats()?.programSeconds ?? 0;
  await until(() => (show.latestStats()?.programSeconds ?? 0) >= from + count, `${count} s of program`, count * 1000 + 20_000);
}

async function measure({ name: fault, strike, interrupts }: Fault, policy: Policy): Promise<BenchRow[]> {
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
    const lost = lostOf(report, show);
    const { isAligned, words } = resumption(report, show);
    const note = `${lost.map(({ track, text }) => `${track} ${text}`).join(', ')}; begins again: ${words}; without a connection ${disconnected.toFixed(1)} s, `
      + `recovered after ${(recoveredMs / 1000).toFixed(1)} s, highest rate ${rate.toFixed(1)} ×, peak memory ${(peakBytes / 1e6).toFixed(0)} MB`;
    const name = `${fault}, ${policy}`;
    const frames = { name: `${name}: frames missing in the archive`, value: lost.reduce((sum, one) => sum + one.frames, 0), unit: 'frames', note };
    return policy === 'embedded' ? [{ ...frames, atMost: 0 }] : [
      frames,
      { name: `${name}: rate after it ÷ declared`, value: rate, unit: '×', atMost: MOST_RATE },
      ...(interrupts ? [{ name: `${name}: begins again elsewhere than at one IDR`, value: isAligned ? 0 : 1, unit: 'times', atMost: 0 }] : []),
    ];
  } finally {
    clearInterval(timer);
    await show.close();
  }
}

/** Frames of each rendition, and media time of the sound. */
function lostOf(report: ShowReport, show: ProxiedShow): { track: string; frames: number; text: string }[] {
  const fps = show.ladder.frameRate.num / show.ladder.frameRate.den;
  return report.received.map(({ track, kind, gaps }) => {
    const lost = gaps.reduce((sum, gap) => sum + gap.lengthSeconds, 0);
    const frames = Math.round(lost * (kind === 'video' ? fps : 46.875));
    return { track, frames, text: kind === 'video' ? String(frames) : `${lost.toFixed(1)} s` };
  });
}

/** GOPs of the timeline with which each rendition begins again after a gap; said where they differ, or are none. */
function resumption(report: ShowReport, { ladder: { gopSeconds } }: ProxiedShow): { isAligned: boolean; words: string } {
  const all = report.received.filter((one) => one.kind === 'video').map(({ gaps }) => {
    const ends: number[] = [];
    let lastEnd = -Infinity;
    for (const { atSeconds, lengthSeconds } of gaps.toSorted((one, other) => one.atSeconds - other.atSeconds)) {
      // The GOP that was torn may lack frames before its end, because B-frames come after what they precede: that is the same interruption.
      if (atSeconds - lastEnd < gopSeconds) ends.pop();
      lastEnd = atSeconds + lengthSeconds;
      ends.push(Math.round((lastEnd / gopSeconds) * 1000) / 1000);
    }
    return ends;
  });
  const isAligned = all.every((ends) => ends.every(Number.isInteger) && ends.join() === all[0]?.join());
  return { isAligned, words: all.every((ends) => ends.length === 0) ? '–' : `GOP ${all.map((ends) => ends.join(' ')).join(' / ')}` };
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

const faults: Readonly<Record<string, Fault>> = {
  ...Object.fromEntries([1, 5, 30, 120].map((length) => [`cut${length}`, {
    name: `cut of ${length} s`, policies: ['embedded', 'cloud'] as const, interrupts: true, strike: async (show: ProxiedShow) => {
      for (const proxy of show.proxies) proxy.cut(true);
      await seconds(show, length);
      for (const proxy of show.proxies) proxy.cut(false);
    },
  }])),
  tls: {
    name: `TLS cut off in the middle of records and handshakes for ${TLS_SECONDS} s`, policies: ['embedded', 'cloud'], interrupts: true, strike: async (show) => {
      for (const proxy of show.proxies) proxy.truncate(TLS_CUT_BYTES);
      await seconds(show, TLS_SECONDS);
      for (const proxy of show.proxies) proxy.truncate(undefined);
    },
  },
  jitter: {
    name: '80 ms ± 60 ms each way for 20 s', policies: ['embedded', 'cloud'], interrupts: false, strike: async (show) => {
      for (const proxy of show.proxies) proxy.delay(80, 60);
      await seconds(show, 20);
    },
  },
  limit: {
    name: `60 % of the ladder for ${LIMIT_SECONDS} s`, policies: ['cloud'], interrupts: false, strike: async (show) => {
      show.limitUplink(show.neededBytesPerSecond * 0.6);
      await seconds(show, LIMIT_SECONDS);
      show.limitUplink(undefined);
    },
  },
};

export async function run(): Promise<BenchRow[]> {
  const asked = (process.env['FIELDCAST_NETWORK'] ?? '').split(/\s+/).filter((word) => word !== '');
  const unknown = asked.find((one) => faults[one] === undefined && one !== 'embedded' && one !== 'cloud');
  if (unknown !== undefined) throw new Error(`There is no fault ${unknown}; there are ${Object.keys(faults).join(', ')}.`);
  const rows: BenchRow[] = [];
  for (const [key, fault] of Object.entries(faults)) {
    if (asked.some((one) => faults[one] !== undefined) && !asked.includes(key)) continue;
    for (const policy of fault.policies) {
      if ((asked.includes('embedded') || asked.includes('cloud')) && !asked.includes(policy)) continue;
      rows.push(...await measure(fault, policy));
    }
  }
  return rows;
}
