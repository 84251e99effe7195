// What the embedded service tells of an ingest: the shapes of the API against the published examples, and real connections behind them.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/contract/errors.ts';
import { IngestJournal } from '../../src/main/service/telemetry/ingestJournal.ts';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';
import { publishTo } from '../support/ingestClient.ts';
import { runMediaPlane, type RunningPlane } from '../support/mediaPlane.ts';
import { hasSpecs, keyPaths, specExample } from '../support/specExamples.ts';
import { audioHeader, audioPackets, gopPackets, videoHeader } from '../support/syntheticStream.ts';
import { until } from '../support/until.ts';

const V = 'api-version=2022-11-01';
const quick = { updateIntervalInMs: 20 };
const rate = { num: 30, den: 1 };

describe('the telemetry of the API', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let service: TestService;
  const ask = (what: string, version = V) => service.raw('POST', `${service.account}/liveEvents/show/${what}?${version}`);

  beforeAll(async () => {
    home = await temporaryHome();
    service = await startTestService(home.home);
    await service.client.liveEvents.beginCreateAndWait(...service.scope, 'show', { location: 'Local', input: { streamingProtocol: 'RTMP' } }, { ...quick, autoStart: true });
    await service.client.assets.createOrUpdate(...service.scope, 'tape', {});
    await service.client.liveOutputs.beginCreateAndWait(...service.scope, 'show', 'output', { assetName: 'tape', archiveWindowLength: 'PT1H' }, quick);
    // A journal as the media half keeps it: an ingest with an interruption and every kind of event, 21 s long.
    let now = Date.now() - 21_000;
    const journal = new IngestJournal(() => now);
    const label = { trackName: 'video_2500000', kind: 'video', declaredBitrate: 2_500_000 } as const;
    const publisher = { streamName: 'main', peer: { address: '192.0.2.7', port: 26_919 }, encoder: 'FMLE/3.0', tlsVersion: 'TLSv1.2' };
    const track = {
      ...label, incomingBitrate: 2_400_000, frames: 50, gaps: [{ atMs: 1000, lengthMs: 500 }], firstTimestampMs: 0, lastTimestampMs: 20_000,
      lastArrivalUtcMs: now + 20_000, overlapCount: 700, staleCount: 0, nonIncreasingCount: 0,
    };
    journal.publisherLeft(journal.publisherCame(publisher), 'MPE_CLIENT_TERMINATED_SESSION', 'Information', 4711);
    now += 1500;
    journal.publisherCame(publisher);
    journal.refused('other', publisher.peer, 'MPE_INGEST_ENCODER_CONNECTION_DENIED', 'Not from this address.');
    journal.chunk({ track: label, atMs: 0, durationMs: 2000 }, '1280x720');
    journal.chunk({ track: { ...label, trackName: 'video_800000' }, atMs: 1000, durationMs: 2000 }, '640x360');
    journal.observe([{ ...track, gaps: [] }]);
    now += 20_000;
    journal.observe([track, { ...track, trackName: 'audio_128000', kind: 'audio', declaredBitrate: 128_000, lastTimestampMs: 9000, gaps: [], nonIncreasingCount: 2, incomingBitrate: 60_000 }]);
    service.plane.history = journal.history;
    service.plane.tracks = [track];
  });
  afterAll(async () => {
    await service.stop();
    await home.remove();
  });

  describe.skipIf(!hasSpecs)('in the shapes of ../shared/specs (skipped where that folder is absent)', () => {
    it.each([['getStatus', 'liveevent-get-status'], ['getStreamEvents', 'liveevent-get-stream-events'], ['getTrackIngestHeartbeats', 'liveevent-get-track-events']])(
      'answers %s with the keys of its example, no more and no fewer', async (what, example) => {
        const answer = await ask(what);
        expect(answer.status).toBe(200);
        expect(keyPaths(answer.json).sort()).toEqual(keyPaths(specExample(`Streaming-2022-11-01/${example}`).responses['200']!.body).sort());
      },
    );
  });

  it('tells state, interruption and what is wrong', async () => {
    const answer = await ask('getStatus');
    expect(answer.at('value.0')).toMatchObject({
      state: 'Running', healthStatus: 'Poor', healthDescriptions: expect.arrayContaining([expect.stringContaining('not aligned'), expect.stringContaining('discontinuity of 0.5 s')]),
      ingestion: { streamName: 'main', end: null, endReason: null, ingestInterruptions: [{ duration: 'PT1.5S', reason: 'MPE_CLIENT_TERMINATED_SESSION' }] },
      trackStatus: [{ trackId: 'video_2500000', expectedBitrate: 2_500_000, incomingBitrate: 2_400_000 }],
    });
  });

  it('tells each kind of event with its own data, and hides the end of addresses', async () => {
    const events = (await ask('getStreamEvents')).at('value') as { eventType: string; data: Record<string, unknown> }[];
    const dataOf = (type: string) => events.find((event) => event.eventType === `StreamEvent/${type}`)?.data;
    expect(dataOf('BeginIngest')).toMatchObject({ streamName: 'main', resultCode: 'S_OK', resultMessage: '{flashVer=FMLE/3.0, cryptProtocol=TLS1.2}', remoteIp: '192.0.2.xxx', remotePort: '26919' });
    expect(dataOf('EndIngest')).toMatchObject({ resultCode: 'MPE_CLIENT_TERMINATED_SESSION', resultMessage: '{connection=1, receivedBytes=4711}' });
    expect(dataOf('FirstChunkReceived')).toMatchObject({ trackName: 'video_2500000', mediaType: 'video', bitrate: 2_500_000, mediaTimestamp: '0', timescale: '1000', duration: '2000', resolution: '1280x720' });
    expect(dataOf('UnalignedKeyFrames')).toMatchObject({ fragmentOneTimestamp: '0', fragmentTwoTimestamp: '1000', fragmentTwoDuration: '2000' });
    expect(dataOf('Discontinuity')).toMatchObject({ previousFragmentTimestamp: '1000', currentFragmentTimestamp: '1500', discontinuityGap: 500 });
    expect(dataOf('ChunkDropped')).toMatchObject({ trackName: 'audio_128000', fragmentDropReason: 'FragmentDrop_NonIncreasingTimestamp' });
    expect(dataOf('UnalignedPresentation')).toMatchObject({ minTime: '9000', minTimeMediaType: 'audio', maxTime: '20000', maxTimeMediaType: 'video' });
    expect(dataOf('InvalidConnection')).toMatchObject({ streamName: 'other', resultCode: 'MPE_INGEST_ENCODER_CONNECTION_DENIED' });
    expect(JSON.stringify(events)).not.toContain('192.0.2.7');
  });

  it('tells heartbeats: copies do not make a track unhealthy, losses do', async () => {
    const [video, audio] = (await ask('getTrackIngestHeartbeats')).at('value') as { data: Record<string, unknown> }[];
    expect(video?.data).toMatchObject({ trackName: 'video_2500000', overlapCount: 0, discontinuityCount: 1, healthy: null, unexpectedBitrate: null, state: 'Running' });
    expect(audio?.data).toMatchObject({ trackType: 'audio', nonincreasingCount: 2, unexpectedBitrate: true, ingestDriftValue: 'n/a' });
  });

  it('refuses versions of the API that did not have them, and unknown events', async () => {
    expect((await ask('getStatus', 'api-version=2022-08-01')).status).toBe(400);
    expect((await service.raw('POST', `${service.account}/liveEvents/none/getStreamEvents?${V}`)).status).toBe(404);
  });

  it('shows an archive that failed: the live output is Failed, and the status says why', async () => {
    service.plane.failure = new OperatorError('ARCHIVE_WRITE_FAILED', 'The archive cannot be written: the disk is full.', 'Free some space.');
    expect((await service.client.liveOutputs.get(...service.scope, 'show', 'output')).provisioningState).toBe('Failed');
    expect((await ask('getStatus')).at('value.0')).toMatchObject({
      healthStatus: 'Poor', healthDescriptions: expect.arrayContaining(['The live output "output" records no more. The archive cannot be written: the disk is full. Free some space.']),
    });
    service.plane.failure = undefined;
    expect((await service.client.liveOutputs.get(...service.scope, 'show', 'output')).provisioningState).toBe('Succeeded');
  });

  it('lets a running event follow changed IP rules of its preview', async () => {
    const { preview } = await service.client.liveEvents.get(...service.scope, 'show');
    const patch = (allow: object[]) => service.raw('PATCH', `${service.account}/liveEvents/show?api-version=2022-08-01`, { body: { properties: { preview: { accessControl: { ip: { allow } } } } } });
    const target = () => service.raw('GET', `/${String(preview?.previewLocator)}/preview.ism/manifest`);
    expect((await target()).at('allow')).toBeUndefined();
    await patch([]);
    expect((await target()).at('allow')).toEqual([]);
    await patch([{ name: 'one', address: '192.0.2.1' }]);
    expect((await target()).at('allow')).toEqual([{ address: '192.0.2.1', prefixLength: 128 }]);
  });
});

