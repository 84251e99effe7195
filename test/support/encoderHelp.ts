// Compares the argument table with what `ffmpeg -h encoder=…` says.
import type { EncoderChoice, EncoderFeature, EncoderName } from '../../src/contract/encoder.ts';
import { ENCODER_TABLE, encoderArgs } from '../../src/main/encode/encoderTable.ts';

/** Options of every encoder (libavcodec/options_table.h) and of the program itself. */
const GENERIC = new Set(['-c:v', '-profile:v', '-g', '-keyint_min', '-bf', '-b:v', '-maxrate', '-bufsize', '-flags', '-threads', '-force_key_frames', '-bsf:v', '-sc_threshold']);

/** What `-h encoder=…` does not have of the options and named values that the table gives. */
export function unknownOptions(encoder: EncoderName, help: string, features: EncoderFeature[] = []): string[] {
  const choice: EncoderChoice = { encoder, preset: ENCODER_TABLE[encoder].probePresets[0], features };
  const args = encoderArgs({ name: 'top', width: 320, height: 180, declaredKbps: 400 }, 60, choice);
  const pairs = Array.from({ length: args.length / 2 }, (_, index) => [args[2 * index] ?? '', args[2 * index + 1] ?? ''] as const);
  return pairs.filter(([name]) => !GENERIC.has(name)).flatMap(([name, value]) => {
    const block = new RegExp(`^  ${name} +<\\w+>.*\\n((?:     .*\\n)*)`, 'm').exec(help);
    if (block === null) return [name];
    const values = block[1] ?? '';
    return values !== '' && !/^-?\d+$/.test(value) && !new RegExp(`^     ${value} `, 'm').test(values) ? [`${name} ${value}`] : [];
  });
}
