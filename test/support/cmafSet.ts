// A small CMAF presentation (HLS and DASH, two renditions and audio) made by FFmpeg and served over loopback, for tests of the player
// itself. It is a second maker of manifests, independent of the embedded service.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttp, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';

export type CmafSet = { readonly folder: string; remove(): Promise<void> };

/** What the set shows and plays. A frozen picture and silence prove that the player's measurements can fail. */
export type CmafContent = { readonly picture: 'moving' | 'frozen'; readonly sound: 'tone' | 'silence'; readonly seconds: number };

/** Renditions of the set, highest first. */
export const cmafHeights = [360, 180];

/** Writes `manifest.mpd` and `master.m3u8` with 2 s segments into a new folder. */
export async function makeCmafSet(content: CmafContent): Promise<CmafSet> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldcast-cmaf-'));
  await promisify(execFile)('ffmpeg', encodeArgs(content, folder, []), { timeout: 60_000 });
  return { folder, remove: async () => await rm(folder, { recursive: true, force: true }) };
}

/** The same in real time with a sliding window of five segments; resolves when two segments of the lowest rendition can be played. */
export async function startLiveCmafSet(content: CmafContent): Promise<CmafSet> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldcast-live-'));
  const encoder = spawn('ffmpeg', encodeArgs(content, folder, ['-window_size', '5', '-extra_window_size', '5']), { stdio: 'ignore' });
  const ended = once(encoder, 'exit');
  const remove = async (): Promise<void> => {
    encoder.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + 30_000;
  while (!(await readFile(join(folder, 'media_1.m3u8'), 'utf8').catch(() => '')).includes('stream1-00002')) {
    if (encoder.exitCode !== null || performance.now() > deadline) {
      await remove();
      throw new Error('FFmpeg made no live presentation.');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { folder, remove };
}

function encodeArgs({ picture, sound, seconds }: CmafContent, folder: string, live: readonly string[]): string[] {
  const pace = live.length > 0 ? ['-re'] : [];
  return [
    '-nostdin', '-loglevel', 'error',
    ...pace, '-f', 'lavfi', '-i', `${picture === 'moving' ? 'testsrc2=' : 'color=c=teal:'}size=640x360:rate=30`,
    ...pace, '-f', 'lavfi', '-i', sound === 'tone' ? 'sine=frequency=1000:sample_rate=48000' : 'anullsrc=sample_rate=48000:channel_layout=mono',
    '-t', String(seconds),
    '-filter_complex', '[0:v]split=2[a][b];[b]scale=320:180[c]', '-map', '[a]', '-map', '[c]', '-map', '1:a',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-keyint_min', '60', '-sc_threshold', '0',
    '-b:v:0', '600k', '-b:v:1', '200k', '-c:a', 'aac', '-b:a', '128k',
    '-f', 'dash', '-seg_duration', '2', '-adaptation_sets', 'id=0,streams=v id=1,streams=a', '-hls_playlist', '1', ...live,
    join(folder, 'manifest.mpd'),
  ];
}

const types: Record<string, string> = {
  '.mpd': 'application/dash+xml', '.m3u8': 'application/vnd.apple.mpegurl', '.m4s': 'video/iso.segment',
};

/** How to serve it: without `cors` a browser must refuse it, with `tls` it is https. */
export type ServeOptions = { readonly cors: boolean; readonly tls?: { readonly key: string; readonly cert: string } };

/** Serves the folder's files on an ephemeral port of 127.0.0.1; `base` ends in a slash. */
export async function serveCmafSet(folder: string, options: ServeOptions): Promise<{ base: string; close(): Promise<void> }> {
  const answer = async (name: string, response: ServerResponse): Promise<void> => {
    const body = await readFile(join(folder, name)).catch(() => undefined);
    if (options.cors) response.setHeader('access-control-allow-origin', '*');
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream', 'cache-control': 'no-store' }).end(body);
  };
  const listener: RequestListener = (request, response) => {
    void answer(basename(new URL(request.url ?? '/', 'http://localhost').pathname), response);
  };
  const server = options.tls === undefined ? createHttp(listener) : createHttps(options.tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // listen() on a host and port gives an AddressInfo; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  return {
    base: options.tls === undefined ? `http://127.0.0.1:${port}/` : `https://localhost:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
