// Stream keys from the command line: kept by name, fetched by name, never an argument; a missing one is said before anything is opened.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const KEY = 'abcd-efgh-ijkl-topsecret';

let home: string;
beforeEach(async () => { home = await mkdtemp(path.join(os.tmpdir(), 'fieldcast-keys-')); });
afterEach(async () => { await rm(home, { recursive: true, force: true }); });

async function run(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { timeout: 60_000, env: { PATH: process.env['PATH'], HOME: home, FIELDCAST_HOME: home, ...env } });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { out += text; });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { code, out };
}

describe('fieldcast keys', () => {
  it('keeps a key that comes from a pipe, lists its name alone, forgets it', { timeout: 60_000 }, async () => {
    expect(await run(['keys', '--set', 'youtube'], `${KEY}\n`)).toMatchObject({ code: 1, out: expect.stringContaining('SECRETS_NOT_KEPT') });
    const kept = await run(['keys', '--set', 'youtube', '--secrets', 'file'], `${KEY}\n`);
    expect(kept).toMatchObject({ code: 0, out: expect.stringContaining('The key of youtube is kept.') });
    expect(kept.out).not.toContain(KEY);
    const file = path.join(home, 'secrets.json');
    expect(await readFile(file, 'utf8')).toContain(KEY);
    expect((await stat(file)).mode & 0o077).toBe(0);
    const env = { FIELDCAST_SECRETS: 'file' };
    expect(await run(['keys'], '', env)).toEqual({ code: 0, out: 'youtube\n' });
    expect(await run(['keys', '--set', 'Ü'], `${KEY}\n`, env)).toMatchObject({ code: 1, out: expect.stringContaining('KEY_NAME') });
    await run(['keys', '--forget', 'youtube'], '', env);
    expect(await run(['keys'], '', env)).toEqual({ code: 0, out: 'No keys are kept.\n' });
  });
});

describe('a show whose key is missing', () => {
  const live = ['live', '--source', 'test', '--ladder', '480p', '--for', '2s', '--json'];
  it.each([
    [['--destination', 'youtube'], 'FIELDCAST_KEY_YOUTUBE'],
    [['--destination', 'rtmp://127.0.0.1:1/live/main', '--also', 'my-hall=rtmp://127.0.0.1:1/live'], 'FIELDCAST_KEY_MY_HALL'],
  ])('%j is refused with what to do', { timeout: 60_000 }, async (args, variable) => {
    const { code, out } = await run([...live, ...args]);
    expect(code).not.toBe(0);
    expect(out).toContain('STREAM_KEY_MISSING');
    expect(out).toContain(variable);
  });

  it('a key in an argument is refused before anything is started, and not repeated', { timeout: 60_000 }, async () => {
    const { code, out } = await run([...live, '--destination', 'embedded', '--also', `rtmp://127.0.0.1:1/live/${KEY}`]);
    expect({ code, out }).toMatchObject({ code: 1, out: expect.stringContaining('STREAM_KEY_IN_ARGUMENTS') });
    expect(out).not.toContain(KEY);
  });
});

describe('fieldcast services', () => {
  it('says what each can do and what each type of event takes', { timeout: 60_000 }, async () => {
    const { code, out } = await run(['services']);
    expect(code).toBe(0);
    expect(out).toMatch(/stream key\n.*\n +ravnur +Ravnur +as stream name/);
    expect(out).toMatch(/PassthroughBasic +up to .* 5000 in all/);
  });
});

describe('fieldcast platforms', () => {
  it('says what each takes, and where that is written', async () => {
    const { code, out } = await run(['platforms']);
    expect(code).toBe(0);
    for (const title of ['YouTube', 'Twitch', 'Facebook', 'LinkedIn', 'Vimeo']) expect(out).toContain(title);
    expect(out).toContain('https://support.google.com/youtube/answer/2853702');
  });
});
