// DASH and HLS manifests into tracks and segments: templates, timelines, inheritance, byte ranges; and nothing but damage from nonsense.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDashManifest } from '../../../src/main/cloud/dashManifest.ts';
import { readHlsPlaylist, type HlsMedia, type HlsMultivariant } from '../../../src/main/cloud/hlsPlaylist.ts';
import { MediaDamage } from '../../../src/main/cloud/mediaFetch.ts';

const url = 'https://h/id/show.ism/manifest(format=mpd-time-cmaf)';
const mpd = (inner: string, attributes = 'type="static"'): string => `<MPD ${attributes}>${inner}</MPD>`;

describe('readDashManifest', () => {
  it('expands a timeline with repeats, inherited templates and nested base URLs', () => {
    const { live, tracks } = readDashManifest(mpd(`<BaseURL>../media/</BaseURL><Period><AdaptationSet contentType="video">
      <SegmentTemplate timescale="90000" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Bandwidth$-$Time$.m4s">
        <SegmentTimeline><S t="900000000000000" d="180000" r="1"/><S d="90000"/></SegmentTimeline></SegmentTemplate>
      <Representation id="video_2500000" bandwidth="2500000"/>
      <Representation id="low" bandwidth="1200000"><BaseURL>deep/</BaseURL><SegmentTemplate timescale="10000000"/></Representation>
    </AdaptationSet></Period>`, 'type="dynamic"'), url);
    expect(live).toBe(true);
    expect(tracks.map(({ name, bandwidth }) => [name, bandwidth])).toEqual([['video_2500000', 2_500_000], ['low', 1_200_000]]);
    expect(tracks[0]?.init.url).toBe('https://h/id/media/video_2500000/init.mp4');
    expect(tracks[0]?.segments.map((segment) => [segment.url, segment.atSeconds])).toEqual([
      ['https://h/id/media/video_2500000/2500000-900000000000000.m4s', 1e10],
      ['https://h/id/media/video_2500000/2500000-900000000180000.m4s', 1e10 + 2],
      ['https://h/id/media/video_2500000/2500000-900000000360000.m4s', 1e10 + 4],
    ]);
    expect(tracks[1]?.segments[0]).toMatchObject({ url: 'https://h/id/media/deep/low/1200000-900000000000000.m4s', atSeconds: 9e7 });
  });

  it('numbers segments, pads numbers, and repeats up to the end of the period', () => {
    const numbered = (inner: string, attributes: string) => readDashManifest(mpd(`<Period ${attributes}><AdaptationSet><Representation id="1">${inner}</Representation></AdaptationSet></Period>`), url)
      .tracks[0]?.segments.map((segment) => new URL(segment.url).pathname.replace('/id/show.ism/', ''));
    expect(numbered('<SegmentTemplate initialization="i" media="s$Number%03d$$$" startNumber="9"><SegmentTimeline><S t="0" d="2" r="-1"/><S t="6" d="1"/></SegmentTimeline></SegmentTemplate>', '')).toEqual(
      ['s009$', 's010$', 's011$', 's012$']);
    expect(numbered('<SegmentTemplate initialization="i" media="$Time$"><SegmentTimeline><S t="0" d="2" r="-1"/></SegmentTimeline></SegmentTemplate>', 'duration="PT0H0M5.5S"')).toEqual(['0', '2', '4']);
    expect(numbered('<SegmentTemplate initialization="i" media="$Number$" duration="20" timescale="10"/>', 'duration="PT7S"')).toEqual(['1', '2', '3', '4']);
  });

  it('joins periods, marking where a timeline may begin anew', () => {
    const period = '<Period><AdaptationSet><SegmentTemplate initialization="i" media="$Time$"><SegmentTimeline><S t="0" d="1" r="1"/></SegmentTimeline></SegmentTemplate><Representation id="1"/></AdaptationSet></Period>';
    expect(readDashManifest(mpd(period + period), url).tracks[0]?.segments.map((segment) => segment.newTimeline)).toEqual([false, false, true, false]);
  });

  it.each([
    '<SegmentTemplate media="$Time$"><SegmentTimeline><S t="0" d="1"/></SegmentTimeline></SegmentTemplate>', '<SegmentTemplate initialization="i" media="$Nope$"><SegmentTimeline><S t="0" d="1"/></SegmentTimeline></SegmentTemplate>',
    '<SegmentTemplate initialization="i" media="m"><SegmentTimeline><S t="0" d="0"/></SegmentTimeline></SegmentTemplate>', '<SegmentTemplate initialization="i" media="m"><SegmentTimeline><S t="-5" d="1"/></SegmentTimeline></SegmentTemplate>',
    '<SegmentTemplate initialization="i" media="m" timescale="0" duration="1"/>', '<SegmentTemplate initialization="i" media="m"/>', '<SegmentTemplate initialization="i" media="m"><SegmentTimeline><S t="0" d="1" r="-1"/></SegmentTimeline></SegmentTemplate>',
    '<SegmentTemplate initialization="i" media="m"><SegmentTimeline><S t="0" d="1" r="999999999"/></SegmentTimeline></SegmentTemplate>', '<SegmentTemplate initialization="i" media="http://"><SegmentTimeline><S t="0" d="1"/></SegmentTimeline></SegmentTemplate>',
  ])('refuses %s', (template) => {
    expect(() => readDashManifest(mpd(`<Period><AdaptationSet><Representation id="1">${template}</Representation></AdaptationSet></Period>`), url)).toThrow(MediaDamage);
  });
});

