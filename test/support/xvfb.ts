// An X server without a screen, on a display number of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export type Xvfb = {
  /** `:N` */
  readonly display: string;
  readonly pid: number;
  stop(): Promise<void>;
};

const START_MS = 10_000;

/** Starts Xvfb with a white root window. It finds a free display number itself, unless it comes back as `display`. */
export async function startXvfb(width: number, height: number, display?: string): Promise<Xvfb> {
  const server = spawn('Xvfb', [...(display === undefined ? [] : [display]), '-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-wr', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const output = server.stdio[3] as Readable;
  const timer = setTimeout(() => server.kill('SIGKILL'), START_MS);
  let text = '';
  output.setEncoding('utf8').on('data', (more: string) => { text += more; });
  await new Promise<void>((resolve, reject) => {
    output.on('data', () => { if (text.includes('\n')) resolve(); });
    server.once('error', reject);
    server.once('exit', () => reject(new Error('Xvfb ended before it named its display.')));
  });
  clearTimeout(timer);
  return {
    display: `:${Number(text.trim())}`,
    pid: server.pid ?? 0,
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
}