describe('real connections', () => {
  let run: RunningPlane;
  beforeEach(async () => { run = await runMediaPlane(); });
  afterEach(async () => { await run.close(); });
  const loopback = { address: '127.0.0.0', prefixLength: 8 };
  const eventTypes = () => (run.plane.ingestHistory('event-1')?.events ?? []).map((event) => event.type);

  it('are written down from the first word to the last, and stay on record after the channel has closed', async () => {
    const channel = await run.openChannel({ timelineZeroUtcSeconds: Math.floor(Date.now() / 1000) - 100 });
    const client = await publishTo(run.ingestUrl(channel), 'main?x=1');
    client.metadata({ videodatarate: 400, audiodatarate: 128, framerate: 30 });
    client.send([videoHeader(), audioHeader(), ...audioPackets(2000, 6500), ...gopPackets(1, 60, rate), ...gopPackets(2, 60, rate), ...gopPackets(3, 60, rate).slice(0, 1)]);
    await until(() => eventTypes().filter((type) => type === 'FirstChunkReceived').length === 2, 'the first chunks of both tracks');
    client.unpublish();
    await until(() => eventTypes().includes('EndIngest'), 'the end');
    const { events, session } = run.plane.ingestHistory(channel.eventName)!;
    expect(events[0]).toMatchObject({ type: 'BeginIngest', streamName: 'main', peer: { address: '127.0.0.1' }, tlsVersion: undefined });
    expect(events.at(-1)).toMatchObject({ type: 'EndIngest', resultCode: 'MPE_CLIENT_TERMINATED_SESSION', level: 'Information', receivedBytes: expect.any(Number) });
    expect(session?.end?.reason).toBe('MPE_CLIENT_TERMINATED_SESSION');
    await run.plane.closeChannel(channel.eventName);
    expect(run.plane.ingestHistory(channel.eventName)?.events).toEqual(events);
  });

  it('tell a torn connection from an orderly end, and a stop from both', async () => {
    const channel = await run.openChannel();
    const torn = await publishTo(run.ingestUrl(channel), 'torn');
    torn.socket.resetAndDestroy();
    await until(() => eventTypes().includes('EndIngest'), 'the end');
    await publishTo(run.ingestUrl(channel), 'stopped');
    await run.plane.closeChannel(channel.eventName);
    const ends = run.plane.ingestHistory(channel.eventName)!.events.filter((event) => event.type === 'EndIngest');
    expect(ends).toMatchObject([{ streamName: 'torn', level: 'Warning' }, { streamName: 'stopped', resultCode: 'MPI_REST_API_CHANNEL_STOP', level: 'Information' }]);
  });

  it('come only from allowed addresses: an empty list is nobody, and rules can change under way', async () => {
    const channel = await run.openChannel({ ingestAllow: [] });
    const denied = await publishTo(run.ingestUrl(channel));
    expect((await denied.refused()).description).toContain('MPE_INGEST_ENCODER_CONNECTION_DENIED');
    await denied.closed();
    expect(run.plane.ingestHistory(channel.eventName)?.events).toMatchObject([{ type: 'InvalidConnection', resultCode: 'MPE_INGEST_ENCODER_CONNECTION_DENIED' }]);
    run.plane.allowIngest(channel.eventName, [loopback]);
    expect((await publishTo(run.ingestUrl(channel))).session.stage).toBe('publishing');
    run.plane.allowIngest(channel.eventName, [{ address: '192.0.2.0', prefixLength: 24 }]);
    expect((await (await publishTo(run.ingestUrl(channel))).refused()).description).toContain('MPE_INGEST_ENCODER_CONNECTION_DENIED');
  });

  it('see a preview only from allowed addresses', async () => {
    const channel = await run.openChannel({ timelineZeroUtcSeconds: Math.floor(Date.now() / 1000) - 100 });
    const [open, shut] = [[loopback], []].map((allow) => run.addLocator({ kind: 'preview', eventName: channel.eventName, allow }));
    const status = async (base = '') => (await fetch(`${base}/preview.ism/manifest(format=m3u8-cmaf)`)).status;
    // 412: there is a preview, and nothing has arrived yet.
    expect([await status(open), await status(shut)]).toEqual([412, 404]);
  });
});
