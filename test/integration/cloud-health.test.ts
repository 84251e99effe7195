// What the engine makes of a service's word about an ingest: real answers, services without telemetry, slow ones, and ones that talk nonsense.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBearerCredential } from '../../src/main/cloud/bearerCredential.ts';
import type { LiveService } from '../../src/main/cloud/liveService.ts';
import { createMediaServices } from '../../src/main/cloud/mediaServices.ts';
import { ARM_CAPABILITIES } from '../../src/main/cloud/providers.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => (_request, response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const TOKEN = 'a-bearer-token-that-nobody-may-read';
let base = '';
let answers: Record<string, Answer>;
let asked: string[];
let segments = 1;

const server = createServer((request, response) => {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const name = path.includes('/manifest') ? 'manifest' : path.split('/').at(-1) ?? '';
  asked.push(`${request.method ?? ''} ${name}`);
  const answer = answers[name] ?? json(404, { error: { code: 'NotFound', message: 'no' } });
  answer(request, response);
});

function mpd(): string {
  const track = (kind: string, bitrate: number) => `<AdaptationSet contentType="${kind}" mimeType="${kind}/mp4"><SegmentTemplate timescale="1000" initialization="i-$RepresentationID$" media="m-$RepresentationID$-$Time$"><SegmentTimeline><S t="0" d="2000" r="${segments - 1}"/></SegmentTimeline></SegmentTemplate><Representation id="${kind}_${bitrate}" bandwidth="${bitrate}"/></AdaptationSet>`;
  return `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic"><Period id="0" start="PT0S">${track('video', 2_500_000)}${track('audio', 128_000)}</Period></MPD>`;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
});
beforeEach(() => {
  asked = [];
  segments = 1;
  answers = {
    tape: json(200, { name: 'tape', properties: { provisioningState: 'Succeeded' } }),
    manifest: (_request, response) => response.writeHead(200, { 'content-type': 'application/dash+xml' }).end(mpd()),
    getStatus: json(200, { value: [{
      state: 'Running', healthStatus: 'Poor', healthDescriptions: [`The disk is full. ${TOKEN}`],
      trackStatus: [{ trackId: 'video_2500000', expectedBitrate: 2_500_000, incomingBitrate: 2_412_345 }, { trackId: 'audio_128000', expectedBitrate: 128_000, incomingBitrate: null }],
    }] }),
    getTrackIngestHeartbeats: json(200, { value: [
      { eventType: 'TrackEvent/IngestHeartbeat', eventTime: '2022-10-19T22:14:52.33Z', data: { trackName: 'video', trackType: 'video', bitrate: 2_500_000, lastFragmentArrivalTime: '2022-10-19T22:14:40Z' } },
      { eventType: 'TrackEvent/IngestHeartbeat', eventTime: '2022-10-19T22:15:12.5Z', data: { trackName: 'video', trackType: 'video', bitrate: 2_500_000, lastFragmentArrivalTime: '2022-10-19T22:15:11Z' } },
    ] }),
  };
});

function service(): LiveService {
  return createMediaServices({
    label: 'Studio', endpoint: base, subscriptionId: 's', resourceGroup: 'g', accountName: 'a', location: 'x', credential: createBearerCredential(TOKEN),
    capabilities: { ...ARM_CAPABILITIES, eventData: false, startTimeoutMs: 1000, heartbeatMs: 1000 }, allowProxy: false, pollIntervalMs: 10,
  });
}
const read = (live: LiveService, signal = new AbortController().signal) => live.readHealth({ name: 'show', previewHlsUrl: `${base}/guid/preview.ism/manifest(format=m3u8-cmaf)` }, 'tape', signal);

