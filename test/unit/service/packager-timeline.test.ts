// The promise of the packager: whatever milliseconds RTMP carried, fragments lie exactly on the event's timeline.
import { afterEach, describe, expect, it } from 'vitest';
import type { FrameRate } from '../../../src/contract/ladder.ts';
import { Channel } from '../../../src/main/service/ingest/channel.ts';
import { Publication } from '../../../src/main/service/ingest/publication.ts';
import type { PresentedTrack } from '../../../src/main/service/origin/presentation.ts';
import { IngestJournal } from '../../../src/main/service/telemetry/ingestJournal.ts';
import { fragmentTimesOf, timescaleOfInit } from '../../support/fragmentTimes.ts';
import { audioHeader, audioPackets, avcConfig320x180, gopPackets, videoHeader, type StreamPacket } from '../../support/syntheticStream.ts';
import { until } from '../../support/until.ts';

const open: Channel[] = [];
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

function channelOf(timelineZeroUtcSeconds: number | undefined): Channel {
  const channel = new Channel({ eventName: 'event', protocol: 'RTMP', accessToken: 'a'.repeat(32), previewLocator: '', timelineZeroUtcSeconds, ingestAllow: undefined }, quiet, new IngestJournal());
  open.push(channel);
  return channel;
}

afterEach(() => { for (const channel of open.splice(0)) channel.close(); });

function feed(publication: Publication, packets: readonly StreamPacket[]): void {
  for (const packet of [...packets].sort((one, other) => one.timestampMs - other.timestampMs)) {
    publication[packet.type](packet.timestampMs % 2 ** 32, packet.payload);
  }
}

function publish(channel: Channel, rate: FrameRate, videoKbps = 400): Publication {
  const publication = new Publication(channel, 'stream');
  publication.metadata({ videodatarate: videoKbps, audiodatarate: 128, framerate: rate.num / rate.den });
  feed(publication, [videoHeader(), audioHeader()]);
  return publication;
}

const trackOf = (channel: Channel, name: string): PresentedTrack | undefined => channel.window.tracks.find((track) => track.identity.name === name);

async function timesOf(channel: Channel, name: string, segments: number): Promise<ReturnType<typeof fragmentTimesOf>[]> {
  await until(() => (trackOf(channel, name)?.segments.length ?? 0) >= segments, `${segments} segments of ${name}`);
  const track = trackOf(channel, name)!;
  return Promise.all(track.segments.map(async (segment) => fragmentTimesOf((await channel.window.read(name, segment, undefined))!)));
}

const rates: readonly [string, FrameRate, number, number][] = [
  ['24', { num: 24, den: 1 }, 24_000, 1000], ['25', { num: 25, den: 1 }, 25_000, 1000], ['30', { num: 30, den: 1 }, 30_000, 1000],
  ['60', { num: 60, den: 1 }, 60_000, 1000], ['23.976', { num: 24_000, den: 1001 }, 24_000, 1001],
  ['29.97', { num: 30_000, den: 1001 }, 30_000, 1001], ['59.94', { num: 60_000, den: 1001 }, 60_000, 1001],
];

