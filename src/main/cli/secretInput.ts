// Reads one secret from the standard input, where no process list and no shell history can see it. Never echoes it.
import type { ReadStream } from 'node:tty';
import { OperatorError } from '../../contract/errors.ts';

const MAX_SECRET_BYTES = 8 * 1024;
const CTRL_C = String.fromCodePoint(3);
const CTRL_D = String.fromCodePoint(4);
const ERASES_ONE = new Set([String.fromCodePoint(8), String.fromCodePoint(127)]);
const ERASES_ALL = String.fromCodePoint(21);

/** The first line of `input`, without its end; a terminal can be read from again afterwards. @throws OperatorError SIGN_IN_NO_SECRET. */
export async function readSecret(input: ReadStream | NodeJS.ReadStream, say: (text: string) => void, what = 'client secret'): Promise<string> {
  if (input.isTTY) {
    // Nothing that is typed as soon as the question stands there may be echoed any more.
    input.setRawMode(true);
    say(`Paste the ${what} and press Enter (it is not shown):`);
  }
  try {
    const secret = await firstLine(input);
    if (secret !== '') return secret;
  } finally {
    if (input.isTTY) input.setRawMode(false);
    input.pause();
  }
  throw new OperatorError('SIGN_IN_NO_SECRET', 'No secret came from the standard input.', 'Pipe it in: fieldcast … < secret-file.');
}

async function firstLine(input: ReadStream | NodeJS.ReadStream): Promise<string> {
  let text = '';
  // Destroyed by the iterator, a terminal could neither be asked for a second secret nor control the show.
  for await (const chunk of input.iterator({ destroyOnReturn: !input.isTTY })) {
    text += String(chunk);
    // In raw mode Ctrl-C and Ctrl-D arrive as characters.
    if (text.includes(CTRL_C) || text.includes(CTRL_D)) throw new OperatorError('SIGN_IN_CANCELLED', 'The input was cancelled.', 'Begin again when you want to.');
    if (text.length > MAX_SECRET_BYTES || /[\r\n]/.test(text)) break;
  }
  return withoutErased(text.split(/[\r\n]/)[0] ?? '').trim();
}

/** In raw mode the terminal corrects nothing itself: backspace takes one character back, Ctrl-U all. */
function withoutErased(line: string): string {
  let kept = '';
  for (const character of line) kept = ERASES_ONE.has(character) ? kept.slice(0, -1) : character === ERASES_ALL ? '' : kept + character;
  return kept;
}
