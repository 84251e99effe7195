// Finds out by doing which encoders of a machine carry a ladder, how fast, and why others do not. One at a time: they share a machine.
import { encoderText, ENCODER_NAMES, type EncoderChoice, type EncoderName } from '../../contract/encoder.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { EncoderFinding } from '../../contract/ladderPlan.ts';
import { ENCODER_TABLE, FEATURE_OPTIONS } from './encoderTable.ts';
import { refusalOf } from './encoderRefusal.ts';
import { wantedSpeed } from './encoderSpeed.ts';
import { probePictures } from './probePictures.ts';
import { runProbe, type ProbeRun, type ProbeSettings } from './probeRun.ts';

export type ProbeOptions = {
  readonly binary: string;
  readonly ladder: Ladder;
  /** Names that `ffmpeg -encoders` lists. */
  readonly listed: ReadonlySet<string>;
  /** Options that this FFmpeg has for an encoder (`-h encoder=…`). */
  readonly optionsOf: (encoder: EncoderName) => Promise<ReadonlySet<string>>;
  /** Render nodes of this machine, for vaapi. */
  readonly renderNodes: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress?: (sentence: string) => void;
  readonly limits?: ProbeSettings['limits'];
  readonly env?: ProbeSettings['env'];
};

type Tried = { readonly choice: EncoderChoice; readonly run: ProbeRun };
type Worked = { readonly choice: EncoderChoice; readonly run: Extract<ProbeRun, { outcome: 'encoded' }> };

/** Hardware first, libx264 last; only those that are listed. @throws the reason of the signal. */
export async function probeEncoders(options: ProbeOptions): Promise<EncoderFinding[]> {
  const [top] = options.ladder.renditions;
  if (top === undefined) return [];
  const picture = probePictures(top.width, top.height);
  const findings: EncoderFinding[] = [];
  for (const encoder of ENCODER_NAMES.toSorted((one, other) => Number(one === 'libx264') - Number(other === 'libx264'))) {
    if (!options.listed.has(encoder)) continue;
    options.onProgress?.(`Trying ${encoder} with ${options.ladder.renditions.length} rendition(s) at once.`);
    findings.push(await probeEncoder(encoder, options, picture));
  }
  return findings;
}

async function probeEncoder(encoder: EncoderName, options: ProbeOptions, picture: ProbeSettings['picture']): Promise<EncoderFinding> {
  const startedAtMs = performance.now();
  const { binary, ladder, signal, limits, env } = options;
  const worked: Worked[] = [];
  let last: Tried | undefined;
  for (const choice of await choicesFor(encoder, options)) {
    // A slower machine or a further device is of no interest once one keeps up, nor is another feature set once one works.
    if (worked.some((one) => !sameSetting(one.choice, choice))) continue;
    const run = await runProbe(choice, { binary, ladder, picture, signal, ...(limits === undefined ? {} : { limits }), ...(env === undefined ? {} : { env }) });
    last = { choice, run };
    if (run.outcome === 'hung') break;
    if (run.outcome !== 'encoded' || run.faults.length > 0) continue;
    worked.push({ choice, run });
    if (run.speed >= wantedSpeed(encoder)) break;
  }
  const tookMs = Math.round(performance.now() - startedAtMs);
  return worked.length > 0 ? workingFinding(encoder, worked, tookMs) : { encoder, verdict: 'refused', sentence: refusalSentence(encoder, last), tried: [], tookMs };
}

/** Every combination in the order in which it is tried: feature sets, devices, presets. */
async function choicesFor(encoder: EncoderName, options: ProbeOptions): Promise<EncoderChoice[]> {
  const { featureSets, probePresets } = ENCODER_TABLE[encoder];
  const needsOptions = featureSets.some((set) => set.length > 0);
  const known = needsOptions ? await options.optionsOf(encoder) : new Set<string>();
  const usable = featureSets.filter((set) => set.every((feature) => {
    const option = FEATURE_OPTIONS[feature];
    return option === undefined || known.has(option);
  }));
  const devices = encoder === 'h264_vaapi' && options.renderNodes.length > 0 ? options.renderNodes : [undefined];
  return usable.flatMap((features) => devices.flatMap((device) => probePresets.map((preset): EncoderChoice => ({
    encoder, preset, ...(features.length === 0 ? {} : { features: [...features] }), ...(device === undefined ? {} : { device }),
  }))));
}

/** All but the preset. */
function sameSetting(one: EncoderChoice, other: EncoderChoice): boolean {
  return one.device === other.device && (one.features ?? []).join(',') === (other.features ?? []).join(',');
}

function workingFinding(encoder: EncoderName, worked: readonly Worked[], tookMs: number): EncoderFinding {
  const fastest = worked.toSorted((one, other) => other.run.speed - one.run.speed)[0];
  const best = worked.find((one) => one.run.speed >= wantedSpeed(encoder)) ?? fastest;
  if (best === undefined) throw new RangeError('Nothing has worked.');
  const { choice, run } = best;
  const speed = rounded(run.speed);
  const keepsUp = run.speed >= wantedSpeed(encoder);
  const worst = run.renditions.toSorted((one, other) => Math.abs(other.errorPercent) - Math.abs(one.errorPercent))[0];
  return {
    encoder, verdict: 'works', choice, speed, tookMs,
    renditions: [...run.renditions],
    tried: worked.map((one) => ({ choice: one.choice, speed: rounded(one.run.speed) })),
    sentence: `${encoderText(choice)} encoded the whole ladder at ${speed} × real time${keepsUp ? '' : `, and ${wantedSpeed(encoder)} × is wanted`}; `
      + `every GOP began with an IDR; bitrates were within ${Math.abs(worst?.errorPercent ?? 0)} %.`,
  };
}

function refusalSentence(encoder: EncoderName, last: Tried | undefined): string {
  if (last === undefined) return `${encoder} is not used: this FFmpeg lacks its settings.`;
  const { run } = last;
  if (run.outcome === 'encoded') return `${encoder} is not used: ${run.faults.join('; ')}.`;
  if (run.outcome === 'hung') return `${encoder} is not used: ${run.error.message.replace(/^I/, 'i').replace(/\.$/, '')}.`;
  return `${encoder} is not used: ${refusalOf(encoder, run.tail, run.error.message.replace(/\.$/, ''))}.`;
}

function rounded(speed: number): number {
  return Math.round(speed * 100) / 100;
}
