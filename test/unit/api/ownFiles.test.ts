// Recordings and reports over the real API server: whole, in ranges, and for nobody but the owner.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordingUrl, reportNameOf, reportUrl } from '../../../src/contract/ownFiles.ts';
import type { RecordingNotes } from '../../../src/contract/recording.ts';
import type { ShowEvent } from '../../../src/contract/report.ts';
import { connectEngine } from '../../../src/main/api/client.ts';
import { startApiServer, type ApiServer } from '../../../src/main/api/server.ts';
import type { Stage } from '../../../src/main/show/stage.ts';

const ID = '0a1b2c3d-0000-4000-8000-000000000000';
let home: string;
let server: ApiServer;
let base: string;
let key: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fieldcast-files-'));
  const file = (name: string) => ({ path: join(home, name), firstFrame: 0, sizeBytes: 10, state: 'finished' as const });
  await writeFile(join(home, 'show.mp4'), '0123456789');
  await mkdir(join(home, 'reports'));
  await writeFile(join(home, 'reports', 'fieldcast-report-20260101T000000.zip'), 'zip');
  const notes: RecordingNotes = {
    version: 1, id: ID, event: 'e', startedAtUtc: '', pid: 1, isOver: true, rendition: '480p', timelineZeroUtcSeconds: 0, frameRate: { num: 25, den: 1 }, framesPerGop: 50,
    files: [file('show.mp4'), file('gone.mp4'), file('reports')], undelivered: [],
  };
  const stage: Partial<Stage> = {
    recordings: () => Promise.resolve([notes]),
    watch: async function* watch(signal): AsyncGenerator<ShowEvent> {
      yield { type: 'state', state: 'idle', sentence: '', atUtc: '' };
      await new Promise((resolve) => { signal?.addEventListener('abort', resolve, { once: true }); });
    },
  };
  server = await startApiServer(stage as Stage, { port: 0, allowedOrigins: [], home });
  base = `http://${new URL(server.ready.address).host}`;
  const connection = connectEngine(server.ready);
  const { filesKey } = await connection.api.me.query();
  await connection.close();
  key = filesKey ?? '';
});
afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

test('a recording is served whole and in the ranges that a player asks for', async () => {
  const url = recordingUrl(base, key, ID, 0);
  const whole = await fetch(url);
  expect([whole.status, whole.headers.get('content-type'), await whole.text()]).toEqual([200, 'video/mp4', '0123456789']);
  const part = async (range: string): Promise<unknown[]> => {
    const answer = await fetch(url, { headers: { range } });
    return [answer.status, answer.headers.get('content-range'), await answer.text()];
  };
  expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
  expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
  expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
  expect(await part('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
  expect(await part('bytes=10-')).toEqual([416, 'bytes */10', '']);
});

test('a report of the home is a download, and nothing beside it is there', async () => {
  const answer = await fetch(reportUrl(base, key, join(home, 'reports', 'fieldcast-report-20260101T000000.zip'))!);
  expect([answer.status, answer.headers.get('content-disposition')]).toEqual([200, 'attachment; filename="fieldcast-report-20260101T000000.zip"']);
  expect(reportNameOf('/elsewhere/mine.zip')).toBeUndefined();
  for (const rest of ['report/..%2fshow.mp4', 'report/x/fieldcast-report-20260101T000000.zip', 'report/fieldcast-report-20270101T000000.zip', `recording/${ID}/1`, `recording/${ID}/2`, `recording/${ID}/9`, 'recording/x/0', 'show.mp4']) {
    expect((await fetch(`${base}/files/${key}/${rest}`)).status, rest).toBe(404);
  }
});

test('without the key of this start nothing is served, and nothing but reading', async () => {
  expect((await fetch(recordingUrl(base, 'x'.repeat(43), ID, 0))).status).toBe(401);
  expect((await fetch(recordingUrl(base, key, ID, 0), { method: 'DELETE' })).status).toBe(405);
});
