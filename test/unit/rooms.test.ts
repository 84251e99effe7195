// The room rules really fire: a small tree that breaks each of them is judged by the project's own configuration.
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const project = fileURLToPath(new URL('../../', import.meta.url));

type Case = { readonly file: string; readonly source: string; readonly rule: string };
/** Each file breaks exactly the rule beside it. */
const violations: readonly Case[] = [
  { rule: 'room-rtmp', file: 'src/main/rtmp/a.ts', source: "import '../media/target.ts';" },
  { rule: 'room-durable', file: 'src/main/durable/a.ts', source: "import '../media/target.ts';" },
  { rule: 'room-media', file: 'src/main/media/a.ts', source: "import '../rtmp/target.ts';" },
  { rule: 'room-ffmpeg', file: 'src/main/ffmpeg/a.ts', source: "import '../capture/target.ts';" },
  { rule: 'room-capture', file: 'src/main/capture/a.ts', source: "import '../encode/target.ts';" },
  { rule: 'room-program', file: 'src/main/program/a.ts', source: "import '../ffmpeg/target.ts';" },
  { rule: 'room-encode', file: 'src/main/encode/a.ts', source: "import '../capture/target.ts';" },
  { rule: 'room-publish', file: 'src/main/publish/a.ts', source: "import '../ffmpeg/target.ts';" },
  { rule: 'room-record', file: 'src/main/record/a.ts', source: "import '../rtmp/target.ts';" },
  { rule: 'room-monitor', file: 'src/main/monitor/a.ts', source: "import '../capture/target.ts';" },
  { rule: 'room-health', file: 'src/main/health/a.ts', source: "import '../cloud/target.ts';" },
  { rule: 'room-cloud', file: 'src/main/cloud/a.ts', source: "import '../service/target.ts';" },
  { rule: 'room-secrets', file: 'src/main/secrets/a.ts', source: "import '../cloud/target.ts';" },
  { rule: 'room-upload', file: 'src/main/upload/a.ts', source: "import '../service/target.ts';" },
  { rule: 'room-transcode', file: 'src/main/transcode/a.ts', source: "import '../encode/target.ts';" },
  { rule: 'room-service', file: 'src/main/service/a.ts', source: "import '../show/target.ts';" },
  { rule: 'room-show', file: 'src/main/show/a.ts', source: "import '../service/target.ts';" },
  { rule: 'room-page', file: 'src/main/page/a.ts', source: "import '../show/target.ts';" },
  { rule: 'room-api', file: 'src/main/api/a.ts', source: "import '../publish/target.ts';" },
  { rule: 'room-shell', file: 'src/main/shell/a.ts', source: "import '../show/target.ts';" },
  { rule: 'room-hosting', file: 'src/main/hosting/a.ts', source: "import '../show/target.ts';" },
  { rule: 'room-cli', file: 'src/main/cli/a.ts', source: "import '../show/target.ts';" },
  { rule: 'room-preload', file: 'src/preload/a.ts', source: "import '../main/api/client.ts';" },
  { rule: 'room-renderer', file: 'src/renderer/a.ts', source: "import '../main/api/server.ts';" },
  { rule: 'room-contract', file: 'src/contract/a.ts', source: "import '../main/media/target.ts';" },
  { rule: 'contract-knows-only-zod', file: 'src/contract/b.ts', source: "import 'node:fs';" },
  { rule: 'electron-only-in-shell', file: 'src/main/api/b.ts', source: "import { app } from 'electron'; app.quit();" },
  { rule: 'codecs-have-no-sockets', file: 'src/main/rtmp/b.ts', source: "import 'node:net';" },
  { rule: 'codecs-have-no-sockets', file: 'src/main/media/b.ts', source: "import 'node:fs/promises';" },
  { rule: 'nobody-imports-an-entry', file: 'src/main/show/b.ts', source: "import '../engine.ts';" },
  { rule: 'source-never-imports-tests', file: 'src/main/show/c.ts', source: "import '../../../test/support/target.ts';" },
  { rule: 'no-cycles', file: 'src/main/record/b.ts', source: "import './c.ts';" },
  { rule: 'no-unresolvable', file: 'src/main/record/d.ts', source: "import './nowhere.ts';" },
];

const rooms = ['rtmp', 'durable', 'media', 'ffmpeg', 'capture', 'program', 'encode', 'publish', 'record', 'monitor', 'health', 'cloud', 'secrets', 'hosting', 'upload', 'transcode', 'service', 'show', 'page', 'api', 'cli', 'shell'];
/** What the violations point at, and imports that are allowed. */
const innocent: Readonly<Record<string, string>> = {
  ...Object.fromEntries(rooms.map((room) => [`src/main/${room}/target.ts`, 'export {};'])),
  'src/main/api/client.ts': "import type {} from './server.ts'; import '../../contract/target.ts';",
  'src/main/api/server.ts': "import '../show/target.ts';",
  'src/main/engine.ts': 'export {};',
  'src/main/record/c.ts': "import './b.ts';",
  'src/contract/target.ts': "import 'zod';",
  'src/renderer/good.ts': "import '../main/api/client.ts'; import '../contract/target.ts';",
  'src/main/shell/good.ts': "import 'electron'; import '../api/client.ts'; import '../../contract/target.ts';",
  'src/main/cloud/good.ts': "import '../media/target.ts'; import '../secrets/target.ts'; import '../durable/target.ts';",
  'src/main/publish/good.ts': "import 'node:net'; import '../rtmp/target.ts'; import '../media/target.ts';",
  'test/support/target.ts': 'export {};',
};

let broken: readonly { from: string; rule: string }[];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fieldcast-rooms-'));
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) await cp(join(project, file), join(folder, file));
  for (const [file, source] of [...Object.entries(innocent), ...violations.map(({ file, source }) => [file, source] as const)]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), source);
  }
  const report = await new Promise<string>((resolve, reject) => {
    const cli = join(project, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
    // It exits with the number of violations, so only silence is a failure.
    execFile(process.execPath, [cli, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'],
      { cwd: folder, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout) => (stdout === '' ? reject(error ?? new Error('dependency-cruiser said nothing.')) : resolve(stdout)));
  });
  const { summary } = JSON.parse(report) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  broken = summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }));
}, 90_000);
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('each rule fires where it is broken', () => {
  test.each(violations)('$rule in $file', ({ file, rule }) => {
    expect(broken.filter((one) => one.from === file).map((one) => one.rule)).toContain(rule);
  });
});

test('every folder of src/main is a room with a rule', async () => {
  const folders = (await readdir(join(project, 'src/main'), { withFileTypes: true })).filter((one) => one.isDirectory()).map((one) => one.name);
  const ruled = new Set(violations.map((one) => one.rule.replace(/^room-/, '')));
  expect(folders.filter((one) => !ruled.has(one))).toEqual([]);
});

test('and nowhere else', () => {
  const expected = new Set(violations.map((one) => one.file));
  // The other half of the cycle is reported too.
  expected.add('src/main/record/c.ts');
  expect(broken.filter((one) => !expected.has(one.from))).toEqual([]);
});
