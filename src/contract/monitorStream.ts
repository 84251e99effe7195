// The binary messages of the monitor stream (`/monitor` beside `/api`): small pictures of the program and of each source, and meter
// readings. Pure; no sockets.
// All numbers are little-endian. A reader passes over versions and types that it does not know.
import { z } from 'zod';

/** The path of the stream at the engine's address; the subprotocol carries the token as on `/api`. */
export const MONITOR_PATH = '/monitor';

/**
 * What a client sends, as JSON text: how many more messages of each kind it can take. A client that grants nothing gets nothing;
 * what comes while it has no credit is dropped (pictures) or merged into the next reading (meters), never queued.
 */
export const monitorGrantSchema = z.strictObject({
  pictures: z.int().min(0).max(8).optional(),
  meters: z.int().min(0).max(64).optional(),
  /** Of the program, at most; {@link USUAL_PICTURES_PER_SECOND} until a client asks for more. It stays as it was where it is left out. */
  picturesPerSecond: z.literal([15, 30]).optional(),
  /** By the id of the source, `1` to `8` in the order of the plan. */
  sources: z.partialRecord(z.string().regex(/^[1-8]$/), z.int().min(0).max(4)).optional(),
});
export type MonitorGrant = z.infer<typeof monitorGrantSchema>;

/** The pictures of the program that a client gets a second, or a little more where the frame rate cannot be divided so. */
export const USUAL_PICTURES_PER_SECOND = 15;

const VERSION = 1;
const PICTURE = 1;
const METERS = 2;
const SOURCE_PICTURE = 3;
/** A multiple of 8, so that the payload can be viewed as floats. */
const HEADER_BYTES = 32;

export type MonitorStamp = {
  /** Counts the messages of this kind that the engine made; what a client misses in between was dropped for it. */
  readonly sequence: number;
  /** The program frame. */
  readonly frame: number;
  /** UTC of the frame's tick, ms since 1970. */
  readonly utcMs: number;
};

export type PictureSize = { readonly width: number; readonly height: number };
/**
 * I420: a luma plane of width × height, then two chroma planes of a quarter of that; BT.709, limited range. Of a camera or a screen it is
 * the newest picture, which goes out a few frames after the one of the stamp; of everything else it is that of the stamp.
 */
export type MonitorPicture = MonitorStamp & PictureSize & { readonly type: 'picture'; readonly pixels: Uint8Array };

/** What a prepared source gives at this moment, whether it is on air or not; the stamp says which program frame went out meanwhile. */
export type SourcePicture = MonitorStamp & PictureSize & { readonly type: 'sourcePicture'; readonly source: string; readonly pixels: Uint8Array };

/** dBFS against a full-scale value of 1: a sine whose peak is −20 has an RMS of −23.01. −Infinity is digital zero. */
export type ChannelLevels = { readonly peakDbfs: number; readonly rmsDbfs: number; readonly truePeakDbtp: number };

/** EBU R128 since the beginning of the show; −Infinity until there is enough sound to say. */
export type Loudness = {
  /** Over 400 ms and over 3 s, LUFS. */
  readonly momentaryLufs: number;
  readonly shortTermLufs: number;
  /** Gated, LUFS. */
  readonly integratedLufs: number;
  /** Loudness range, LU (EBU Tech 3342). */
  readonly rangeLu: number;
};

/** The highest levels since the client's last reading, so that none is missed when readings are merged. */
export type MonitorMeters = MonitorStamp & { readonly type: 'meters'; readonly channels: readonly ChannelLevels[]; readonly loudness: Loudness };
export type MonitorMessage = MonitorPicture | SourcePicture | MonitorMeters;

/** Length of a picture message. */
export function pictureMessageBytes(size: PictureSize): number {
  return HEADER_BYTES + pictureBytes(size);
}

/**
 * Makes a picture message of `message`, whose pixels are still to be filled in, so that they are written once.
 * @param message of {@link pictureMessageBytes}. @returns the part of it for the pixels.
 */
export function beginPicture(message: Uint8Array, stamp: MonitorStamp, size: PictureSize): Uint8Array {
  return putHeader(message, PICTURE, stamp, size.width, size.height);
}

