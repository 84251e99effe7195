// When a recording can take the place of what the service has of its show.
import { expect, test } from 'vitest';
import type { RecordingNotes } from '../../../src/contract/recording.ts';
import { completionOf } from '../../../src/main/show/archiveCompletion.ts';
import type { Journal } from '../../../src/main/show/journal.ts';

const gap = { track: '720p', cause: 'network', fromSeconds: 10, toSeconds: 12, fromUtc: '2026-01-01T00:00:10Z', toUtc: '2026-01-01T00:00:12Z', frames: 60 } as const;
const file = { path: '/r/show.mp4', firstFrame: 0, endFrame: 900, sizeBytes: 1000, state: 'finished' } as const;
const notes: RecordingNotes = {
  version: 1, id: '6b1f0f5e-8f5e-4d0c-9a43-0a8a3f3a2a11', event: 'show-1', startedAtUtc: '2026-01-01T00:00:00Z', pid: 1, isOver: true, rendition: '720p',
  timelineZeroUtcSeconds: 1_767_225_600, frameRate: { num: 30, den: 1 }, framesPerGop: 60, files: [file], undelivered: [gap],
};
const show = {
  plan: { destination: { kind: 'embedded' } }, created: { eventName: 'Show-1', ownsEvent: true, startedEvent: true, publishedOutput: true, assetName: 'show-1-asset', manifestName: 'show' },
} as unknown as Journal;
const choice = { encode: 'adaptive', evenIfWhole: false } as const;

test('a finished recording replaces the stream of its show', () => {
  expect(completionOf(notes, [show], choice)).toEqual({
    paths: ['/r/show.mp4'], destination: { kind: 'embedded' }, encode: 'adaptive', publish: true, replaces: { assetName: 'show-1-asset', manifestName: 'show' },
  });
});

test.each<[string, RecordingNotes, readonly Journal[], typeof choice]>([
  ['RECORDING_IN_PARTS', { ...notes, files: [file, file] }, [show], choice],
  ['RECORDING_UNFINISHED', { ...notes, isOver: false }, [show], choice],
  ['RECORDING_UNFINISHED', { ...notes, files: [{ ...file, state: 'fragmented' as const }] }, [show], choice],
  ['NOTHING_MISSING', { ...notes, undelivered: [] }, [show], choice],
  ['SHOW_UNKNOWN', notes, [], choice],
  ['SHOW_UNKNOWN', notes, [{ ...show, created: { ...show.created, publishedOutput: false } }], choice],
  ['NOT_FOR_FILES', notes, [{ ...show, plan: { ...show.plan, destination: { kind: 'rtmp' as const, url: 'rtmp://h/a/k' } } }], choice],
])('says %s', (code, recording, shows, how) => {
  expect(() => completionOf(recording, shows, how)).toThrow(expect.objectContaining({ code }));
});

test('what is whole is replaced only when that is asked for', () => {
  expect(completionOf({ ...notes, undelivered: [] }, [show], { ...choice, evenIfWhole: true }).replaces).toBeDefined();
});
