import { describe, expect, it } from 'vitest';
import { jsonPrinter, textPrinter } from '../../../src/main/cli/showPrinter.ts';
import type { ShowEvent } from '../../../src/contract/report.ts';

function outputOf(isTTY: boolean, events: readonly ShowEvent[]): string {
  let text = '';
  const printer = textPrinter({ isTTY, columns: 60, write: (more) => { text += more; } });
  for (const event of events) printer.print(event);
  return text;
}

const progress: ShowEvent = { type: 'progress', sentence: 'Starting the event.' };
const live: ShowEvent = { type: 'state', state: 'live', sentence: 'On air: viewers can watch.', atUtc: '2026-01-01T00:00:00Z' };
const warning: ShowEvent = { type: 'warning', failure: { code: 'X', message: 'Something is slow.', action: 'Wait.' } };

describe('textPrinter', () => {
  it('prints every line where there is no terminal, without control characters', () => {
    const text = outputOf(false, [progress, live, warning]);
    expect(text).toBe('           Starting the event.\nLIVE       On air: viewers can watch.\nATTENTION  Something is slow. Wait. [X]\n');
  });

  it('rewrites what is of the moment on a terminal, never wider than it', () => {
    const text = outputOf(true, [{ type: 'progress', sentence: 'x'.repeat(200) }, live]);
    const [moment, ...rest] = text.split('\r\u001B[2K').slice(1);
    expect(moment).toHaveLength(59);
    expect(rest.join('')).toBe('LIVE       On air: viewers can watch.\n');
  });
});

describe('jsonPrinter', () => {
  it('prints one object a line', () => {
    let text = '';
    const printer = jsonPrinter({ write: (more) => { text += more; } });
    printer.print(live);
    printer.print(warning);
    expect(text.trim().split('\n').map((line) => JSON.parse(line))).toEqual([live, warning]);
  });
});
