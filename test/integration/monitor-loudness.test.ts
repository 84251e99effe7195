// Loudness and true peak against FFmpeg's ebur128, on recordings, on speech and on generated sound that changes.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Loudness } from '../../src/contract/monitorStream.ts';
import { LevelMeter } from '../../src/main/monitor/levels.ts';
import { LoudnessMeter } from '../../src/main/monitor/loudness.ts';

const STEREO_48K = ['-ac', '2', '-ar', '48000'];

function ffmpeg(args: readonly string[]): { readonly stdout: Buffer; readonly stderr: string } {
  const run = spawnSync('ffmpeg', ['-hide_banner', '-nostdin', ...args], { maxBuffer: 256 * 1024 * 1024, timeout: 60_000 });
  if (run.status !== 0) throw new Error(run.stderr.toString().slice(-2000));
  return { stdout: run.stdout, stderr: run.stderr.toString() };
}

type Theirs = { readonly steps: readonly Loudness[]; readonly truePeakDbtp: number };

/** What ebur128 says every 100 ms, and the true peak of all. */
function theirsOf(pcm: Buffer): Theirs {
  const input = ['-f', 'f32le', '-ar', '48000', '-ac', '2', '-i', 'pipe:0'];
  const run = spawnSync('ffmpeg', ['-hide_banner', '-nostdin', ...input, '-af', 'ebur128=metadata=1:peak=true,ametadata=print:file=-', '-f', 'null', '-'], { input: pcm, maxBuffer: 256 * 1024 * 1024, timeout: 60_000 });
  if (run.status !== 0) throw new Error(run.stderr.toString().slice(-2000));
  const steps: Loudness[] = [];
  const values = new Map<string, number>();
  for (const line of run.stdout.toString().split('\n')) {
    const [, key = '', value = ''] = /^lavfi\.r128\.(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== '') values.set(key, Number(value));
    if (key !== 'LRA') continue;
    const of = (name: string): number => values.get(name) ?? Number.NaN;
    steps.push({ momentaryLufs: of('M'), shortTermLufs: of('S'), integratedLufs: of('I'), rangeLu: of('LRA') });
  }
  const [, peak] = /True peak:\s+Peak:\s+(-?[\d.]+|-inf) dBFS/.exec(run.stderr.toString()) ?? [];
  return { steps, truePeakDbtp: Number(peak) };
}

function ours(pcm: Buffer): Theirs {
  const samples = new Float32Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength));
  const [meter, levels] = [new LoudnessMeter(), new LevelMeter()];
  const steps: Loudness[] = [];
  let truePeak = 0;
  for (let at = 0; at < samples.length; at += 9600) {
    const step = samples.subarray(at, at + 9600);
    meter.push(step);
    for (const channel of levels.push(step).channels) truePeak = Math.max(truePeak, channel.truePeak);
    if (step.length === 9600) steps.push(meter.reading);
  }
  return { steps, truePeakDbtp: 20 * Math.log10(truePeak) };
}

function compare(pcm: Buffer): { readonly worst: { m: number; s: number; i: number; lra: number }; readonly truePeakError: number; readonly compared: number } {
  const [mine, reference] = [ours(pcm), theirsOf(pcm)];
  const worst = { m: 0, s: 0, i: 0, lra: 0 };
  let compared = 0;
  mine.steps.forEach((step, index) => {
    const other = reference.steps[index];
    // Full windows only, and above the gate: of less, FFmpeg prints its floor or a part of a window.
    if (other === undefined || index < 30 || !(step.momentaryLufs > -70) || !(step.shortTermLufs > -70)) return;
    compared += 1;
    worst.m = Math.max(worst.m, Math.abs(step.momentaryLufs - other.momentaryLufs));
    worst.s = Math.max(worst.s, Math.abs(step.shortTermLufs - other.shortTermLufs));
    worst.i = Math.max(worst.i, Math.abs(step.integratedLufs - other.integratedLufs));
  });
  // At the end only: by EBU Tech 3342 the percentile's rank is round(0.1 (n − 1) + 1), FFmpeg takes round(0.1 n); of few blocks that is another one.
  worst.lra = Math.abs((mine.steps.at(-1)?.rangeLu ?? 0) - (reference.steps.at(-1)?.rangeLu ?? Number.NaN));
  return { worst, truePeakError: mine.truePeakDbtp - reference.truePeakDbtp, compared };
}

