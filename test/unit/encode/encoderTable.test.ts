import { describe, expect, it } from 'vitest';
import { DEFAULT_ENCODER, ENCODER_NAMES, encoderChoiceSchema, presetsOf, type EncoderChoice, type EncoderName } from '../../../src/contract/encoder.ts';
import { encoderAfterFailure } from '../../../src/main/encode/encoderFallback.ts';
import { ENCODER_TABLE, encoderArgs, x264Threads } from '../../../src/main/encode/encoderTable.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { ladderGraph, videoEncoderArgs } from '../../../src/main/encode/videoArgs.ts';

const RENDITION = { name: '720p', width: 1280, height: 720, declaredKbps: 2500 };
const HARDWARE = ENCODER_NAMES.filter((name) => name !== 'libx264');

function choiceOf(encoder: EncoderName): EncoderChoice {
  return { encoder, preset: ENCODER_TABLE[encoder].probePresets[0] };
}

/** `-name value` pairs; every option of the table has a value. */
function optionsOf(choice: EncoderChoice): Record<string, string> {
  const args = encoderArgs(RENDITION, 60, choice);
  return Object.fromEntries(Array.from({ length: args.length / 2 }, (_, index) => [args[2 * index] ?? '', args[2 * index + 1] ?? '']));
}