/** As {@link beginPicture}, of a source. */
export function beginSourcePicture(message: Uint8Array, stamp: MonitorStamp, source: string, size: PictureSize): Uint8Array {
  return putHeader(message, SOURCE_PICTURE, stamp, size.width, size.height, Number(source));
}

export function metersMessage(stamp: MonitorStamp, channels: readonly ChannelLevels[], loudness: Loudness): Uint8Array {
  const levels = channels.flatMap(({ peakDbfs, rmsDbfs, truePeakDbtp }) => [peakDbfs, rmsDbfs, truePeakDbtp]);
  const values = [...levels, loudness.momentaryLufs, loudness.shortTermLufs, loudness.integratedLufs, loudness.rangeLu];
  const message = new Uint8Array(HEADER_BYTES + values.length * 4);
  putHeader(message, METERS, stamp, channels.length, 0);
  const view = new DataView(message.buffer);
  values.forEach((value, index) => view.setFloat32(HEADER_BYTES + index * 4, value, true));
  return message;
}

/** The message in `bytes`, or undefined for one that this version does not know or that is not whole. The pixels are not copied. */
export function readMonitorMessage(bytes: Uint8Array): MonitorMessage | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== VERSION || view.getUint32(28, true) !== bytes.length - HEADER_BYTES) return undefined;
  const stamp = { sequence: view.getUint32(4, true), frame: view.getFloat64(8, true), utcMs: view.getFloat64(16, true) };
  const [width, height] = [view.getUint16(24, true), view.getUint16(26, true)];
  switch (view.getUint8(1)) {
    case PICTURE: {
      if (pictureBytes({ width, height }) !== bytes.length - HEADER_BYTES) return undefined;
      return { type: 'picture', ...stamp, width, height, pixels: bytes.subarray(HEADER_BYTES) };
    }
    case SOURCE_PICTURE: {
      if (pictureBytes({ width, height }) !== bytes.length - HEADER_BYTES) return undefined;
      return { type: 'sourcePicture', source: String(view.getUint16(2, true)), ...stamp, width, height, pixels: bytes.subarray(HEADER_BYTES) };
    }
    case METERS: return readMeters(view, stamp, width);
    default: return undefined;
  }
}

function readMeters(view: DataView, stamp: MonitorStamp, channelCount: number): MonitorMeters | undefined {
  if (view.byteLength !== HEADER_BYTES + (channelCount * 3 + 4) * 4) return undefined;
  const at = (index: number): number => view.getFloat32(HEADER_BYTES + index * 4, true);
  const loudnessAt = channelCount * 3;
  return {
    type: 'meters',
    ...stamp,
    channels: Array.from({ length: channelCount }, (_, channel) => ({ peakDbfs: at(channel * 3), rmsDbfs: at(channel * 3 + 1), truePeakDbtp: at(channel * 3 + 2) })),
    loudness: { momentaryLufs: at(loudnessAt), shortTermLufs: at(loudnessAt + 1), integratedLufs: at(loudnessAt + 2), rangeLu: at(loudnessAt + 3) },
  };
}

/** Bytes: 0 version, 1 type, 2–3 number of the source (u16; 0 where it is the program), 4 sequence (u32), 8 frame (f64), 16 UTC ms (f64), 24 width or channels, 26 height (u16), 28 payload length (u32). */
function putHeader(message: Uint8Array, type: number, stamp: MonitorStamp, width: number, height: number, source = 0): Uint8Array {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  view.setUint8(0, VERSION);
  view.setUint8(1, type);
  view.setUint16(2, source, true);
  view.setUint32(4, stamp.sequence % 2 ** 32, true);
  view.setFloat64(8, stamp.frame, true);
  view.setFloat64(16, stamp.utcMs, true);
  view.setUint16(24, width, true);
  view.setUint16(26, height, true);
  view.setUint32(28, message.length - HEADER_BYTES, true);
  return message.subarray(HEADER_BYTES);
}

/** Sizes are even, so that the chroma planes are whole. */
function pictureBytes({ width, height }: PictureSize): number {
  return (width * height * 3) / 2;
}