describe('the timeline of fragments', () => {
  it.each(rates)('is exact at %s fps with B-frames, 41 days after the zero', async (_name, rate, timescale, frameTicks) => {
    const days = 41;
    const framesPerGop = Math.round((2 * rate.num) / rate.den);
    const gopMs = (framesPerGop * 1000 * rate.den) / rate.num;
    const firstGop = Math.floor((days * 86_400_000) / gopMs);
    const channel = channelOf(Math.floor(Date.now() / 1000) - days * 86_400);
    const publication = publish(channel, rate);
    const audio = audioPackets(firstGop * gopMs, (firstGop + 3) * gopMs + 100);
    feed(publication, [0, 1, 2, 3].flatMap((gop) => gopPackets(firstGop + gop, framesPerGop, rate, { bFrames: 2 })).concat(audio));

    const video = await timesOf(channel, 'video_400000', 3);
    video.forEach((times, gop) => {
      const start = (firstGop + gop) * framesPerGop * frameTicks;
      expect(times.baseMediaDecodeTime).toBe(start);
      expect(times.sequenceNumber).toBe(firstGop + gop);
      expect(times.durations).toEqual(Array.from({ length: framesPerGop }, () => frameTicks));
      expect([...times.presentationTicks].sort((one, other) => one - other))
        .toEqual(Array.from({ length: framesPerGop }, (_, frame) => start + frame * frameTicks));
      expect(times.presentationTicks.slice(0, 4)).toEqual([0, 3, 1, 2].map((frame) => start + frame * frameTicks));
      expect(times.boxTypes).not.toContain('sidx');
    });
    expect(timescaleOfInit((await channel.window.init('video_400000', 0))!)).toBe(timescale);

    const sound = await timesOf(channel, 'audio_128000', 3);
    expect(sound).toHaveLength(3);
    let next: number | undefined;
    sound.forEach((times, position) => {
      expect(times.baseMediaDecodeTime % 1024).toBe(0);
      if (next !== undefined) expect(times.baseMediaDecodeTime).toBe(next);
      next = times.baseMediaDecodeTime + times.durations.reduce((sum, ticks) => sum + ticks, 0);
      const boundary = ((firstGop + position) * gopMs * 48_000) / 1000;
      // The first frame a publisher sends begins at or after its IDR; later cuts are at the nearest frame.
      expect(Math.abs(times.baseMediaDecodeTime - boundary)).toBeLessThanOrEqual(position === 0 ? 1024 : 512.001);
    });
    expect(timescaleOfInit((await channel.window.init('audio_128000', 0))!)).toBe(48_000);
    expect(channel.telemetry().map(({ gaps }) => gaps)).toEqual([[], []]);
  }, 30_000);

  it('goes on where 32-bit timestamps wrap', async () => {
    const rate = { num: 25, den: 1 };
    const wrapGop = Math.ceil(2 ** 32 / 2000);
    const channel = channelOf(Math.floor(Date.now() / 1000) - wrapGop * 2);
    const publication = publish(channel, rate);
    feed(publication, [-2, -1, 0, 1, 2].flatMap((gop) => gopPackets(wrapGop + gop, 50, rate)));
    const times = await timesOf(channel, 'video_400000', 4);
    expect(times.map((one) => one.baseMediaDecodeTime)).toEqual([-2, -1, 0, 1].map((gop) => (wrapGop + gop) * 50_000));
  });

  it('keeps one copy of what two publishers send, whichever is first', async () => {
    const rate = { num: 30, den: 1 };
    const zero = Math.floor(Date.now() / 1000) - 100;
    const channel = channelOf(zero);
    const [primary, secondary] = [publish(channel, rate), publish(channel, rate)];
    for (let gop = 40; gop < 44; gop += 1) {
      const packets = [...gopPackets(gop, 60, rate), ...audioPackets(gop * 2000, gop * 2000 + 2000)];
      feed(gop % 2 === 0 ? primary : secondary, packets);
      feed(gop % 2 === 0 ? secondary : primary, packets);
    }
    primary.end(true);
    secondary.end(true);
    const times = await timesOf(channel, 'video_400000', 4);
    expect(times.map((one) => one.baseMediaDecodeTime)).toEqual([40, 41, 42, 43].map((gop) => gop * 60_000));
    expect(times.every((one) => one.durations.length === 60)).toBe(true);
    const [video, audio] = channel.telemetry();
    expect(video).toMatchObject({ trackName: 'video_400000', frames: 240, overlapCount: 240, nonIncreasingCount: 0, gaps: [] });
    expect(audio).toMatchObject({ trackName: 'audio_128000', frames: 375, overlapCount: 375, nonIncreasingCount: 0, gaps: [] });
  });

  it('takes the whole GOP of one publisher where the other lost frames of it', async () => {
    const rate = { num: 30, den: 1 };
    const channel = channelOf(Math.floor(Date.now() / 1000) - 100);
    const [torn, whole] = [publish(channel, rate), publish(channel, rate)];
    const last = gopPackets(42, 60, rate).slice(0, 1);
    feed(whole, gopPackets(40, 60, rate).slice(0, 1));
    feed(torn, [...gopPackets(40, 60, rate).slice(0, 20), ...gopPackets(41, 60, rate), ...last]);
    feed(whole, [...gopPackets(40, 60, rate).slice(1), ...gopPackets(41, 60, rate), ...last]);
    const times = await timesOf(channel, 'video_400000', 2);
    expect(times.map((one) => one.durations.length)).toEqual([60, 60]);
    expect(channel.telemetry()[0]?.gaps).toEqual([]);
  });

  it('reports a hole where nobody had the frames, and numbers what follows by its place', async () => {
    const rate = { num: 30, den: 1 };
    const channel = channelOf(Math.floor(Date.now() / 1000) - 100);
    const publication = publish(channel, rate);
    feed(publication, [40, 43, 44].flatMap((gop) => gopPackets(gop, 60, rate)));
    const times = await timesOf(channel, 'video_400000', 2);
    expect(times.map((one) => one.sequenceNumber)).toEqual([40, 43]);
    expect(channel.telemetry()[0]?.gaps).toEqual([{ atMs: 82_000, lengthMs: 4000 }]);
  });

  it('drops and counts what goes back in time', async () => {
    const rate = { num: 30, den: 1 };
    const channel = channelOf(Math.floor(Date.now() / 1000) - 100);
    const publication = publish(channel, rate);
    feed(publication, gopPackets(40, 60, rate));
    for (const packet of gopPackets(40, 60, rate).slice(50)) publication.video(packet.timestampMs, packet.payload);
    feed(publication, gopPackets(41, 60, rate).slice(0, 1));
    expect(channel.telemetry()[0]).toMatchObject({ frames: 61, nonIncreasingCount: 10 });
    expect((await timesOf(channel, 'video_400000', 1))[0]?.durations).toHaveLength(60);
  });

  it('refuses a timestamp far in the future before it can silence the track', async () => {
    const rate = { num: 30, den: 1 };
    const channel = channelOf(Math.floor(Date.now() / 1000) - 100);
    const publication = publish(channel, rate);
    feed(publication, gopPackets(40, 60, rate));
    expect(() => { feed(publication, gopPackets(4000, 60, rate).slice(0, 1)); }).toThrow(/future/);
    publication.end(false);
    const next = publish(channel, rate);
    feed(next, [41, 42].flatMap((gop) => gopPackets(gop, 60, rate)));
    expect((await timesOf(channel, 'video_400000', 2)).map((one) => one.baseMediaDecodeTime)).toEqual([2_400_000, 2_460_000]);
  });

  it('keeps milliseconds where the source keeps no grid', async () => {
    const channel = channelOf(Math.floor(Date.now() / 1000) - 100);
    const publication = new Publication(channel, 'stream');
    publication.metadata({ videodatarate: 400 });
    const [, ...rest] = gopPackets(40, 60, { num: 30, den: 1 });
    const jittered = rest.map((packet, frame) => ({ ...packet, timestampMs: packet.timestampMs + (frame * 7) % 20 }));
    feed(publication, [videoHeader(), ...gopPackets(40, 60, { num: 30, den: 1 }).slice(0, 1), ...jittered, ...gopPackets(41, 60, { num: 30, den: 1 }).slice(0, 1)]);
    const [times] = await timesOf(channel, 'video_400000', 1);
    expect(timescaleOfInit((await channel.window.init('video_400000', 0))!)).toBe(90_000);
    expect(times?.presentationTicks).toEqual([80_000, ...jittered.map((packet) => packet.timestampMs)].map((ms) => ms * 90));
    expect(times?.durations.reduce((sum, ticks) => sum + ticks, 0)).toBe(180_000);
  });

  it('puts an encoder that begins at its own zero again behind what it sent before', async () => {
    const rate = { num: 30, den: 1 };
    const channel = channelOf(undefined);
    const first = publish(channel, rate);
    feed(first, [0, 1, 2, 3].flatMap((gop) => gopPackets(gop, 60, rate)));
    first.end(true);
    const again = publish(channel, rate);
    feed(again, [0, 1].flatMap((gop) => gopPackets(gop, 60, rate)));
    const times = await timesOf(channel, 'video_400000', 5);
    const starts = times.map((one) => one.baseMediaDecodeTime);
    expect(starts.slice(0, 4)).toEqual([0, 60_000, 120_000, 180_000]);
    // A whole second, at or after the end of the first run.
    expect(starts[4]! % 30_000).toBe(0);
    expect(starts[4]).toBeGreaterThanOrEqual(240_000);
    expect(times[4]?.durations).toEqual(Array.from({ length: 60 }, () => 1000));
  });

  it('cuts audio alone every two seconds, and video alone at its IDRs', async () => {
    const channel = channelOf(Math.floor(Date.now() / 1000) - 100);
    const radio = new Publication(channel, 'radio');
    radio.metadata({ audiodatarate: 128 });
    feed(radio, [audioHeader(), ...audioPackets(20_000, 30_000)]);
    const sound = await timesOf(channel, 'audio_128000', 2);
    expect(sound.map((times) => times.baseMediaDecodeTime).slice(0, 2)).toEqual([938 * 1024, 1031 * 1024]);
    const silent = new Publication(channel, 'silent');
    silent.metadata({ videodatarate: 400, framerate: 25 });
    feed(silent, [videoHeader(), ...[15, 16].flatMap((gop) => gopPackets(gop, 50, { num: 25, den: 1 }))]);
    expect((await timesOf(channel, 'video_400000', 1))[0]).toMatchObject({ baseMediaDecodeTime: 750_000, sequenceNumber: 15 });
  });

  it('loses no audio when the video stalls, and pairs again when it is back', async () => {
    const rate = { num: 30, den: 1 };
    const channel = channelOf(Math.floor(Date.now() / 1000) - 1000);
    const picture = publish(channel, rate);
    const sound = publish(channel, rate, 200);
    feed(picture, gopPackets(100, 60, rate).concat(audioPackets(200_000, 202_100)));
    picture.end(true);
    feed(sound, audioPackets(202_000, 215_000));
    await timesOf(channel, 'audio_128000', 4);
    const back = publish(channel, rate);
    feed(back, [108, 109, 110].flatMap((gop) => gopPackets(gop, 60, rate)).concat(audioPackets(215_000, 221_000)));
    await until(() => trackOf(channel, 'audio_128000')!.segments.at(-1)!.sequence >= 109, 'audio that pairs with the new video');
    const audio = trackOf(channel, 'audio_128000')!.segments;
    audio.forEach((segment, position) => {
      const next = audio[position + 1];
      if (next) expect(next.startTicks).toBe(segment.startTicks + segment.durationTicks);
    });
    const video = trackOf(channel, 'video_400000')!.segments.find((segment) => segment.startTicks === 108 * 60_000)!;
    const pair = audio.find((segment) => segment.sequence === video.sequence)!;
    expect(Math.abs(pair.startTicks / 48_000 - 216)).toBeLessThan(0.011);
  });

  it('begins a new format at the IDR of a new encoder, not before', async () => {
    const rate = { num: 30, den: 1 };
    const channel = channelOf(Math.floor(Date.now() / 1000) - 1000);
    const publication = publish(channel, rate);
    const other = Buffer.from(avcConfig320x180);
    other[3] = 0x1f;
    feed(publication, gopPackets(10, 60, rate));
    feed(publication, [{ ...videoHeader(other), timestampMs: 22_000 }]);
    feed(publication, [11, 12].flatMap((gop) => gopPackets(gop, 60, rate)));
    await timesOf(channel, 'video_400000', 2);
    const track = trackOf(channel, 'video_400000')!;
    expect(track.segments.map(({ startTicks, formatId }) => [startTicks, formatId])).toEqual([[600_000, 0], [660_000, 1]]);
    expect(track.formats.map((format) => format.codec)).toEqual(['avc1.64000d', 'avc1.64001f']);
  });
});
