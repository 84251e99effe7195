// What players read: HLS and DASH of live and on-demand presentations, with holes, late tracks and changed encoders.
import { describe, expect, it } from 'vitest';
import { dashManifest } from '../../../src/main/service/origin/dashManifest.ts';
import { mediaPlaylist, multivariantPlaylist } from '../../../src/main/service/origin/hlsPlaylist.ts';
import type { Presentation } from '../../../src/main/service/origin/presentation.ts';
import { showTracks } from '../../../src/main/service/origin/shownTracks.ts';
import { audioTrackOf, presentationOf, videoTrackOf, type ShownSegment } from '../../support/shownPresentation.ts';

/** GOPs of 60 frames at 29.97 fps. */
const gops = (from: number, to: number): ShownSegment[] => Array.from({ length: to - from }, (_, index) => [from + index, (from + index) * 60_060, 60_060]);
const sounds = (from: number, to: number): ShownSegment[] => Array.from({ length: to - from }, (_, index) => [from + index, (from + index) * 96_096, 96_096]);

function hlsOf(presentation: Presentation, name: string): string {
  const shown = showTracks(presentation)!;
  const track = [...shown.video, ...shown.audio].find((one) => one.track.identity.name === name)!;
  return mediaPlaylist(shown, track, presentation);
}

const mpdOf = (presentation: Presentation): string => dashManifest(showTracks(presentation)!, {
  isLive: presentation.isLive, zeroUtcMs: presentation.zeroUtcMs!, windowSeconds: presentation.windowSeconds, cues: presentation.cues, nowUtcMs: Date.UTC(2026, 0, 1, 0, 5),
});

describe('the multivariant playlist', () => {
  it('lists all renditions from the highest, with their audio', () => {
    const text = multivariantPlaylist(showTracks(presentationOf([
      videoTrackOf(600_000, gops(100, 103), { width: 640, height: 360 }), videoTrackOf(2_500_000, gops(100, 103)), audioTrackOf(128_000, sounds(100, 103)),
    ]))!);
    expect(text.split('\n')).toEqual([
      '#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="QualityLevels(128000)/Manifest(audio,format=m3u8-cmaf)"',
      '#EXT-X-STREAM-INF:BANDWIDTH=2628000,AVERAGE-BANDWIDTH=2628000,RESOLUTION=1280x720,FRAME-RATE=29.970,CODECS="avc1.64002a,mp4a.40.2",AUDIO="audio"',
      'QualityLevels(2500000)/Manifest(video,format=m3u8-cmaf)',
      '#EXT-X-STREAM-INF:BANDWIDTH=728000,AVERAGE-BANDWIDTH=728000,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS="avc1.64002a,mp4a.40.2",AUDIO="audio"',
      'QualityLevels(600000)/Manifest(video,format=m3u8-cmaf)', '',
    ]);
  });

  it('shows audio alone as its own stream', () => {
    const text = multivariantPlaylist(showTracks(presentationOf([audioTrackOf(128_000, sounds(0, 2))]))!);
    expect(text).toContain('CODECS="mp4a.40.2"\nQualityLevels(128000)/Manifest(audio,format=m3u8-cmaf)');
    expect(text).not.toContain('EXT-X-MEDIA:');
  });
});

describe('what is shown', () => {
  it('is nothing until every track that is received has a segment, but does not wait for one for ever', () => {
    const about = { expectedTracks: ['video_2500000', 'video_600000', 'audio_128000'] };
    const others = (count: number) => [videoTrackOf(2_500_000, gops(0, count)), audioTrackOf(128_000, sounds(0, count))];
    expect(showTracks(presentationOf([], about))).toBeUndefined();
    expect(showTracks(presentationOf(others(2), about))).toBeUndefined();
    expect(showTracks(presentationOf(others(3), about))?.video).toHaveLength(1);
    expect(showTracks(presentationOf([...others(1), videoTrackOf(600_000, gops(0, 1))], about))?.video).toHaveLength(2);
    expect(showTracks(presentationOf(others(1), { ...about, isLive: false }))?.video).toHaveLength(1);
  });
});

