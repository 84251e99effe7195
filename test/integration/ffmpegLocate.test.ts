import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { installFfmpegIfPossible } from '../../src/main/ffmpeg/install.ts';
import { locateFfmpeg, type LocateOptions } from '../../src/main/ffmpeg/locate.ts';
import { probeMedia } from '../../src/main/ffmpeg/probeMedia.ts';
import { writeExecutable } from '../support/executables.ts';

const debian = { kind: 'debian', isRoot: true } as const;
const absent = async (): Promise<undefined> => undefined;
let root = '';
let directory = '';
let real = '';
let count = 0;

beforeAll(async () => {
  real = (await locateFfmpeg()).path;
  root = await mkdtemp(join(tmpdir(), 'fieldcast-locate-'));
});
beforeEach(() => {
  count += 1;
  directory = join(root, String(count));
});
afterAll(async () => { await rm(root, { recursive: true, force: true }); });

/** Only the given directories are searched; the scripts need /bin/sh alone. */
const options = (path: readonly string[], over: LocateOptions = {}): LocateOptions =>
  ({ env: { PATH: path.join(delimiter) }, system: debian, staticPath: absent, timeoutMs: 5_000, ...over });

test('the real one passes and says what it can do', async () => {
  const found = await locateFfmpeg();
  expect(found.version.text).not.toBe('');
  expect(found.capabilities.encoders).toContain('libx264');
});

describe('the order', () => {
  test('FIELDCAST_FFMPEG, then ffmpeg-static, then the PATH', async () => {
    const [chosen, packaged, onPath] = [join(directory, 'chosen'), join(directory, 'packaged'), join(directory, 'bin', 'ffmpeg')];
    await writeExecutable(onPath, `exec ${real} "$@"`);
    for (const path of [chosen, packaged]) await symlink(real, path);
    const base = options([join(directory, 'bin')]);
    expect(await locateFfmpeg({ ...base, env: { ...base.env, FIELDCAST_FFMPEG: chosen }, staticPath: async () => packaged })).toMatchObject({ origin: 'FIELDCAST_FFMPEG', path: chosen });
    expect(await locateFfmpeg({ ...base, staticPath: async () => packaged })).toMatchObject({ origin: 'ffmpeg-static', path: packaged });
    expect(await locateFfmpeg({ ...base, staticPath: async () => join(directory, 'not downloaded') })).toMatchObject({ origin: 'PATH', path: onPath });
  });

  test('a broken one is passed over, and said', async () => {
    const broken = await writeExecutable(join(directory, 'a', 'ffmpeg'), 'exit 3');
    await writeExecutable(join(directory, 'b', 'ffmpeg'), `exec ${real} "$@"`);
    const found = await locateFfmpeg(options([join(directory, 'a'), join(directory, 'b')]));
    expect(found.path).toBe(join(directory, 'b', 'ffmpeg'));
    expect(found.passedOver.join()).toContain(broken);
  });

  test('a chosen one that fails is never replaced', async () => {
    const chosen = await writeExecutable(join(directory, 'mine'), 'exit 3');
    await writeExecutable(join(directory, 'bin', 'ffmpeg'), `exec ${real} "$@"`);
    const base = options([join(directory, 'bin')]);
    await expect(locateFfmpeg({ ...base, env: { ...base.env, FIELDCAST_FFMPEG: chosen } })).rejects.toMatchObject({ code: 'FFMPEG_UNUSABLE' });
    await expect(locateFfmpeg({ ...base, env: { ...base.env, FIELDCAST_FFMPEG: '/nowhere/ffmpeg' } })).rejects.toMatchObject({ code: 'FFMPEG_MISSING' });
  });
});

