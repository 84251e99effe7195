// Before the integration tests: FFmpeg is found, or installed where that needs no question, or the exact command to install it is said.
import { delimiter, dirname } from 'node:path';
import { OperatorError } from '../../src/contract/errors.ts';
import { installFfmpegIfPossible } from '../../src/main/ffmpeg/install.ts';

export default async function setup(): Promise<void> {
  try {
    const { path, origin } = await installFfmpegIfPossible((sentence) => console.log(sentence));
    // Test support calls `ffmpeg` by name; it is to be the same one that the product uses.
    if (origin !== 'PATH') process.env['PATH'] = `${dirname(path)}${delimiter}${process.env['PATH'] ?? ''}`;
  } catch (error) {
    if (error instanceof OperatorError) throw new Error(`${error.message} ${error.action}`, { cause: error });
    throw error;
  }
}
