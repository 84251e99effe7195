import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerAppRequest } from '../../../src/main/shell/appFiles.ts';

let folder: string;
let root: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fieldcast-app-'));
  root = join(folder, 'renderer');
  await mkdir(join(root, 'assets'), { recursive: true });
  await writeFile(join(root, 'index.html'), '<p>page</p>');
  await writeFile(join(root, 'assets', 'index.js'), 'export {};');
  await writeFile(join(root, 'notes.env'), 'A=1');
  await writeFile(join(folder, 'secret.json'), '{}');
  await mkdir(join(folder, 'renderer-other'));
  await writeFile(join(folder, 'renderer-other', 'index.html'), 'not ours');
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const get = async (url: string): Promise<Response> => await answerAppRequest(root, { method: 'GET', url });

test('the page and its files come with their type and the security headers', async () => {
  for (const url of ['app://fieldcast/', 'app://fieldcast/index.html?a=1#b']) {
    const page = await get(url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toBe('<p>page</p>');
  }
  expect((await get('app://fieldcast/assets/index.js')).headers.get('content-type')).toContain('text/javascript');
});

test.each([
  'app://fieldcast/../secret.json',
  'app://fieldcast/%2e%2e/secret.json',
  'app://fieldcast/..%2fsecret.json',
  'app://fieldcast/..%5csecret.json',
  'app://fieldcast/../renderer-other/index.html',
  'app://fieldcast/..%2frenderer-other%2findex.html',
  'app://fieldcast/index.html%00.js',
  'app://fieldcast/%E0%A4%A',
  'app://fieldcast/notes.env',
  'app://fieldcast/assets',
  'app://fieldcast/missing.js',
  'app://other/index.html',
  'https://fieldcast/index.html',
])('%s is not found', async (url) => {
  const answer = await get(url);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toBe('');
});

test('only GET is answered', async () => {
  expect((await answerAppRequest(root, { method: 'POST', url: 'app://fieldcast/index.html' })).status).toBe(405);
});
