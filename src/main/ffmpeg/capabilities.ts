// Reads what an FFmpeg was built with from `-encoders`, `-formats` and `-filters`. Pure.

export type FfmpegCapabilities = {
  readonly encoders: ReadonlySet<string>;
  readonly muxers: ReadonlySet<string>;
  /** Formats and input devices. */
  readonly demuxers: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
};

/** What every show needs, whatever its source. */
const REQUIRED: { readonly [K in keyof FfmpegCapabilities]: readonly string[] } = {
  encoders: ['libx264', 'aac', 'rawvideo', 'pcm_f32le'],
  muxers: ['flv', 'rawvideo', 'f32le'],
  demuxers: ['rawvideo', 'f32le', 'lavfi', 'mov'],
  filters: ['scale', 'split', 'fps', 'pad', 'setsar', 'format', 'aresample', 'overlay', 'testsrc2', 'aevalsrc'],
};

/** Lines such as ` V....D libx264              libx264 H.264 …`. */
export function parseEncoders(output: string): Set<string> {
  return names(output, /^ [VAS][F.][S.][X.][B.][D.] (\S+)/);
}

/** Lines such as ` DE flv             FLV …` (two columns to 7.0) and ` D d x11grab …` (a device column after). */
export function parseFormats(output: string): { muxers: Set<string>; demuxers: Set<string> } {
  return {
    muxers: names(output, /^ [D ]E[d ]? ?(\S+)/),
    demuxers: names(output, /^ D[E ][d ]? ?(\S+)/),
  };
}

/** Lines such as ` ..C scale             V->V       …`. */
export function parseFilters(output: string): Set<string> {
  return names(output, /^ [T.][S.][C.]? (\S+)\s+[AVN|]+->[AVN|]+/);
}

/** Names of options in `-h encoder=…`: lines such as `  -forced-idr        <boolean>    E..V....... If forcing …`. */
export function parseEncoderOptions(help: string): Set<string> {
  return names(help, /^ {2}-([\w-]+) +</);
}

/** What is missing of the required, in words (`the encoder libx264`). */
export function missingCapabilities(found: FfmpegCapabilities): string[] {
  const words = { encoders: 'encoder', muxers: 'muxer', demuxers: 'demuxer', filters: 'filter' } as const;
  return (Object.keys(words) as (keyof typeof words)[])
    .flatMap((kind) => REQUIRED[kind].filter((one) => !found[kind].has(one)).map((one) => `the ${words[kind]} ${one}`));
}

function names(output: string, pattern: RegExp): Set<string> {
  const found = new Set<string>();
  for (const line of output.split(/\r?\n/)) {
    // One format may have several names: `mov,mp4,m4a,3gp,3g2,mj2`. A lone `=` is the legend.
    for (const name of pattern.exec(line)?.[1]?.split(',') ?? []) if (name !== '=' && name !== '') found.add(name);
  }
  return found;
}
