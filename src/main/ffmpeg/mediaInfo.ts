// Reads what `ffmpeg -i` says of an input on stderr. Pure. (ffprobe is not there with every FFmpeg.)

export type VideoInfo = {
  readonly codec: string;
  readonly pixelFormat: string | undefined;
  readonly width: number;
  readonly height: number;
  /** Average frames per second; undefined where FFmpeg does not know. */
  readonly fps: number | undefined;
  /** FFmpeg's guess of the rate that all timestamps fit; another than `fps` means a variable rate (or fields). */
  readonly baseRate: number | undefined;
  /** Mean kbit/s; undefined where the container does not tell. */
  readonly kbps: number | undefined;
  /** Degrees, counter-clockwise as FFmpeg prints them; 0 without a display matrix. FFmpeg turns the picture itself. */
  readonly rotation: number;
  /** Colour matrix as FFmpeg names it (`bt709`, `bt470bg`); undefined where the stream does not say. */
  readonly colorMatrix: string | undefined;
  /** 0 to 255 instead of 16 to 235, as cameras and phones write it. */
  readonly isFullRange: boolean;
  readonly isInterlaced: boolean;
  /** The transfer of HDR, by the stream's own word; undefined for SDR. */
  readonly hdr: 'PQ' | 'HLG' | undefined;
};
export type AudioInfo = { readonly codec: string; readonly sampleRate: number | undefined; readonly layout: string | undefined };
export type MediaInfo = {
  /** Names of the demuxer: `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  /** Undefined for live streams, images and raw streams. */
  readonly durationSeconds: number | undefined;
  /** The first video stream that is not a cover picture. */
  readonly video: VideoInfo | undefined;
  readonly audio: AudioInfo | undefined;
};

/** Undefined when the text holds no input, that is, when FFmpeg could not open it. */
export function parseMediaInfo(stderr: string): MediaInfo | undefined {
  const lines = stderr.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith('Input #0, '));
  if (start < 0) return undefined;
  const format = /^Input #0, (.+?), from '/.exec(lines[start] ?? '')?.[1] ?? '';
  let durationSeconds: number | undefined;
  let video: VideoInfo | undefined;
  let audio: AudioInfo | undefined;
  let isInVideo = false;
  for (const line of lines.slice(start + 1)) {
    // An error or a second input ends the description.
    if (/^(Input #|Output #|Stream mapping)/.test(line)) break;
    const clock = /^ {2}Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(line);
    if (clock !== null) durationSeconds = Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
    const stream = /^ +Stream #0:\d+[^:]*: (Video|Audio|Subtitle|Data|Attachment): (.*)$/.exec(line);
    if (stream !== null) {
      isInVideo = false;
      const description = stream[2] ?? '';
      if (stream[1] === 'Video' && video === undefined && !description.includes('(attached pic)')) {
        video = parseVideo(description);
        isInVideo = video !== undefined;
      }
      if (stream[1] === 'Audio') audio ??= parseAudio(description);
      continue;
    }
    const rotation = /displaymatrix: rotation of (-?[\d.]+) degrees/.exec(line) ?? /^ +rotate +: (-?\d+)/.exec(line);
    if (rotation !== null && isInVideo && video !== undefined) video = { ...video, rotation: Math.round(Number(rotation[1])) };
  }
  return { format, durationSeconds, video, audio };
}

function parseVideo(description: string): VideoInfo | undefined {
  const size = /(?:^|, )(\d{1,5})x(\d{1,5})(?=[ ,[]|$)/.exec(description);
  if (size === null) return undefined;
  // Commas inside parentheses do not part the fields: `yuv420p(tv, bt709, progressive)`.
  const fields = description.replaceAll(/\([^()]*\)/g, '').split(',').map((one) => one.trim());
  const rate = (unit: string): number | undefined => {
    const found = new RegExp(`([\\d.]+)(k?) ${unit}\\b`).exec(description);
    return found === null ? undefined : Number(found[1]) * (found[2] === 'k' ? 1000 : 1);
  };
  return {
    codec: /^\w+/.exec(description)?.[0] ?? '',
    pixelFormat: /^[a-z]\w+$/.exec(fields[1] ?? '')?.[0],
    width: Number(size[1]),
    height: Number(size[2]),
    fps: rate('fps'),
    baseRate: rate('tbr'),
    kbps: kbpsOf(description),
    rotation: 0,
    // `yuv420p(tv, bt709, progressive)`, or matrix/primaries/transfer where the three differ.
    colorMatrix: /\([^()]*\b(bt709|bt470bg|smpte170m|smpte240m|fcc|bt2020nc|bt2020c)\b/.exec(description)?.[1],
    isFullRange: /\(pc\b/.test(description),
    hdr: /\([^()]*\bsmpte2084\b/.test(description) ? 'PQ' : /\([^()]*\barib-std-b67\b/.test(description) ? 'HLG' : undefined,
    isInterlaced: /\b(top|bottom) (first|coded first)/.test(description),
  };
}

function kbpsOf(description: string): number | undefined {
  const found = /, (\d+) kb\/s/.exec(description);
  return found === null ? undefined : Number(found[1]);
}

function parseAudio(description: string): AudioInfo {
  const rate = /(\d+) Hz/.exec(description);
  return {
    codec: /^\w+/.exec(description)?.[0] ?? '',
    sampleRate: rate === null ? undefined : Number(rate[1]),
    layout: /\d+ Hz, ([^,]+)/.exec(description)?.[1]?.trim(),
  };
}
