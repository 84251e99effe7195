// The outputs of a show beside its main destination: one rendition to one more RTMP address each. Each fails alone: nothing here ends a show,
// holds it up, or takes the uplink from it.
import type { Ladder, Rendition } from '../../contract/ladder.ts';
import type { Failure } from '../../contract/report.ts';
import type { SideOutput, SideOutputEvent, SideOutputReport } from '../../contract/sideOutput.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { AudioTrackConfig, MediaPacket, VideoTrackConfig } from '../media/packets.ts';
import { proxyFor } from '../publish/proxyChoice.ts';
import { cloudPolicy } from '../publish/publishPolicy.ts';
import type { PublisherState } from '../publish/publisherState.ts';
import { RtmpPublisher } from '../publish/rtmpPublisher.ts';
import { parseRtmpUrl } from '../publish/rtmpUrl.ts';
import { Shedding } from '../publish/shedding.ts';
import { fitFor, noSuchRendition } from '../encode/platformFit.ts';

/** Below what makes the main destination drop or shed anything: the outputs beside it give way first. */
const GIVE_WAY_ABOVE_MS = 1000;
const WATCH_EVERY_MS = 500;
/** At the end the show waits so long for an output that takes nothing, ms. */
const STOP_MS = 4000;
const MAIN = 'main';
/** A platform may refuse what it gets, or make less of it. */
export const PLATFORM_RULES = 'PLATFORM_RULES';

/** An output with the key that its address ends with. */
export type KeyedSideOutput = SideOutput & { readonly streamKey: string };

type Line = {
  readonly output: KeyedSideOutput;
  readonly rendition: Rendition;
  readonly url: string;
  video: VideoTrackConfig | undefined;
  publisher: RtmpPublisher | undefined;
  /** The first packet of a connection is an IDR. */
  hasBegun: boolean;
  isOff: boolean;
  isToldOf: SideOutputReport['state'] | undefined;
};

export type SideOutputSettings = {
  readonly encoderName: string;
  readonly proxy: string | undefined;
  readonly onWarning: (failure: Failure) => void;
  readonly onChange: (event: Omit<SideOutputEvent, 'type' | 'atUtc'>) => void;
  /** Media that waits for the main destination, at the worst of its connections; undefined while none is publishing. */
  readonly mainQueuedMs: () => number | undefined;
};

export class SideOutputs {
  readonly #lines: readonly Line[];
  readonly #settings: SideOutputSettings;
  readonly #shedding: Shedding;
  readonly #watch: NodeJS.Timeout | undefined;
  #audio: AudioTrackConfig | undefined;
  /** Switched off, and still taking leave. */
  readonly #parting = new Set<RtmpPublisher>();
  #isStopping = false;

