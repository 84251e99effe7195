// The list of a set of MP4 files, written and read.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseServerManifest, serverManifest } from '../../../src/main/transcode/serverManifest.ts';

test('what is written is read again, whatever files are called', () => {
  const track = fc.record({
    kind: fc.constantFrom('video' as const, 'audio' as const),
    fileName: fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => !/[/\\:]/.test(name) && !name.startsWith('.')),
    bitrate: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(track, { maxLength: 20 }), (tracks) => { expect(parseServerManifest(serverManifest(tracks))).toEqual(tracks); }));
});

test('the form of the service’s own encoder, and that of tools', () => {
  expect(parseServerManifest(`<?xml version="1.0"?><smil xmlns="http://www.w3.org/2001/SMIL20/Language"><head><meta name="clientManifestRelativePath" content="a.ismc"/></head><body><switch>
    <video src='film_1920x1080.mp4' systemBitrate='4500000' systemLanguage='eng'><param name="trackID" value="1" valuetype="data"/></video>
    <VIDEO src = "film_640x360.mp4"/>
    <audio src="film_1920x1080.mp4" title="English &amp; more"></audio></switch></body></smil>`)).toEqual([
    { kind: 'video', fileName: 'film_1920x1080.mp4', bitrate: 4_500_000 },
    { kind: 'video', fileName: 'film_640x360.mp4', bitrate: undefined },
    { kind: 'audio', fileName: 'film_1920x1080.mp4', bitrate: undefined },
  ]);
});

test('nothing outside of the asset is named, and no text is too much', () => {
  for (const src of ['../secret.mp4', '/etc/passwd', 'a/b.mp4', String.raw`..\x.mp4`, 'http://host/x.mp4', '', '.hidden']) {
    expect(parseServerManifest(serverManifest([{ kind: 'video', fileName: src, bitrate: 1 }]))).toEqual([]);
  }
  expect(parseServerManifest('<video '.repeat(100_000))).toEqual([]);
  expect(parseServerManifest(serverManifest(Array.from({ length: 500 }, (_, index) => ({ kind: 'video' as const, fileName: `${index}.mp4`, bitrate: 1 }))))).toHaveLength(64);
});
