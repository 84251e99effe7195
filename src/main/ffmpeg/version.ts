// Reads the first line of `ffmpeg -version`. Pure.

export type FfmpegVersion = {
  /** As printed: `5.1.9-0+deb12u1`, `n7.1`, `N-118000-g0123456789`. */
  readonly text: string;
  /** Undefined for a development build, which names a commit instead of a release. */
  readonly release: { readonly major: number; readonly minor: number } | undefined;
};

/** Oldest release whose `-progress`, filters and FLV muxer are known to do what the workers need. */
export const OLDEST_FFMPEG = { major: 5, minor: 1 } as const;

/** Undefined when the output is not that of FFmpeg. */
export function parseVersion(output: string): FfmpegVersion | undefined {
  const text = /^ffmpeg version (\S+)/m.exec(output)?.[1];
  if (text === undefined) return undefined;
  const release = /^[nv]?(\d+)\.(\d+)/.exec(text);
  return { text, release: release === null ? undefined : { major: Number(release[1]), minor: Number(release[2]) } };
}

/**
 * True for a release from {@link OLDEST_FFMPEG} on and for development builds (`N-118000-g…`, `git-2024-…`, `2024-05-27-git-…`);
 * those are checked by what they can do.
 */
export function isNewEnough(version: FfmpegVersion): boolean {
  if (version.release === undefined) return /^(N-\d+|git|\d{4}-\d\d-\d\d-git|master|latest)/.test(version.text);
  const { major, minor } = version.release;
  return major > OLDEST_FFMPEG.major || (major === OLDEST_FFMPEG.major && minor >= OLDEST_FFMPEG.minor);
}
