// One attempt of one encoder: the whole ladder for two seconds through the worker of a real show, as fast as it goes. Bounded in time.
import type { EncoderChoice } from '../../contract/encoder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { Ladder } from '../../contract/ladder.ts';
import type { ProbedRendition } from '../../contract/ladderPlan.ts';
import { parseAvcDecoderConfig } from '../media/avcDecoderConfig.ts';
import type { Lease } from '../media/framePool.ts';
import type { VideoPacket } from '../media/packets.ts';
import { parseSps } from '../media/sps.ts';
import { createTimeline } from '../media/timeline.ts';
import { AlignmentChecker } from './alignment.ts';
import { fpsOf } from './frameRates.ts';
import { VideoWorker } from './videoWorker.ts';

const PROBE_SECONDS = 2;
/** The first keyframe after the start has to come too. */
const BEYOND_GOP_SECONDS = 0.5;
/** Frames on their way into the process: it never waits for one. */
const FRAMES_AHEAD = 4;
/** Drivers of graphics cards take a second or two to come up. */
const FIRST_PACKET_MS = 6_000;
/** Without a packet for so long it hangs. */
const SILENT_MS = 3_000;
/** An encoder that needs longer is far too slow for live video. */
const WHOLE_MS = 20_000;
const FLUSH_MS = 4_000;
const WATCH_MS = 100;

export type ProbeSettings = {
  readonly binary: string;
  readonly ladder: Ladder;
  readonly picture: (index: number) => Uint8Array;
  readonly signal: AbortSignal;
  /** Bounds, for tests. */
  readonly limits?: { readonly firstPacketMs?: number; readonly silentMs?: number; readonly wholeMs?: number };
  readonly env?: Readonly<Record<string, string>>;
};

export type ProbeRun =
  | { readonly outcome: 'encoded'; readonly speed: number; readonly renditions: readonly ProbedRendition[]; readonly faults: readonly string[] }
  /** `hung`: it took frames and gave nothing, or never came to its end; another preset would only take as long. */
  | { readonly outcome: 'failed' | 'hung'; readonly error: OperatorError; readonly tail: readonly string[] };

/** Never rejects but for the caller's signal. @throws the reason of the signal. */
export async function runProbe(choice: EncoderChoice, settings: ProbeSettings): Promise<ProbeRun> {
  const { binary, ladder, picture, signal, limits = {}, env } = settings;
  signal.throwIfAborted();
  const { framesPerGop } = createTimeline(0, ladder.frameRate, ladder.gopSeconds);
  const fps = fpsOf(ladder.frameRate);
  const frames = Math.ceil(Math.max(PROBE_SECONDS, ladder.gopSeconds + BEYOND_GOP_SECONDS) * fps);
  const seen = new Seen(ladder, framesPerGop);
  const worker = new VideoWorker({
    binary, ladder, framesPerGop, startFrame: 0,
    settings: { encoder: choice, plannedPreset: choice.preset, targetKbps: {}, shedRenditions: 0 },
    sink: { onConfig: (config) => seen.configure(config.rendition, config.avcDecoderConfig), onPacket: (packet) => seen.add(packet) },
    ...(env === undefined ? {} : { env }),
  });
  const hang = watch(worker, seen, limits);
  const onAbort = (): void => worker.fail(new OperatorError('PROBE_CANCELLED', 'The probe was cancelled.', 'Run it again.'));
  signal.addEventListener('abort', onAbort);
  try {
    const fed = await feed(worker, picture, frames, seen);
    const error = await worker.finish(fed ? FLUSH_MS : 0);
    signal.throwIfAborted();
    if (error !== undefined) return { outcome: hang.hung() || error.code === 'ENCODER_STUCK' ? 'hung' : 'failed', error, tail: worker.stderrTail() };
    return { outcome: 'encoded', speed: seen.speed(frames) / fps, renditions: seen.renditions(frames / fps), faults: seen.faults(frames, choice) };
  } finally {
    hang.stop();
    signal.removeEventListener('abort', onAbort);
  }
}

/** What came out, and when the process took what. */
class Seen {
  readonly #ladder: Ladder;
  readonly #alignment: AlignmentChecker;
  readonly #bytes = new Map<string, number>();
  readonly #wrongSizes: string[] = [];
  #reordered = false;
  #acceptedAtMs: number[] = [];
  #firstFromAllAtMs: number | undefined;
  lastPacketAtMs: number | undefined;

  constructor(ladder: Ladder, framesPerGop: number) {
    this.#ladder = ladder;
    this.#alignment = new AlignmentChecker(framesPerGop, ladder.renditions.map((one) => one.name));
  }

  accept(): void {
    this.#acceptedAtMs.push(performance.now());
  }

  configure(name: string, record: Uint8Array): void {
    const rendition = this.#ladder.renditions.find((one) => one.name === name);
    const [sps] = parseAvcDecoderConfig(record).sps;
    if (rendition === undefined || sps === undefined) return;
    const { width, height } = parseSps(sps);
    if (width !== rendition.width || height !== rendition.height) this.#wrongSizes.push(`${name} came out as ${width}×${height}`);
  }

