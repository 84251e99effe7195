// A whole show through networks that fail: cut, frozen, reset, half open, full of garbage, too narrow; judged by the archive.
import { afterEach, describe, expect, it } from 'vitest';
import { startProxiedShow, type ProxiedShow } from '../support/proxiedShow.ts';
import { until } from '../support/until.ts';

let show: ProxiedShow | undefined;
afterEach(async () => {
  await show?.close();
  show = undefined;
});

const programSeconds = (one: ProxiedShow): number => one.latestStats()?.programSeconds ?? 0;
const after = async (one: ProxiedShow, seconds: number): Promise<void> => {
  const from = programSeconds(one);
  await until(() => programSeconds(one) >= from + seconds, `${seconds} s of program`, seconds * 1000 + 10_000);
};
const allPublishing = async (one: ProxiedShow): Promise<void> => {
  const from = programSeconds(one);
  await until(() => {
    const stats = one.latestStats();
    return stats !== undefined && stats.programSeconds > from && stats.connections.every((connection) => connection.state === 'publishing' && connection.queuedMs < 1500);
  }, 'every connection to be well again');
};
const warned = (one: ProxiedShow, code: string, about = ''): boolean => (
  one.events.some((event) => event.type === 'warning' && event.failure.code === code && event.failure.message.includes(about))
);

describe('a show whose backlog may be replayed', () => {
  it('loses no frame in the archive through a cut of 5 s, a freeze, resets, a half-open connection and garbage', async () => {
    show = await startProxiedShow({ burstWelcome: true });
    const { proxies } = show;
    for (const proxy of proxies) proxy.cut(true);
    await after(show, 5);
    // Asked while everything fails, it only ends the pauses.
    show.stage.reconnectNow();
    for (const proxy of proxies) proxy.cut(false);
    await allPublishing(show);
    expect(warned(show, 'PUBLISH_CONNECTION_LOST')).toBe(true);

    // Both endpoints were tried while the network was away.
    expect(proxies.map((proxy) => proxy.accepted > 1)).toEqual([true, true]);

    for (const proxy of proxies) proxy.freeze(true);
    await show.saw('the stall to be noticed', (event) => event.type === 'warning' && event.failure.code === 'PUBLISH_STALLED', 20_000);
    for (const proxy of proxies) proxy.freeze(false);
    await allPublishing(show);

    for (const proxy of proxies) proxy.reset();
    await allPublishing(show);
    for (const proxy of proxies) proxy.garbage();
    await allPublishing(show);
    await after(show, 1);
    for (const proxy of proxies) proxy.halfOpen();
    await until(() => (show?.events.filter((event) => event.type === 'warning' && event.failure.code === 'PUBLISH_STALLED').length ?? 0) >= 3, 'the half-open connections to be noticed');
    await allPublishing(show);

    const report = await show.end();
    expect(report.verification).toEqual([expect.stringContaining('180p: all'), expect.stringContaining('108p: all'), expect.stringContaining('audio: all')]);
    expect(report).toMatchObject({ verified: true });
    expect(report.connections.every((connection) => connection.droppedMs === 0 && connection.reconnects >= 4)).toBe(true);
  }, 90_000);
});

describe('a show to a cloud over an uplink that carries 60 % of the ladder', () => {
  it('sheds the top rendition and brings it back; the lower one and the sound have no gap', async () => {
    show = await startProxiedShow({ burstWelcome: false });
    show.limitUplink(show.neededBytesPerSecond * 0.6);
    await show.saw('the top rendition to give way', (event) => event.type === 'warning' && event.failure.code === 'RENDITION_SHED');
    expect(warned(show, 'RENDITION_SHED', '180p gives way')).toBe(true);
    await until(() => show?.latestStats()?.connections[0]?.state === 'held', 'the pause at a GOP boundary');
    show.limitUplink(undefined);
    await show.saw('its return', (event) => event.type === 'warning' && event.failure.code === 'RENDITION_RESTORED', 30_000);
    await allPublishing(show);
    await after(show, 2);
    const report = await show.end();
    expect(report.connections.map((connection) => connection.droppedMs > 0)).toEqual([true, false]);
    const [top, lower] = show.ladder.renditions.map(({ declaredKbps }) => report.received.find((track) => track.track.endsWith(`_${declaredKbps * 1000}`)));
    expect(lower).toMatchObject({ gaps: [], overlaps: [] });
    expect(report.received.find((track) => track.kind === 'audio')).toMatchObject({ gaps: [], overlaps: [] });
    // It comes back on the grid of GOPs that all renditions share.
    const longest = top?.gaps.toSorted((one, other) => other.lengthSeconds - one.lengthSeconds)[0];
    const backAtGop = ((longest?.atSeconds ?? 0) + (longest?.lengthSeconds ?? 0)) / show.ladder.gopSeconds;
    expect(longest?.lengthSeconds).toBeGreaterThan(5);
    expect(backAtGop).toBeCloseTo(Math.round(backAtGop), 3);
  }, 90_000);
});