describe('a media playlist', () => {
  it('slides over its window with numbers from the timeline and a constant target', () => {
    const text = hlsOf(presentationOf([videoTrackOf(2_500_000, gops(500, 600))], { windowSeconds: 6 }), 'video_2500000');
    expect(text.split('\n')).toEqual([
      '#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:2', '#EXT-X-MEDIA-SEQUENCE:598', '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-MAP:URI="Fragments(video=i,format=m3u8-cmaf).mp4"', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:19:57.196Z',
      '#EXTINF:2.002000,', 'Fragments(video=35915880,format=m3u8-cmaf).m4s', '#EXTINF:2.002000,', 'Fragments(video=35975940,format=m3u8-cmaf).m4s', '',
    ]);
  });

  it('writes missing segments as gaps, so that every number keeps its place', () => {
    const text = hlsOf(presentationOf([videoTrackOf(2_500_000, [...gops(10, 12), ...gops(14, 15)])]), 'video_2500000');
    expect(text).toContain('#EXT-X-VERSION:8');
    expect(text.split('\n').slice(-12)).toEqual([
      '#EXTINF:2.002000,', 'Fragments(video=660660,format=m3u8-cmaf).m4s',
      '#EXT-X-GAP', '#EXTINF:2.002000,', 'Fragments(video=720720,format=m3u8-cmaf).m4s', '#EXT-X-GAP', '#EXTINF:2.002000,', 'Fragments(video=780780,format=m3u8-cmaf).m4s',
      '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:28.028Z', '#EXTINF:2.002000,', 'Fragments(video=840840,format=m3u8-cmaf).m4s', '',
    ]);
  });

  it('on demand breaks where all tracks break, and keeps a gap where one alone does', () => {
    const video = videoTrackOf(2_500_000, [...gops(10, 12), ...gops(14, 16), ...gops(17, 18)]);
    const audio = audioTrackOf(128_000, [...sounds(10, 12), ...sounds(14, 18)]);
    const presentation = presentationOf([video, audio], { isLive: false });
    const text = hlsOf(presentation, 'video_2500000');
    expect(text).toContain('#EXT-X-MEDIA-SEQUENCE:0\n');
    expect(text).toContain('#EXT-X-PLAYLIST-TYPE:VOD');
    expect(text).toMatch(/#EXT-X-ENDLIST\n$/);
    expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
    expect(text.match(/#EXT-X-GAP\n/g)).toHaveLength(1);
    expect(hlsOf(presentation, 'audio_128000').match(/#EXT-X-(DISCONTINUITY|GAP)\n/g)).toEqual(['#EXT-X-DISCONTINUITY\n']);
  });

  it('on demand breaks once where the tracks ended at different segments', () => {
    const presentation = presentationOf([
      videoTrackOf(2_500_000, [...gops(10, 13), ...gops(20, 22)]), audioTrackOf(128_000, [...sounds(10, 12), ...sounds(20, 22)]),
    ], { isLive: false });
    // A break of less than a GOP leaves out no number, but a track may lack its last segment before it.
    const short = presentationOf([
      videoTrackOf(2_500_000, [[10, 600_600, 60_060], [11, 660_660, 60_060], [12, 750_000, 60_060]]), audioTrackOf(128_000, [[10, 960_960, 96_096], [12, 1_200_000, 96_096]]),
    ], { isLive: false });
    for (const one of [presentation, short]) {
      for (const name of ['video_2500000', 'audio_128000']) expect(hlsOf(one, name).match(/#EXT-X-(DISCONTINUITY|GAP)\n/g)).toEqual(['#EXT-X-DISCONTINUITY\n']);
    }
  });

  it('gives a changed encoder its own header', () => {
    const text = hlsOf(presentationOf([videoTrackOf(2_500_000, [[0, 0, 60_060], [1, 60_060, 60_060, 1]])]), 'video_2500000');
    expect(text).toContain('#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="Fragments(video=i1,format=m3u8-cmaf).mp4"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.002Z');
  });
});

describe('a change of the encoder', () => {
  const changed = (from: number, to: number): ShownSegment[] => gops(from, to).map(([sequence, start, ticks]) => [sequence, start, ticks, sequence >= 102 ? 1 : 0]);
  const text = (to: number, name: string, earlierChanges: readonly number[] = []): string => hlsOf(presentationOf(
    [{ ...videoTrackOf(2_500_000, changed(Math.max(100, to - 6), to)), earlierChanges }, audioTrackOf(128_000, sounds(Math.max(100, to - 6), to))], { windowSeconds: 8 },
  ), name);

  it('is a discontinuity at one place in every playlist, so that their numbers agree', () => {
    for (const [name, start] of [['video_2500000', 6_126_120], ['audio_128000', 9_801_792]] as const) {
      expect(text(104, name).match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
      const before = text(104, name).split('#EXT-X-DISCONTINUITY\n')[1]!.match(/Fragments\(\w+=(\d{4,})/)![1];
      expect(Number(before)).toBe(start);
    }
    expect(text(104, 'audio_128000').match(/#EXT-X-MAP/g)).toHaveLength(1);
    expect(text(104, 'video_2500000')).not.toContain('DISCONTINUITY-SEQUENCE');
  });

  it('is one discontinuity with the hole before it, also where a single AAC frame comes before its picture', () => {
    const presentation = presentationOf([
      videoTrackOf(2_500_000, [[10, 600_600, 60_060], [20, 1_201_200, 60_060, 1]]),
      audioTrackOf(128_000, [[10, 960_960, 96_096], [19, 1_921_000 - 1024, 1024], [20, 1_921_000, 96_096]]),
    ], { isLive: false });
    for (const name of ['video_2500000', 'audio_128000']) expect(hlsOf(presentation, name).match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
  });

  it('is counted when it has left the window, also where its segments have been forgotten', () => {
    for (const name of ['video_2500000', 'audio_128000']) {
      for (const [to, earlier] of [[107, []], [120, [6_126_120]]] as const) {
        expect(text(to, name, earlier)).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:1\n');
        expect(text(to, name, earlier)).not.toMatch(/#EXT-X-DISCONTINUITY\n/);
      }
    }
  });
});

describe('an MPD', () => {
  it('follows the live timeline: zero, window, times, clock', () => {
    const text = mpdOf(presentationOf([videoTrackOf(2_500_000, [...gops(100, 102), ...gops(103, 104)]), audioTrackOf(128_000, sounds(100, 104))]));
    for (const part of [
      'type="dynamic"', 'availabilityStartTime="2026-01-01T00:00:00.000Z"', 'minimumUpdatePeriod="PT2S"', 'timeShiftBufferDepth="PT60S"',
      'suggestedPresentationDelay="PT6S"', '<Period id="t0" start="PT0S">', 'presentationTimeOffset="0"',
      'media="QualityLevels(2500000)/Fragments(video=$Time$,format=mpd-time-cmaf)"', 'initialization="QualityLevels(128000)/Fragments(audio=i,format=mpd-time-cmaf)"',
      '<S t="6006000" d="60060" r="1"/><S t="6186180" d="60060"/>', '<S t="9609600" d="96096" r="3"/>',
      '<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-01-01T00:05:00.000Z"/>', 'frameRate="30000/1001"',
    ]) expect(text).toContain(part);
    expect(text.match(/<AdaptationSet /g)).toHaveLength(2);
  });

  it('is static with the right duration on demand, beginning at zero', () => {
    const text = mpdOf(presentationOf([videoTrackOf(2_500_000, gops(100, 105)), audioTrackOf(128_000, sounds(100, 105))], { isLive: false }));
    expect(text).toContain('type="static" mediaPresentationDuration="PT10.01S"');
    expect(text).toContain('<Period id="t200200" start="PT0S">');
    expect(text).toContain('presentationTimeOffset="6006000"');
    expect(text).not.toMatch(/availabilityStartTime|UTCTiming|minimumUpdatePeriod/);
  });

  it('begins a Period for another encoder, the same one while the window slides', () => {
    const changed = (to: number): ShownSegment[] => gops(100, to).map(([sequence, start, ticks]) => [sequence, start, ticks, sequence >= 102 ? 1 : 0]);
    const live = (to: number): string => mpdOf(presentationOf([videoTrackOf(2_500_000, changed(to)), audioTrackOf(128_000, sounds(100, to))], { windowSeconds: 10 }));
    expect(live(104).match(/<Period [^>]*>/g)).toEqual(['<Period id="t0" start="PT0S">', '<Period id="t204204" start="PT204.204S">']);
    expect(live(104)).toContain('presentationTimeOffset="6126120" initialization="QualityLevels(2500000)/Fragments(video=i1,');
    expect(live(120).match(/<Period [^>]*>/g)).toEqual(['<Period id="t204204" start="PT204.204S">']);
  });
});
