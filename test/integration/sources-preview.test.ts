// The sources of a plan before there is a show, through the API and the monitor stream: pictures and levels while somebody looks, a sentence
// for what cannot be opened, nothing captured afterwards, and every device free for the show.
import { mkdtemp, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourcePicture } from '../../src/contract/monitorStream.ts';
import type { ShowEvent } from '../../src/contract/report.ts';
import { previewRequestSchema, type PreviewEvent, type PreviewRequest } from '../../src/contract/sourcePreview.ts';
import { startEngineProcess, type EngineProcess } from '../../src/main/cli/engineProcess.ts';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { locateFfmpeg } from '../../src/main/ffmpeg/locate.ts';
import { MonitorHub } from '../../src/main/monitor/monitorHub.ts';
import { SourcePreviews } from '../../src/main/show/sourcePreview.ts';
import { makeMedia } from '../support/mediaFiles.ts';
import { openMonitor, type MonitorClient } from '../support/monitorClient.ts';
import { processesWith } from '../support/processTree.ts';
import { until } from '../support/until.ts';

const ENTRY = fileURLToPath(new URL('../../src/main/engine.ts', import.meta.url));
let home: string;
let engine: EngineProcess;
let monitor: MonitorClient;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-preview-'));
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  engine = await startEngineProcess({ entry: ENTRY, home });
  monitor = await openMonitor(engine.ready);
  monitor.keepGranting({ pictures: 2, meters: 8, sources: { 1: 1, 2: 1, 3: 1 } });
});
afterAll(async () => {
  monitor.close();
  await engine.shutdown();
  await rm(home, { recursive: true, force: true });
});

type Watched = { readonly events: PreviewEvent[]; readonly isOver: () => boolean; readonly unsubscribe: () => void };
function watch(request: Omit<PreviewRequest, 'size'>): Watched {
  const events: PreviewEvent[] = [];
  let over = false;
  const subscription = engine.api.engine.preview.subscribe(request, {
    onData: (event) => events.push(event), onComplete: () => { over = true; }, onError: (error) => { throw error; },
  });
  return { events, isOver: () => over, unsubscribe: () => subscription.unsubscribe() };
}
const captures = (): number => processesWith(home).filter(({ name }) => name === 'ffmpeg capture').length;
const picturesOf = (source: string, from = 0): SourcePicture[] => monitor.arrivals.slice(from)
  .flatMap(({ message }) => (message.type === 'sourcePicture' && message.source === source ? [message] : []));
/** Mean luma of the newest picture. */
const lumaOf = (source: string, from: number): number => {
  const newest = picturesOf(source, from).at(-1);
  if (newest === undefined) return Number.NaN;
  const luma = newest.pixels.subarray(0, newest.width * newest.height);
  return luma.reduce((sum, value) => sum + value, 0) / luma.length;
};

/** A film of this luma, with a tone. */
const film = (name: string, luma: number): string => makeMedia('ffmpeg', [
  '-f', 'lavfi', '-i', `color=gray:size=320x180:rate=30:duration=2,geq=lum=${luma}:cb=128:cr=128`, '-f', 'lavfi', '-i', 'sine=duration=2',
  '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac',
], path.join(home, name));

