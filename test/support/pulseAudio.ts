// A PulseAudio server of our own, with a null sink whose monitor is the microphone of a test.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

export type PulseAudio = {
  /** What clients need in their environment. */
  readonly env: { readonly PULSE_SERVER: string };
  /** Name of the source that hears what is played. */
  readonly monitor: string;
  readonly pid: number;
  /** A server that is started with it answers at the same address. */
  readonly directory: string;
  /** Plays a sine into the sink until the server or the returned function stops it. */
  playTone(ffmpeg: string, frequencyHz: number): () => Promise<void>;
  stop(): Promise<void>;
};

/** Starts the server with its runtime directory under the system's temporary one, or in that of an earlier one. */
export async function startPulseAudio(earlier?: string): Promise<PulseAudio> {
  const directory = earlier ?? await mkdtemp(join(tmpdir(), 'fieldcast-pulse-'));
  // A killed server leaves its socket.
  await rm(join(directory, 'native'), { force: true });
  const socket = join(directory, 'native');
  const server = spawn('pulseaudio', [
    '-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--disable-shm=yes', '--log-level=error',
    `--load=module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    '--load=module-null-sink sink_name=stage rate=48000 channels=2',
  ], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, XDG_RUNTIME_DIR: directory, PULSE_RUNTIME_PATH: directory, PULSE_STATE_PATH: directory },
  });
  const env = { PULSE_SERVER: `unix:${socket}` };
  const players = new Set<ChildProcess>();
  let isGone = false;
  server.once('error', () => { isGone = true; });
  server.once('exit', () => { isGone = true; });
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await until(() => {
    if (isGone) throw new Error('pulseaudio could not be started.');
    return spawnSync('pactl', ['info'], { env: { ...process.env, ...env }, stdio: 'ignore', timeout: 2_000 }).status === 0;
  }, 'pulseaudio answers');
  return {
    env,
    monitor: 'stage.monitor',
    pid: server.pid ?? 0,
    directory,
    playTone(ffmpeg, frequencyHz) {
      const player = spawn(ffmpeg, [
        '-hide_banner', '-loglevel', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', `sine=frequency=${frequencyHz}:sample_rate=48000`,
        '-ac', '2', '-f', 'pulse', '-device', 'stage', 'tone',
      ], { stdio: 'ignore', env: { ...process.env, ...env } });
      players.add(player);
      return async () => end(player);
    },
    async stop() {
      await Promise.all([...players].map(end));
      if (!isGone) await end(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
