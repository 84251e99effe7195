// `fieldcast service` in a process of its own, for playing what earlier shows of the same home have left.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import readline from 'node:readline';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const READY_MS = 30_000;

/** Resolves when it answers; `stop` ends it and resolves with its exit code. */
export async function startForegroundService(home: string): Promise<{ stop(): Promise<number | null> }> {
  const child = spawn(process.execPath, [CLI, 'service'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FIELDCAST_HOME: home } });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  const closed = new Promise<number | null>((resolve) => { child.once('close', resolve); });
  const lines = readline.createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => { if (line.startsWith('API')) resolve(); });
    void closed.then((code) => reject(new Error(`fieldcast service ended with ${code}: ${stderr}`)));
  });
  clearTimeout(timer);
  return {
    stop: async () => {
      child.kill('SIGTERM');
      return closed;
    },
  };
}
