// Installs FFmpeg where that needs no question: on Debian and Ubuntu as root (containers, CI). Says so first.
import { OperatorError } from '../../contract/errors.ts';
import { locateFfmpeg, type FfmpegInstall, type LocateOptions } from './locate.ts';
import { runBriefly } from './runBriefly.ts';
import { installAdvice, thisSystem } from './system.ts';

const UPDATE_TIMEOUT_MS = 180_000;
const INSTALL_TIMEOUT_MS = 900_000;

/**
 * Finds FFmpeg as {@link locateFfmpeg} does; where none is found and the system is Debian or Ubuntu run as root, installs it.
 * @param say receives each sentence for the operator before its step is done.
 * @throws {OperatorError} as `locateFfmpeg`, or `FFMPEG_INSTALL_FAILED`.
 */
export async function installFfmpegIfPossible(say: (sentence: string) => void, options: LocateOptions = {}): Promise<FfmpegInstall> {
  try {
    return await locateFfmpeg(options);
  } catch (error) {
    const system = options.system ?? thisSystem();
    const isWanted = error instanceof OperatorError && error.code === 'FFMPEG_MISSING';
    const isChosen = (options.env ?? process.env)['FIELDCAST_FFMPEG'];
    if (!isWanted || isChosen !== undefined && isChosen !== '' || system.kind !== 'debian' || !system.isRoot) throw error;
    say('No FFmpeg was found. Installing it with: apt-get update && apt-get install -y ffmpeg');
    await aptGet(['update'], UPDATE_TIMEOUT_MS, options);
    await aptGet(['install', '-y', '--no-install-recommends', 'ffmpeg'], INSTALL_TIMEOUT_MS, options);
    const found = await locateFfmpeg(options);
    say(`FFmpeg ${found.version.text} is installed.`);
    return found;
  }
}

async function aptGet(args: readonly string[], timeoutMs: number, options: LocateOptions): Promise<void> {
  const run = await runBriefly('apt-get', args, {
    timeoutMs,
    env: { ...options.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (run.outcome === 'ended' && run.code === 0) return;
  const last = `${run.stderr}\n${run.error}`.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  const how = run.outcome === 'timed-out' ? `did not end within ${timeoutMs / 1000} s` : `failed: ${last}`;
  throw new OperatorError(
    'FFMPEG_INSTALL_FAILED', `apt-get ${args[0] ?? ''} ${how}.`,
    `${installAdvice(options.system ?? thisSystem())} yourself, or set FIELDCAST_FFMPEG to the path of an FFmpeg.`,
  );
}
