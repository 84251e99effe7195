// The slate: what viewers see while the source gives no picture. Words drawn here, or a picture of the operator's, as one yuv420p
// frame of the program's size that is made before the show, because nothing can be made while something else fails.
import { OperatorError } from '../../contract/errors.ts';
import type { SlateSpec } from '../../contract/plan.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, hasGlyph, isDotSet } from './burnInFont.ts';
import { createSource } from './createSource.ts';
import { frameBytes } from './frameQueue.ts';
import type { ProgramFormat } from './pictureFilter.ts';

const DEFAULT_TEXT = 'Be right back';
/** BT.709 limited range: a dark grey that is told from a black, dead picture, and almost white words. */
const GROUND_LUMA = 40;
const WORD_LUMA = 225;
const NO_COLOUR = 128;
/** The words fill at most this share of the width, and a dot is at most this share of the height. */
const MAX_WIDTH_SHARE = 0.8;
const MAX_DOT_SHARE = 1 / 60;

/** @throws {OperatorError} `SLATE_TEXT` for letters that the font has not; what opening a source throws for a picture that cannot be read. */
export async function makeSlate(spec: SlateSpec | undefined, format: ProgramFormat, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>): Promise<readonly Uint8Array[]> {
  return spec?.picture === undefined ? [drawSlate(spec?.text ?? DEFAULT_TEXT, format)] : await firstPicture(spec.picture, format, ffmpeg);
}

/** One line of words in the middle. @throws {OperatorError} `SLATE_TEXT` */
export function drawSlate(text: string, { width, height }: Pick<ProgramFormat, 'width' | 'height'>): Uint8Array {
  const words = Array.from(text.toUpperCase());
  const unknown = words.find((character) => !hasGlyph(character));
  if (unknown !== undefined) {
    throw new OperatorError('SLATE_TEXT', `The slate cannot show the character “${unknown}”.`, 'Use the letters A to Z, digits and simple punctuation, or give a picture with --slate-picture.');
  }
  const frame = new Uint8Array(frameBytes(width, height)).fill(GROUND_LUMA, 0, width * height).fill(NO_COLOUR, width * height);
  const columns = Math.max(1, words.length * (GLYPH_WIDTH + 1) - 1);
  const dot = Math.max(1, Math.floor(Math.min((width * MAX_WIDTH_SHARE) / columns, height * MAX_DOT_SHARE)));
  const left = Math.floor((width - columns * dot) / 2);
  const top = Math.floor((height - GLYPH_HEIGHT * dot) / 2);
  for (let column = 0; column < columns; column += 1) {
    const character = words[Math.floor(column / (GLYPH_WIDTH + 1))] ?? ' ';
    const from = left + column * dot;
    for (let row = 0; row < GLYPH_HEIGHT; row += 1) {
      // Words that are too long for the picture are cut at its edges.
      if (!isDotSet(character, row, column % (GLYPH_WIDTH + 1)) || from < 0 || from + dot > width) continue;
      for (let line = top + row * dot; line < top + (row + 1) * dot; line += 1) frame.fill(WORD_LUMA, line * width + from, line * width + from + dot);
    }
  }
  return frame;
}

async function firstPicture(path: string, format: ProgramFormat, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>): Promise<readonly Uint8Array[]> {
  const source = await createSource({ kind: 'file', path }, format, ffmpeg, { wants: 'video' });
  try {
    await source.ready;
    const frame = source.video?.take();
    if (frame === undefined) throw new OperatorError('SLATE_PICTURE', `The picture ${path} gave no frame.`, 'Choose another picture.');
    // A copy: the frame may lie in a buffer that is used again.
    return [new Uint8Array(Buffer.concat(frame.pieces))];
  } finally {
    await source.stop();
  }
}
