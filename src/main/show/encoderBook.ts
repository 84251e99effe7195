// What is known of this machine's encoders: measured once, kept in `encoders.json` of the home, and measured again when processor,
// driver, system or FFmpeg have changed. A file that cannot be read is as good as none.
import path from 'node:path';
import { z } from 'zod';
import { ladderSchema, type Ladder } from '../../contract/ladder.ts';
import { encoderFindingSchema, type EncodersReport } from '../../contract/ladderPlan.ts';
import { readIfThere, writeWhole } from '../durable/wholeFile.ts';
import { probeEncoders } from '../encode/encoderProbe.ts';
import { pixelRateOf, type MeasuredEncoder } from '../encode/encoderSpeed.ts';
import { machineFingerprint, renderNodes } from '../encode/machineFingerprint.ts';
import { parseEncoderOptions } from '../ffmpeg/capabilities.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { runBriefly } from '../ffmpeg/runBriefly.ts';

const runSchema = z.object({ probedAtUtc: z.string(), ffmpeg: z.string(), ladder: ladderSchema, encoders: z.array(encoderFindingSchema) });
const bookSchema = z.object({ version: z.literal(1), fingerprint: z.string(), runs: z.array(runSchema).max(32) });
type Run = z.infer<typeof runSchema>;

const KEPT_RUNS = 8;
const HELP_MS = 5_000;
/** A longer file was not written by this. */
const MAX_BOOK_CHARS = 1_000_000;

export type ReportOptions = { readonly again: boolean; readonly signal: AbortSignal; readonly onProgress?: (sentence: string) => void };

export type EncoderBookParts = {
  readonly home: string;
  readonly locate: () => Promise<FfmpegInstall>;
  /** Replaced in tests. */
  readonly probe?: typeof probeEncoders;
};

export class EncoderBook {
  readonly #parts: EncoderBookParts;
  /** Measurements share the machine, so they wait for each other. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(parts: EncoderBookParts) {
    this.#parts = parts;
  }

  /** What is known that covers this ladder; undefined where nothing was measured on this machine as it is now. */
  async known(ladder: Ladder): Promise<EncodersReport | undefined> {
    const ffmpeg = await this.#parts.locate();
    const found = covering(await this.#read(await machineFingerprint(ffmpeg)), ladder);
    return found === undefined ? undefined : { ...found, fromCache: true };
  }

  /** Measures where that is needed or asked for, some seconds. @throws the reason of the signal, and what `locate` throws. */
  async report(ladder: Ladder, options: ReportOptions): Promise<EncodersReport> {
    const turn = this.#busy.catch(() => undefined).then(async () => this.#report(ladder, options));
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  async #report(ladder: Ladder, { again, signal, onProgress }: ReportOptions): Promise<EncodersReport> {
    const known = again ? undefined : await this.known(ladder);
    if (known !== undefined) return known;
    const ffmpeg = await this.#parts.locate();
    const fingerprint = await machineFingerprint(ffmpeg);
    const encoders = await (this.#parts.probe ?? probeEncoders)({
      binary: ffmpeg.path, ladder, signal,
      listed: ffmpeg.capabilities.encoders,
      renderNodes: await renderNodes(),
      optionsOf: async (encoder) => parseEncoderOptions((await runBriefly(ffmpeg.path, ['-hide_banner', '-h', `encoder=${encoder}`], { timeoutMs: HELP_MS, signal })).stdout),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const run: Run = { probedAtUtc: new Date().toISOString(), ffmpeg: ffmpeg.version.text, ladder, encoders };
    const others = (await this.#read(fingerprint)).filter((one) => keyOf(one.ladder) !== keyOf(ladder));
    // A home that cannot be written to costs a measurement next time, nothing else.
    await this.#write(fingerprint, [run, ...others].slice(0, KEPT_RUNS)).catch(() => undefined);
    return { ...run, fromCache: false };
  }

  async #read(fingerprint: string): Promise<Run[]> {
    const text = await readIfThere(this.#file()).catch(() => undefined);
    if (text === undefined || text.length > MAX_BOOK_CHARS) return [];
    const parsed = bookSchema.safeParse(jsonOf(text));
    return parsed.success && parsed.data.fingerprint === fingerprint ? parsed.data.runs : [];
  }

  async #write(fingerprint: string, runs: readonly Run[]): Promise<void> {
    await writeWhole(this.#file(), `${JSON.stringify({ version: 1, fingerprint, runs }, null, 1)}\n`);
  }

  #file(): string {
    return path.join(this.#parts.home, 'encoders.json');
  }
}

/** What the planner makes of it: every setting that worked, by the pixels that it encoded in a second. */
export function measuredEncoders(report: Pick<EncodersReport, 'encoders' | 'ladder'>): MeasuredEncoder[] {
  const rate = pixelRateOf(report.ladder);
  return report.encoders.flatMap((finding) => finding.tried.map(({ choice, speed }) => ({
    choice, pixelsPerSecond: speed * rate,
    renditions: choice.encoder === 'libx264' ? Number.POSITIVE_INFINITY : report.ladder.renditions.length,
  })));
}

/** The very ladder; else the smallest that was at least as much work with at least as many renditions. */
function covering(runs: readonly Run[], ladder: Ladder): Run | undefined {
  const exact = runs.find((one) => keyOf(one.ladder) === keyOf(ladder));
  return exact ?? runs
    .filter((one) => pixelRateOf(one.ladder) >= pixelRateOf(ladder) && one.ladder.renditions.length >= ladder.renditions.length)
    .toSorted((one, other) => pixelRateOf(one.ladder) - pixelRateOf(other.ladder))[0];
}

function keyOf({ renditions, frameRate, gopSeconds }: Ladder): string {
  return JSON.stringify([renditions.map(({ width, height, declaredKbps }) => [width, height, declaredKbps]), frameRate.num / frameRate.den, gopSeconds]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