describe('the health that a service tells', () => {
  it('takes status and newest heartbeat together, by the clock of the service, without its secrets', async () => {
    expect(await read(service())).toEqual({
      from: 'telemetry', verdict: 'poor', sentences: ['The disk is full. [hidden]'], archiveFailed: false,
      tracks: [
        { track: 'video_2500000', kind: 'video', declaredKbps: 2500, incomingKbps: 2412, ageSeconds: 1.5 },
        { track: 'audio_128000', kind: 'audio', declaredKbps: 128, incomingKbps: undefined, ageSeconds: undefined },
      ],
    });
  });

  it('adds up the gaps that the service finds, each heartbeat once', async () => {
    const live = service();
    const beat = (second: number, discontinuityCount: number) => ({
      eventType: 'TrackEvent/IngestHeartbeat', eventTime: `2022-10-19T22:15:${String(second).padStart(2, '0')}Z`,
      data: { trackName: 'video', trackType: 'video', bitrate: 2_500_000, lastFragmentArrivalTime: '2022-10-19T22:15:00Z', discontinuityCount },
    });
    const gaps = async () => (await read(live)).tracks.map((track) => track.gaps);
    expect(await gaps()).toEqual([undefined, undefined]);
    answers['getTrackIngestHeartbeats'] = json(200, { value: [beat(10, 1), beat(30, 2)] });
    expect(await gaps()).toEqual([3, undefined]);
    expect(await gaps()).toEqual([3, undefined]);
    answers['getTrackIngestHeartbeats'] = json(200, { value: [beat(30, 2), beat(50, 4)] });
    expect(await gaps()).toEqual([7, undefined]);
  });

  it('sees a live output that has failed', async () => {
    answers['tape'] = json(200, { name: 'tape', properties: { provisioningState: 'Failed' } });
    expect((await read(service())).archiveFailed).toBe(true);
  });

  it('follows a long operation to its result', async () => {
    let polls = 0;
    const status = answers['getStatus']!;
    answers['getStatus'] = (request, response) => json(202, {}, { location: `${base}/operations/later?api-version=2022-11-01` })(request, response);
    answers['later'] = (request, response) => {
      polls += 1;
      if (polls < 3) json(202, {}, { location: `${base}/operations/later` })(request, response);
      else status(request, response);
    };
    expect((await read(service())).verdict).toBe('poor');
    expect(polls).toBe(3);
  });

  it.each([404, 501, 400])('reads the preview where the service answers %i, and does not ask again', async (status) => {
    answers['getStatus'] = json(status, { error: { code: 'NotImplemented', message: 'no' } });
    const live = service();
    expect(await read(live)).toMatchObject({ from: 'preview', verdict: 'unknown', tracks: [{ track: 'video_2500000', declaredKbps: 2500, ageSeconds: 0 }, { kind: 'audio', declaredKbps: 128 }] });
    await new Promise((resolve) => { setTimeout(resolve, 30); });
    // It has not grown since.
    expect((await read(live)).tracks[0]?.ageSeconds).toBeGreaterThan(0.02);
    segments = 2;
    expect((await read(live)).tracks[0]?.ageSeconds).toBe(0);
    expect(asked.filter((one) => one === 'POST getStatus')).toHaveLength(1);
  });

  it.each([
    ['another shape', json(200, { value: [{ trackStatus: 'many' }] })],
    ['nothing', json(200, { value: [] })],
  ])('takes %s for not told', async (_name, answer) => {
    answers['getStatus'] = answer;
    answers['manifest'] = json(412, {});
    expect(await read(service())).toEqual({ from: 'preview', verdict: 'unknown', sentences: [], tracks: [], archiveFailed: false });
  });

  it('rejects with a sentence where the service cannot be asked, and in time when it hangs', async () => {
    answers['tape'] = json(401, { error: { code: 'Unauthorized', message: 'no' } });
    await expect(read(service())).rejects.toMatchObject({ code: 'CLOUD_NOT_SIGNED_IN' });
    answers['tape'] = json(200, {});
    answers['getStatus'] = (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'); };
    await expect(read(service())).rejects.toMatchObject({ code: 'CLOUD_UNEXPECTED_ANSWER' });
    answers['tape'] = () => undefined;
    await expect(read(service(), AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'CLOUD_CANCELLED' });
  });
});
