import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEncoderOption, readLadderOption, readSizeOption, readUplinkOption } from '../../../src/main/cli/ladderOption.ts';

const dir = mkdtempSync(join(tmpdir(), 'fieldcast-ladder-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('--ladder', () => {
  it('takes auto, names, lists and files', () => {
    const file = join(dir, 'mine.json');
    writeFileSync(file, '{"renditions":[{"width":640,"height":360,"declaredKbps":500}]}');
    expect(readLadderOption('auto')).toBe('auto');
    expect(readLadderOption('480p')).toMatchObject({ name: '480p' });
    expect(readLadderOption('640x360:500')).toMatchObject({ renditions: [{ declaredKbps: 500 }] });
    expect(readLadderOption(file)).toMatchObject({ renditions: [{ name: '360p' }] });
  });

  it('says so when a file is missing or too large', () => {
    expect(() => readLadderOption(join(dir, 'none.json'))).toThrow(expect.objectContaining({ code: 'LADDER_INVALID', action: 'Check the path.' }));
    const large = join(dir, 'large.json');
    writeFileSync(large, ' '.repeat(70_000));
    expect(() => readLadderOption(large)).toThrow(/too large/);
  });
});

describe('--encoder, --uplink, --size', () => {
  it('are read', () => {
    expect(readEncoderOption('auto')).toBe('auto');
    expect(readEncoderOption('libx264:veryfast')).toEqual({ encoder: 'libx264', preset: 'veryfast' });
    expect(readEncoderOption('h264_videotoolbox')).toEqual({ encoder: 'h264_videotoolbox', preset: 'default' });
    expect(readUplinkOption('12000')).toBe(12_000);
    expect(readSizeOption('1080x1920@29.97')).toEqual({ width: 1080, height: 1920, frameRate: { num: 29_970, den: 1000 } });
  });

  it.each([
    [() => readEncoderOption('x264'), /one of: libx264/], [() => readEncoderOption('h264_nvenc'), /h264_nvenc:p1/], [() => readEncoderOption('libx264:p4'), /libx264:superfast/],
    [() => readUplinkOption('fast'), /--uplink 12000/], [() => readUplinkOption('-1'), /--uplink/], [() => readSizeOption('1080p'), /1920x1080@25/], [() => readSizeOption('9x9'), /WIDTHxHEIGHT/],
  ])('are refused with an example', (work, words) => {
    expect(work).toThrow(expect.objectContaining({ action: expect.stringMatching(words) as string }));
  });
});