describe('readHlsPlaylist', () => {
  it('reads variants and audio with a playlist of its own', () => {
    const found = readHlsPlaylist(`#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English, main",DEFAULT=YES,URI="a.m3u8?x=1,2"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="b",NAME="muxed"
#EXT-X-STREAM-INF:BANDWIDTH=2500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"
QualityLevels(2500000)/Manifest(video,format=m3u8-cmaf)
# a comment
#EXT-X-STREAM-INF:BANDWIDTH=600000
https://cdn/low.m3u8`, url) as HlsMultivariant;
    expect(found).toEqual({
      kind: 'multivariant',
      variants: [
        { url: 'https://h/id/show.ism/QualityLevels(2500000)/Manifest(video,format=m3u8-cmaf)', bandwidth: 2_500_000, resolution: '1280x720', codecs: 'avc1.64001f,mp4a.40.2' },
        { url: 'https://cdn/low.m3u8', bandwidth: 600_000, resolution: undefined, codecs: undefined },
      ],
      audio: [{ url: 'https://h/id/show.ism/a.m3u8?x=1,2', name: 'English, main' }],
    });
  });

  it('reads segments with maps, byte ranges, gaps and discontinuities', () => {
    const found = readHlsPlaylist('#EXTM3U\r\n#EXT-X-MAP:URI="f.mp4",BYTERANGE="100@0"\r\n#EXTINF:2.0,title\r\n#EXT-X-BYTERANGE:50@100\r\nf.mp4\r\n#EXTINF:2\r\n#EXT-X-BYTERANGE:60\r\nf.mp4\r\n#EXT-X-DISCONTINUITY\r\n#EXT-X-GAP\r\n#EXTINF:1,\r\ng.mp4\r\n#EXT-X-ENDLIST', 'https://h/x/p.m3u8') as HlsMedia;
    expect(found.init).toEqual({ url: 'https://h/x/f.mp4', range: { first: 0, last: 99 } });
    expect(found.ended).toBe(true);
    expect(found.segments).toEqual([
      { url: 'https://h/x/f.mp4', range: { first: 100, last: 149 }, atSeconds: 0, newTimeline: false, declaredMissing: false },
      { url: 'https://h/x/f.mp4', range: { first: 150, last: 209 }, atSeconds: 2, newTimeline: false, declaredMissing: false },
      { url: 'https://h/x/g.mp4', range: undefined, atSeconds: 4, newTimeline: true, declaredMissing: true },
    ]);
  });

  it.each(['', 'x', '<html>', '#EXTM3U8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1', '#EXTM3U\n#EXTINF:abc\na', '#EXTM3U\n#EXT-X-BYTERANGE:0@1\n#EXTINF:1\na', '#EXTM3U\n#EXT-X-MAP:BYTERANGE="1@0"'])('refuses %j', (text) => {
    expect(() => readHlsPlaylist(text, url)).toThrow(MediaDamage);
  });

  it('throws only damage, whatever the lines', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('#EXTINF:1', '#EXT-X-STREAM-INF:', '#EXT-X-MAP:URI=', 'a', '#EXT-X-BYTERANGE:1@1', '#EXT-X-MEDIA:TYPE=AUDIO,URI="%%"', 'http://['));
    fc.assert(fc.property(fc.array(line), (lines) => {
      try {
        readHlsPlaylist(['#EXTM3U', ...lines].join('\n'), url);
      } catch (error) {
        expect(error).toBeInstanceOf(MediaDamage);
      }
    }));
  });
});
