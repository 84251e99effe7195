// Finds an FFmpeg that can do the work: FIELDCAST_FFMPEG, then ffmpeg-static, then the PATH. Installs nothing.
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import { missingCapabilities, parseEncoders, parseFilters, parseFormats, type FfmpegCapabilities } from './capabilities.ts';
import { runBriefly, type BriefRun } from './runBriefly.ts';
import { installAdvice, thisSystem, type System } from './system.ts';
import { isNewEnough, OLDEST_FFMPEG, parseVersion, type FfmpegVersion } from './version.ts';

export type FfmpegOrigin = 'FIELDCAST_FFMPEG' | 'ffmpeg-static' | 'PATH';

/** A verified FFmpeg. */
export type FfmpegInstall = {
  readonly path: string;
  readonly origin: FfmpegOrigin;
  readonly version: FfmpegVersion;
  readonly capabilities: FfmpegCapabilities;
  /** FFmpegs that came before it in the order and were not taken, with the cause: for the doctor. */
  readonly passedOver: readonly string[];
};

export type LocateOptions = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly system?: System;
  /** Gives the path that ffmpeg-static names, or undefined where that package is absent. */
  readonly staticPath?: () => Promise<string | undefined>;
  /** For each of the four questions that are put to a binary. */
  readonly timeoutMs?: number;
};

const QUESTION_TIMEOUT_MS = 10_000;

/**
 * The first FFmpeg of the order that passes the checks (version, encoders, muxers, demuxers, filters).
 * A FIELDCAST_FFMPEG that does not pass is an error: an explicit choice is never replaced silently.
 * @throws {OperatorError} `FFMPEG_MISSING`, `FFMPEG_UNUSABLE`, `FFMPEG_TOO_OLD`, `FFMPEG_LACKS_PARTS`; the action holds the command that installs one here.
 */
export async function locateFfmpeg(options: LocateOptions = {}): Promise<FfmpegInstall> {
  const env = options.env ?? process.env;
  const system = options.system ?? thisSystem();
  const timeoutMs = options.timeoutMs ?? QUESTION_TIMEOUT_MS;
  const chosen = env['FIELDCAST_FFMPEG'];
  if (chosen !== undefined && chosen !== '') {
    return await verifyFfmpeg(resolve(chosen), 'FIELDCAST_FFMPEG', system, timeoutMs);
  }
  const problems: OperatorError[] = [];
  for (const [origin, path] of await candidates(env, options.staticPath ?? pathOfFfmpegStatic)) {
    try {
      const found = await verifyFfmpeg(path, origin, system, timeoutMs);
      return { ...found, passedOver: problems.map((one) => one.message) };
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push(error);
    }
  }
  // The last one is the system's own, which the advice is about.
  const last = problems.at(-1);
  if (last !== undefined) throw last;
  throw new OperatorError('FFMPEG_MISSING', 'No FFmpeg was found.', `${installAdvice(system)}, or set FIELDCAST_FFMPEG to the path of one.`);
}

async function candidates(
  env: Readonly<Record<string, string | undefined>>,
  staticPath: () => Promise<string | undefined>,
): Promise<(readonly [FfmpegOrigin, string])[]> {
  const found: (readonly [FfmpegOrigin, string])[] = [];
  const fromPackage = await staticPath();
  if (fromPackage !== undefined && await isFile(fromPackage)) found.push(['ffmpeg-static', fromPackage]);
  const directories = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((one) => one !== '');
  // Applications that the Finder starts do not have Homebrew's directories in their PATH.
  if (process.platform === 'darwin') directories.push('/opt/homebrew/bin', '/usr/local/bin');
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  for (const path of new Set(directories.map((directory) => join(directory, name)))) {
    if (await isFile(path)) found.push(['PATH', path]);
  }
  return found;
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then((one) => one.isFile(), () => false);
}

/** The package never checks that its download arrived, and inside an asar archive the binary lies unpacked beside it. */
async function pathOfFfmpegStatic(): Promise<string | undefined> {
  // A variable, so that bundlers and type checkers leave an optional package alone.
  const name: string = 'ffmpeg-static';
  try {
    const loaded: { default?: unknown } = await import(name);
    return typeof loaded.default === 'string' ? loaded.default.replace(/\bapp\.asar\b(?!\.unpacked)/, 'app.asar.unpacked') : undefined;
  } catch {
    return undefined;
  }
}

async function verifyFfmpeg(path: string, origin: FfmpegOrigin, system: System, timeoutMs: number): Promise<FfmpegInstall> {
  const where = origin === 'PATH' ? path : `${path} (from ${origin})`;
  const advice = origin === 'FIELDCAST_FFMPEG'
    ? `Set FIELDCAST_FFMPEG to the path of an FFmpeg ${OLDEST_FFMPEG.major}.${OLDEST_FFMPEG.minor} or newer, or unset it. ${installAdvice(system)}`
    : installAdvice(system);
  if (!await isFile(path)) throw new OperatorError('FFMPEG_MISSING', `There is no FFmpeg at ${where}.`, advice);
  if (!await access(path, constants.X_OK).then(() => true, () => false)) {
    throw new OperatorError('FFMPEG_UNUSABLE', `The FFmpeg at ${where} may not be executed.`, advice);
  }
  const ask = async (...args: string[]): Promise<string> => {
    const run = await runBriefly(path, ['-hide_banner', ...args], { timeoutMs });
    if (run.outcome === 'ended' && run.code === 0) return run.stdout;
    throw new OperatorError('FFMPEG_UNUSABLE', `The FFmpeg at ${where} ${failureOf(run, timeoutMs)}.`, advice);
  };
  const version = parseVersion(await ask('-version'));
  if (version === undefined) throw new OperatorError('FFMPEG_UNUSABLE', `The program at ${where} is not FFmpeg.`, advice);
  if (!isNewEnough(version)) {
    const oldest = `${OLDEST_FFMPEG.major}.${OLDEST_FFMPEG.minor}`;
    throw new OperatorError('FFMPEG_TOO_OLD', `The FFmpeg at ${where} is version ${version.text}; ${oldest} or newer is needed.`, advice);
  }
  const [encoders, formats, filters] = await Promise.all([ask('-encoders'), ask('-formats'), ask('-filters')]);
  const capabilities = { encoders: parseEncoders(encoders), ...parseFormats(formats), filters: parseFilters(filters) };
  const missing = missingCapabilities(capabilities);
  if (missing.length > 0) {
    throw new OperatorError('FFMPEG_LACKS_PARTS', `The FFmpeg at ${where} was built without ${missing.join(', ')}.`, advice);
  }
  return { path, origin, version, capabilities, passedOver: [] };
}

function failureOf(run: BriefRun, timeoutMs: number): string {
  if (run.outcome === 'not-started') return `could not be started (${run.error})`;
  if (run.outcome === 'timed-out') return `did not answer within ${timeoutMs / 1000} s`;
  return run.code === null ? 'crashed' : `ended with code ${run.code}${run.stderr === '' ? '' : ` (${run.stderr.trim().split('\n').at(-1)?.slice(0, 200)})`}`;
}
