import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAudioPayload } from '../../../src/main/rtmp/flvAudio.ts';
import { parseVideoPayload } from '../../../src/main/rtmp/flvVideo.ts';
import { RtmpClientSession } from '../../../src/main/rtmp/rtmpClientSession.ts';
import { RtmpServerSession, type RtmpServerEvent } from '../../../src/main/rtmp/rtmpServerSession.ts';
import { splitBytes } from '../../support/splitBytes.ts';

const recorded = (name: string) => readFileSync(new URL(`recorded/${name}.bin`, import.meta.url));

/** Plays a recording to a session that accepts everything. */
function play(bytes: Uint8Array, sizes: readonly number[]): RtmpServerEvent[] {
  const session = new RtmpServerSession();
  const events: RtmpServerEvent[] = [];
  const take = (some: readonly RtmpServerEvent[]): void => {
    for (const event of some) {
      events.push(event);
      if (event.type === 'connect') session.acceptConnect();
      if (event.type === 'publish') session.acceptPublish();
      take(session.takeEvents());
    }
  };
  for (const piece of splitBytes(bytes, sizes)) take(session.receive(piece));
  return events;
}

const publishers = [
  { name: 'ffmpeg-5.1', app: 'live/0123456789abcdef0123456789abcdef', streamName: 'stream?videodatarate=60&audiodatarate=32', width: 160, flashVer: /^FMLE\/3\.0/ },
  { name: 'ffmpeg-5.1-extended-timestamps', app: 'live/0123456789abcdef0123456789abcdef', streamName: 'stream?videodatarate=60&audiodatarate=32', width: 320, flashVer: /^FMLE\/3\.0/ },
  { name: 'gstreamer-1.22-rtmp2sink', app: 'live/tok', streamName: '720p', width: 160, flashVer: /./ },
  { name: 'librtmp-2.4', app: 'live/tok', streamName: '720p', width: 160, flashVer: /^$/ },
];

describe.each(publishers)('recording of $name', ({ name, app, streamName, width, flashVer }) => {
  const events = play(recorded(name), []);

  it('connects, publishes, describes and begins with the headers', () => {
    expect(events.slice(0, 3)).toEqual([
      { type: 'connect', app, tcUrl: expect.stringMatching(/^rtmp:\/\//), flashVer: expect.stringMatching(flashVer) },
      { type: 'publish', streamName },
      { type: 'metadata', values: expect.objectContaining({ width, height: width * 9 / 16, videocodecid: 7, audiocodecid: 10 }) },
    ]);
    const video = events.flatMap((event) => (event.type === 'video' ? [parseVideoPayload(event.payload)] : []));
    const audio = events.flatMap((event) => (event.type === 'audio' ? [parseAudioPayload(event.payload)] : []));
    expect(video.slice(0, 2).map((one) => [one.avcPacketType, one.frameType])).toEqual([['config', 'key'], ['nalu', 'key']]);
    expect(audio[0]?.aacPacketType).toBe('config');
    expect(video.length).toBeGreaterThan(10);
    expect(audio.length).toBeGreaterThan(10);
  });

  it('has steady timestamps', () => {
    const times = events.flatMap((event) => (event.type === 'video' ? [event.timestampMs] : [])).slice(1);
    expect(times.slice(1).map((time, index) => time - (times[index] ?? 0)).every((delta) => delta === 40)).toBe(true);
    if (name.includes('extended')) expect(times[0]).toBeGreaterThan(0xff_ffff);
  });

  it('says the same in any pieces', () => {
    const bytes = recorded(name);
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 300 }), (sizes) => {
      expect(play(bytes, sizes)).toEqual(events);
    }), { numRuns: 15 });
  });
});

describe.each(['nginx-rtmp-1.2.2-server', 'node-media-server-4.4.3-server'])('recording of %s', (name) => {
  it('leads the client to a stream, in any pieces', () => {
    const bytes = recorded(name);
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 60 }), (sizes) => {
      const session = new RtmpClientSession({ app: 'live/tok', tcUrl: 'rtmp://h/live/tok', streamName: '720p', ackWindowBytes: 65_536 });
      const events = splitBytes(bytes, sizes).flatMap((piece) => session.receive(piece));
      expect(events).toEqual([{ type: 'stage', stage: 'connect' }, { type: 'stage', stage: 'createStream' }, { type: 'stage', stage: 'publish' }, { type: 'publishing' }]);
    }), { numRuns: 20 });
  });
});
