// A stand-in for the engine: starts FFmpeg workers, prints their process ids as one JSON line, then waits to be killed.
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { configureReaper, reaperPid } from '../../src/main/ffmpeg/reaperClient.ts';
import { outputFd, startWorker } from '../../src/main/ffmpeg/worker.ts';

configureReaper({ execPath: process.execPath, entryPath: fileURLToPath(new URL('../../src/main/reaper.ts', import.meta.url)) });
const binary = process.argv[2] ?? 'ffmpeg';
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=5,realtime', '-f', 'rawvideo', `pipe:${outputFd(0)}`];
const workers = [
  startWorker({ name: 'running', binary, args: picture, stdin: 'control', outputs: 1, upTimeoutMs: 20_000 }),
  startWorker({ name: 'to be stopped', binary, args: picture, stdin: 'control', outputs: 1, upTimeoutMs: 20_000 }),
  // Waits for raw data that never comes, as a silent device would make it wait.
  startWorker({
    name: 'silent', binary, stdin: 'control', outputs: 1, upTimeoutMs: 60_000,
    args: ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-video_size', '64x64', '-i', 'udp://127.0.0.1:9?timeout=60000000', '-f', 'rawvideo', 'pipe:1'],
  }),
];
for (const worker of workers) for (const pipe of worker.pipes) pipe.resume();
await Promise.all(workers.slice(0, 2).map((one) => one.up));
process.kill(workers[1]?.pid ?? 0, 'SIGSTOP');
process.stdout.write(`${JSON.stringify({ workers: workers.map((one) => one.pid), reaper: reaperPid() })}\n`);
await pause(60_000);
