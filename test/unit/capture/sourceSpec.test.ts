import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUrl, labelOf, parseAudioSpec, parseSourceSpec, secretsOfUrl, splitSoundSettings } from '../../../src/main/capture/sourceSpec.ts';
import { OperatorError } from '../../../src/contract/errors.ts';

test.each([
  ['test', { kind: 'test' }],
  ['file:/a/b.mp4', { kind: 'file', path: '/a/b.mp4' }],
  ['file:C:\\films\\a.mp4', { kind: 'file', path: 'C:\\films\\a.mp4' }],
  ['file:https://host/a.m3u8?x=1:2', { kind: 'file', path: 'https://host/a.m3u8?x=1:2' }],
  ['screen', { kind: 'screen' }],
  ['screen:', { kind: 'screen' }],
  ['screen::1.0', { kind: 'screen', display: ':1.0' }],
  ['microphone', { kind: 'microphone' }],
  ['microphone:hw:1,0', { kind: 'microphone', name: 'hw:1,0' }],
  ['camera:/dev/video2', { kind: 'camera', name: '/dev/video2' }],
])('%s', (text, spec) => {
  expect(parseSourceSpec(text)).toEqual(spec);
});

test('the sound may be silence or that of the picture', () => {
  expect(parseAudioSpec('none')).toEqual({ kind: 'none' });
  expect(parseAudioSpec('source')).toEqual({ kind: 'source' });
  expect(parseAudioSpec('microphone:a.b')).toEqual({ kind: 'microphone', name: 'a.b' });
});

test.each(['', 'webcam', 'test:1', 'file', 'file:', 'none', 'TEST', ':test', 'camera:a\nb', 'constructor', '__proto__:x'])('%j is refused with what there is', (text) => {
  expect(() => parseSourceSpec(text)).toThrow(OperatorError);
  expect(() => parseSourceSpec(text)).toThrow(expect.objectContaining({ code: 'SOURCE_UNKNOWN', action: expect.stringContaining('file:PATH') as unknown }));
});
test.each(['screen', 'camera', 'none:1', 'source:x'])('%j is no source of sound', (text) => {
  expect(() => parseAudioSpec(text)).toThrow(expect.objectContaining({ code: 'SOURCE_UNKNOWN' }));
});

test('any text is a source or a sentence', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      labelOf(parseSourceSpec(text));
    } catch (error) {
      expect(error).toBeInstanceOf(OperatorError);
    }
  }));
});

test('labels hold no secrets', () => {
  expect(labelOf(parseSourceSpec('file:rtsp://anna:pa%20ss@cam/1?token=abc'))).toBe('file rtsp://***@cam/1?***');
  expect(secretsOfUrl('rtsp://anna:pa%20ss@cam/1')).toContain('pa%20ss');
  expect(secretsOfUrl('/home/a@b?c')).toEqual([]);
});

test('a drive or a file: is no URL', () => {
  expect(['C:\\a.mp4', 'file:///a.mp4', '/a:b', 'a.mp4'].map(isUrl)).toEqual([false, false, false, false]);
  expect(['srt://h:1', 'https://h/a'].map(isUrl)).toEqual([true, true]);
});

test('gain and offset stand at the end of a source', () => {
  expect(splitSoundSettings('camera:A;B')).toEqual({ spec: 'camera:A;B', sound: {} });
  expect(splitSoundSettings('camera:A;B;offset=-80;gain=-6.5')).toEqual({ spec: 'camera:A;B', sound: { offsetMs: -80, gainDb: -6.5 } });
  expect(splitSoundSettings('test;gain=3')).toEqual({ spec: 'test', sound: { gainDb: 3 } });
  for (const wrong of ['test;gain=', 'test;gain=loud', 'test;offset=5000', 'test;gain=99;offset=1']) {
    expect(() => splitSoundSettings(wrong)).toThrow(expect.objectContaining({ code: 'SOURCE_SETTING' }));
  }
});
