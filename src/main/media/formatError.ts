// The typed refusal of every media parser in this room. Parsers throw nothing else, whatever bytes they are given.

/** Bytes that do not follow their format. `code` is stable; the message names the rule that was broken. */
export class MediaFormatError extends Error {
  readonly code: 'truncated' | 'unsupported' | 'invalid';

  constructor(code: MediaFormatError['code'], message: string) {
    super(message);
    this.name = 'MediaFormatError';
    this.code = code;
  }
}