describe('what is wrong with it is said, with the command for this system', () => {
  const refused = async (body: string, code: string, words: string): Promise<void> => {
    await writeExecutable(join(directory, 'ffmpeg'), body);
    await expect(locateFfmpeg(options([directory], { timeoutMs: 400 }))).rejects.toMatchObject({
      code, message: expect.stringContaining(words) as unknown, action: expect.stringContaining('apt-get install -y ffmpeg') as unknown,
    });
  };
  test('missing', async () => {
    await expect(locateFfmpeg(options([directory]))).rejects.toMatchObject({ code: 'FFMPEG_MISSING', action: expect.stringContaining('apt-get') as unknown });
  });
  test('too old', () => refused('echo "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021 the FFmpeg developers"', 'FFMPEG_TOO_OLD', '4.4.2'));
  test('hanging, with a child', () => refused('sleep 300', 'FFMPEG_UNUSABLE', 'did not answer'));
  test('flooding', () => refused('while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done', 'FFMPEG_UNUSABLE', 'did not answer'));
  test('something else', () => refused('echo hello', 'FFMPEG_UNUSABLE', 'not FFmpeg'));
  test('crashing', () => refused('kill -SEGV $$', 'FFMPEG_UNUSABLE', 'crashed'));
  test('without an encoder', () => refused(`case "$*" in *-encoders) ${real} -hide_banner -encoders | grep -v libx264 ;; *) exec ${real} "$@" ;; esac`, 'FFMPEG_LACKS_PARTS', 'libx264'));
  test('not executable', async () => {
    const path = await writeExecutable(join(directory, 'ffmpeg'), 'exit 0', 0o644);
    await expect(locateFfmpeg(options([directory]))).rejects.toMatchObject({ code: 'FFMPEG_UNUSABLE' });
    await writeFile(path, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]));
    await chmod(path, 0o755);
    await expect(locateFfmpeg(options([directory]))).rejects.toMatchObject({ code: 'FFMPEG_UNUSABLE' });
  });
});

describe('installing', () => {
  const aptGet = (body: string): Promise<string> => writeExecutable(join(directory, 'apt-get'), body);

  test('on Debian as root, after saying so', async () => {
    // The stand-in does what the package would: an ffmpeg appears in a directory of the PATH.
    await aptGet(`echo "$@" >> ${directory}/asked\nif [ "$1" = install ]; then /bin/ln -s ${real} ${directory}/ffmpeg; fi`);
    const said: string[] = [];
    const found = await installFfmpegIfPossible((one) => said.push(one), options([directory]));
    expect(found.path).toBe(join(directory, 'ffmpeg'));
    expect(said[0]).toContain('apt-get install');
  });

  test('a failure, with its last words', async () => {
    await aptGet('echo "E: Unable to locate package ffmpeg" >&2; exit 100');
    await expect(installFfmpegIfPossible(() => {}, options([directory]))).rejects.toMatchObject({
      code: 'FFMPEG_INSTALL_FAILED', message: expect.stringContaining('Unable to locate package') as unknown,
    });
  });

  test.each([{ kind: 'debian', isRoot: false }, { kind: 'macos', isRoot: true }, { kind: 'fedora', isRoot: true }] as const)('not on %o', async (system) => {
    await aptGet(`: > ${directory}/asked`);
    await expect(installFfmpegIfPossible(() => {}, options([directory], { system }))).rejects.toMatchObject({ code: 'FFMPEG_MISSING' });
    expect(existsSync(join(directory, 'asked'))).toBe(false);
  });
});

describe('looking into an input', () => {
  test('bounded, also for a peer that never answers', async () => {
    const { createServer } = await import('node:net');
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => { server.once('listening', resolve); });
    const { port } = server.address() as { port: number };
    const found = await probeMedia(real, [], `http://127.0.0.1:${port}/x.mp4`, 500);
    expect(found).toMatchObject({ kind: 'timed-out' });
    server.close();
  });
  test('not media', async () => {
    expect(await probeMedia(real, [], '/etc/passwd', 5_000)).toMatchObject({ kind: 'failed', exit: { reason: 'not-media' } });
    expect(await probeMedia(real, [], '/nowhere.mp4', 5_000)).toMatchObject({ kind: 'failed', exit: { reason: 'no-such-file' } });
  });
});