describe('the argument table', () => {
  it('writes nothing into the parameter sets of libx264 that changes with the bitrate', () => {
    const { '-threads': threads, ...options } = optionsOf(DEFAULT_ENCODER);
    expect(Number(threads)).toBeGreaterThan(0);
    expect(options).toEqual({
      '-c:v': 'libx264', '-preset': 'superfast', '-profile:v': 'high', '-g': '60', '-keyint_min': '60', '-sc_threshold': '0',
      '-flags': '+cgop', '-bf': '2', '-b:v': '2500k', '-maxrate': '2500k', '-bufsize': '2500k',
      '-x264-params': 'filler=1:b-pyramid=none:scenecut=0:open-gop=0:force-cfr=1:b-adapt=0',
    });
  });

  it.each(ENCODER_NAMES)('%s puts its IDRs where the timeline has them when it begins inside a GOP, at the bitrate of the moment', (encoder) => {
    const args = encoderArgs({ ...RENDITION, targetKbps: 1500 }, 60, choiceOf(encoder), { gopPhase: 17 });
    expect(args[args.indexOf('-force_key_frames') + 1]).toBe('expr:not(mod(n+17,60))');
    expect(args[args.indexOf('-b:v') + 1]).toBe('1500k');
    if (encoder === 'libx264') expect(args[args.indexOf('-forced-idr') + 1]).toBe('1');
  });

  it.each(HARDWARE)('%s begins every GOP with a forced keyframe, has no B-frames and one look for all', (encoder) => {
    const options = optionsOf(choiceOf(encoder));
    expect(options['-c:v']).toBe(encoder);
    expect(options).toMatchObject({ '-g': '60', '-bf': '0', '-force_key_frames': 'expr:not(mod(n,60))', '-b:v': '2500k' });
    expect(options['-bsf:v']).toContain('colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1');
  });

  it.each(HARDWARE.filter((name) => name !== 'h264_videotoolbox'))('%s has its buffer bounded at a second', (encoder) => {
    expect(optionsOf(choiceOf(encoder))).toMatchObject({ '-maxrate': '2500k', '-bufsize': '2500k' });
  });

  it.each([
    ['h264_nvenc', { '-rc': 'cbr', '-tune': 'll', '-forced-idr': '1', '-no-scenecut': '1', '-b_ref_mode': 'disabled' }],
    ['h264_qsv', { '-forced_idr': '1', '-idr_interval': '0', '-adaptive_i': '0', '-adaptive_b': '0', '-look_ahead': '0', '-flags': '+cgop' }],
    ['h264_amf', { '-rc': 'cbr', '-usage': 'lowlatency', '-filler_data': '1', '-enforce_hrd': '1', '-frame_skipping': '0' }],
    ['h264_mf', { '-rate_control': 'cbr', '-scenario': 'camera_record', '-hw_encoding': '1' }],
    ['h264_videotoolbox', { '-allow_sw': '0', '-realtime': '1' }],
    ['h264_vaapi', { '-rc_mode': 'CBR', '-idr_interval': '0', '-low_power': '0' }],
  ] as const)('%s is told in its own words', (encoder, meaning) => {
    expect(optionsOf(choiceOf(encoder))).toMatchObject(meaning);
  });

  it('uses a feature only where it was chosen', () => {
    expect(optionsOf({ ...choiceOf('h264_nvenc'), features: ['cbr_padding'] })).toMatchObject({ '-cbr_padding': '1' });
    expect(optionsOf(choiceOf('h264_nvenc'))).not.toHaveProperty('-cbr_padding');
    // Apple refuses a peak limit beside a constant bitrate.
    expect(optionsOf({ ...choiceOf('h264_videotoolbox'), features: ['constant_bit_rate'] })).not.toHaveProperty('-maxrate');
    expect(optionsOf({ ...choiceOf('h264_videotoolbox'), features: ['peak_limit'] })).toMatchObject({ '-maxrate': '2500k' });
  });

  it('uploads each finished picture of vaapi, and names the device before the input', () => {
    const choice: EncoderChoice = { ...choiceOf('h264_vaapi'), device: '/dev/dri/renderD129' };
    const args = videoEncoderArgs(ladderByName('480p'), 60, choice, ['pipe:1', 'pipe:4']);
    expect(args.slice(0, 4)).toEqual(['-init_hw_device', 'vaapi=gpu:/dev/dri/renderD129', '-filter_hw_device', 'gpu']);
    expect(args[args.indexOf('-filter_complex_threads') + 1]).toBe('1');
    expect(args[args.indexOf('-filter_complex') + 1]?.split(';')).toEqual([
      '[0:v]setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,setsar=1,split=2[m0][c1]',
      '[m0]format=nv12,hwupload[v0]',
      '[c1]scale=640:360,setsar=1[m1]',
      '[m1]format=nv12,hwupload[v1]',
    ]);
    expect(ladderGraph(ladderByName('480p').renditions)).not.toContain('hwupload');
  });

  it('gives x264 threads by the size of the picture', () => {
    const threads = (processors: number): number[] => ladderByName('1080p').renditions.map((one) => x264Threads(one, processors));
    expect(threads(1)).toEqual([2, 1, 1, 1]);
    expect(threads(2)).toEqual([3, 2, 1, 1]);
    expect(threads(16)).toEqual([8, 4, 2, 1]);
    expect(x264Threads({ name: '2160p', width: 3840, height: 2160, declaredKbps: 16_000 }, 4)).toBe(6);
  });

  it('knows only presets that the contract has', () => {
    for (const encoder of ENCODER_NAMES) {
      for (const preset of ENCODER_TABLE[encoder].probePresets) expect(presetsOf(encoder)).toContain(preset);
    }
    expect(encoderChoiceSchema.safeParse({ encoder: 'h264_nvenc', preset: 'superfast' }).success).toBe(false);
    expect(encoderChoiceSchema.safeParse({ encoder: 'libx264', preset: 'toString' }).success).toBe(false);
    expect(encoderChoiceSchema.safeParse({ encoder: 'h264_vaapi', preset: 'normal', device: '/dev/sda' }).success).toBe(false);
  });
});

describe('the encoder after a failure', () => {
  it('is libx264 for hardware, without B-frames where there were none', () => {
    for (const encoder of HARDWARE) expect(encoderAfterFailure(choiceOf(encoder))).toEqual({ encoder: 'libx264', preset: 'superfast', bFrames: 0 });
    const after = encoderAfterFailure(choiceOf('h264_nvenc'));
    expect(optionsOf(after)['-bf']).toBe('0');
    expect(encoderAfterFailure(after)).toEqual(after);
  });

  it('is the same for libx264, which has nothing to fall back to', () => {
    expect(encoderAfterFailure(DEFAULT_ENCODER)).toEqual(DEFAULT_ENCODER);
  });
});
