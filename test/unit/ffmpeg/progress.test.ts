import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProgressParser } from '../../../src/main/ffmpeg/progress.ts';

// Captured from FFmpeg 5.1.9 with `-progress pipe:3`.
const CAPTURED = `frame=17
fps=0.00
stream_0_0_q=-0.0
bitrate=20736.0kbits/s
total_size=1382400
out_time_us=533333
out_time_ms=533333
out_time=00:00:00.533333
dup_frames=1
drop_frames=2
speed=1.07x
progress=continue
frame=34
fps=33.10
bitrate=N/A
total_size=N/A
out_time_us=1133333
out_time_ms=1133333
out_time=00:00:01.133333
dup_frames=1
drop_frames=2
speed=N/A
progress=end
`;

test('reads the blocks, their units and their end', () => {
  const [first, last] = createProgressParser()(CAPTURED);
  expect(first).toEqual({
    frame: 17, fps: 0, bitrateKbps: 20_736, totalSizeBytes: 1_382_400, outTimeMs: 533.333,
    duplicatedFrames: 1, droppedFrames: 2, speed: 1.07, isLast: false,
  });
  expect(last).toMatchObject({ frame: 34, bitrateKbps: undefined, totalSizeBytes: undefined, speed: undefined, isLast: true });
});

test('gives the same reports for any division into chunks', () => {
  const whole = createProgressParser()(CAPTURED);
  fc.assert(fc.property(fc.array(fc.nat(CAPTURED.length), { maxLength: 12 }), (cuts) => {
    const parse = createProgressParser();
    const places = [0, ...cuts.toSorted((a, b) => a - b), CAPTURED.length];
    const reports = places.slice(1).flatMap((end, index) => parse(CAPTURED.slice(places[index], end)));
    expect(reports).toEqual(whole);
  }));
});

test('survives any text', () => {
  fc.assert(fc.property(fc.array(fc.string(), { maxLength: 20 }), (texts) => {
    const parse = createProgressParser();
    for (const text of texts) parse(text);
    expect(parse(`\n${CAPTURED}`).length).toBeGreaterThanOrEqual(2);
  }));
});
