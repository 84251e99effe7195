// The origin's answers: status, type, ranges, caching and pages of other origins.
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocatorTarget } from '../../../src/main/service/mediaPlane.ts';
import type { Presentation } from '../../../src/main/service/origin/presentation.ts';
import { registerOrigin } from '../../../src/main/service/origin/routes.ts';
import { audioTrackOf, presentationOf, videoTrackOf } from '../../support/shownPresentation.ts';

const preview = '11111111-1111-4111-8111-111111111111';
const asset = '22222222-2222-4222-8222-222222222222';
const expired = '33333333-3333-4333-8333-333333333333';
const unknown = '44444444-4444-4444-8444-444444444444';
const assetTarget: LocatorTarget = { kind: 'asset', assetName: 'a', assetDir: '/a', startTime: undefined, endTime: undefined, encryption: undefined };

let app: FastifyInstance;
let live: Presentation;
let stored: Presentation;

beforeEach(() => {
  const tracks = [videoTrackOf(2_500_000, [[10, 600_600, 60_060], [11, 660_660, 60_060]]), audioTrackOf(128_000, [[10, 960_960, 96_096], [11, 1_057_056, 96_096]])];
  live = presentationOf(tracks, { manifestName: 'preview' });
  stored = presentationOf(tracks, { isLive: false });
  app = fastify();
  registerOrigin(app, { preview: () => live, asset: async () => stored }, {
    resolve: (locatorId) => new Map<string, LocatorTarget>([
      [preview, { kind: 'preview', eventName: 'event', allow: undefined }], [asset, assetTarget],
      [expired, { ...assetTarget, endTime: new Date(Date.now() - 1000) }],
    ]).get(locatorId),
    contentKey: () => undefined,
  });
});
afterEach(async () => { await app.close(); });

const get = (url: string, headers: { readonly [name: string]: string } = {}, method: 'GET' | 'HEAD' | 'OPTIONS' = 'GET') => app.inject({ method, url, headers });
const segmentUrl = `/${asset}/show.ism/QualityLevels(2500000)/Fragments(video=600600,format=m3u8-cmaf)`;

describe('manifests', () => {
  it('have their types, are not cached, and are open to any page', async () => {
    const hls = await get(`/${preview}/preview.ism/manifest(format=m3u8-cmaf)`);
    expect(hls.statusCode).toBe(200);
    expect(hls.headers).toMatchObject({ 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-cache', 'access-control-allow-origin': '*' });
    const dash = await get(`/${asset}/show.ism/manifest%28format=mpd-time-cmaf%29`);
    expect(dash.headers['content-type']).toBe('application/dash+xml');
    expect(dash.body).toContain('type="static"');
    const head = await get(`/${preview}/preview.ism/manifest(format=m3u8-cmaf)`, {}, 'HEAD');
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', String(Buffer.byteLength(hls.body))]);
  });

  it('wait for the first segments of a live stream', async () => {
    live = presentationOf([], { manifestName: 'preview' });
    const answer = await get(`/${preview}/preview.ism/manifest(format=m3u8-cmaf)`);
    expect([answer.statusCode, answer.json().error.code]).toEqual([412, 'MPE_FRAGMENT_NOT_READY']);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('are not there for strangers, expired locators and other names', async () => {
    for (const url of [`/${unknown}/show.ism/manifest(format=m3u8-cmaf)`, `/${expired}/show.ism/manifest(format=m3u8-cmaf)`, `/${asset}/other.ism/manifest(format=m3u8-cmaf)`]) {
      const answer = await get(url);
      expect([answer.statusCode, answer.json().error.code, answer.headers['access-control-allow-origin']]).toEqual([404, 'MPE_RESOURCE_NOT_FOUND', '*']);
    }
    expect((await get(`/${asset}/show.ism/manifest(format`)).json().error.code).toBe('MPE_BAD_URL_SYNTAX');
  });

  it('leave paths that begin with no locator to others', async () => {
    expect((await get('/subscriptions/1/resourceGroups')).json()).toMatchObject({ message: 'Route GET:/subscriptions/1/resourceGroups not found' });
  });
});

describe('segments', () => {
  it('are whole or in parts, for ever', async () => {
    const whole = await get(segmentUrl);
    expect([whole.statusCode, whole.headers['content-type'], whole.headers['cache-control']]).toEqual([200, 'video/mp4', 'public, max-age=31536000, immutable']);
    expect(whole.body.startsWith('video_2500000@600600')).toBe(true);
    const part = await get(segmentUrl, { range: 'bytes=6-12' });
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, '2500000', `bytes 6-12/${whole.rawPayload.length}`]);
    const outside = await get(segmentUrl, { range: 'bytes=99999999-' });
    expect([outside.statusCode, outside.headers['content-range']]).toEqual([416, `bytes */${whole.rawPayload.length}`]);
    const head = await get(segmentUrl, {}, 'HEAD');
    expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([200, String(whole.rawPayload.length), 0]);
    expect((await get(segmentUrl.replace('video=600600', 'video=i'))).body).toBe('header 0');
  });

  it('say why they are not there', async () => {
    const codes = async (url: string): Promise<unknown[]> => {
      const answer = await get(url);
      return [answer.statusCode, answer.json().error.code];
    };
    const liveUrl = (subject: string, bitrate = 2_500_000): string => `/${preview}/preview.ism/QualityLevels(${bitrate})/Fragments(${subject},format=m3u8-cmaf)`;
    expect(await codes(liveUrl('video=720720'))).toEqual([412, 'MPE_FRAGMENT_NOT_READY']);
    expect(await codes(liveUrl('video=600601'))).toEqual([404, 'MPE_EGRESS_TIMESTAMP_NOT_FOUND']);
    expect(await codes(liveUrl('video=600600', 1))).toEqual([404, 'MPE_EGRESS_TRACK_NOT_FOUND']);
    expect(await codes(liveUrl('video=i9'))).toEqual([404, 'MPE_RESOURCE_NOT_FOUND']);
    expect(await codes(segmentUrl.replace('600600', '720720'))).toEqual([404, 'MPE_EGRESS_TIMESTAMP_NOT_FOUND']);
  });

  it('answer the preflight of players that send headers of their own', async () => {
    const answer = await get(segmentUrl, { origin: 'https://player.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'range,traceparent' }, 'OPTIONS');
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-allow-headers': 'range,traceparent', 'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS' });
    expect(answer.headers['access-control-expose-headers']).toContain('content-range');
  });
});
