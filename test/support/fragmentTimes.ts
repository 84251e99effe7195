// Reads back from a CMAF fragment what a player goes by: decode time, samples, composition offsets (ISO/IEC 14496-12 §8.8).
import { boxesOf } from '../../src/main/service/packager/boxes.ts';

export type FragmentTimes = {
  readonly sequenceNumber: number;
  readonly baseMediaDecodeTime: number;
  readonly durations: readonly number[];
  /** Presentation time of each sample in decode order, ticks. */
  readonly presentationTicks: readonly number[];
  readonly sampleBytes: readonly number[];
  readonly boxTypes: readonly string[];
};

export function fragmentTimesOf(fragment: Uint8Array): FragmentTimes {
  const view = new DataView(fragment.buffer, fragment.byteOffset, fragment.byteLength);
  const boxes = [...boxesOf(fragment)];
  const bodyOf = (type: string): number => {
    const box = boxes.find((one) => one.type === type);
    if (!box) throw new Error(`The fragment has no ${type}.`);
    return box.contentStart;
  };
  const tfhd = bodyOf('tfhd');
  const tfhdFlags = view.getUint32(tfhd) & 0xff_ffff;
  let at = tfhd + 8 + ((tfhdFlags & 1) !== 0 ? 8 : 0) + ((tfhdFlags & 2) !== 0 ? 4 : 0);
  const defaultDuration = (tfhdFlags & 8) !== 0 ? view.getUint32(at) : 0;
  at += (tfhdFlags & 8) !== 0 ? 4 : 0;
  const defaultSize = (tfhdFlags & 0x10) !== 0 ? view.getUint32(at) : 0;
  const tfdt = bodyOf('tfdt');
  const baseMediaDecodeTime = fragment[tfdt] === 1 ? Number(view.getBigUint64(tfdt + 4)) : view.getUint32(tfdt + 4);
  const trun = bodyOf('trun');
  const flags = view.getUint32(trun) & 0xff_ffff;
  const count = view.getUint32(trun + 4);
  at = trun + 8 + ((flags & 1) !== 0 ? 4 : 0) + ((flags & 4) !== 0 ? 4 : 0);
  const take = (flag: number, fallback: number, signed = false): number => {
    if ((flags & flag) === 0) return fallback;
    at += 4;
    return signed ? view.getInt32(at - 4) : view.getUint32(at - 4);
  };
  const durations: number[] = [];
  const presentationTicks: number[] = [];
  const sampleBytes: number[] = [];
  let decodeTicks = baseMediaDecodeTime;
  for (let sample = 0; sample < count; sample += 1) {
    const duration = take(0x100, defaultDuration);
    sampleBytes.push(take(0x200, defaultSize));
    take(0x400, 0);
    presentationTicks.push(decodeTicks + take(0x800, 0, true));
    durations.push(duration);
    decodeTicks += duration;
  }
  return {
    sequenceNumber: view.getUint32(bodyOf('mfhd') + 4), baseMediaDecodeTime, durations, presentationTicks, sampleBytes,
    boxTypes: boxes.map((box) => box.type),
  };
}

/** The timescale of the one track in a CMAF header. */
export function timescaleOfInit(init: Uint8Array): number {
  const mdhd = [...boxesOf(init)].find((box) => box.type === 'mdhd');
  if (!mdhd) throw new Error('The header has no mdhd.');
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength);
  return view.getUint32(mdhd.contentStart + (init[mdhd.contentStart] === 1 ? 20 : 12));
}
