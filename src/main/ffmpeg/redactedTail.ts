// Keeps the last lines of a process's text output, with secrets replaced by value before anything is kept.

const MAX_LINES = 200;
const MAX_LINE_CHARS = 2_000;
const MAX_REPEATS_COUNTED = 1_000_000;

/** Replaces every occurrence of each secret, also in its percent-encoded form. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const values = [...new Set(secrets.flatMap((one) => [one, encodeURIComponent(one), encodeURI(one)]))]
    .filter((one) => one.length > 0)
    .sort((a, b) => b.length - a.length);
  return (text) => values.reduce((sofar, one) => sofar.replaceAll(one, '***'), text);
}

export interface RedactedTail {
  /** Text in any chunks. */
  write(text: string): void;
  /** The end of the output: keeps an unfinished last line. */
  end(): void;
  readonly lines: readonly string[];
}

/** The last 200 lines. Equal lines in a row are kept once with their count, so that a flood does not push the cause out. */
export function createRedactedTail(redact: (text: string) => string, onLine?: (line: string) => void): RedactedTail {
  const lines: string[] = [];
  let pending = '';
  let last = '';
  let repeats = 0;

  const keep = (raw: string): void => {
    const line = redact(raw.replace(/\r$/, '').slice(0, MAX_LINE_CHARS));
    if (line === '') return;
    if (line === last) {
      repeats = Math.min(repeats + 1, MAX_REPEATS_COUNTED);
      lines[lines.length - 1] = `${line} (${repeats + 1} times)`;
    } else {
      last = line;
      repeats = 0;
      lines.push(line);
      if (lines.length > MAX_LINES) lines.shift();
    }
    onLine?.(line);
  };

  return {
    write(text) {
      // A progress line that is rewritten in place ends in CR alone.
      const parts = (pending + text).split(/\r?\n|\r/);
      pending = parts.pop() ?? '';
      for (const part of parts) keep(part);
      if (pending.length > MAX_LINE_CHARS * 2) {
        keep(pending);
        pending = '';
      }
    },
    end() {
      if (pending !== '') keep(pending);
      pending = '';
    },
    lines,
  };
}
