// A peer that runs in a process of its own and in a folder of its own: started with its port open, ended with nothing left.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

export type Peer = { readonly folder: string; readonly child: ChildProcess; stop(): Promise<void> };

export async function makePeerFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `fieldcast-${name}-`));
}

/** Starts the command; `waitForPort` is knocked on until it answers. */
export async function startPeer(folder: string, command: string, args: readonly string[], waitForPort: number | undefined): Promise<Peer> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4000); });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (waitForPort !== undefined) {
      let isOpen = false;
      const knock = (): void => {
        const socket = net.connect(waitForPort, '127.0.0.1');
        socket.on('connect', () => {
          isOpen = true;
          socket.destroy();
        });
        socket.on('error', () => { setTimeout(knock, 50); });
      };
      knock();
      await until(() => isOpen || child.exitCode !== null, `${command} to listen`);
      if (!isOpen) throw new Error(`${command} ended with ${child.exitCode}: ${said}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, child, stop };
}
