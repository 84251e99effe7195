// The question for a key on a real terminal: nothing of the answer is shown, corrections count, and the terminal is as it was afterwards,
// also after Ctrl-C. From a pipe the same works without a question.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasTerminals, openTerminal, type Terminal } from '../support/terminal.ts';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const KEY = 'Zk3x-9Qvw-7Jyb-Pm5d';
const CTRL_C = String.fromCodePoint(3);
const BACKSPACE = String.fromCodePoint(127);
const CTRL_U = String.fromCodePoint(21);

let home: string;
beforeEach(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-prompt-')); });
afterEach(async () => { await rm(home, { recursive: true, force: true }); });

/** A shell that runs the command and then says its exit code and how the terminal is set. */
function ask(args: string): Terminal {
  return openTerminal(`"$NODE" "$CLI" ${args}; echo "code=$?"; stty -a; echo done`, { ...process.env, NODE: process.execPath, CLI, FIELDCAST_HOME: home, SHELL: '/bin/sh', NODE_NO_WARNINGS: '1' });
}
const keptKeys = async (): Promise<string> => readFile(path.join(home, 'secrets.json'), 'utf8').catch(() => '');

describe.skipIf(!hasTerminals)('a key that is asked for on a terminal (skipped without `script` of util-linux)', () => {
  it('is not shown, and the terminal echoes again afterwards', { timeout: 60_000 }, async () => {
    const terminal = ask('keys --set youtube --secrets file');
    await terminal.saw('(it is not shown):');
    terminal.type(`${KEY}\r`);
    await terminal.saw('done');
    await terminal.ended;
    expect(terminal.shown()).toContain('The key of youtube is kept.');
    expect(terminal.shown()).toContain('code=0');
    // No part of it either: an echo shows character by character.
    for (let at = 0; at + 4 <= KEY.length; at += 4) expect(terminal.shown()).not.toContain(KEY.slice(at, at + 4));
    expect(terminal.shown()).toMatch(/[^-]icanon/);
    expect(terminal.shown()).toMatch(/[^-]echo /);
    expect(await keptKeys()).toContain(KEY);
  });

  it('takes corrections, and Ctrl-C, which keeps nothing and leaves the terminal as it was', { timeout: 60_000 }, async () => {
    const corrected = ask('keys --set youtube --secrets file');
    await corrected.saw('(it is not shown):');
    corrected.type(`wrong${CTRL_U}${KEY}xy${BACKSPACE}${BACKSPACE}\r`);
    await corrected.ended;
    expect(JSON.stringify(JSON.parse(await keptKeys()))).toMatch(new RegExp(`"${KEY}"`));
    await rm(path.join(home, 'secrets.json'));

    const cancelled = ask('keys --set youtube --secrets file');
    await cancelled.saw('(it is not shown):');
    cancelled.type(KEY.slice(0, 9));
    cancelled.type(CTRL_C);
    await cancelled.saw('done');
    await cancelled.ended;
    expect(cancelled.shown()).toContain('SIGN_IN_CANCELLED');
    expect(cancelled.shown()).toMatch(/code=[1-9]/);
    expect(cancelled.shown()).not.toContain(KEY.slice(0, 4));
    expect(cancelled.shown()).toMatch(/[^-]icanon/);
    expect(cancelled.shown()).toMatch(/[^-]isig/);
    expect(cancelled.shown()).toMatch(/[^-]echo /);
    expect(await keptKeys()).not.toContain(KEY.slice(0, 4));
  });

  it('is echoed where nothing hides it: the terminal of these tests would show it', { timeout: 30_000 }, async () => {
    const terminal = openTerminal('read answer; stty -echo -icanon; stty -a; echo done', { ...process.env, SHELL: '/bin/sh' });
    terminal.type(`${KEY}\r`);
    await terminal.saw('done');
    await terminal.ended;
    expect(terminal.shown()).toContain(KEY);
    expect(terminal.shown()).toMatch(/-icanon/);
    expect(terminal.shown()).toMatch(/-echo /);
  });
});
