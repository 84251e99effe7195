// Reads `--ladder`, `--encoder`, `--uplink` and `--size`: text in, what the engine is asked for out.
import { readFileSync, statSync } from 'node:fs';
import { encoderChoiceSchema, ENCODER_NAMES, presetsOf, type EncoderChoice, type EncoderName } from '../../contract/encoder.ts';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import { sourceSizeSchema, type SourceSize } from '../../contract/ladderPlan.ts';
import { parseLadder, parseLadderJson } from '../encode/ladderText.ts';

/** A ladder is a few hundred bytes. */
const MAX_FILE_BYTES = 65_536;

/** `auto`, the name of a shipped ladder, a list such as `1080p:4500,720p:2500`, or the path of a JSON file. @throws {OperatorError} */
export function readLadderOption(text: string): Ladder | 'auto' {
  if (text === 'auto') return 'auto';
  return /\.json$/i.test(text) ? parseLadderJson(readSmallFile(text)) : parseLadder(text);
}

/** `auto`, or an encoder with its preset: `libx264:veryfast`, `h264_vaapi:normal`. @throws {OperatorError} `UNKNOWN_ENCODER`. */
export function readEncoderOption(text: string): EncoderChoice | 'auto' {
  if (text === 'auto') return 'auto';
  const [name = '', preset] = text.split(':');
  const encoder = ENCODER_NAMES.find((one): one is EncoderName => one === name);
  if (encoder === undefined) throw new OperatorError('UNKNOWN_ENCODER', `There is no encoder "${name.slice(0, 60)}".`, `Give auto, or one of: ${ENCODER_NAMES.join(', ')}; \`fieldcast encoders\` shows which work here.`);
  const presets = presetsOf(encoder);
  const parsed = encoderChoiceSchema.safeParse({ encoder, preset: preset ?? (presets.length === 1 ? presets[0] : '') });
  if (!parsed.success) throw new OperatorError('UNKNOWN_ENCODER', `${encoder} needs a preset that it has.`, `Write one of: ${presets.map((one) => `${encoder}:${one}`).join(', ')}.`);
  return parsed.data;
}

/** A measured uplink in kbit/s. @throws {OperatorError} `BAD_UPLINK`. */
export function readUplinkOption(text: string): number {
  const kbps = Number(text);
  if (Number.isInteger(kbps) && kbps >= 64 && kbps <= 10_000_000) return kbps;
  throw new OperatorError('BAD_UPLINK', `"${text.slice(0, 40)}" is no uplink.`, 'Give what was measured in kbit/s, for example --uplink 12000.');
}

/** `1920x1080` or `1080x1920@25`. @throws {OperatorError} `BAD_SIZE`. */
export function readSizeOption(text: string): SourceSize {
  const [, width, height, fps = '30'] = /^(\d{2,5})x(\d{2,5})(?:@(\d{1,3}(?:\.\d{1,3})?))?$/.exec(text) ?? [];
  const parsed = sourceSizeSchema.safeParse({ width: Number(width), height: Number(height), frameRate: { num: Math.round(Number(fps) * 1000), den: 1000 } });
  if (parsed.success) return parsed.data;
  throw new OperatorError('BAD_SIZE', `"${text.slice(0, 40)}" is no size.`, 'Write WIDTHxHEIGHT and, where it is not 30, @ and the frame rate: 1920x1080@25.');
}

function readSmallFile(file: string): string {
  try {
    if (statSync(file).size > MAX_FILE_BYTES) throw new OperatorError('LADDER_INVALID', `${file} is too large for a ladder.`, 'Name a JSON file with renditions.');
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError('LADDER_INVALID', `The ladder ${file} could not be read (${messageOf(error)}).`, 'Check the path.', { cause: error });
  }
}
