// The arguments of the test source: a picture that moves and a sound that clicks, both functions of the timeline alone,
// so that two instances that started at different moments show the same at the same instant. Pure.
import { AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { boxOf, FLASH, FLASH_SECONDS, PANEL } from './burnInLayout.ts';
import type { ProgramFormat } from './pictureFilter.ts';

/** All motion repeats after this many frames. */
const PERIOD_FRAMES = 600;
/** Moving tiles: size and motion, each a whole number of rounds in a period. */
const TILES = [
  { size: 0.28, roundsX: 3, roundsY: 2 },
  { size: 0.2, roundsX: 5, roundsY: 4 },
  { size: 0.12, roundsX: 8, roundsY: 10 },
] as const;

/**
 * FFmpeg arguments up to the outputs' labels `[v]` and `[a]`. testsrc2 itself counts from its own start, so its
 * first frame is kept and tiles are moved over it by an expression of the timeline's frame.
 * @param firstFrame timeline index of the first frame.
 */
export function testPatternArgs(format: ProgramFormat, firstFrame: number, wants: 'both' | 'video' | 'audio'): string[] {
  const graphs = [
    ...(wants === 'audio' ? [] : [pictureGraph(format, firstFrame)]),
    ...(wants === 'video' ? [] : [soundGraph(format, firstFrame)]),
  ];
  return ['-filter_complex', graphs.join(';')];
}

function pictureGraph({ width, height, frameRate }: ProgramFormat, firstFrame: number): string {
  const still = (source: string, w: number, h: number, more = ''): string =>
    `${source}=size=${w}x${h}:rate=${frameRate.num}/${frameRate.den},trim=end_frame=1${more},loop=loop=-1:size=1,setpts=N*${frameRate.den}/${frameRate.num}/TB`;
  const black = [PANEL, FLASH].map((part) => boxOf(part, width, height))
    .map((box) => `,drawbox=x=${box.x}:y=${box.y}:w=${box.width}:h=${box.height}:color=black:t=fill`).join('');
  const phase = `mod(n+${firstFrame % PERIOD_FRAMES},${PERIOD_FRAMES})/${PERIOD_FRAMES}`;
  const parts = [`${still('testsrc2', width, height, black)}[p0]`];
  TILES.forEach(({ size, roundsX, roundsY }, index) => {
    const w = even(size * width);
    const h = even(size * height);
    // Left of the flash and below the panel.
    const x = `${Math.floor((0.78 * width - w) / 2)}*(1+sin(2*PI*${roundsX}*${phase}))`;
    const y = `${Math.ceil(0.4 * height)}+${Math.floor((0.58 * height - h) / 2)}*(1+cos(2*PI*${roundsY}*${phase}))`;
    parts.push(`${still('smptehdbars', w, h)}[t${index}]`, `[p${index}][t${index}]overlay=x='${x}':y='${y}':eval=frame:format=yuv420[p${index + 1}]`);
  });
  parts.push(`[p${TILES.length}]setsar=1,format=yuv420p[v]`);
  return parts.join(';');
}

/** One second of sound, made once and repeated: a quiet tone of 440 Hz, and a click of 1 kHz at the whole second of the timeline. */
function soundGraph({ frameRate }: ProgramFormat, firstFrame: number): string {
  const firstSample = Math.round((firstFrame * frameRate.den * AUDIO_SAMPLE_RATE) / frameRate.num) % AUDIO_SAMPLE_RATE;
  const second = `mod(n+${firstSample},${AUDIO_SAMPLE_RATE})/${AUDIO_SAMPLE_RATE}`;
  const sample = `st(0,${second});0.08*sin(2*PI*440*ld(0))+0.6*lt(ld(0),${FLASH_SECONDS})*sin(2*PI*1000*ld(0))`;
  return `aevalsrc=exprs='${sample}':sample_rate=${AUDIO_SAMPLE_RATE}:duration=1:channel_layout=mono,`
    + `aloop=loop=-1:size=${AUDIO_SAMPLE_RATE},aformat=sample_fmts=flt,pan=stereo|c0=c0|c1=c0[a]`;
}

function even(value: number): number {
  return Math.max(2, Math.round(value / 2) * 2);
}