  /** @throws OperatorError for an address that cannot be used, and a proxy that cannot */
  constructor(outputs: readonly KeyedSideOutput[], ladder: Ladder, settings: SideOutputSettings) {
    this.#settings = settings;
    this.#lines = outputs.map((output) => {
      const fit = fitFor(ladder, output.platform, output.rendition);
      if (fit === undefined) throw noSuchRendition(ladder, output.name, output.rendition);
      const url = `${output.server.replace(/\/+$/, '')}/${output.streamKey}`;
      proxyFor(parseRtmpUrl(url), settings.proxy, process.env);
      for (const remark of fit.remarks) {
        settings.onWarning({ code: PLATFORM_RULES, message: `${output.name} gets ${fit.rendition.name}. ${remark}`, action: 'It may be refused or look worse there; the main show is not touched. Choose another ladder for the next show.' });
      }
      settings.onChange({ name: output.name, state: 'idle', sentence: `${output.name} gets ${fit.reason}.` });
      return { output, rendition: fit.rendition, url, video: undefined, publisher: undefined, hasBegun: false, isOff: false, isToldOf: undefined };
    });
    this.#shedding = new Shedding([...outputs.map(({ name }) => name), MAIN], GIVE_WAY_ABOVE_MS);
    if (outputs.length > 0) this.#watch = setInterval(() => this.#giveWay(), WATCH_EVERY_MS).unref();
  }

  configureVideo(config: VideoTrackConfig): void {
    for (const line of this.#lines) {
      if (line.rendition.name !== config.rendition) continue;
      line.video = config;
      // Another encoder has taken over; its next IDR brings these parameter sets.
      line.publisher?.configureVideo(config);
    }
    this.#openWhereComplete();
  }

  configureAudio(config: AudioTrackConfig): void {
    this.#audio = config;
    this.#openWhereComplete();
  }

  send(packet: MediaPacket): void {
    for (const line of this.#lines) {
      if (line.publisher === undefined || (packet.kind === 'video' && packet.rendition !== line.rendition.name)) continue;
      line.hasBegun ||= packet.kind === 'video' && packet.isIdr;
      if (line.hasBegun) line.publisher.send(packet);
    }
  }

  /** Switches one off, or on again, also one that has failed. @throws OperatorError `NO_SUCH_OUTPUT` */
  setOn(name: string, on: boolean): void {
    const line = this.#lines.find(({ output }) => output.name === name);
    if (line === undefined) {
      const names = this.#lines.map(({ output }) => output.name).join(', ');
      throw new OperatorError('NO_SUCH_OUTPUT', `The show has no output ${name} beside its main one.`, names === '' ? 'Start it with --also.' : `It has: ${names}.`);
    }
    if (this.#isStopping) return;
    const { publisher } = line;
    const hasFailed = publisher?.state.state === 'failed';
    if (on && !line.isOff && !hasFailed) return;
    line.publisher = undefined;
    line.hasBegun = false;
    line.isOff = !on;
    if (publisher !== undefined) {
      this.#parting.add(publisher);
      void publisher.stop().then(() => this.#parting.delete(publisher));
    }
    this.#tell(line, on ? 'idle' : 'off', on ? `${name} is sent to again.` : `${name} is switched off.`);
    this.#openWhereComplete();
  }

  reconnectNow(): void {
    for (const { publisher } of this.#lines) publisher?.reconnectNow();
  }

  reports(): SideOutputReport[] {
    return this.#lines.map((line) => {
      const stats = line.publisher?.stats();
      return {
        name: line.output.name,
        state: stateOf(line),
        endpoint: stats?.endpoint ?? line.output.server,
        rendition: line.rendition.name,
        sentFrames: stats?.sentVideoFrames ?? 0,
        sentBytes: stats?.sentBytes ?? 0,
        reconnects: stats?.reconnects ?? 0,
        disconnectedMs: Math.round(stats?.disconnectedMs ?? 0),
        queuedMs: Math.round(stats?.queuedMs ?? 0),
        droppedMs: Math.round(stats?.droppedMs ?? 0),
        ...(stats?.lastError === undefined ? {} : { lastError: stats.lastError.message }),
      };
    });
  }

  /** Takes leave of every server; bounded whatever they do. */
  async stop(atOnce = false): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    const publishers = [...this.#parting, ...this.#lines.flatMap(({ publisher }) => (publisher === undefined ? [] : [publisher]))];
    const timer = setTimeout(() => { for (const publisher of publishers) void publisher.stop(true); }, atOnce ? 0 : STOP_MS);
    await Promise.all(publishers.map(async (publisher) => publisher.stop(atOnce)));
    clearTimeout(timer);
  }

  #openWhereComplete(): void {
    const audio = this.#audio;
    if (audio === undefined || this.#isStopping) return;
    for (const line of this.#lines) {
      if (line.publisher !== undefined || line.video === undefined || line.isOff) continue;
      const publisher = new RtmpPublisher({
        url: line.url, video: line.video, audio, encoderName: this.#settings.encoderName, policy: cloudPolicy(true),
        proxyFor: (to) => proxyFor(to, this.#settings.proxy, process.env),
      });
      line.publisher = publisher;
      publisher.onEvent((event) => {
        if (line.publisher !== publisher || this.#isStopping) return;
        if (event.type === 'mediaTaken') this.#tell(line, 'publishing', `${line.output.name} takes the stream (${line.rendition.name}).`);
        else if (event.type === 'state') this.#stateChanged(line, event.state);
      });
      publisher.start();
    }
  }

  #stateChanged(line: Line, state: PublisherState): void {
    const { name } = line.output;
    if (state.state === 'held') this.#tell(line, 'held', `${name} rests: the uplink is needed for the main destination.`);
    if (state.state !== 'failed' && state.state !== 'waiting') return;
    const sentence = `${name} does not get the stream: ${state.failure.message}`;
    this.#tell(line, state.state, sentence, state.state === 'failed'
      ? `${state.failure.action} Then: fieldcast control also ${name} on. The main show goes on untouched.`
      : 'The main show goes on untouched; Fieldcast goes on trying.');
  }

  /** The same state is told once, however often it is tried. */
  #tell(line: Line, state: SideOutputReport['state'], sentence: string, action?: string): void {
    if (line.isToldOf === state) return;
    line.isToldOf = state;
    this.#settings.onChange({ name: line.output.name, state, sentence, ...(action === undefined ? {} : { action }) });
  }

  #giveWay(): void {
    const mainQueuedMs = this.#settings.mainQueuedMs();
    const step = this.#shedding.decide([
      { rendition: MAIN, queuedMs: mainQueuedMs ?? 0, isPublishing: mainQueuedMs !== undefined },
    ], performance.now());
    const publisher = this.#lines.find(({ output }) => output.name === step?.rendition)?.publisher;
    if (step?.type === 'hold') publisher?.hold();
    else publisher?.resume();
  }
}

function stateOf({ publisher, isOff }: Line): SideOutputReport['state'] {
  if (isOff) return 'off';
  if (publisher === undefined) return 'idle';
  return publisher.state.state === 'publishing' && !publisher.stats().isMediaTaken ? 'connecting' : publisher.state.state;
}
