// Which address each rendition goes to: by protocol, encryption, and what a pair shares; and what is refused.
import { describe, expect, it } from 'vitest';
import { showPlanSchema } from '../../../src/contract/plan.ts';
import type { IngestEndpoint, LiveEventInfo } from '../../../src/main/cloud/liveService.ts';
import { ARM_CAPABILITIES, MKIO_CAPABILITIES, RAVNUR_CAPABILITIES } from '../../../src/main/cloud/providers.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { ingestTargets } from '../../../src/main/show/ingestTargets.ts';
import { openEvent } from '../../../src/main/show/showEvent.ts';
import { withSentRenditions } from '../../../src/main/show/plainDestination.ts';

const ladder = ladderByName('480p');
const service = { ca: undefined, capabilities: ARM_CAPABILITIES };
const eventWith = (...ingest: IngestEndpoint[]): LiveEventInfo => ({ name: 'ev', state: 'Running', tags: {}, ingest, previewHlsUrl: undefined, createdAt: undefined });
const SMOOTH = eventWith(
  { role: 'primary', secure: false, url: 'http://h/t/ingest.isml' }, { role: 'primary', secure: true, url: 'https://h/t/ingest.isml' }, { role: 'secondary', secure: true, url: 'https://h2/t/ingest.isml' },
);
const RTMP = eventWith({ role: 'primary', secure: true, url: 'rtmps://h:2935/live/t' }, { role: 'secondary', secure: true, url: 'rtmps://h:2936/live/t' });
const routes = (...args: Parameters<typeof ingestTargets>) => ingestTargets(...args).map(({ protocol, url, alternateUrls }) => [protocol, url, ...alternateUrls]);

describe('ingestTargets', () => {
  it('follows what the event takes where nothing is asked for, encrypted where that is offered', () => {
    expect(routes(SMOOTH, ladder, service, 'primary')).toEqual(ladder.renditions.map(({ name }) => ['smooth', `https://h/t/ingest.isml/streams(${name})`, `https://h2/t/ingest.isml/streams(${name})`]));
    expect(routes(RTMP, ladder, service, 'secondary')).toEqual(ladder.renditions.map(({ name }) => ['rtmp', `rtmps://h:2936/live/t/${name}`, `rtmps://h:2935/live/t/${name}`]));
  });

  it('feeds both endpoints where a pair wants that', () => {
    expect(routes(SMOOTH, ladder, service, 'both', 'smooth').map(([, url]) => url)).toEqual(ladder.renditions.flatMap(({ name }) => [`https://h/t/ingest.isml/streams(${name})`, `https://h2/t/ingest.isml/streams(${name})`]));
  });

  it('refuses an event that takes the other protocol', () => {
    expect(() => ingestTargets(RTMP, ladder, service, 'primary', 'smooth')).toThrow(/takes RTMP, not Smooth Streaming/);
    expect(() => ingestTargets(SMOOTH, ladder, service, 'primary', 'rtmp')).toThrow(/takes Smooth Streaming, not RTMP/);
    expect(() => ingestTargets(eventWith(), ladder, service, 'primary', 'smooth')).toThrow(/offers no ingest address/);
  });
});

it('a plain RTMP address is not asked for Smooth Streaming', () => {
  const plan = showPlanSchema.parse({ video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'rtmp', url: 'rtmp://h/app/key' }, ladder, rehearse: false, ingest: 'smooth' });
  expect(() => withSentRenditions(plan)).toThrow(/takes RTMP, not Smooth Streaming/);
});

it.each([RAVNUR_CAPABILITIES, MKIO_CAPABILITIES])('a provider without Smooth Streaming says so before anything is created', async (capabilities) => {
  const book = { journal: { plan: { ingest: 'smooth' }, created: {} } } as never;
  await expect(openEvent(book, {} as never, { label: 'Studio', capabilities } as never, () => 0)).rejects.toMatchObject({ code: 'SMOOTH_NOT_OFFERED', message: 'Studio takes no Smooth Streaming.' });
});
