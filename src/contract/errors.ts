// The one error type that reaches an operator: a stable code, a sentence, and what to do next.

/** An expected failure. `message` says what happened, `action` what to do about it; `code` never changes between versions. */
export class OperatorError extends Error {
  readonly code: string;
  readonly action: string;

  constructor(code: string, message: string, action: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'OperatorError';
    this.code = code;
    this.action = action;
  }
}

/** The message of anything thrown, for a sentence that quotes it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