const signals: readonly (readonly [string, readonly string[]])[] = [
  ['a tone that swells and dies', ['-f', 'lavfi', '-i', "aevalsrc=exprs='0.5*sin(2*PI*440*t)*(0.5+0.5*sin(2*PI*t/7))|0.3*sin(2*PI*660*t)*(0.5+0.5*cos(2*PI*t/5))':s=48000:d=70"]],
  ['noise in bursts with quiet between', ['-f', 'lavfi', '-i', 'anoisesrc=color=pink:seed=7:r=48000:d=45:a=0.5', '-af', "volume='if(lt(mod(t,9),4),1,0.02)':eval=frame"]],
  ['a rising and falling whistle near full scale', ['-f', 'lavfi', '-i', "aevalsrc=exprs='0.98*sin(2*PI*(200*t+140*t*t))':s=48000:d=35"]],
];

/** Recorded voices, bells, telephones and shutters, as Debian's alsa-utils and sound-theme-freedesktop install them. */
const RECORDINGS = ['/usr/share/sounds/alsa', '/usr/share/sounds/freedesktop/stereo'];
const hasRecordings = RECORDINGS.every((folder) => existsSync(folder));

const SPEECH = 'Good evening and welcome. Tonight the weather stays dry in the north, while the south has rain and a strong wind. '
  + 'Trains to the coast are late. Please mind the gap, and do not forget your bags. We come back after the news, with music until midnight.';
const hasFlite = / flite /.test(ffmpeg(['-filters']).stdout.toString());

describe('the meters against ebur128', () => {
  it.each(signals)('agree within 0.1 LU on %s', (_name, source) => {
    const { stdout } = ffmpeg([...source, ...STEREO_48K, '-f', 'f32le', 'pipe:1']);
    const { worst, truePeakError, compared } = compare(stdout);
    expect(compared).toBeGreaterThan(200);
    expect(Math.max(worst.m, worst.s, worst.i, worst.lra), JSON.stringify(worst)).toBeLessThan(0.1);
    expect(Math.abs(truePeakError), 'true peak, dB').toBeLessThan(0.3);
  });

  it.skipIf(!hasRecordings)(`agree within 0.1 LU on recordings, one after the other (${hasRecordings ? 'found' : 'alsa-utils and sound-theme-freedesktop are not installed'})`, () => {
    const files = RECORDINGS.flatMap((folder) => readdirSync(folder).filter((name) => /\.(wav|oga)$/.test(name)).map((name) => `${folder}/${name}`));
    const alike = files.map((_, index) => `[${index}]aformat=sample_rates=48000:channel_layouts=stereo[a${index}]`).join(';');
    const joined = `${alike};${files.map((_, index) => `[a${index}]`).join('')}concat=n=${files.length}:v=0:a=1`;
    const { stdout } = ffmpeg([...files.flatMap((file) => ['-i', file]), '-filter_complex', joined, ...STEREO_48K, '-f', 'f32le', 'pipe:1']);
    const { worst, truePeakError, compared } = compare(stdout);
    expect(compared).toBeGreaterThan(300);
    expect(Math.max(worst.m, worst.s, worst.i, worst.lra), JSON.stringify(worst)).toBeLessThan(0.1);
    expect(Math.abs(truePeakError), 'true peak, dB').toBeLessThan(0.3);
    console.log(`measured: ${compared / 10} s of recordings, at most ${Math.max(worst.m, worst.s, worst.i).toFixed(3)} LU apart, range ${worst.lra.toFixed(3)} LU, true peak ${truePeakError.toFixed(2)} dB`);
  });

  it.skipIf(!hasFlite)(`agree within 0.1 LU on speech with pauses (${hasFlite ? 'flite found' : 'this FFmpeg has no flite'})`, () => {
    const { stdout } = ffmpeg(['-f', 'lavfi', '-i', `flite=text='${SPEECH}':voice=slt`, '-af', 'apad=pad_dur=4', ...STEREO_48K, '-f', 'f32le', 'pipe:1']);
    const { worst, truePeakError, compared } = compare(stdout);
    expect(compared).toBeGreaterThan(100);
    expect(Math.max(worst.m, worst.s, worst.i, worst.lra), JSON.stringify(worst)).toBeLessThan(0.1);
    expect(Math.abs(truePeakError), 'true peak, dB').toBeLessThan(0.3);
  });
});