  add(packet: VideoPacket): void {
    this.lastPacketAtMs = performance.now();
    this.#alignment.add(packet);
    this.#bytes.set(packet.rendition, (this.#bytes.get(packet.rendition) ?? 0) + packet.data.length);
    if (packet.decodeFrame !== packet.frame) this.#reordered = true;
    if (this.#firstFromAllAtMs === undefined && this.#bytes.size === this.#ladder.renditions.length) this.#firstFromAllAtMs = this.lastPacketAtMs;
  }

  /**
   * Frames in a second, in the steady state: how fast frames are taken once packets come. Coming up and flushing are left out, for
   * they happen once in a show. An encoder that takes nearly all frames before it gives one is measured as a whole.
   */
  speed(frames: number): number {
    const start = this.#firstFromAllAtMs ?? 0;
    const after = this.#acceptedAtMs.filter((atMs) => atMs > start);
    const steadyMs = (after.at(-1) ?? start) - start;
    if (after.length >= frames / 4 && steadyMs > 0) return (after.length * 1000) / steadyMs;
    return (frames * 1000) / Math.max(1, (this.lastPacketAtMs ?? 0) - (this.#acceptedAtMs[0] ?? 0));
  }

  renditions(seconds: number): ProbedRendition[] {
    return this.#ladder.renditions.map(({ name, declaredKbps }) => {
      const actualKbps = Math.round(((this.#bytes.get(name) ?? 0) * 8) / seconds / 1000);
      return { name, declaredKbps, actualKbps, errorPercent: Math.round((actualKbps / declaredKbps - 1) * 100) };
    });
  }

  /** What a show could not use, in words. */
  faults(frames: number, { encoder }: EncoderChoice): string[] {
    const { renditions, examples, misalignments } = this.#alignment.report();
    const [example] = examples;
    const short = renditions.find((one) => one.frames !== frames || one.missingFrames > 0 || one.duplicateFrames > 0);
    const seconds = frames / fpsOf(this.#ladder.frameRate);
    const off = this.renditions(seconds).find((one) => one.actualKbps >= 2 * one.declaredKbps || one.actualKbps <= one.declaredKbps / 2);
    return [
      ...this.#wrongSizes,
      ...(short === undefined ? [] : [`of ${frames} frames it gave ${short.frames} of ${short.rendition}`]),
      ...(example === undefined ? [] : [`it does not begin every GOP, and nothing else, with an IDR (${misalignments} times, first at frame ${example.frame} of ${example.rendition})`]),
      // libx264 is told to reorder; of hardware it would be a delay that nobody asked for, and a hole at a handover.
      ...(this.#reordered && encoder !== 'libx264' ? ['it reorders frames although it was told not to'] : []),
      ...(off === undefined ? [] : [`${off.name} came at ${off.actualKbps} instead of ${off.declaredKbps} kbit/s, which a service calls unhealthy`]),
    ];
  }
}

/** Gives frames as fast as the process takes them. False when it ended before it had all. */
async function feed(worker: VideoWorker, picture: (index: number) => Uint8Array, frames: number, seen: Seen): Promise<boolean> {
  const places = new Places(FRAMES_AHEAD);
  void worker.ended.finally(() => places.close());
  for (let index = 0; index < frames; index += 1) {
    if (!await places.take()) return false;
    worker.push([picture(index)], leaseOf(() => {
      seen.accept();
      places.give();
    }));
  }
  return true;
}

/** A number of places for one who takes and others who give back. */
class Places {
  #free: number;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(free: number) {
    this.#free = free;
  }

  /** Waits for a place; false when none will come any more. */
  async take(): Promise<boolean> {
    if (this.#free === 0 && !this.#isClosed) await new Promise<void>((resolve) => { this.#wake = resolve; });
    this.#free -= 1;
    return !this.#isClosed;
  }

  give(): void {
    this.#free += 1;
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }
}

/** Calls back when the last holder is gone. */
function leaseOf(onFree: () => void): Lease {
  let holders = 0;
  return {
    hold: () => { holders += 1; },
    release: () => {
      holders -= 1;
      if (holders === 0) onFree();
    },
  };
}

function watch(worker: VideoWorker, seen: Seen, { firstPacketMs = FIRST_PACKET_MS, silentMs = SILENT_MS, wholeMs = WHOLE_MS }: NonNullable<ProbeSettings['limits']>) {
  const startedAtMs = performance.now();
  let hung = false;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const isSilent = seen.lastPacketAtMs === undefined ? nowMs - startedAtMs > firstPacketMs : nowMs - seen.lastPacketAtMs > silentMs;
    if (!isSilent && nowMs - startedAtMs <= wholeMs) return;
    hung = isSilent;
    clearInterval(timer);
    worker.fail(new OperatorError(
      'ENCODER_HANGS',
      isSilent ? `It gave nothing for ${((nowMs - (seen.lastPacketAtMs ?? startedAtMs)) / 1000).toFixed(1)} s and was ended.` : `It had not encoded ${PROBE_SECONDS} s of video within ${wholeMs / 1000} s and was ended.`,
      'Update the driver of the graphics card, or use another encoder.',
    ));
  }, WATCH_MS);
  return { hung: () => hung, stop: () => clearInterval(timer) };
}