describe('the sources of a plan before there is a show', () => {
  it('are shown and heard while somebody looks; one that cannot be opened says why, and is shown once it can', async () => {
    const later = film('later.mp4', 90);
    await rename(later, `${later}.away`);
    const from = monitor.arrivals.length;
    const preview = watch({ video: { kind: 'file', path: film('first.mp4', 180) }, otherVideo: [{ kind: 'test' }, { kind: 'file', path: later }], audio: { kind: 'source' } });
    await until(() => picturesOf('1', from).length >= 2 && picturesOf('2', from).length >= 2, 'pictures of two sources', 20_000);
    expect(Math.abs(lumaOf('1', from) - 180)).toBeLessThan(12);
    expect(picturesOf('2', from)[0]).toMatchObject({ width: 320, height: 180 });
    await until(() => monitor.arrivals.slice(from).some(({ message }) => message.type === 'meters' && message.channels.every(({ peakDbfs }) => peakDbfs > -40)), 'the levels of the tone');
    expect(monitor.arrivals.slice(from).some(({ message }) => message.type === 'picture' && message.width === 640)).toBe(true);

    const unopened = (): PreviewEvent[] => preview.events.filter((event) => event.type === 'unopened');
    await until(() => unopened().length > 0, 'the sentence about the third');
    expect(unopened()[0]).toMatchObject({ source: '3', failure: { code: 'SOURCE_NO_SUCH_FILE', message: expect.stringContaining('does not exist') as unknown } });
    expect(picturesOf('3', from)).toEqual([]);
    await rename(`${later}.away`, later);
    await until(() => Math.abs(lumaOf('3', from) - 90) < 12, 'the third', 20_000);
    // Tried again meanwhile, and told once.
    expect(unopened()).toHaveLength(1);
    expect(preview.events.findLast((event) => event.type === 'mix')).toMatchObject({ picture: '1', sources: [{ label: expect.stringContaining('first.mp4') as unknown }, {}, { label: expect.stringContaining('later.mp4') as unknown }] });

    expect(captures()).toBeGreaterThanOrEqual(3);
    preview.unsubscribe();
    await until(() => captures() === 0, 'the end of every capture');
    expect((await engine.api.engine.info.query()).showRunning).toBe(false);
  }, 60_000);

  it('give way to whoever asks last, and to a show, which has its own pictures', async () => {
    const request = { video: { kind: 'test' }, audio: { kind: 'none' } } as const;
    const first = watch(request);
    await until(() => captures() === 1, 'a capture');
    const from = monitor.arrivals.length;
    const second = watch({ ...request, otherVideo: [{ kind: 'file', path: film('other.mp4', 120) }] });
    await until(() => first.isOver() && picturesOf('2', from).length > 0, 'the other preview', 20_000);
    expect(second.isOver()).toBe(false);

    const events: ShowEvent[] = [];
    const show = engine.api.show.watch.subscribe(undefined, { onData: (event) => events.push(event) });
    await engine.api.show.start.mutate({ ...request, destination: { kind: 'embedded' }, ladder: ladderByName('480p'), rehearse: true, keepEvent: false });
    await until(() => second.isOver(), 'the end of the preview');
    await expect(new Promise((resolve, reject) => { engine.api.engine.preview.subscribe(request, { onError: reject, onComplete: () => resolve(undefined) }); })).rejects.toMatchObject({ data: { failure: { code: 'SHOW_RUNNING' } } });
    await until(() => events.some((event) => event.type === 'state' && event.state === 'rehearsing'), 'the rehearsal', 40_000);
    expect(captures()).toBe(1);
    await engine.api.show.end.mutate();
    await until(() => events.some((event) => event.type === 'report'), 'the report', 40_000);
    show.unsubscribe();
    await until(() => captures() === 0, 'the end of every capture');
  }, 120_000);

  it('let go of every device while another look at it is taken, and take it up again', async () => {
    const mark = `FIELDCAST_TEST_MARK=preview-${process.pid}`;
    const own = (): number => processesWith(mark).filter(({ name }) => name === 'ffmpeg capture').length;
    process.env['FIELDCAST_TEST_MARK'] = mark.split('=')[1];
    const previews = new SourcePreviews({ hub: new MonitorHub(), locate: locateFfmpeg });
    const ended = new AbortController();
    const events: PreviewEvent[] = [];
    const watching = (async () => {
      for await (const event of previews.watch(previewRequestSchema.parse({ video: { kind: 'test' }, audio: { kind: 'none' } }), ended.signal)) events.push(event);
    })();
    try {
      await until(() => own() === 1 && events.some((event) => event.type === 'mix' && event.picture === '1'), 'a capture');
      expect(await previews.giveWayTo(async () => own())).toBe(0);
      await until(() => own() === 1, 'the capture again');
      // A show begins while somebody looks: nothing comes back behind it.
      await previews.giveWayTo(async () => previews.end());
      await watching;
      expect(own()).toBe(0);
    } finally {
      delete process.env['FIELDCAST_TEST_MARK'];
      ended.abort();
      await watching;
    }
  }, 30_000);
});
